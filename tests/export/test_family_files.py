"""Every family in both formats: odd texts and pairs through the bundle, and shared weights stored once."""

from __future__ import annotations

from collections import Counter

import numpy as np
import onnx
import pytest
import torch
from bundles import PAIRS, build, check_odd, encoded, quantized
from onnx import numpy_helper
from stock_readers import stock_reader
from tiny_checkpoint import TEXTS, tiny_classifier, tiny_tokenizer

from edgekit.agent.inference.bundle import open_bundle, read_golden
from edgekit.agent.inference.classifier import open_classifier
from edgekit.agent.inference.golden import run_golden
from edgekit.agent.runtimes.registry import open_session
from edgekit.errors import UsageError
from edgekit.export.tflite.packed_integers import pack_bytes
from edgekit.models.registry import family
from edgekit.schema.families import ENCODERS

SCHEMES = ["float", "int8-dynamic", "int8-static", "int8-weight", "int4-weight"]
REPEATS = 3


@pytest.fixture(scope="module")
def parts():
    """The tokenizer and a model of each family; the ALBERT runs its block three times."""
    tokenizers = {name: tiny_tokenizer(name) for name in ENCODERS}
    layers = {"albert": REPEATS}
    return {
        name: (tiny_classifier(tokenizers[name], 1, name, layers=layers.get(name, 2)), tokenizers[name])
        for name in ENCODERS
    }


@pytest.fixture(scope="module")
def bundles(parts, tmp_path_factory):
    """Bundles made when they are first asked for, by family, scheme and format."""
    made = {}

    def bundle(name, scheme, format="onnx"):
        if (name, scheme, format) not in made:
            folder = tmp_path_factory.mktemp(name) / f"{scheme}-{format}"
            source = quantized(*parts[name], scheme)
            lengths = (16, 32) if scheme == "float" else (32,)
            manifest = build(source, folder, format, lengths=lengths, golden=[*TEXTS, *PAIRS])
            made[name, scheme, format] = folder, manifest, source
        return made[name, scheme, format]

    return bundle


def check(folder, manifest, model, tokenizer, scheme):
    """Parity was checked when it was built; here the logits are near PyTorch's, and texts and pairs differ."""
    assert manifest.parity.labels_equal >= manifest.parity.cases - 1
    assert manifest.parity.cases >= 18
    exact = scheme in ("float", "int8-weight")
    assert manifest.parity.max_abs_difference < (1e-4 if exact else 0.2)
    inputs = set(family(manifest.family).inputs)
    assert {spec.name for spec in manifest.inputs} == inputs
    classifier = open_classifier(folder)
    run_golden(classifier, read_golden(open_bundle(folder)))
    rows = [*((text, None) for text in TEXTS), *PAIRS]
    found = np.array([classifier.classify(text, pair).logits for text, pair in rows])
    with torch.inference_mode():
        wanted = [model(**encoded(tokenizer, text, pair)).logits[0].numpy() for text, pair in rows]
    assert np.std(wanted, axis=0).min() > 0.02
    assert np.abs(found - wanted).max() < (1e-4 if scheme == "float" else 1.5)


@pytest.mark.parametrize("name", ENCODERS)
def test_odd_texts_in_onnx(bundles, parts, name):
    check_odd(bundles(name, "float")[0], *parts[name])


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", ENCODERS)
def test_onnx(bundles, parts, name, scheme):
    folder, manifest, _ = bundles(name, scheme)
    check(folder, manifest, *parts[name], scheme)


@pytest.mark.parametrize("name", ENCODERS)
def test_every_length_and_padded_batches_in_onnx(bundles, parts, name):
    folder, manifest, _ = bundles(name, "float")
    model, tokenizer = parts[name]
    session = open_session(folder / "model.onnx")
    for length in (1, 2, 31, 32):
        ids = np.arange(5, 5 + length)[None] % len(tokenizer)
        feeds = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": ids % 2}
        feeds = {spec.name: feeds[spec.name] for spec in manifest.inputs}
        with torch.inference_mode():
            wanted = model(**{key: torch.tensor(value) for key, value in feeds.items()}).logits.numpy()
        np.testing.assert_allclose(session.run(feeds)[0], wanted, atol=1e-4, rtol=1e-4)
    firsts, seconds = [list(texts) for texts in zip(*PAIRS, strict=True)]
    batch = tokenizer(firsts, seconds, truncation=True, max_length=32, padding=True, return_tensors="pt")
    with torch.inference_mode():
        wanted = model(**batch).logits.numpy()
    found = session.run({key: value.numpy() for key, value in batch.items()})[0]
    np.testing.assert_allclose(found, wanted, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("name", ["albert", "bert", "roberta"])
def test_optimum_opens_the_bundle_and_sees_pairs(bundles, name):
    ORTModelForSequenceClassification = stock_reader("ORTModelForSequenceClassification")
    from transformers import AutoTokenizer

    folder, _, _ = bundles(name, "int8-weight")
    theirs = ORTModelForSequenceClassification.from_pretrained(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    ours = open_classifier(folder)
    for text, pair in [(TEXTS[0], None), *PAIRS]:
        logits = theirs(**encoded(tokenizer, text, pair)).logits[0].numpy()
        np.testing.assert_allclose(logits, ours.classify(text, pair).logits, atol=1e-5)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_onnx_holds_a_shared_block_once(bundles, scheme):
    folder, _, source = bundles("albert", scheme)
    graph = onnx.load(folder / "model.onnx").graph
    stored = {value.name: numpy_helper.to_array(value) for value in graph.initializer}
    contents = Counter((value.shape, value.tobytes()) for value in stored.values() if value.size > 64)
    # float norms and biases may be alike; matrices are not
    assert max(contents.values()) == 1
    readers = Counter(name for node in graph.node for name in node.input if name in stored)
    runs = 1 if scheme == "int8-weight" else REPEATS  # there the matrix is made float once, when the file is opened
    assert readers["block0_ffn_in.weight"] == readers["block0_qkv.weight"] == runs
    names = [output for node in graph.node for output in node.output]
    assert len(set(names)) == len(names)
    integers = sum(value.size for key, value in stored.items() if value.ndim > 1 and value.dtype != np.float32)
    weights = dict(source.model.named_parameters())
    planned = sum(weights[name].numel() for name in source.plan.tensors if "position" not in name)
    if scheme.startswith("int8"):
        assert integers == planned + 32 * 64  # of 48 positions 32 are kept


def test_runs_of_a_block_cost_nodes_and_no_weights(parts, tmp_path):
    _, tokenizer = parts["albert"]
    sizes = {}
    for layers in (2, 12):
        model = tiny_classifier(tokenizer, 1, "albert", layers=layers)
        manifest = build(quantized(model, tokenizer, "int8-weight"), tmp_path / str(layers))
        sizes[layers] = manifest.files["model.onnx"].bytes
    assert sizes[12] - sizes[2] < 10 * 3_000


@pytest.mark.parametrize("name", ["albert", "roberta"])
def test_more_positions_than_the_family_has_are_refused(parts, tmp_path, name):
    with pytest.raises(UsageError, match="more than the model's 48"):
        build(quantized(*parts[name], "float"), tmp_path / "bundle", max_length=49)


tflite = pytest.mark.skipif(
    not __import__("importlib.util").util.find_spec("litert_torch"), reason="TFLite export has no wheel for this host"
)


@tflite
@pytest.mark.slow
def test_tflite_holds_a_shared_block_once(bundles, parts):
    from ai_edge_litert import schema_py_generated as schema

    folder, manifest, source = bundles("albert", "int8-dynamic", "tflite")
    check(folder, manifest, *parts["albert"], "int8-dynamic")
    data = (folder / "model.tflite").read_bytes()
    model = schema.ModelT.InitFromPackedBuf(data, 0)
    held = Counter(np.asarray(buffer.data).tobytes() for buffer in model.buffers if buffer.data is not None)
    assert max(count for value, count in held.items() if len(value) > 64) == 1
    weights = dict(source.model.named_parameters())
    for name, tensor in source.plan.tensors.items():
        integers = np.rint(weights[name].detach().numpy() / source.scales[name].numpy()[:, None]).astype(np.int8)
        assert data.count(pack_bytes(integers[:32] if "position" in name else integers, tensor).tobytes()) == 1, name


@tflite
@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in ENCODERS if name != "distilbert"])
def test_odd_texts_in_tflite(bundles, parts, name):
    check_odd(bundles(name, "float", "tflite")[0], *parts[name])


@tflite
@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["float", "int8-dynamic", "int8-weight", "int4-weight"])
@pytest.mark.parametrize("name", ["albert", "bert", "roberta"])
def test_tflite(bundles, parts, name, scheme):
    folder, manifest, _ = bundles(name, scheme, "tflite")
    check(folder, manifest, *parts[name], scheme)
