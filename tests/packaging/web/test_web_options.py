"""What an app tells the npm package's models, and what they say to it: options, errors, threads, their end."""

from __future__ import annotations

import npm
import pytest
from installed_package import SAID
from tiny_bundle import LABELS


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
