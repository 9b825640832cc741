"""The npm package as npm packs and installs it, in Node: it answers as the agent does, and refuses what it must."""

from __future__ import annotations

import json
import re
import shutil
import tarfile
from pathlib import Path

import npm
import numpy as np
import pytest
from tiny_bundle import ODD_FACTS, make_bundle, rehash, rewrite
from tiny_checkpoint import TEXTS, tiny_classifier, tiny_tokenizer
from tiny_tokenizers import HARD, unigram

from edgekit.agent.inference.bundle import open_bundle
from edgekit.agent.inference.classifier import open_classifier
from edgekit.agent.inference.generation import GenerationLimits
from edgekit.agent.inference.generator import open_generator
from edgekit.agent.inference.sampling import Sampling
from edgekit.bundle.bundle_folder import BundleFolder
from edgekit.flows.golden import prove_golden
from edgekit.packaging.identity import Identity
from edgekit.packaging.web.write import NODE_RUNTIME, WEB_RUNTIME, write

ROOT = Path(__file__).parents[3]
PAIRS = (("turn on the lights", "is it going to rain"), ("x" * 500, "play"), (" ".join(TEXTS), " ".join(TEXTS[::-1])))
ROWS = [*((text, None) for text in (*TEXTS, *HARD)), *PAIRS]
# text, temperature, top-k, top-p, seed
DRAWS = (
    ("once upon", 0.0, 0, 1.0, 0),
    ("the fox", 0.7, 5, 1.0, 3),
    ("naïve 🔥", 1.3, 0, 0.9, 2**40),
    ("", 1.0, 0, 1.0, 7),
)


def packaged(bundle, folder, name="tiny-model"):
    folder.mkdir(parents=True)
    write(open_bundle(bundle), Identity(name=name, version="1.2.3", id="com.example.tiny"), folder)
    return folder


@pytest.fixture(scope="session")
def modules():
    try:
        return npm.fetched("node", npm.RUNTIMES)
    except npm.Missing as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def web_bundles(tmp_path_factory, decoder_checkpoints, decoder_classifiers):
    """ONNX bundles of a DistilBERT, an ALBERT with Unigram pieces, a GPT-2, a Llama and a classifier on a GPT-2."""
    from edgekit.flows.export import export
    from edgekit.models.checkpoint import save_checkpoint
    from edgekit.options.export_options import ExportOptions

    root = tmp_path_factory.mktemp("web-bundles")
    checkpoints = {name: decoder_checkpoints[name] for name in ("gpt2", "llama")}
    checkpoints["gpt2-classifier"] = decoder_classifiers["gpt2"]
    for family, tokenizer in (("distilbert", tiny_tokenizer()), ("albert", unigram())):
        checkpoints[family] = root / family
        checkpoints[family].mkdir()
        save_checkpoint(tiny_classifier(tokenizer, family=family), tokenizer, checkpoints[family], lineage=())
    options = ExportOptions(format="onnx", scheme="float", max_length=32)
    return {name: export(folder, root / f"{name}-out", options)[0] for name, folder in checkpoints.items()}


@pytest.fixture(scope="session")
def projects(web_bundles, modules, tmp_path_factory):
    """A project with the package of a bundle installed from its tarball, made when it is first asked for."""
    made = {}

    def project(name):
        if name not in made:
            root = tmp_path_factory.mktemp(f"npm-{name}")
            tarball = npm.packed(packaged(web_bundles[name], root / "package"), root)
            made[name] = npm.installed(tarball, root / "project", modules)
        return made[name]

    return project


def test_a_tarball_has_the_package_and_nothing_that_was_measured_on_it(web_bundles, modules, tmp_path):
    """A machine and its figures lie beside a bundle, where a package's own is measured too."""
    folder = packaged(web_bundles["distilbert"], tmp_path / "package")
    written = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
    prove_golden(BundleFolder(folder / "bundle"))
    assert list((folder / "bundle" / "measurements").iterdir())
    with tarfile.open(npm.packed(folder, tmp_path)) as archive:
        assert {Path(name).relative_to("package") for name in archive.getnames()} == written


@pytest.mark.parametrize("family", ["distilbert", "albert", "gpt2-classifier"])
def test_texts_and_pairs_get_the_labels_and_scores_of_the_agent(projects, web_bundles, family):
    found = npm.script(
        projects(family),
        f"""
        import {{ Classifier }} from "tiny-model";
        const classifier = await Classifier.load(undefined, {{ threads: 1 }});
        const found = [];
        for (const [text, pair] of {json.dumps(ROWS)}) found.push(await classifier.classify(text, pair));
        console.log(JSON.stringify(found.map((each) => ({{ ...each, logits: [...each.logits] }}))));
        """,
    )
    agent = open_classifier(web_bundles[family])
    for (text, pair), answer in zip(ROWS, found, strict=True):
        wanted = agent.classify(text, pair)
        assert answer["label"] == wanted.label
        assert answer["score"] == pytest.approx(wanted.score, abs=1e-4)
        assert np.allclose(answer["logits"], wanted.logits, atol=1e-4, rtol=1e-4)
        assert [each["label"] for each in answer["scores"]] == list(agent.bundle.labels)
        assert np.allclose([each["score"] for each in answer["scores"]], wanted.scores, atol=1e-4)
        assert answer["ms"] > 0


@pytest.mark.parametrize("family", ["gpt2", "llama"])
def test_a_decoder_writes_what_the_agent_writes_sampled_too(projects, web_bundles, family):
    draws = [
        {"prompt": prompt, "temperature": temperature, "topK": top_k, "topP": top_p, "seed": seed}
        for prompt, temperature, top_k, top_p, seed in DRAWS
        if prompt or family == "llama"
    ]
    found = npm.script(
        projects(family),
        f"""
        import {{ Generator }} from "tiny-model";
        const generator = await Generator.load();
        const found = [];
        for (const {{ prompt, ...options }} of {json.dumps(draws)}) {{
          const pieces = [];
          const onToken = (piece) => pieces.push(piece);
          const all = {{ ...options, maxTokens: 60, contextFull: "slide", onToken }};
          const done = await generator.generate(prompt, all);
          found.push({{ ...done, pieces }});
        }}
        console.log(JSON.stringify(found));
        """,
    )
    agent = open_generator(web_bundles[family])
    assert agent.session.capacity < 60, "the context slides"
    for draw, answer in zip(draws, found, strict=True):
        sampling = Sampling(draw["temperature"], draw["topK"], draw["topP"], draw["seed"])
        wanted = agent.start(draw["prompt"], sampling, GenerationLimits(60, context_full="slide"))
        text = "".join(wanted)
        assert answer["ids"] == wanted.ids
        assert (answer["text"], "".join(answer["pieces"])) == (text, text)
        assert (answer["finish"], answer["slides"]) == (wanted.finish, wanted.slides)
        assert answer["promptTokens"] == len(wanted.prompt_ids)


def test_a_text_ends_at_a_stop_string_a_full_context_or_a_signal(projects, web_bundles):
    found = npm.script(
        projects("gpt2"),
        """
        import { Generator } from "tiny-model";
        const generator = await Generator.load(undefined, { context: 12 });
        const whole = await generator.generate("the fox", { maxTokens: 40 });
        const stop = [...whole.text].slice(3, 5).join("");
        const stopped = await generator.generate("the fox", { stop });
        const signal = new AbortController();
        let pieces = 0;
        const cancelled = await generator.generate("the fox", {
          signal: signal.signal, onToken: () => ++pieces === 2 && signal.abort(),
        });
        const never = await generator.generate("the fox", { signal: AbortSignal.abort() });
        const long = "the fox ".repeat(20);
        const tooLong = await generator.generate(long).catch((error) => `${error.code}: ${error.message}`);
        const short = (prompt) => generator.generate(prompt, { maxTokens: 3 });
        const both = await Promise.all(["the fox", "once"].map(short));
        console.log(JSON.stringify({ whole, stop, stopped, cancelled, never, tooLong, both }));
        """,
    )
    agent = open_generator(web_bundles["gpt2"], capacity=12)
    assert (found["whole"]["finish"], found["whole"]["text"]) == ("context", "".join(agent.start("the fox")))
    assert found["stopped"]["finish"] == "stop"
    assert found["stopped"]["text"] == found["whole"]["text"].partition(found["stop"])[0]
    assert found["cancelled"]["finish"] == "cancelled"
    assert found["whole"]["text"].startswith(found["cancelled"]["text"])
    assert 2 <= len(found["cancelled"]["ids"]) < len(found["whole"]["ids"])
    assert (found["never"]["finish"], found["never"]["ids"]) == ("cancelled", [])
    assert re.search("invalid: the prompt has .* tokens, and the context holds 12", found["tooLong"])
    for prompt, answer in zip(("the fox", "once"), found["both"], strict=True):
        assert answer["text"] == "".join(agent.start(prompt, limits=GenerationLimits(3))), "they wait for each other"


@pytest.mark.parametrize("family", ["distilbert", "albert", "gpt2", "llama"])
def test_the_self_test_passes_on_the_package_as_it_is(projects, family):
    output = npm.run("npm", "test", "--silent", cwd=projects(family) / "node_modules" / "tiny-model").stdout
    cases = len((projects(family) / "node_modules/tiny-model/bundle/golden.jsonl").read_text("utf-8").splitlines())
    assert f"{cases} of {cases} golden cases equal" in output


def resealed(project, tmp_path, change, rows="golden.jsonl"):
    """A copy of the installed package whose golden cases were changed, hashes and all."""
    package = tmp_path / "package"
    shutil.copytree(project / "node_modules" / "tiny-model", package)
    (package / "node_modules").symlink_to(project / "node_modules")
    golden = package / "bundle" / rows
    cases = [json.loads(line) for line in golden.read_text("utf-8").splitlines()]
    change(cases)
    golden.write_text("".join(json.dumps(case) + "\n" for case in cases), encoding="utf-8")
    rehash(package / "bundle")
    return package


@pytest.mark.parametrize(
    ("family", "part", "told"),
    [
        ("distilbert", "ids", r"golden case \d+ .*: token 1 is \d+, expected 7777"),
        ("distilbert", "logits", r"golden case \d+ .*: logit 1 is .*, expected 77"),
        ("distilbert", "label", r"golden case \d+ .*: the label is .*, expected \"other\""),
        ("gpt2", "ids", r"golden case \d+ .*: token 1 is \d+, expected 7777"),
        ("gpt2", "logits", r"golden case \d+ .*: the logit of token \d+ is .*, expected 77"),
        ("gpt2", "tokens", r"golden case \d+ .*: new token 1 is \d+, expected 0"),
    ],
)
def test_the_self_test_names_the_first_token_logit_or_label_that_differs(projects, tmp_path, family, part, told):
    def change(cases):
        case = next(case for case in cases if len(case["ids"]) > 2)
        if part == "label":
            case["label"] = "other"
        else:
            case[part][1] = {"ids": 7777, "logits": 77.0, "tokens": 0}[part]

    package = resealed(projects(family), tmp_path, change)
    done = npm.run("node", package / "self-test.js", exits=1)
    assert re.search(told, done.stderr)
    assert re.search(r"(\d+) of (\d+) golden cases equal", done.stdout).groups() != ("0", "0")


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "manifest.json"])
def test_a_file_that_was_changed_is_refused_by_name(projects, tmp_path, name):
    package = tmp_path / "package"
    shutil.copytree(projects("distilbert") / "node_modules" / "tiny-model", package)
    (package / "node_modules").symlink_to(projects("distilbert") / "node_modules")
    path = package / "bundle" / name
    content = path.read_bytes()
    changed = content.replace(b'"bytes": ', b'"bytes": 1', 1) if name == "manifest.json" else content[:-1] + b"x"
    path.write_bytes(changed)
    done = npm.run("node", package / "self-test.js", exits=1)
    told = (
        "manifest.json was changed: its content_hash"
        if name == "manifest.json"
        else f"{name} is not the file of the manifest"
    )
    assert told in done.stderr
    assert "tampered" in done.stderr


def test_what_is_not_for_this_class_or_not_there_is_refused_clearly(projects, web_bundles, tmp_path):
    missing = tmp_path / "missing"
    found = npm.script(
        projects("distilbert"),
        f"""
        import {{ Classifier, Generator, ModelError }} from "tiny-model";
        const told = async (task) => task.then(() => "loaded", (error) => (
          `${{error instanceof ModelError}} ${{error.code}}: ${{error.message}}`
        ));
        const own = await Classifier.load({json.dumps(str(web_bundles["distilbert"]))});
        console.log(JSON.stringify([
          await told(Generator.load()),
          await told(Classifier.load({json.dumps(str(web_bundles["gpt2"]))})),
          await told(Classifier.load({json.dumps(str(missing))})),
          await told(Classifier.load(undefined, {{ threads: 0 }})),
          await told(own.classify("half \\ud83d")),
          await told(own.classify(undefined)),
        ]));
        """,
    )
    for answer, told in zip(
        found,
        (
            "true task: this model is for text-classification, not for text-generation .*Classifier.load",
            "true task: this model is for text-generation, not for text-classification .*Generator.load",
            f"true missing: {missing}/manifest.json cannot be read",
            "true invalid: threads must be",
            "true invalid: the text holds half a character",
            "true invalid: a text must be a string, not undefined",
        ),
        strict=True,
    ):
        assert re.match(told, answer), answer


def test_the_readmes_code_runs_as_it_is_written(projects):
    for family in ("distilbert", "gpt2"):
        readme = (projects(family) / "node_modules" / "tiny-model" / "README.md").read_text("utf-8")
        blocks = re.findall(r"^```js\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
        assert len(blocks) == 2
        for number, block in enumerate(blocks):
            path = projects(family) / f"readme-{number}.mjs"
            path.write_text(block, encoding="utf-8")
            assert npm.run("node", path, cwd=projects(family)).stdout


def test_the_package_holds_the_bundle_as_it_is_and_says_what_it_adds(web_bundles, tmp_path):
    bundle = open_bundle(web_bundles["distilbert"])
    folder = tmp_path / "package"
    folder.mkdir()
    weighed = write(bundle, Identity(name="tiny-model", id="com.example.tiny"), folder)
    for name in bundle.manifest["files"]:
        assert (folder / "bundle" / name).read_bytes() == (bundle.folder / name).read_bytes()
    shipped = [path for part in ("bundle", "lib") for path in (folder / part).rglob("*") if path.is_file()]
    assert weighed.total == sum(path.stat().st_size for path in shipped)
    assert (weighed.model, weighed.tokenizer) == (bundle.model.stat().st_size, bundle.tokenizer.stat().st_size)
    assert weighed.code < 240_000
    assert weighed.runtime == f"onnxruntime-web {WEB_RUNTIME}"
    assert (folder / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()
    notice = (folder / "NOTICE").read_text("utf-8")
    assert "SPDX-License-Identifier: Apache-2.0" in notice
    assert "SPDX-License-Identifier: MIT" in notice
    for path in folder.rglob("*"):
        if path.is_file() and path.parent.name != "bundle":
            assert not re.search(r"@@[A-Z_]+@@", path.read_text("utf-8")), f"{path} has a place that was not filled"
    assert "from text to token ids to logits to label;" in (folder / "README.md").read_text("utf-8")
    about = json.loads((folder / "package.json").read_text("utf-8"))
    assert (about["name"], about["version"]) == ("tiny-model", "1.0.0")
    assert about["peerDependencies"]["onnxruntime-node"] == NODE_RUNTIME


def test_a_bundle_of_a_bag_of_words_and_one_of_another_format_version(tmp_path, modules):
    bundle = make_bundle(tmp_path / "tiny-onnx", "onnx")
    package = packaged(bundle, tmp_path / "package")
    (package / "node_modules").symlink_to(modules)
    assert "4 of 4 golden cases equal" in npm.run("node", package / "self-test.js").stdout
    place = package / "bundle" / "manifest.json"
    place.write_text(place.read_text("utf-8").replace('"format_version": 2', '"format_version": 4'), encoding="utf-8")
    assert "format version 4, not 2 or 3" in npm.run("node", package / "self-test.js", exits=1).stderr
    place.write_text(place.read_text("utf-8").replace('"format_version": 4', '"format_version": 1'), encoding="utf-8")
    assert "is of an older format" in npm.run("node", package / "self-test.js", exits=1).stderr


def test_what_decides_an_answer_is_under_the_content_hash(tmp_path, modules):
    bundle = make_bundle(tmp_path / "tiny-onnx", "onnx")
    package = packaged(bundle, tmp_path / "package")
    (package / "node_modules").symlink_to(modules)
    rewrite(package / "bundle", blocks=ODD_FACTS)
    assert "4 of 4 golden cases equal" in npm.run("node", package / "self-test.js").stdout
    place = package / "bundle" / "manifest.json"
    sound = json.loads(place.read_text("utf-8"))
    changes = [{"labels": ["door", "light", "climate"]}, {"pad_id": 3}, {"blocks": []}, {"lengths": [8]}]
    for change in [*changes, {"parity": sound["parity"] | {"atol": 2e-4}}]:
        place.write_text(json.dumps(sound | change), encoding="utf-8")
        output = npm.run("node", package / "self-test.js", exits=1).stderr
        assert "manifest.json was changed: its content_hash does not follow from what it says" in output


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({"labels": ["light", "light", "climate"]}, "labels must be texts, each one once"),
        ({"labels": ["light", 7, "climate"]}, "labels must be texts, each one once"),
        ({"parity": {"atol": -1, "rtol": 0}}, "atol and rtol must be numbers from 0 on"),
        ({"parity": {"atol": 1000, "rtol": 0}}, "wrong answers would pass"),
    ],
)
def test_facts_that_would_hide_wrong_answers_are_refused(tmp_path, modules, facts, told):
    package = packaged(make_bundle(tmp_path / "tiny-onnx", "onnx"), tmp_path / "package")
    (package / "node_modules").symlink_to(modules)
    rewrite(package / "bundle", **facts)
    assert told in npm.run("node", package / "self-test.js", exits=1).stderr
