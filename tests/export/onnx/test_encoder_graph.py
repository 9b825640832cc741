import copy

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from bundles import build, quantized
from onnx import numpy_helper
from stock_readers import stock_reader
from tiny_checkpoint import TEXTS

from edgekit.agent.inference.classifier import open_classifier
from edgekit.agent.runtimes.registry import open_session
from edgekit.compress.quantization.grid import integers
from edgekit.errors import UsageError
from edgekit.export.onnx.graph_builder import IR_VERSION, OPSET
from edgekit.models.resize import keep_ffn, keep_heads
from edgekit.schema.plan import Plan, TensorPlan

SCHEMES = ["float", "int8-dynamic", "int8-static", "int8-weight", "int4-weight"]


@pytest.fixture(scope="module")
def bundles(model, tokenizer, tmp_path_factory):
    root = tmp_path_factory.mktemp("onnx")
    sources = {scheme: quantized(model, tokenizer, scheme) for scheme in SCHEMES}
    return {scheme: (root / scheme, build(source, root / scheme), source) for scheme, source in sources.items()}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_file_gives_what_its_reference_gives(bundles, scheme):
    _, manifest, _ = bundles[scheme]
    parity = manifest.parity
    assert parity.reference == ("checkpoint" if scheme == "float" else "simulation")
    assert parity.labels_equal == parity.cases >= 16
    assert parity.max_abs_difference < (1e-4 if scheme in ("float", "int8-weight") else 0.1)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_logits_vary_and_are_near_the_float_model(bundles, scheme, model, tokenizer):
    folder, _, _ = bundles[scheme]
    classifier = open_classifier(folder)
    found = np.array([classifier.classify(text).logits for text in TEXTS])
    with torch.inference_mode():
        wanted = np.array([model(**tokenizer(text, return_tensors="pt")).logits[0].numpy() for text in TEXTS])
    assert wanted.std(axis=0).min() > 0.02
    assert np.abs(found - wanted).max() < (1e-4 if scheme == "float" else 1.0)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_padded_batch_gives_what_single_texts_give(bundles, scheme, tokenizer):
    folder, manifest, _ = bundles[scheme]
    session = open_session(folder / "model.onnx")
    names = ("input_ids", "attention_mask")
    single = [session.run({name: np.array([tokenizer(text)[name]]) for name in names})[0][0] for text in TEXTS]
    rows = tokenizer(list(TEXTS), padding=True)
    batch = session.run({name: np.array(rows[name]) for name in names})[0]
    # one range for the whole batch: dynamic rounding may differ, by no more than a few steps
    allowed = 0.2 if scheme == "int8-dynamic" else 1e-4 if scheme in ("float", "int8-weight") else 0.02
    np.testing.assert_allclose(batch, single, atol=allowed)
    assert manifest.inputs[0].shape == (None, None)


@pytest.mark.parametrize("scheme", ["float", "int8-dynamic"])
def test_every_length_runs_and_too_long_texts_are_cut(bundles, scheme):
    folder, manifest, _ = bundles[scheme]
    session = open_session(folder / "model.onnx")
    for length in (1, 2, manifest.max_length):
        ones = np.ones((1, length), np.int64)
        assert np.isfinite(session.run({"input_ids": ones, "attention_mask": ones})[0]).all()
    classifier = open_classifier(folder)
    assert len(classifier.tokenizer.encode("play music " * 200).ids) == manifest.max_length
    # the written tokenizer cuts by itself, without the agent's help
    import tokenizers

    alone = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    assert len(alone.encode("play music " * 200).ids) == manifest.max_length


def test_the_graph_opens_in_older_runtimes(bundles):
    model = onnx.load(bundles["int4-weight"][0] / "model.onnx")
    assert (model.ir_version, model.opset_import[0].version) == (IR_VERSION, OPSET) == (9, 17)


@pytest.mark.parametrize("scheme", SCHEMES[1:])
def test_the_packed_integers_are_the_plans_and_no_float_copy_is_kept(bundles, scheme):
    folder, _, source = bundles[scheme]
    stored = [numpy_helper.to_array(value) for value in onnx.load(folder / "model.onnx").graph.initializer]
    columns = {row.tobytes() for value in stored for row in _rows(value)}
    weights = dict(source.model.named_parameters())
    for name, tensor in source.plan.tensors.items():
        if "position" in name:
            continue
        expected = integers(weights[name].detach().numpy(), source.scales[name].numpy(), tensor)
        assert all(row.tobytes() in columns for row in expected), name
    largest_float = max(value.size for value in stored if value.dtype == np.float32)
    assert largest_float <= 512


def _rows(value):
    """Rows of int8 integers, however the graph stores them."""
    if value.ndim == 3 and value.dtype == np.uint8:
        low, high = (value & 15).astype(np.int8) - 8, (value >> 4).astype(np.int8) - 8
        return np.stack([low, high], axis=-1).reshape(len(value), -1)
    if value.ndim == 2 and value.dtype == np.uint8:
        return (value.astype(np.int16) - 128).astype(np.int8).T.copy()
    if value.ndim == 2 and value.dtype == np.int8:
        return [*value, *value.T.copy()]
    return []


def test_sizes_follow_the_bits(bundles):
    sizes = {scheme: bundles[scheme][1].files["model.onnx"].bytes for scheme in SCHEMES}
    parameters = bundles["float"][1].parameters
    assert sizes["float"] < 4 * parameters + 20_000
    assert sizes["int8-dynamic"] < parameters + 30_000
    assert sizes["int4-weight"] < sizes["int8-weight"] < sizes["float"] / 2


def test_optimum_opens_the_bundle(bundles):
    ORTModelForSequenceClassification = stock_reader("ORTModelForSequenceClassification")
    from transformers import AutoTokenizer

    folder, _, _ = bundles["int8-dynamic"]
    theirs = ORTModelForSequenceClassification.from_pretrained(folder, session_options=_exact())
    tokenizer = AutoTokenizer.from_pretrained(folder)
    ours = open_classifier(folder)
    for text in TEXTS:
        logits = theirs(**tokenizer(text, return_tensors="pt", truncation=True)).logits[0].numpy()
        np.testing.assert_allclose(logits, ours.classify(text).logits, atol=1e-5)
    assert theirs.config.id2label[0] == ours.bundle.labels[0]


def _exact():
    """As the card of a bundle with signed weights says."""
    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.x64quantprecision", "1")
    return options


@pytest.mark.parametrize("scheme", ["int8-dynamic", "int8-static"])
def test_weights_are_signed_where_the_target_is_faster_with_them(bundles, tmp_path, scheme):
    signed, _, source = bundles[scheme]
    unsigned = tmp_path / "rpi5"
    build(source, unsigned, target="rpi5")
    kinds = {}
    for folder in (signed, unsigned):
        initializers = onnx.load(folder / "model.onnx").graph.initializer
        kinds[folder] = {each.data_type for each in initializers if each.name.endswith("_out.weight")}
    assert kinds == {signed: {onnx.TensorProto.INT8}, unsigned: {onnx.TensorProto.UINT8}}
    for text in TEXTS:
        given, expected = (open_classifier(folder).classify(text).logits for folder in (signed, unsigned))
        np.testing.assert_allclose(given, expected, atol=1e-6)
    told = "session.x64quantprecision"
    assert [told in (folder / "README.md").read_text() for folder in (signed, unsigned)] == [True, False]


@pytest.mark.parametrize("scheme", ["float", "int8-dynamic", "int4-weight"])
def test_uneven_blocks_after_pruning(model, tokenizer, tmp_path, scheme):
    from edgekit.models.registry import describe

    pruned = copy.deepcopy(model)
    first, second = describe(pruned).blocks
    keep_heads(pruned, first, [0, 2, 3])
    keep_ffn(first, torch.arange(96))
    keep_heads(pruned, second, [1])
    keep_ffn(second, torch.arange(33))  # no multiple of a block: this layer falls back to rows of 8 bits
    manifest = build(quantized(pruned, tokenizer, scheme), tmp_path / "bundle")
    assert [(block.heads, block.ffn) for block in manifest.blocks] == [(3, 96), (1, 33)]
    assert manifest.parity.labels_equal == manifest.parity.cases


def test_a_mixed_plan_is_lowered_tensor_by_tensor(model, tokenizer, tmp_path):
    block = "distilbert.transformer.layer.0"
    tensors = {
        f"{block}.attention.q_lin.weight": TensorPlan(bits=4, block=32),
        f"{block}.attention.k_lin.weight": TensorPlan(bits=8),
        f"{block}.attention.out_lin.weight": TensorPlan(bits=4),
        f"{block}.ffn.lin1.weight": TensorPlan(bits=8, block=64),
        "distilbert.embeddings.word_embeddings.weight": TensorPlan(bits=8),
    }
    plan = Plan(scheme="int8-dynamic", activations="int8-dynamic", tensors=tensors)
    manifest = build(quantized(model, tokenizer, "", plan), tmp_path / "bundle")
    assert manifest.parity.max_abs_difference < 0.02
    operators = [node.op_type for node in onnx.load(tmp_path / "bundle/model.onnx").graph.node]
    assert operators.count("MatMulNBits") == 3
    assert operators.count("DynamicQuantizeMatMul") == 1


@pytest.mark.parametrize("activation", ["relu", "laplace"])
def test_an_activation_without_a_lowering_is_refused_by_name(model, tokenizer, tmp_path, activation):
    changed = copy.deepcopy(model)
    changed.config.activation = activation
    for layer in changed.distilbert.transformer.layer:
        layer.ffn.activation = torch.nn.ReLU()
    if activation == "relu":
        build(quantized(changed, tokenizer, "int8-dynamic"), tmp_path / "bundle")
    else:
        with pytest.raises(UsageError, match="laplace"):
            build(quantized(changed, tokenizer, "float"), tmp_path / "bundle")


def test_more_positions_than_the_model_has_are_refused(model, tokenizer, tmp_path):
    with pytest.raises(UsageError, match="more than the model"):
        build(quantized(model, tokenizer, "float"), tmp_path / "bundle", max_length=49)
