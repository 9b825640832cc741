"""The README, the notice and the self-test of an npm package as a stranger reads them, of each kind of model."""

from __future__ import annotations

import fnmatch
import gzip
import json
import re

import npm
import pytest
from tiny_bundle import golden_rows, make_bundle, rehash, rewrite, write_golden

from edgekit.agent.inference.bundle import open_bundle
from edgekit.packaging.identity import Identity
from edgekit.packaging.runtimes import WASM_GZIP_MB, WASM_MB
from edgekit.packaging.web.write import WEB_RUNTIME, write

KINDS = ("single", "pairs", "multi_label", "regression", "decoder")


@pytest.fixture(scope="module")
def packages(telling_bundle, regression_bundle, decoder_checkpoints, tmp_path_factory):
    """The package of each kind, beside the runtime."""
    from edgekit.flows.export import export
    from edgekit.options.export_options import ExportOptions

    root = tmp_path_factory.mktemp("read")
    options = ExportOptions(format="onnx", scheme="float", max_length=32)
    single = make_bundle(root / "single", "onnx")
    write_golden(single, [row for row in golden_rows() if not row["text_pair"]])
    bundles = {
        "single": rehash(single),
        "pairs": make_bundle(root / "pairs", "onnx"),
        "multi_label": telling_bundle,
        "regression": regression_bundle,
        "decoder": export(decoder_checkpoints["llama"], root / "out", options)[0],
    }
    try:
        modules = npm.fetched("node", npm.RUNTIMES)
    except npm.Missing as missing:
        pytest.skip(str(missing))
    found = {}
    for kind, bundle in bundles.items():
        found[kind] = root / "packages" / kind
        found[kind].mkdir(parents=True)
        write(open_bundle(bundle), Identity(name="tiny-model", id="com.example.tiny"), found[kind])
        (found[kind] / "node_modules").symlink_to(modules)
    return found


def readme(package):
    return (package / "README.md").read_text("utf-8")


def words_of(text):
    """What is no code."""
    return re.sub("```.*?```", "", text, flags=re.DOTALL)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_said_twice_and_all_in_its_order(packages, kind):
    text = readme(packages[kind])
    assert not re.findall(r"@@\w+@@", text)
    assert text.index("npm pack") < text.index(".tgz")
    words = " ".join(words_of(text).split())
    sentences = [each for each in re.split(r"(?<=[.:]) ", words) if len(each) > 40]
    assert len(set(sentences)) == len(sentences)
    assert len(re.findall(r"run in turn", words)) == 1
    assert max(map(len, words_of(text).splitlines())) < 120
    for title, block in re.findall(r'```\w+ title="([^"]+config[^"]*)"\n(.*?)```', text, re.DOTALL):
        assert "export default" in block, f"{title} is a piece of a file"


@pytest.mark.parametrize("kind", KINDS)
def test_only_a_model_of_pairs_is_shown_with_a_pair(packages, kind):
    text = readme(packages[kind])
    called = re.findall(r"await \w+\.(?:classify|generate)\((.*?)[);{]", text)
    assert all((', "' in call) == (kind == "pairs") for call in called)
    assert ("Of a pair the longer text is cut first" in text) == (kind == "pairs")


def test_a_model_of_pairs_alone_is_shown_with_one_where_no_golden_text_can_be(tmp_path, packages):
    bundle = make_bundle(tmp_path / "bundle", "onnx")
    write_golden(bundle, [row for row in golden_rows() if not row["text_pair"]])
    package = tmp_path / "package"
    package.mkdir()
    identity = Identity(name="tiny-model", id="com.example.tiny")
    write(open_bundle(rewrite(rehash(bundle), pairs="only")), identity, package)
    assert 'classify("text", "its pair")' in readme(package)


def test_the_answer_to_the_pair_of_the_readme_is_the_models(packages):
    text = readme(packages["pairs"])
    first, second, answer = re.search(r'classify\("(.*?)", "(.*?)"\);.*?// "(.*?)"', text, re.DOTALL).groups()
    found = npm.script(
        packages["pairs"],
        f"""
        import {{ Classifier }} from "tiny-model";
        const classifier = await Classifier.load();
        console.log(JSON.stringify((await classifier.classify({json.dumps(first)}, {json.dumps(second)})).label));
        """,
    )
    assert found == answer


@pytest.mark.parametrize("kind", KINDS)
def test_the_stand_in_for_jest_has_what_the_model_has(packages, kind):
    (mock,) = re.findall(r'```js title="mocked.test.js"\n(.*?)```', readme(packages[kind]), re.DOTALL)
    found = npm.script(
        packages[kind],
        f"""
        import * as real from "tiny-model";
        let mocked;
        const jest = {{ mock: (name, make) => (mocked = make()) }};
        {mock}
        const [name] = Object.keys(mocked);
        const seen = [];
        for (const Model of [real[name], mocked[name]]) {{
          const model = await Model.load();
          const call = name === "Generator" ? "generate" : "classify";
          const answer = await model[call]("turn on the light", ...(name === "Generator" ? [{{ maxTokens: 2 }}] : []));
          const test = await model.selfTest();
          const kinds = (each) => Object.entries(each).map(([key, value]) => [key, value?.constructor.name]).sort();
          const has = ["labels", "thresholds"].map((each) => Array.isArray(model[each]));
          seen.push([kinds(answer), kinds({{ ...test, failure: null }}), await model.dispose() ?? null]);
          if (Model !== real[name]) seen.push(has);
        }}
        console.log(JSON.stringify(seen));
        """,
    )
    assert found[0] == found[1]
    assert found[2] == [kind not in ("regression", "decoder"), kind == "multi_label"]


@pytest.mark.parametrize("kind", KINDS)
def test_how_many_labels_golden_texts_reach_is_told(packages, kind):
    said = npm.run("node", packages[kind] / "self-test.js").stdout
    counted = re.search(r"(\d+) of (\d+) labels are reached by golden texts", said)
    assert (counted is None) == (kind in ("regression", "decoder"))
    assert counted is None or counted[0] in " ".join(readme(packages[kind]).split())


def test_a_label_without_a_golden_text_is_named(tmp_path, packages):
    bundle = make_bundle(tmp_path / "bundle", "onnx")
    rows = list(golden_rows())
    write_golden(bundle, [row for row in rows if row["label"] == rows[0]["label"]])
    labels = open_bundle(rehash(bundle)).labels
    missing = [label for label in labels if label != rows[0]["label"]]
    package = tmp_path / "package"
    package.mkdir()
    write(open_bundle(bundle), Identity(name="tiny-model", id="com.example.tiny"), package)
    (package / "node_modules").symlink_to(packages["single"] / "node_modules")
    told = f"1 of {len(labels)} labels are reached by golden texts"
    assert f"{told}: not {', '.join(map(json.dumps, missing))}." in " ".join(readme(package).split())
    said = npm.run("node", package / "self-test.js").stdout
    assert told in said
    assert f"not reached: {', '.join(missing)}" in said


def test_the_notice_covers_every_file(packages):
    package = packages["single"]
    notice = (package / "NOTICE").read_text("utf-8")
    named = re.findall(r"[\w.*-]+/?", notice)
    for path in package.rglob("*"):
        name = path.relative_to(package).as_posix()
        if path.is_file() and not name.startswith(("node_modules", "script.mjs", "LICENSE", "NOTICE")):
            covered = any(fnmatch.fnmatch(name, f"{each}*" if each.endswith("/") else each) for each in named)
            assert covered, f"NOTICE says nothing of {name}"


def test_what_a_page_fetches_of_onnxruntime_is_as_large_as_the_readme_says(packages):
    try:
        modules = npm.fetched("web", (f"onnxruntime-web@{WEB_RUNTIME}",))
    except npm.Missing as missing:
        pytest.skip(str(missing))
    dist = modules / "onnxruntime-web" / "dist"
    wasm = (dist / "ort-wasm-simd-threaded.wasm").read_bytes()
    assert len(wasm) / 1e6 == pytest.approx(WASM_MB, abs=0.05)
    assert len(gzip.compress(wasm)) / 1e6 == pytest.approx(WASM_GZIP_MB, abs=0.06)
    scripts = sum((dist / name).stat().st_size for name in ("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs"))
    assert scripts < 100_000
    told = f"onnxruntime-web {WEB_RUNTIME} comes beside it: {WASM_MB} MB of WebAssembly, {WASM_GZIP_MB} MB"
    assert told in " ".join(readme(packages["single"]).split())
