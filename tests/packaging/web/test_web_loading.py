"""How an app takes the npm package: imported or required, with or without its runtime, its options and its end."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import npm
import pytest
from installed_package import SAID, modules_of
from tiny_bundle import LABELS

from edgekit.packaging.web.commonjs import as_commonjs
from edgekit.packaging.web.write import NODE_RUNTIME


@pytest.mark.parametrize("way", ['await import("tiny-model")', 'require("tiny-model")'])
def test_it_is_imported_where_no_runtime_is_installed_and_load_says_what_to_install(bare, way):
    found = npm.script(
        bare,
        f"""
        import {{ createRequire }} from "node:module";
        const require = createRequire(import.meta.url);
        {SAID}
        const {{ Classifier, ModelError }} = {way};
        console.log(JSON.stringify(await said(Classifier.load())));
        """,
    )
    wanted = f"(npm install onnxruntime-node@{NODE_RUNTIME})"
    assert found == f"ModelError runtime: onnxruntime-node, which runs the model in Node, is not installed {wanted}"


def test_a_folder_is_installed_as_the_readme_says_and_a_link_to_it_is_told(bare, tmp_path):
    package = tmp_path / "folder"
    shutil.copytree(bare / "node_modules" / "tiny-model", package)
    app = tmp_path / "app"
    app.mkdir()
    (app / "package.json").write_text('{"private": true, "type": "module"}', encoding="utf-8")
    modules = modules_of("node", npm.RUNTIMES)
    text = f"""
        import {{ Classifier }} from "tiny-model";
        {SAID}
        const passed = Classifier.load().then(async (model) => (await model.selfTest()).passed);
        console.log(JSON.stringify(await said(passed)));
        """
    found = []
    for words in (("--install-links",), ()):
        npm.run("npm", "install", *npm.OPTIONS, "--offline", *words, package, cwd=app)
        for path in modules.iterdir():
            if not path.name.startswith(".") and not (app / "node_modules" / path.name).exists():
                (app / "node_modules" / path.name).symlink_to(path)
        found.append(npm.script(app, text))
        shutil.rmtree(app / "node_modules")
    assert found[0] == 4
    assert "is not installed (npm install onnxruntime-node@" in found[1]
    assert "npm install --install-links puts it there" in found[1]


def test_what_a_server_compiles_has_nothing_that_a_bundler_follows(bare):
    lib = bare / "node_modules" / "tiny-model" / "lib"
    text = "".join((lib / name).read_text("utf-8") for name in ("node.js", "node_runtime.js"))
    assert "new URL(" not in text
    assert not re.search(r"^(const|let|var|export)?.*\bawait import\(", text, re.MULTILINE)
    assert 'import("onnxruntime-node")' not in text


def test_it_is_required_as_it_is_imported(project):
    (project / "app.cjs").write_text(
        """
        const { Classifier } = require("tiny-model");
        Classifier.load().then(async (classifier) => {
          const { label } = await classifier.classify("turn on the light");
          console.log(JSON.stringify({ ...(await classifier.selfTest()), label }));
        });
        """,
        encoding="utf-8",
    )
    # Node 20 knows no other way to require; newer ones would take the ES module, too
    found = json.loads(npm.run("node", "--no-experimental-require-module", project / "app.cjs").stdout)
    assert (found["passed"], found["cases"], found["failure"]) == (4, 4, None)
    assert found["label"] in LABELS


@pytest.mark.parametrize("names", [["Float32Array", "BigInt64Array", "Uint8Array"], ["BigInt64Array"]])
def test_it_classifies_beside_a_pages_typed_arrays(project, names):
    """As in Vitest with jsdom: a page's classes stand where Node has its own."""
    found = npm.script(
        project,
        f"""
        import {{ runInNewContext }} from "node:vm";
        for (const name of {json.dumps(names)}) globalThis[name] = runInNewContext(name);
        const pages = globalThis.Float32Array;
        const {{ Classifier }} = await import("tiny-model");
        const classifier = await Classifier.load();
        const {{ passed, cases, failure }} = await classifier.selfTest();
        console.log(JSON.stringify([passed, cases, failure, globalThis.Float32Array === pages]));
        """,
    )
    assert found == [4, 4, None, True]


def test_it_classifies_in_a_realm_of_a_test_runners_own(project):
    """As in Jest: the app's modules run in a context of their own, what Node brings comes from outside."""
    (project / "realm.cjs").write_text(
        """
        const { createContext, compileFunction } = require("node:vm");
        const { createRequire, isBuiltin } = require("node:module");
        const { dirname } = require("node:path");
        const { readFileSync } = require("node:fs");
        const context = createContext({ Buffer, performance, process: { ...process }, setTimeout, URL });
        const modules = new Map();
        function load(path) {
          if (modules.has(path)) return modules.get(path).exports;
          const found = { exports: {} };
          modules.set(path, found);
          const { resolve: resolved } = createRequire(path);
          const inside = (name) => (isBuiltin(name) ? require(name) : load(resolved(name)));
          if (path.endsWith(".node")) return require(path);
          const words = ["module", "exports", "require", "__filename", "__dirname"];
          const run = compileFunction(readFileSync(path, "utf-8"), words, { filename: path, parsingContext: context });
          run(found, found.exports, inside, path, dirname(path));
          return found.exports;
        }
        const { Classifier } = load(require.resolve("tiny-model"));
        (async () => {
          const classifier = await Classifier.load();
          const { passed, cases, failure } = await classifier.selfTest();
          console.log(JSON.stringify([passed, cases, failure]));
        })();
        """,
        encoding="utf-8",
    )
    assert json.loads(npm.run("node", project / "realm.cjs").stdout.splitlines()[-1]) == [4, 4, None]


@pytest.mark.slow
@pytest.mark.parametrize("way", ["esm", "cjs"])
def test_a_server_that_is_one_file_finds_the_package_or_says_what_to_do(project, way, tmp_path):
    esbuild = modules_of("esbuild", ("esbuild@0.25.12",)) / "esbuild" / "bin" / "esbuild"
    (project / "server.mjs").write_text(
        f"""
        import {{ Classifier }} from "tiny-model";
        {SAID}
        const tested = async (model) => (await model.selfTest()).passed;
        const passed = (options) => said(Classifier.load(options).then(tested));
        (async () => console.log(JSON.stringify([await passed(), await passed({{ worker: true }})])))();
        """,
        encoding="utf-8",
    )
    built = project / "built" / f"server.{'mjs' if way == 'esm' else 'cjs'}"
    words = ("--bundle", "--platform=node", f"--format={way}", f"--outfile={built}")
    npm.run("node", esbuild, project / "server.mjs", *words, cwd=project)
    assert json.loads(npm.run("node", built).stdout) == [4, 4]
    away = shutil.copy(built, tmp_path)
    told = "ModelError missing: the files of tiny-model are not beside its code, which a bundler has moved"
    assert all(each.startswith(told) for each in json.loads(npm.run("node", away).stdout))


TRACED = """
import { nodeFileTrace } from "@vercel/nft";
const { fileList } = await nodeFileTrace([process.argv[2]], { base: "/" });
console.log(JSON.stringify([...fileList]));
"""


@pytest.mark.parametrize("entry", ["lib/node.js", "cjs/node.js"])
def test_a_server_gets_all_that_it_needs_where_only_what_is_used_is_copied(project, entry, tmp_path):
    nft = modules_of("nft", ("@vercel/nft@1.11.5",))
    package = project / "node_modules" / "tiny-model"
    (nft.parent / "traced.mjs").write_text(TRACED, encoding="utf-8")
    traced = json.loads(npm.run("node", nft.parent / "traced.mjs", package / entry).stdout)
    assert any(each.endswith("onnxruntime-node/dist/index.js") for each in traced)
    assert any(each.endswith("/onnxruntime_binding.node") for each in traced)
    away = tmp_path / "node_modules" / "tiny-model"
    for path in (Path("/", each) for each in traced):
        if path.is_relative_to(package):
            target = away / path.relative_to(package)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    for path in (project / "node_modules").glob("onnxruntime-*"):
        (away.parent / path.name).symlink_to(path.resolve())
    loads = "[await passed(), await passed({ worker: true })]"
    text = f"""
        import {{ createRequire }} from "node:module";
        {SAID}
        const {{ Classifier }} = createRequire(import.meta.url)({json.dumps(str(away / entry))});
        const tested = async (model) => (await model.selfTest()).passed;
        const passed = (options) => said(Classifier.load(options).then(tested));
        console.log(JSON.stringify({loads}));
        """
    if entry.startswith("lib"):
        text = text.replace("createRequire(import.meta.url)(", "await import(")
    assert npm.script(tmp_path, text) == [4, 4]
    shutil.rmtree(away / "bundle")
    told = f"ModelError missing: {away} holds the code of tiny-model and not its bundle: what copied it there"
    for each in npm.script(tmp_path, text):
        assert each.startswith(f"{told} has left that behind (copy node_modules/tiny-model/bundle there as well,")


def test_an_app_that_is_one_script_loads_what_it_is_given_and_is_told_what_to_give(two_packages):
    esbuild = modules_of("esbuild", ("esbuild@0.25.12",)) / "esbuild" / "bin" / "esbuild"
    (two_packages / "page.js").write_text(
        f"""
        import {{ Classifier, ModelError }} from "smart-home";
        {SAID}
        const bundle = async (name) => {{ throw new ModelError("missing", `asked for ${{name}}`); }};
        const all = async () => [await said(Classifier.load({{ bundle }})), await said(Classifier.load())];
        all().then((found) => console.log(JSON.stringify(found)));
        """,
        encoding="utf-8",
    )
    built = two_packages / "built" / "page.cjs"
    npm.run("node", esbuild, two_packages / "page.js", "--bundle", f"--outfile={built}", cwd=two_packages)
    given, nothing = json.loads(npm.run("node", built).stdout)
    assert given == "ModelError missing: asked for manifest.json"
    assert nothing.startswith(
        "ModelError missing: this script does not know its own address (it is bundled as IIFE or UMD,"
    )
    assert nothing.endswith('(say it: load({ bundle: "...", wasmPaths: "..." }))')


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('import { a, b as c } from "./x.js";\n', 'const { a, b: c } = require("./x.js");\n'),
        ('import { a, b }\n  from "./x.js";\n', 'const { a, b } = require("./x.js");\n'),
        ('import * as all from "./x.js";\n', 'const all = require("./x.js");\n'),
        ('export { a } from "./x.js";\n', 'exports.a = require("./x.js").a;\n'),
        ("export const a = 1;\n", "const a = 1;\nexports.a = a;\n"),
        ("export const { a, b } = f();\n", "const { a, b } = f();\nexports.a = a;\nexports.b = b;\n"),
        ("export async function f() {\n}\n", "async function f() {\n}\nexports.f = f;\n"),
        ("export class A extends B {\n}\n", "class A extends B {\n}\nexports.A = A;\n"),
    ],
)
def test_each_form_of_import_and_export_has_its_commonjs(text, wanted):
    assert as_commonjs(text) == f'"use strict";\n{wanted}'


@pytest.mark.parametrize("text", ['import a from "./x.js";\n', "export default 1;\n", 'export * from "./x.js";\n'])
def test_a_form_that_is_not_known_is_refused(text):
    with pytest.raises(ValueError, match="no CommonJS is known for"):
        as_commonjs(text)
