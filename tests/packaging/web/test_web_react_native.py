"""The npm package as Metro bundles it, in Hermes, on a stand-in for a phone: it loads its files, or says why not."""

from __future__ import annotations

import hashlib
import json
import re
import shutil

import npm
import pytest
from tiny_bundle import make_bundle

from edgekit.agent.inference.bundle import open_bundle
from edgekit.packaging.identity import Identity
from edgekit.packaging.web.write import write

APP = npm.HERE.parents[2] / "scripts" / "web_apps" / "react_native"
CACHES = "/data/user/0/com.example.app/cache"
# where an app may have put files that it fetched
FOLDER = "/app/node_modules/tiny-model/bundle"
# all of these without what an engine before React Native 0.85 lacks: Hermes 0.12 has no TextDecoder, URL or crypto
WORKS = {
    "expo": {"entry": "expo", "options": {"threads": 2}},
    "expo on iOS": {"entry": "expo", "os": "ios"},
    "expo before SDK 54": {"entry": "expo", "app": "old"},
    "expo twice": {"entry": "expo", "times": 2},
    "expo, copies spoiled": {"entry": "expo", "times": 2, "spoils": True},
    "expo, too many threads": {"entry": "expo", "options": {"threads": 999}, "takes": 12},
    "bare": {"entry": "bare", "options": {"threads": 2}},
    "bare on iOS": {"entry": "bare", "os": "ios"},
    "bare with react-native-fs": {"entry": "bare", "app": "old"},
    "bare from Metro": {"entry": "bare", "developing": True},
    "bare twice": {"entry": "bare", "times": 2},
    "bare, copies spoiled": {"entry": "bare", "times": 2, "spoils": True},
    "expo, a folder": {"entry": "expo", "options": {"bundle": f"file://{FOLDER}", "threads": 2}},
    "expo before SDK 54, a folder": {"entry": "expo", "app": "old", "options": {"bundle": f"file://{FOLDER}/"}},
    "bare, a folder": {"entry": "bare", "options": {"bundle": FOLDER, "threads": 2}},
    "a function": {"entry": "plain", "reads": True},
    "a sloppy TextDecoder": {"entry": "bare", "before": "function TextDecoder() { this.decode = () => 'sloppy'; }"},
}
CHANGED = (
    r"ModelError: {} is not the file of the manifest: {} [0-9a-f]{{{}}}, expected [0-9a-f]+ "
    r"\(install the package again, and build the app anew\)"
)
FAILS = {
    **{
        f"{entry}, {name} changed": (
            {"entry": entry, "broken": [f"tiny-model/{folder}={kind}"], "os": os},
            CHANGED.format(re.escape(name), *hashed),
        )
        for entry, os, hashed in (("expo", "android", ("md5", 32)), ("bare", "ios", ("sha256", 64)))
        for name, folder, kind in (
            ("manifest.json", "assets/manifest.edgekit", "changed"),
            ("tokenizer.json", "assets/tokenizer.edgekit", "changed"),
            ("model.onnx", "bundle/model.onnx", "changed"),
        )
    },
    **{
        f"{entry} on {os}, no model": (
            {"entry": entry, "broken": ["tiny-model/bundle/model.onnx=missing"], "os": os, **more},
            rf"ModelError: model\.onnx cannot be read on this device: .*{said}.*",
        )
        for entry, os, more, said in (
            ("expo", "android", {}, "could not be opened"),
            ("expo", "ios", {}, "there is no /var/containers/Bundle/My App.app/"),
            ("bare", "android", {}, "could not be opened"),
            ("bare", "ios", {}, "no such file"),
            ("bare", "android", {"developing": True}, "answers with status 404"),
        )
    },
    "no native module": (
        {"entry": "bare", "before": "onnxruntime = undefined;"},
        r"ModelError: onnxruntime-react-native@[\d.]+ is not in this app: .*Expo Go has none.*",
    ),
    "no onnxruntime": (
        {"entry": "expo", "app": "bare"},
        r"ModelError: onnxruntime-react-native@[\d.]+ is not in this app: .*install it and build the app anew.*",
    ),
    "no file system": (
        {"entry": "bare", "app": "bare"},
        r"ModelError: manifest\.json cannot be read .*: neither @dr\.pogodin/react-native-fs nor .*",
    ),
    "an old engine": (
        {"entry": "bare", "before": "BigInt64Array = undefined;"},
        r"ModelError: this JavaScript engine has no BigInt64Array \(React Native from 0\.70 on with Hermes has\)",
    ),
    # whose errors are strings
    **{
        f"{entry}, a folder, {name} {kind}": (
            {"entry": entry, "broken": [f"tiny-model/bundle/{name}={kind}"], "options": {"bundle": f"file://{FOLDER}"}},
            said,
        )
        for entry in ("expo", "bare")
        for name, kind, said in (
            ("model.onnx", "changed", CHANGED.format(r"model\.onnx", "sha256", 64)),
            ("manifest.json", "missing", r"ModelError: manifest\.json cannot be read on .*no such file.*"),
        )
    },
    "a run that fails": (
        {"entry": "bare", "classifies": True, "before": "Object.values(runs).forEach((model) => (model.runs = {}));"},
        r"ModelError: onnxruntime cannot run the model: no run was recorded of .*",
    ),
    "a worker": (
        {"entry": "bare", "options": {"worker": True}},
        r"ModelError: worker does nothing here: .* \(leave it out\)",
    ),
    "no files": (
        {"entry": "plain"},
        r"ModelError: React Native reads no file .*\(import from tiny-model/expo or tiny-model/bare, or .*\)",
    ),
    "threads for bytes": (
        {"entry": "plain", "reads": True, "options": {"threads": 2}},
        r"ModelError: onnxruntime-react-native takes threads only for a model that it reads from its file .*",
    ),
}  # fmt: skip


def packaged(folder):
    bundle = make_bundle(folder / "bundle", "onnx")
    package = folder / "tiny-model"
    package.mkdir()
    write(open_bundle(bundle), Identity(name="tiny-model", id="com.example.tiny"), package)
    return package


def test_assets_are_the_bundles_files_byte_for_byte(tmp_path):
    package = packaged(tmp_path)
    listed = re.findall(
        r'"([^"]+)": \{ module: require\("\.\./([^"]+)"\), md5: "(\w+)", sha256: "(\w+)" \}',
        (package / "lib" / "react_native_assets.js").read_text("utf-8"),
    )
    assert [name for name, *_ in listed] == ["manifest.json", "tokenizer.json", "model.onnx", "golden.jsonl"]
    for name, place, md5, sha256 in listed:
        content = (package / place).read_bytes()
        assert content == (package / "bundle" / name).read_bytes()
        assert md5 == hashlib.md5(content, usedforsecurity=False).hexdigest()
        assert sha256 == hashlib.sha256(content).hexdigest()
        # Metro ships these as files where an app's settings say so, and never .json
        assert place.rpartition(".")[2] in ("edgekit", "onnx")
    # Android's resources have no extension: these are names of their own
    assert len({place.rpartition(".")[0] for _, place, *_ in listed}) == len(listed)


def test_the_metro_settings_of_the_readme_are_those_that_are_tried(tmp_path):
    (settings,) = re.findall(
        r"^```javascript\n(.*?)^```", (packaged(tmp_path) / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    settings = re.sub(r" // without Expo: .*", "", settings)
    assert settings == (APP / "metro.config.expo.js").read_text("utf-8")
    bare = settings.replace("expo/metro-config", "@react-native/metro-config")
    assert bare == (APP / "metro.config.bare.js").read_text("utf-8")


# what a phone's libraries do, on this machine's disk: an asset's number is its place among those required
LIBRARIES = {
    "react-native": "export const Image = { resolveAssetSource: (number) => ({ uri: `file://${assets[number]}` }) };",
    "expo-asset": """
        const asset = (number) => ({ downloadAsync: async () => ({ localUri: `file://${assets[number]}` }) });
        export const Asset = { fromModule: asset };
    """,
    "expo-file-system": """
        import { createHash } from "node:crypto";
        import { readFileSync } from "node:fs";
        const pathOf = (uri) => decodeURIComponent(uri.slice("file://".length));
        export class File {
          constructor(uri) { this.bytes = readFileSync(pathOf(uri)); }
          get md5() { return createHash("md5").update(this.bytes).digest("hex"); }
          text() { return Promise.resolve(this.bytes.toString("utf8")); }
        }
    """,
    "@dr.pogodin/react-native-fs": """
        import { createHash } from "node:crypto";
        import { readFileSync } from "node:fs";
        const hashOf = (path, algorithm) => createHash(algorithm).update(readFileSync(path)).digest("hex");
        export const hash = async (path, algorithm) => hashOf(path, algorithm);
        export const readFile = async (path, encoding) => readFileSync(path, encoding);
    """,
}


@pytest.mark.parametrize("entry", ["expo", "bare"])
def test_without_what_an_old_engine_lacks_it_loads_in_node_as_well(entry, tmp_path):
    """What Metro and Hermes show at length, in a second: `require` is Metro's, and onnxruntime-node the runtime."""
    try:
        modules = npm.fetched("node", npm.RUNTIMES)
    except npm.Missing as missing:
        pytest.skip(str(missing))
    package = packaged(tmp_path)
    for name, text in LIBRARIES.items():
        place = tmp_path / "node_modules" / name
        place.mkdir(parents=True)
        (place / "package.json").write_text('{"type": "module", "main": "index.js"}', encoding="utf-8")
        (place / "index.js").write_text(text, encoding="utf-8")
    for name in ("onnxruntime-node", "onnxruntime-common"):
        (tmp_path / "node_modules" / name).symlink_to(modules / name)
    found = npm.script(
        tmp_path,
        f"""
        import {{ InferenceSession, Tensor }} from "onnxruntime-node";
        import * as fs from "@dr.pogodin/react-native-fs";
        const required = {{
          "onnxruntime-react-native": {{ Tensor, InferenceSession }}, "@dr.pogodin/react-native-fs": fs,
        }};
        globalThis.assets = [];
        globalThis.require = (name) => required[name] ?? assets.push({json.dumps(str(package))} + name.slice(2)) - 1;
        const lacking = ["TextDecoder", "TextEncoder", "atob", "crypto", "structuredClone", "Intl"];
        for (const name of lacking) delete globalThis[name];
        const {{ Classifier }} = await import({json.dumps(str(package / f"{entry}.js"))});
        const classifier = await Classifier.load({{ threads: 1 }});
        const {{ passed, cases, failure }} = await classifier.selfTest();
        await classifier.dispose();
        console.log(JSON.stringify([passed, cases, failure]));
        """,
    )
    assert found == [4, 4, None]


def in_hermes(root, package, scenarios):
    """What an app with a package tells in each scenario, and how many golden cases there are."""
    try:
        modules = npm.fetched("react-native", npm.REACT_NATIVE)
    except npm.Missing as missing:
        pytest.skip(str(missing))
    app = root / "app"
    shutil.copytree(APP, app)
    for path in npm.HERE.glob("hermes_*"):
        shutil.copy(path, app)
    (app / "node_modules").mkdir()
    for path in modules.iterdir():
        (app / "node_modules" / path.name).symlink_to(path)
    shutil.copytree(package, app / "node_modules" / "tiny-model", symlinks=True)
    done = npm.run("node", app / "hermes_loading.mjs", json.dumps(list(scenarios.values())), cwd=app)
    found = json.loads(done.stdout.splitlines()[-1])
    return found["cases"], dict(zip(scenarios, found["answers"], strict=True))


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What came of every scenario."""
    root = tmp_path_factory.mktemp("react-native")
    return in_hermes(root, packaged(root), WORKS | {name: scenario for name, (scenario, _) in FAILS.items()})


@pytest.mark.slow
@pytest.mark.parametrize("name", WORKS)
def test_it_loads_its_own_files_and_every_golden_case_holds(told, name):
    cases, answers = told
    scenario, answer = WORKS[name], answers[name]
    times = scenario.get("times", 1)
    assert answer.get("failure") is None
    assert answer["found"] == [{"passed": cases, "cases": cases, "failure": None}] * times
    paths = {each["path"] for each in answer["loaded"]}
    if scenario.get("reads"):
        assert paths == {None}, "a function gives bytes"
        return
    (path,) = paths
    assert {each["threads"] for each in answer["loaded"]} == {
        scenario.get("takes", scenario.get("options", {}).get("threads"))
    }
    if "bundle" in scenario.get("options", {}):
        assert (path, answer["copies"]) == (f"{FOLDER}/model.onnx", 0)
    elif scenario.get("os") == "ios":
        assert path == "/var/containers/Bundle/My App.app/assets/node_modules/tiny-model/bundle/model.onnx"
        assert answer["copies"] == 0
    else:
        assert path.startswith(CACHES)
        # manifest, tokenizer, model, golden cases: once each, and again where what is there is another
        assert answer["copies"] == 4 * (times if scenario.get("spoils") else 1)


@pytest.mark.slow
@pytest.mark.parametrize("name", FAILS)
def test_what_cannot_work_is_said_in_one_sentence(told, name):
    _, answers = told
    assert re.fullmatch(FAILS[name][1], answers[name]["failure"])


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["multi_label", "regression"])
def test_models_that_give_no_single_label_are_right_in_hermes(telling_bundle, regression_bundle, kind, tmp_path):
    package = tmp_path / "tiny-model"
    package.mkdir()
    bundle = {"multi_label": telling_bundle, "regression": regression_bundle}[kind]
    write(open_bundle(bundle), Identity(name="tiny-model", id="com.example.tiny"), package)
    cases, answers = in_hermes(tmp_path, package, {"bare": {"entry": "bare"}})
    assert answers["bare"]["found"] == [{"passed": cases, "cases": cases, "failure": None}]
    assert cases > 1
