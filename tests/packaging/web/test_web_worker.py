"""A model in a worker, of Node and of a page in headless Chromium: the same answers, errors and ends as beside it."""

from __future__ import annotations

import functools
import http.server
import json
import re
import threading
from contextlib import contextmanager

import npm
import pytest
from tiny_bundle import LABELS

SAID = """
const said = (call) => call.then((answer) => answer, (error) => `${error.name} ${error.code}: ${error.message}`);
"""


# what both kinds of worker must do; each app ends with `found`
CLASSIFIES = """
const beside = await Classifier.load({ threads: 1 });
const apart = await Classifier.load({ worker: true, threads: 1 });
const plain = ({ ms, logits, ...answer }) => JSON.stringify([answer, [...logits]]);
const text = "turn on the kitchen light";
const found = {
  same: plain(await beside.classify(text, "door")) === plain(await apart.classify(text, "door")),
  label: (await apart.classify(text)).label,
  of: [apart instanceof Classifier, JSON.stringify(apart.manifest) === JSON.stringify(beside.manifest), apart.labels],
  test: await apart.selfTest(),
  errors: await Promise.all([
    said(apart.classify(7)), said(apart.classify("x", {})), said(apart.classify(() => 1)),
    said(apart.classify("x", null, 2)),
    said(Classifier.load({ worker: true, bundle: "nothing/here" })), said(Generator.load({ worker: 7 })),
    said(Generator.load({ worker: true, bundle: other })),
  ]),
};
const last = apart.classify(text);
await Promise.all([apart.dispose(), apart.dispose()]);
found.end = [(await last).label, await said(apart.classify(text)), (await beside.classify(text)).label];
"""
WRITES = """
const beside = await Generator.load({ threads: 1 });
const apart = await Generator.load({ worker: true, threads: 1, context: undefined });
const told = async (generator, options) => {
  const pieces = [];
  const onToken = (piece) => pieces.push(piece);
  const { ids, text, finish } = await generator.generate("once upon", { ...options, onToken });
  return JSON.stringify([ids, text, finish, pieces.join("") === text]);
};
const drawn = { maxTokens: 12, temperature: 0.8, seed: 7 };
const found = { same: await told(beside, drawn) === await told(apart, drawn), test: await apart.selfTest() };
const endless = { maxTokens: 1_000_000, contextFull: "slide" };
const stop = new AbortController();
let pieces = 0;
const onToken = () => ++pieces === 3 && stop.abort();
found.stopped = (await apart.generate("once", { ...endless, signal: stop.signal, onToken })).finish;
const never = await apart.generate("once", { signal: AbortSignal.abort() });
found.never = [never.finish, never.ids.length];
const waits = async (generator) => {
  const leave = new AbortController();
  const first = new AbortController();
  const order = [];
  const long = generator.generate("once", { ...endless, signal: first.signal }).then(() => order.push("long"));
  const waiting = [leave.signal, AbortSignal.abort()].map((signal) => generator.generate("once", { signal }));
  const ended = Promise.all(waiting).then((all) => (order.push("waiting"), all));
  setTimeout(() => leave.abort(), 20);
  const all = await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 5000, []))]);
  first.abort();
  await long;
  return [order, ...all.map(({ finish, text, ids, promptTokens }) => [finish, text, ids.length, promptTokens])];
};
found.waits = [await waits(beside), await waits(apart)];
found.thrown = await said(apart.generate("once", { onToken: () => { throw new Error("of the app"); } }));
found.again = await told(beside, drawn) === await told(apart, drawn);
found.options = await said(apart.generate("once", { maxTokenz: 1 }));
const long = apart.generate("once", endless);
await new Promise((resolve) => setTimeout(resolve, 50));
await apart.dispose();
found.disposed = (await long).finish;
"""
ENDS = """
const workers = [];
class Watched extends threads.Worker {
  constructor(...all) {
    super(...all);
    workers.push(this);
  }
}
syncBuiltinESMExports(Object.assign(threads.default, { Worker: Watched }));
let answer;
const bundle = (name) => (name === "model.onnx" ? new Promise((resolve) => (answer = resolve)) : read(name));
const waiting = said(Generator.load({ worker: true, bundle }));
while (!answer) await new Promise((resolve) => setTimeout(resolve, 10));
await workers.pop().terminate();
const lost = await Generator.load({ worker: true });
await workers.pop().terminate();
found.lost = [await waiting, await said(lost.generate("once")), await said(lost.selfTest())];
await lost.dispose();
found.ends = await lost.dispose();
const short = await Generator.load({ worker: true, bundle: read });
found.read = (await short.selfTest()).failure;
const ending = new Promise((resolve) => workers.pop().once("exit", resolve));
await short.dispose();
// the worker, which nobody asks any more, keeps no program alive
const alive = setInterval(() => {}, 1000);
found.exit = await ending;
clearInterval(alive);
"""


def check_classifies(found):
    assert found["same"] is True
    assert found["label"] in LABELS
    assert found["of"] == [True, True, list(LABELS)]
    assert (found["test"]["passed"], found["test"]["cases"], found["test"]["failure"]) == (4, 4, None)
    for answer, wanted in zip(
        found["errors"],
        (
            "ModelError invalid: a text must be a string, not number",
            "ModelError invalid: a text must be a string, not object",
            "ModelError invalid: a worker cannot be given this: DataCloneError",
            "ModelError invalid: classify takes a text and its pair, and nothing else",
            "ModelError missing: ",
            "ModelError invalid: worker must be true or false",
            "ModelError task: this model is for text-classification, not for text-generation",
        ),
        strict=True,
    ):
        assert answer.startswith(wanted)
    disposed = "ModelError disposed: this model was disposed (load it again)"
    assert found["end"] == [found["label"], disposed, found["label"]]


def check_writes(found):
    assert (found["same"], found["again"]) == (True, True)
    assert found["test"]["failure"] is None
    assert (found["stopped"], found["never"], found["disposed"]) == ("cancelled", ["cancelled", 0], "cancelled")
    assert found["waits"] == [[["waiting", "long"], *[["cancelled", "", 0, 0]] * 2]] * 2
    assert found["thrown"] == "Error undefined: of the app"
    assert "did you mean maxTokens?" in found["options"]


def test_a_worker_of_node_classifies(two_packages):
    found = npm.script(
        two_packages,
        f"""
        import {{ Classifier }} from "smart-home";
        import {{ Generator }} from "story";
        const other = {json.dumps(str(two_packages / "node_modules" / "smart-home" / "bundle"))};
        {SAID}{CLASSIFIES}
        console.log(JSON.stringify(found));
        """,
    )
    check_classifies(found)


def test_a_worker_of_node_writes_and_one_that_ends_refuses_what_waits(two_packages):
    found = npm.script(
        two_packages,
        f"""
        import {{ Generator }} from "story";
        import {{ readFile }} from "node:fs/promises";
        import {{ syncBuiltinESMExports }} from "node:module";
        import * as threads from "node:worker_threads";
        const read = (name) => readFile(`node_modules/story/bundle/${{name}}`);
        {SAID}{WRITES}{ENDS}
        // a worker that nobody asks does not keep the program alive
        await Generator.load({{ worker: true }});
        console.log(JSON.stringify(found));
        """,
    )
    check_writes(found)
    exit_code = "it ended with exit code 1"
    gone = f"ModelError runtime: the worker that runs the model is gone: {exit_code} (load it again)"
    assert found["lost"] == [gone, gone, gone]
    assert (found["read"], found["exit"]) == (None, 0)


# the packages of npm that bring each, where the program lies in them, and how it runs a script
ENGINES = {
    "bun": ("bun@1.4.5", "@oven/*/bin/bun", ("run",)),
    "deno": ("deno@2.9.6", "@deno/*/deno", ("run", "-A")),
}


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_bun_and_deno_do_what_node_does(two_packages, engine):
    package, place, words = ENGINES[engine]
    try:
        program = next(iter(npm.fetched(engine, (package,)).glob(place)))
    except npm.Missing as missing:
        pytest.skip(str(missing))
    other = json.dumps(str(two_packages / "node_modules" / "smart-home" / "bundle"))
    for body, check in ((CLASSIFIES, check_classifies), (WRITES, check_writes)):
        script = two_packages / f"{engine}.mjs"
        head = (
            f'import {{ Classifier }} from "smart-home";\nimport {{ Generator }} from "story";\nconst other = {other};'
        )
        script.write_text(f"{head}{SAID}{body}\nconsole.log(JSON.stringify(found));", encoding="utf-8")
        check(json.loads(npm.run(str(program), *words, script, cwd=two_packages).stdout.splitlines()[-1]))


def test_a_program_ends_well_in_the_middle_of_a_run(two_packages):
    text = """
        import { Generator } from "story";
        const generator = await Generator.load({ worker: true });
        generator.generate("once", { maxTokens: 1_000_000, contextFull: "slide" });
        setTimeout(() => process.exit(3), 150);
        """
    (two_packages / "exits.mjs").write_text(text, encoding="utf-8")
    # onnxruntime-node aborts about each fourth program that ends its threads so
    for _ in range(4):
        npm.run("node", two_packages / "exits.mjs", exits=3)


def test_a_thread_of_the_apps_own_ends_well_once_its_model_is_disposed(two_packages):
    text = """
        import { Worker, isMainThread, parentPort } from "node:worker_threads";
        import { fileURLToPath } from "node:url";
        if (isMainThread) {
          const worker = new Worker(fileURLToPath(import.meta.url));
          worker.on("message", async (said) => {
            if (said === "loaded") setTimeout(() => worker.postMessage("dispose"), 100);
            else await worker.terminate().then(() => console.log(said));
          });
        } else {
          const { Generator } = await import("story");
          const generator = await Generator.load();
          const text = generator.generate("once", { maxTokens: 1_000_000, contextFull: "slide" });
          parentPort.on("message", async () => {
            await generator.dispose();
            parentPort.postMessage((await text).finish);
          });
          parentPort.postMessage("loaded");
        }
        """
    (two_packages / "thread.mjs").write_text(text, encoding="utf-8")
    # ended in the middle of a run, onnxruntime-node aborts about each third such program
    for _ in range(4):
        assert npm.run("node", two_packages / "thread.mjs").stdout.strip() == "cancelled"


class Isolated(http.server.SimpleHTTPRequestHandler):
    """A server with the headers that threads need."""

    extensions_map = http.server.SimpleHTTPRequestHandler.extensions_map | {
        ".js": "text/javascript",
        ".mjs": "text/javascript",
        ".wasm": "application/wasm",
    }

    def end_headers(self):
        self.send_header("Cross-Origin-Opener-Policy", "same-origin")
        self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
        super().end_headers()

    def log_message(self, *words):
        pass


@contextmanager
def served(folder):
    handler = functools.partial(Isolated, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


IMPORTS = {
    "smart-home": "/node_modules/smart-home/lib/web.js",
    "story": "/node_modules/story/lib/web.js",
    "onnxruntime-web/wasm": "/node_modules/onnxruntime-web/dist/ort.wasm.bundle.min.mjs",
}


def opened(two_packages, body, head=""):
    """What `found` is after a script on a page without a bundler, in a browser of several cores."""
    try:
        npm.tool("chromium")
    except npm.Missing as missing:
        pytest.skip(str(missing))
    page = f"""<!doctype html><link rel="icon" href="data:,">{head}
        <script type="importmap">{json.dumps({"imports": IMPORTS})}</script>
        <script type="module">
        import {{ Classifier }} from "smart-home";
        import {{ Generator }} from "story";
        {SAID}
        const ended = (async () => {{ {body}; return found; }})();
        ended.then((found) => (window.found = found), (error) => (window.found = `${{error}}`));
        </script>"""
    (two_packages / "page.html").write_text(page, encoding="utf-8")
    wait = "while (!window.found) await new Promise((resolve) => setTimeout(resolve, 50)); return window.found;"
    with served(two_packages) as url:
        return npm.browse(f"{url}/page.html", wait, cores=8)["value"]


@pytest.mark.slow
def test_a_worker_of_a_page_classifies(two_packages):
    check_classifies(opened(two_packages, f'const other = "/node_modules/smart-home/bundle";{CLASSIFIES}'))


@pytest.mark.slow
def test_a_worker_of_a_page_writes(two_packages):
    check_writes(opened(two_packages, WRITES))


@pytest.mark.slow
def test_workers_of_the_app_and_threads_load_or_are_refused_with_the_reason(two_packages):
    own = '"/node_modules/smart-home/lib/standalone_worker.js"'
    body = f"""
        const found = {{}};
        const tested = async (model) => (await model.selfTest()).passed;
        const passed = async (options) => said(Classifier.load(options).then(tested));
        found.address = await passed({{ worker: {own}, threads: 2 }});
        const worker = new Worker({own}, {{ type: "module" }});
        const models = [await Classifier.load({{ worker }}), await Generator.load({{ worker }})];
        found.both = await Promise.all(models.map(async (model) => (await model.selfTest()).failure));
        const waiting = said(models[1].generate("once", {{ maxTokens: 1_000_000, contextFull: "slide" }}));
        await models[0].dispose();
        setTimeout(() => worker.terminate(), 100);
        found.ended = await waiting;
        found.absent = await passed({{ worker: "/nothing.js" }});
        found.threads = await passed({{ threads: 2 }});
        found.others = await passed({{ threads: 1 }});
        """
    found = opened(two_packages, body)
    assert (found["address"], found["both"], found["threads"]) == (4, [None, None], 4)
    gone = "ModelError runtime: the worker that runs the model is gone:"
    assert found["ended"] == f"{gone} it was ended (load it again)"
    assert re.match(
        "ModelError runtime: the worker cannot be started: its script .*smart-home/worker", found["absent"]
    )
    assert "onnxruntime runs with threads: 2 on this page since its first model was loaded" in found["others"]


@pytest.mark.slow
@pytest.mark.parametrize("worker", ["false", "true"])
def test_a_page_takes_no_more_threads_than_cores(two_packages, worker):
    body = f"""
        const found = [];
        console.warn = (text) => found.push(text);
        const classifier = await Classifier.load({{ threads: 999, worker: {worker} }});
        found.push((await classifier.selfTest()).failure);
        """
    told = "smart-home: threads: 999 is more than the 8 cores of this machine; 8 are taken"
    assert opened(two_packages, body) == [told, None]


@pytest.mark.slow
def test_threads_and_workers_that_cannot_start_are_told_at_once(two_packages):
    forbidden = """<meta http-equiv="Content-Security-Policy" content="worker-src 'none'">"""
    body = """
        const found = [await said(Classifier.load({ worker: true })), performance.now()];
        found.push(await said(Classifier.load({ threads: 2 })), performance.now());
        """
    (absent,) = opened(two_packages, 'const found = [await said(Classifier.load({ worker: "/none.js" }))];')
    assert absent.startswith(
        "ModelError runtime: the worker cannot be started: its script cannot be loaded (give load one"
    )
    worker, first, threads, last = opened(two_packages, body, forbidden)
    assert worker.startswith("ModelError runtime: the worker cannot be started: its script")
    assert re.search("ModelError runtime: .* a thread could not start from .*; load with threads: 1", threads)
    assert last < 20_000
    assert first < last
