"""The Swift package compiled and run on Linux, with ONNX Runtime's C functions: it does what the agent does."""

from __future__ import annotations

import json
import random
import shutil

import numpy as np
import pytest
from hard_texts import HARD_TEXTS
from swift_package import answers, refused
from tiny_bundle import (
    LABELS,
    MAX_LENGTH,
    ODD_FACTS,
    TEXTS,
    golden_rows,
    make_bundle,
    rehash,
    rewrite,
    seal,
    write_golden,
    zero_logits,
)
from tokenizer_zoo import ZOO
from tokenizers import Tokenizer

from edgekit.agent.inference.bundle import open_bundle
from edgekit.agent.inference.classifier import open_classifier
from edgekit.agent.inference.generation import GenerationLimits
from edgekit.agent.inference.generator import open_generator
from edgekit.agent.inference.sampling import Sampling

# compiling takes minutes
pytestmark = [pytest.mark.slow, pytest.mark.timeout(3000)]

PROMPTS = ("once upon a time", "naïve café 🔥", "")


def changed(folder, kind, **changes):
    """The bundle with another first golden case, its manifest in order."""
    path = folder / "golden.jsonl"
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    rows[0] |= changes
    write_golden(folder, rows)
    return rehash(folder)


def test_the_packages_own_tests_pass(swift_package):
    done = swift_package.test()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "SelfTestTests.testTheGoldenCasesComeOutAsTheyDidWhenTheModelWasMade' passed" in done.stdout
    assert "GoldenTokenTests.testTheTokenizerGivesTheIdsOfTheGoldenCases' passed" in done.stdout
    assert "GoldenTokenTests.testAChangedFileIsRefused' passed" in done.stdout


def test_the_readmes_classifier_runs_as_written(swift_package):
    done = swift_package.run("usage-classifier")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[0] in LABELS
    assert f"{len(TEXTS)} cases, the largest difference of a logit " in done.stdout


def test_the_readmes_generator_runs_as_written(swift_package, decoder_bundles, tmp_path):
    done = swift_package.run_with("usage-generator", decoder_bundles["gpt2"], tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout


@pytest.mark.parametrize("texts", [*TEXTS, ("word " * 50, None), ("a", "b " * 80)])
def test_it_classifies_as_the_agent_does(swift_package, onnx_bundle, texts):
    text, pair = texts
    line = text if pair is None else [text, pair]
    (found,) = answers(swift_package.run("model", "classify", onnx_bundle, lines=[line]))
    expected = open_classifier(onnx_bundle).classify(text, pair)
    assert found["label"] == expected.label
    assert found["score"] == pytest.approx(expected.score, abs=1e-6)
    np.testing.assert_allclose(found["logits"], expected.logits, rtol=1e-5, atol=1e-5)
    assert found["scores"] == pytest.approx(dict(zip(LABELS, map(float, expected.scores), strict=True)), abs=1e-6)


def test_a_pair_is_refused_where_the_model_takes_none(swift_package, onnx_bundle):
    rewrite(onnx_bundle, pairs=False)
    assert len(answers(swift_package.run("model", "classify", onnx_bundle, lines=["open"]))) == 1
    message = refused(swift_package.run("model", "classify", onnx_bundle, lines=[["open", "the door"]]))
    assert "the model takes single texts, and was given a pair" in message
    rewrite(onnx_bundle, pairs="only")
    assert len(answers(swift_package.run("model", "classify", onnx_bundle, lines=[["open", "the door"]]))) == 1
    message = refused(swift_package.run("model", "classify", onnx_bundle, lines=["open"]))
    assert "the model takes pairs of texts, and was given one" in message


def test_a_model_of_one_length_gets_padding(swift_package, tmp_path):
    from tiny_bundle import tiny_onnx

    folder = make_bundle(tmp_path / "fixed", "onnx")
    tiny_onnx(folder / "model.onnx", length=MAX_LENGTH)
    shape = {"dtype": "int64", "shape": (None, MAX_LENGTH)}
    seal(folder, inputs=tuple({"name": name} | shape for name in ("input_ids", "attention_mask")))
    assert answers(swift_package.run("model", "selftest", folder)) == [
        {"cases": 4, "maxDifference": pytest.approx(0, abs=1e-4)}
    ]


def test_the_self_test_names_the_first_difference_of_a_classifier(swift_package, onnx_bundle):
    row = next(iter(golden_rows()))
    wrong = [*row["ids"][:-1], 0]
    cases = [
        ({"ids": wrong}, f"token {len(wrong) - 1} is 3, expected 0"),
        ({"ids": row["ids"], "logits": [row["logits"][0], 99.0, row["logits"][2]]}, "logit 1 is"),
        ({"logits": row["logits"], "label": "attic"}, "the label is"),
    ]
    for changes, sentence in cases:
        folder = changed(onnx_bundle, "classifier", **changes)
        message = refused(swift_package.run("model", "selftest", folder))
        assert "golden case 1" in message
        assert sentence in message


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "golden.jsonl"])
def test_a_changed_file_is_refused(swift_package, onnx_bundle, name):
    path = onnx_bundle / name
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    message = refused(swift_package.run("model", "classify", onnx_bundle, lines=["a"]))
    assert f"{name} is not the file of the manifest: sha256 " in message


def test_a_changed_manifest_is_refused(swift_package, onnx_bundle):
    path = onnx_bundle / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(manifest | {"content_hash": "0" * 64}), encoding="utf-8")
    assert "content_hash" in refused(swift_package.run("model", "classify", onnx_bundle, lines=["a"]))
    path.write_text(json.dumps(manifest)[:-9], encoding="utf-8")
    assert "manifest.json cannot be read" in refused(swift_package.run("model", "classify", onnx_bundle))


def test_what_decides_an_answer_is_under_the_content_hash(swift_package, onnx_bundle):
    rewrite(onnx_bundle, blocks=ODD_FACTS)
    assert swift_package.run("model", "classify", onnx_bundle, lines=["a"]).returncode == 0
    path = onnx_bundle / "manifest.json"
    sound = json.loads(path.read_text(encoding="utf-8"))
    changes = [{"labels": ["door", "light", "climate"]}, {"pad_id": 3}, {"blocks": []}, {"lengths": [8]}]
    for change in [*changes, {"parity": sound["parity"] | {"atol": 2e-4}}]:
        path.write_text(json.dumps(sound | change), encoding="utf-8")
        message = refused(swift_package.run("model", "classify", onnx_bundle, lines=["a"]))
        assert "manifest.json was changed: its content_hash does not follow from what it says" in message
    rewrite(onnx_bundle, format_version=1)
    assert "is of an older format" in refused(swift_package.run("model", "classify", onnx_bundle, lines=["a"]))


def test_a_missing_file_is_refused(swift_package, onnx_bundle):
    (onnx_bundle / "tokenizer.json").unlink()
    assert "tokenizer.json" in refused(swift_package.run("model", "classify", onnx_bundle))


def test_a_model_for_the_other_task_is_refused(swift_package, onnx_bundle, decoder_bundles):
    message = refused(swift_package.run("model", "generate", onnx_bundle, "{}"))
    assert "text-classification" in message
    assert "use Classifier" in message
    message = refused(swift_package.run("model", "classify", decoder_bundles["llama"]))
    assert "text-generation" in message
    assert "use Generator" in message


@pytest.mark.parametrize("kind", ["gpt2", "llama", "llama-24"])
def test_the_self_test_of_decoders(swift_package, decoder_bundles, kind, tmp_path):
    (found,) = answers(swift_package.run("model", "selftest", decoder_bundles[kind], "decoder"))
    assert found["cases"] > 1
    assert found["maxDifference"] < 1e-3
    folder = shutil.copytree(decoder_bundles[kind], tmp_path / "copy")
    row = json.loads((folder / "golden.jsonl").read_text(encoding="utf-8").splitlines()[0])
    for changes, sentence in [
        ({"ids": [*row["ids"][:-1], 5]}, f"token {len(row['ids']) - 1} is "),
        ({"ids": row["ids"], "logits": [-99.0, *row["logits"][1:]]}, f"logit {row['best'][0]} is "),
        ({"logits": row["logits"], "tokens": [row["tokens"][0] ^ 1]}, "new token 0 is "),
    ]:
        message = refused(swift_package.run("model", "selftest", changed(folder, "decoder", **changes), "decoder"))
        assert sentence in message


@pytest.mark.parametrize("kind", ["gpt2", "llama"])
@pytest.mark.parametrize(
    "options",
    [
        {"maxTokens": 40},
        {"maxTokens": 30, "temperature": 0.8, "topK": 20, "topP": 0.9, "seed": 7},
        {"maxTokens": 30, "temperature": 1.5, "seed": 2**40 + 1},
        {"maxTokens": 40, "stops": ["e", "ou"]},
        {"maxTokens": 200},
        {"maxTokens": 150, "slide": True},
    ],
    ids=lambda options: "-".join(options),
)
def test_it_writes_as_the_agent_does(swift_package, decoder_bundles, kind, options):
    folder = decoder_bundles[kind]
    found = answers(swift_package.run("model", "generate", folder, json.dumps(options), lines=PROMPTS))
    sampling = Sampling(
        options.get("temperature", 0), options.get("topK", 0), options.get("topP", 1), options.get("seed", 0)
    )
    limits = GenerationLimits(
        options["maxTokens"], tuple(options.get("stops", ())), "slide" if "slide" in options else "stop"
    )
    generator = open_generator(folder)
    for prompt, answer in zip(PROMPTS, found, strict=True):
        expected = generator.start(prompt, sampling, limits)
        pieces = list(expected)
        assert answer["ids"] == expected.ids
        assert answer["pieces"] == pieces
        assert answer["text"] == "".join(pieces)
        assert answer["finish"] == {"eos": "end"}.get(expected.finish, expected.finish)


def test_a_view_awaits_everything_on_the_main_actor_and_may_go(swift_package, onnx_bundle, decoder_bundles, tmp_path):
    decoder = shutil.copytree(decoder_bundles["gpt2"], tmp_path / "decoder")
    done = swift_package.run("view", onnx_bundle, decoder)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{len(LABELS)} ")


@pytest.mark.parametrize("kind", ["classifier", "decoder"])
def test_a_tolerance_that_tells_nothing_is_refused(swift_package, onnx_bundle, decoder_bundles, tmp_path, kind):
    folder = onnx_bundle if kind == "classifier" else shutil.copytree(decoder_bundles["gpt2"], tmp_path / "wide")
    rewrite(folder, parity={"atol": 60.0, "rtol": 0.0})
    message = refused(swift_package.run("model", "selftest", folder, kind))
    assert "parity allows a logit to be 60.0 off" in message
    assert "wrong answers would pass" in message


def test_logits_that_are_all_the_same_are_refused(swift_package, onnx_bundle):
    zero_logits(onnx_bundle / "model.onnx")
    rows = list(golden_rows())
    for number, row in enumerate(rows):
        row |= {"logits": [0.1, 0.01 * number, 0.0], "label": LABELS[0]}
    write_golden(onnx_bundle, rows)
    rewrite(seal(onnx_bundle), parity={"atol": 0.2, "rtol": 0.0})
    message = refused(swift_package.run("model", "selftest", onnx_bundle))
    assert f"the logits of all {len(rows)} golden cases are the same, and should differ" in message


def test_a_text_that_is_abandoned_leaves_the_generator_ready(swift_package, decoder_bundles):
    folder = decoder_bundles["gpt2"]
    (found,) = answers(swift_package.run("model", "abandon", folder))
    expected = open_generator(folder).start("once upon", Sampling(), GenerationLimits(5))
    assert "".join(expected) is not None
    assert found == expected.ids


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"maxTokens": 0}, "maxTokens"),
        ({"topK": 3}, "temperature 0"),
        ({"temperature": 1, "topP": 0}, "topP above 0"),
        ({"temperature": -1}, "temperature"),
    ],
)
def test_options_that_make_no_sense_are_refused(swift_package, decoder_bundles, options, sentence):
    done = swift_package.run("model", "generate", decoder_bundles["gpt2"], json.dumps(options), lines=["once"])
    assert sentence in refused(done)


def test_a_prompt_that_is_too_long_is_refused(swift_package, decoder_bundles):
    done = swift_package.run("model", "generate", decoder_bundles["gpt2"], "{}", lines=["the fox " * 200])
    assert "the context holds" in refused(done)
    assert open_bundle(decoder_bundles["gpt2"]).max_length < 200


@pytest.mark.parametrize(
    "name", ["gpt2", "llama 2", "llama 3", "smollm", "xlm-roberta", "wordpiece cased", "unigram with bytes"]
)
def test_ids_become_the_librarys_text(swift_package, tmp_path, name):
    path = tmp_path / "tokenizer.json"
    try:
        path.write_text(ZOO[name](), encoding="utf-8")
    except FileNotFoundError as absent:
        pytest.skip(str(absent))
    library = Tokenizer.from_file(str(path))
    drawn = random.Random(3)
    # texts there and back, and ids that no text has, with halves of characters among them
    ids = [library.encode(text).ids for text in HARD_TEXTS if len(text) < 300]
    most = library.get_vocab_size()
    ids += [[drawn.randrange(most) for _ in range(drawn.randint(0, 12))] for _ in range(500)]
    found = answers(swift_package.run("tokenize", "--decode", path, "0", lines=ids))
    expected = [library.decode(row, skip_special_tokens=True) for row in ids]
    wrong = [(row, [want], got) for row, want, got in zip(ids, expected, found, strict=True) if [want] != got]
    assert wrong == []
