"""How an app takes the npm package: imported or required, with or without its runtime, its options and its end."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import npm
import pytest
from tiny_bundle import LABELS, make_bundle

from edgekit.agent.inference.bundle import open_bundle
from edgekit.packaging.identity import Identity
from edgekit.packaging.web.commonjs import as_commonjs
from edgekit.packaging.web.write import NODE_RUNTIME, write

# what each call makes of what it is given, as one line: its answer, or the code and message of its error
SAID = """
const said = (call) => call.then((answer) => answer, (error) => `${error.name} ${error.code}: ${error.message}`);
"""


def packaged(bundle, folder):
    folder.mkdir(parents=True)
    write(open_bundle(bundle), Identity(name=folder.name, version="1.2.3", id="com.example.tiny"), folder)
    return folder


def modules_of(name, packages):
    try:
        return npm.fetched(name, packages)
    except npm.Missing as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """A project with the package in it, and no runtime."""
    try:
        npm.tool("node")
    except npm.Missing as missing:
        pytest.skip(str(missing))
    root = tmp_path_factory.mktemp("bare")
    packaged(make_bundle(root / "bundle", "onnx"), root / "node_modules" / "tiny-model")
    return root


@pytest.fixture(scope="module")
def project(bare, tmp_path_factory):
    """A project with the package and onnxruntime-node."""
    root = tmp_path_factory.mktemp("loading")
    shutil.copytree(bare / "node_modules", root / "node_modules")
    for path in sorted(modules_of("node", npm.RUNTIMES).iterdir()):
        if not path.name.startswith("."):
            (root / "node_modules" / path.name).symlink_to(path)
    return root


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


def test_options_are_known_of_their_kind_and_given_once(project):
    calls = {
        "load({ thread: 2 })": "load has no option thread (did you mean threads?)",
        'load({ bundel: "x" })': "load has no option bundel (did you mean bundle?)",
        "load({ frobnicate: 2 })": "load has no option frobnicate (it has bundle, wasmPaths, threads and worker)",
        "load({ context: 2 })": "load has no option context",
        "load(undefined, { threads: 1.5 })": "threads must be a whole number from 1 on, not 1.5",
        'load({ threads: "2" })': 'threads must be a whole number from 1 on, not "2"',
        **{
            f"load({{ threads: {threads} }})": f"threads must be a whole number from 1 on, not {said}"
            for threads, said in {
                "-1": "-1",
                "0": "0",
                "NaN": "NaN",
                "Infinity": "Infinity",
                "null": "null",
                "true": "true",
                "2n": "a bigint",
                "[2]": "an array",
            }.items()
        },
        "load(new Map())": "bundle must be the address of a folder or a function that reads a file, not a Map",
        "load(undefined, new Map([['threads', 2]]))": "the options of load must be an object, not a Map",
        'load({ wasmPaths: new Set(["/x/"]) })': "wasmPaths must be an address, or addresses as { mjs, wasm }, not",
        'load({ bundle: "" })': 'bundle must be the address of a folder or a function that reads a file, not ""',
        'load("")': 'bundle must be the address of a folder or a function that reads a file, not ""',
        'load({ wasmPaths: "" })': 'wasmPaths must be an address, or addresses as { mjs, wasm }, not ""',
        "load(7)": "bundle must be the address of a folder or a function that reads a file, not 7",
        "load(undefined, 7)": "the options of load must be an object, not 7",
        "load({}, {})": "load takes its options once",
        'load("x", { bundle: "y" })': "load was told twice where the bundle lies",
        'load({ wasmPaths: { wasn: "/x.wasm" } })': "wasmPaths must be an address, or addresses as { mjs, wasm }",
        "load(null)": "bundle must be the address of a folder or a function that reads a file, not null",
        "load(undefined, null)": "the options of load must be an object, not null",
        'load({ worker: "" })': 'worker must be true or false, the address of a worker\'s script, or a worker, not ""',
        "load(async () => '{}')": "manifest.json cannot be read: the function that reads it must give its bytes",
        "load(() => undefined)": "the function that reads it must give its bytes, not undefined",
        'load({ wasmPaths: "/x/" })': "wasmPaths does nothing here: it is for onnxruntime-web",
    }
    found = npm.script(
        project,
        f"""
        import {{ Classifier }} from "tiny-model";
        {SAID}
        const found = [];
        for (const call of [{",".join(f"() => Classifier.{call}" for call in calls)}]) found.push(await said(call()));
        const loaded = await Classifier.load({{ threads: undefined, bundle: undefined }});
        console.log(JSON.stringify([found, (await loaded.selfTest()).passed]));
        """,
    )
    for wanted, answer in zip(calls.values(), found[0], strict=True):
        assert wanted in answer
        assert answer.startswith("ModelError ")
    assert found[1] == 4


def test_an_error_is_of_its_class_however_the_package_was_taken(bare):
    found = npm.script(
        bare,
        """
        import { createRequire } from "node:module";
        import * as imported from "tiny-model";
        const required = createRequire(import.meta.url)("tiny-model");
        const thrown = ({ Classifier }) => Classifier.load({ threads: 0 }).catch((error) => error);
        const errors = [await thrown(imported), await thrown(required), new Error("x"), null, "ModelError"];
        class Own extends imported.ModelError {}
        const classes = [imported.ModelError, required.ModelError, Own, Error];
        errors.push(new Own("invalid", "x"));
        console.log(JSON.stringify(errors.map((error) => classes.map((one) => error instanceof one))));
        """,
    )
    assert found == [[True, True, False, True]] * 2 + [[False, False, False, True]] + [[False] * 4] * 2 + [[True] * 4]


@pytest.mark.parametrize("name", ["Classifier", "Generator"])
@pytest.mark.parametrize("way", ['await import("tiny-model")', 'require("tiny-model")'])
def test_a_model_that_is_made_with_new_says_how_it_is_loaded(bare, name, way):
    found = npm.script(
        bare,
        f"""
        import {{ createRequire }} from "node:module";
        const require = createRequire(import.meta.url);
        {SAID}
        const models = {way};
        console.log(JSON.stringify(await said((async () => new models.{name}())())));
        """,
    )
    assert found == f"ModelError invalid: a {name} is not made with new (await {name}.load())"


def test_no_more_threads_are_started_than_there_are_cores(project):
    found = npm.script(
        project,
        f"""
        import {{ Classifier, Generator }} from "tiny-model";
        import {{ availableParallelism }} from "node:os";
        import {{ createRequire }} from "node:module";
        {SAID}
        const runtime = createRequire(import.meta.url)("onnxruntime-node");
        const {{ create }} = runtime.InferenceSession;
        const taken = [];
        runtime.InferenceSession.create = (model, options) => {{
          taken.push(options.intraOpNumThreads);
          return create.call(runtime.InferenceSession, model, options);
        }};
        const warned = [];
        console.warn = (text) => warned.push(text);
        const cores = availableParallelism();
        const began = performance.now();
        const passed = [];
        for (const options of [{{ threads: 999 }}, {{ threads: cores }}, {{ worker: true, threads: 2 ** 40 }}]) {{
          const classifier = await Classifier.load(options);
          passed.push((await classifier.selfTest()).failure);
          await classifier.dispose();
        }}
        console.log(JSON.stringify({{ cores, taken, warned, passed, seconds: (performance.now() - began) / 1000 }}));
        """,
    )
    cores = found["cores"]
    said = f"{cores} core{'s' if cores > 1 else ''} of this machine; {cores} {'are' if cores > 1 else 'is'} taken"
    assert found["taken"] == [cores, cores], "that of a worker has its own module"
    assert found["warned"] == [f"tiny-model: threads: {many} is more than the {said}" for many in (999, 2**40)]
    assert found["passed"] == [None] * 3
    assert found["seconds"] < 10, "999 threads take longer to start"


def test_a_model_is_disposed_once_and_says_so_afterwards(project):
    found = npm.script(
        project,
        f"""
        import {{ Classifier }} from "tiny-model";
        {SAID}
        const classifier = await Classifier.load();
        const last = classifier.classify("turn on the light");
        const ends = [classifier.dispose(), classifier.dispose()];
        const after = [said(classifier.classify("again")), said(classifier.selfTest())];
        const found = [(await last).label, ...(await Promise.all(ends)), await said(classifier.dispose())];
        console.log(JSON.stringify([found, await Promise.all(after), await said(classifier.classify("again"))]));
        """,
    )
    assert found[0][0] in LABELS
    assert found[0][1:] == [None] * 3
    assert [*found[1], found[2]] == ["ModelError disposed: this model was disposed (load it again)"] * 3


TWO_MODELS = """
import { readFile } from "node:fs/promises";
import { Classifier } from "./node_modules/smart-home/lib/web.js";
import { Generator } from "./node_modules/story/lib/web.js";
const from = (name) => (file) => readFile(new URL(`node_modules/${name}/bundle/${file}`, import.meta.url));
const load = (one, name) => one.load({ bundle: from(name), threads: 1 });
"""


def test_two_models_of_two_packages_share_one_page(two_packages):
    found = npm.script(
        two_packages,
        SAID
        + TWO_MODELS
        + """
        const [classifier, generator] = await Promise.all([load(Classifier, "smart-home"), load(Generator, "story")]);
        const alone = [await classifier.classify("turn on the light")];
        alone.push(await generator.generate("once", { maxTokens: 8 }));
        const found = [];
        for (let time = 0; time < 20; time++) {
          const texts = [generator.generate("once", { maxTokens: 8 }), classifier.classify("turn on the light")];
          const [wrong, { text }, { logits }] = await Promise.all([said(classifier.classify(7)), ...texts]);
          found.push([wrong, text === alone[1].text, logits.every((logit, at) => logit === alone[0].logits[at])]);
        }
        const stop = new AbortController();
        const order = [];
        const long = generator.generate("once", { maxTokens: 60, contextFull: "slide", signal: stop.signal,
          onToken: () => order.push("token") });
        for (let time = 0; time < 3; time++) {
          await classifier.classify("turn on the light");
          order.push("label");
        }
        stop.abort();
        const { finish } = await long;
        const loading = load(Classifier, "smart-home");
        const other = said(load(Generator, "smart-home"));
        const ends = await Promise.all([other, generator.dispose(), classifier.dispose()]);
        console.log(JSON.stringify([found, order, finish, ends[0], (await (await loading).selfTest()).passed]));
        """,
    )
    assert found[0] == [["ModelError invalid: a text must be a string, not number", True, True]] * 20
    assert found[1].index("label") < len(found[1]) - 1 - found[1][::-1].index("token"), (
        "a text waits for no whole text"
    )
    assert found[2] == "cancelled"
    assert found[3].startswith("ModelError task: ")
    assert found[4] == 4


def test_what_generate_is_told_is_known_and_a_text_under_way_ends_with_its_model(two_packages):
    calls = {
        "maxTokenz: 3": "generate has no option maxTokenz (did you mean maxTokens?)",
        "temprature: 1": "generate has no option temprature (did you mean temperature?)",
        "max_tokens: 3": "generate has no option max_tokens (did you mean maxTokens?)",
        "maxTokens: 0": "maxTokens must be a whole number from 1 on, not 0",
        "stop: 7": "stop must be a string or an array of strings, not 7",
        'contextFull: "slid"': 'contextFull must be "stop" or "slide", not "slid"',
        "onToken: 1": "onToken must be a function, not 1",
        "signal: {}": "signal must be an AbortSignal, not a object",
    }
    found = npm.script(
        two_packages,
        SAID
        + TWO_MODELS
        + f"""
        const generator = await load(Generator, "story");
        const found = [];
        for (const options of [{",".join(f"{{ {each} }}" for each in calls)}]) {{
          found.push(await said(generator.generate("once", options)));
        }}
        const long = generator.generate("once", {{ maxTokens: 100_000, contextFull: "slide", seed: undefined }});
        const waiting = generator.generate("once");
        await new Promise((resolve) => setTimeout(resolve, 50));
        await generator.dispose();
        const after = await said(generator.generate("once"));
        console.log(JSON.stringify([found, (await long).finish, (await waiting).finish, after]));
        """,
    )
    for wanted, answer in zip(calls.values(), found[0], strict=True):
        assert answer.startswith(f"ModelError invalid: {wanted}")
    assert found[1:3] == ["cancelled", "cancelled"]
    assert found[3] == "ModelError disposed: this model was disposed (load it again)"
