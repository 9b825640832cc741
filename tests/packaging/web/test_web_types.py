"""The npm package and an app that uses it pass the TypeScript compiler, strictly, with the types of all back ends."""

from __future__ import annotations

import json
import re

import npm
import pytest
from tiny_bundle import make_bundle, seal

from edgekit.agent.inference.bundle import open_bundle
from edgekit.packaging.identity import Identity
from edgekit.packaging.web.write import write

# what makes of a single-label model one that gives none, by what its package is called
HEADS = {
    "multi-label": {"problem_type": "multi_label_classification", "thresholds": (0.4, 0.5, 0.6)},
    "regression": {"problem_type": "regression", "labels": ("LABEL_0",)},
}
NATIVE = npm.HERE / "react_native_modules.d.ts"
OPTIONS = {
    "strict": True,
    "noUnusedLocals": True,
    "exactOptionalPropertyTypes": True,
    "noUnusedParameters": True,
    "allowJs": True,
    "checkJs": True,
    "noEmit": True,
    # onnxruntime's own declarations name modules of bundlers that are not here
    "skipLibCheck": True,
    "target": "ES2022",
    "module": "nodenext",
    "moduleResolution": "nodenext",
    "lib": ["ES2023", "DOM", "DOM.Iterable"],
    "types": ["node"],
}


def packaged(bundle, folder):
    folder.mkdir()
    write(open_bundle(bundle), Identity(name=folder.name, id="com.example.tiny"), folder)
    return folder


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    """Packages of the smallest bundles, linked into a project beside the compiler and the types of the runtimes."""
    try:
        modules = [npm.fetched("node", npm.RUNTIMES), npm.fetched("types", npm.TYPES)]
    except npm.Missing as missing:
        pytest.skip(str(missing))
    root = tmp_path_factory.mktemp("types")
    package, place = root / "tiny-model", root / "node_modules"
    place.mkdir()
    packaged(make_bundle(root / "bundle", "onnx"), package)
    for path in (each for folder in modules for each in sorted(folder.iterdir())):
        if not path.name.startswith(".") and not (place / path.name).exists():
            (place / path.name).symlink_to(path)
    (place / "tiny-model").symlink_to(package)
    for name, change in HEADS.items():
        bundle = seal(make_bundle(root / f"{name}-bundle", "onnx"), **change)
        (place / name).symlink_to(packaged(bundle, root / name))
    (root / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    return root


def compile_(root, files, **options):
    """What the compiler says of the files."""
    config = {"compilerOptions": OPTIONS | options, "files": [str(path) for path in files]}
    (root / "tsconfig.json").write_text(json.dumps(config), encoding="utf-8")
    done = npm.run("node", root / "node_modules/typescript/bin/tsc", "-p", root, "--pretty", "false", exits=None)
    return done.stdout


def test_every_module_of_the_package_holds_to_its_types(workplace):
    package = workplace / "tiny-model"
    modules = [path for folder in ("lib", "demo") for path in (package / folder).rglob("*.js")]
    modules += [package / "bare.js", package / "expo.js"]
    assert len(modules) > 40
    assert compile_(workplace, [*modules, package / "index.d.ts", NATIVE]) == ""


@pytest.mark.parametrize("name", HEADS)
def test_a_model_that_gives_no_single_label_says_so_in_its_types(workplace, name):
    package = workplace / name
    source = (npm.HERE / f"consumer_{name.replace('-', '_')}.ts").read_text("utf-8")
    blocks = re.findall(
        r"^```(?:js|ts)\n(.*?)^```", (package / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    files = [workplace / f"{name}{number}.ts" for number in range(1 + len(blocks))]
    for path, text in zip(files, (source, *blocks), strict=True):
        path.write_text(text, encoding="utf-8")
    modules = [path for folder in ("lib", "demo") for path in (package / folder).rglob("*.js")]
    assert compile_(workplace, [*modules, package / "index.d.ts", NATIVE, *files]) == ""


@pytest.mark.parametrize("resolution", ["nodenext", "bundler"])
def test_an_app_is_helped_by_the_types(workplace, resolution):
    source = (npm.HERE / "consumer.ts").read_text("utf-8")
    (workplace / "app.ts").write_text(source, encoding="utf-8")
    module = "nodenext" if resolution == "nodenext" else "esnext"
    assert compile_(workplace, [workplace / "app.ts"], moduleResolution=resolution, module=module) == ""
    (workplace / "wrong.ts").write_text(source.replace("// @ts-expect-error", "//"), encoding="utf-8")
    assert compile_(workplace, [workplace / "wrong.ts"]).count("error TS") == 4


def test_the_readmes_typescript_and_javascript_compile_as_written(workplace):
    readme = (workplace / "tiny-model" / "README.md").read_text("utf-8")
    blocks = re.findall(r"^```(js|ts)\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    assert [kind for kind, _ in blocks] == ["js", "js", "ts", "ts"]
    files = []
    for number, (_, block) in enumerate(blocks):
        files.append(workplace / f"readme{number}.ts")
        files[-1].write_text(block, encoding="utf-8")
    assert compile_(workplace, files) == ""


def test_an_app_in_commonjs_is_helped_by_the_types(workplace):
    source = """
        import { Classifier, type Prediction } from "tiny-model";
        export const label = async (): Promise<string> => {
          const found: Prediction = await (await Classifier.load({ threads: 1 })).classify("a text");
          return found.label;
        };
        """
    (workplace / "app.cts").write_text(source, encoding="utf-8")
    assert compile_(workplace, [workplace / "app.cts"]) == ""
