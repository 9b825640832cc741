from importlib.util import find_spec

import numpy as np
import pytest
from bundles import build, check_odd, quantized
from tiny_checkpoint import TEXTS, tiny_classifier

from edgekit.agent.inference.classifier import open_classifier
from edgekit.compress.quantization.grid import integers
from edgekit.export.tflite.packed_integers import pack_bytes

pytestmark = pytest.mark.skipif(find_spec("litert_torch") is None, reason="TFLite export has no wheel for this host")
SCHEMES = ["float", "int8-dynamic", "int8-weight", "int4-weight"]


@pytest.fixture(scope="module")
def model(tokenizer):
    """Of one layer, as every operator of a signature takes its time to be converted."""
    return tiny_classifier(tokenizer, seed=1, layers=1)


@pytest.fixture(scope="module")
def bundles(model, tokenizer, tmp_path_factory):
    root = tmp_path_factory.mktemp("tflite")
    built = {}
    for scheme in SCHEMES:
        lengths = (16, 32) if scheme == "float" else (32,)
        source = quantized(model, tokenizer, scheme)
        built[scheme] = (root / scheme, build(source, root / scheme, "tflite", lengths=lengths), source)
    return built


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_file_gives_what_its_reference_gives_at_every_padded_length(bundles, scheme):
    _, manifest, _ = bundles[scheme]
    assert manifest.parity.labels_equal == manifest.parity.cases
    assert manifest.parity.max_abs_difference < (1e-4 if scheme in ("float", "int8-weight") else 0.1)


def test_odd_texts(bundles, model, tokenizer):
    check_odd(bundles["float"][0], model, tokenizer)


def test_one_signature_a_length_sharing_the_weights(bundles):
    folder, manifest, _ = bundles["float"]
    classifier = open_classifier(folder)
    assert classifier.session.lengths == manifest.lengths == (16, 32)
    assert manifest.files["model.tflite"].bytes < 4 * manifest.parameters + 70_000
    short, long = (len(classifier.tokenizer.encode(text).ids) for text in ("play music", TEXTS[4] * 3))
    assert short <= 16 < long
    assert np.isfinite(classifier.classify(TEXTS[4] * 3).logits).all()


def test_sizes_follow_the_bits(bundles):
    sizes = {scheme: bundles[scheme][1].files["model.tflite"].bytes for scheme in SCHEMES}
    parameters = bundles["float"][1].parameters
    assert sizes["int8-dynamic"] < parameters + 60_000
    assert sizes["int4-weight"] < sizes["int8-weight"] < parameters + 60_000


def test_zero_points_of_a_length_are_written_once(bundles):
    from ai_edge_litert import schema_py_generated as schema

    graph = schema.Model.GetRootAs((bundles["int8-dynamic"][0] / "model.tflite").read_bytes(), 0).Subgraphs(0)
    tables = [graph.Tensors(index).Quantization() for index in range(graph.TensorsLength())]
    points = [table.ZeroPointAsNumpy() for table in tables if table and table.ZeroPointLength()]
    places = {(len(each), each.ctypes.data) for each in points}
    assert len(points) > len(places) == len({length for length, _ in places})
    assert not any(each.any() for each in points)


@pytest.mark.parametrize("scheme", SCHEMES[1:])
def test_the_packed_integers_are_the_plans(bundles, scheme):
    folder, _, source = bundles[scheme]
    data = (folder / "model.tflite").read_bytes()
    weights = dict(source.model.named_parameters())
    for name, tensor in source.plan.tensors.items():
        expected = integers(weights[name].detach().numpy(), source.scales[name].numpy(), tensor)
        if "position" in name:
            expected = expected[:32]
        assert pack_bytes(expected, tensor).tobytes() in data, name


def test_every_buffer_is_aligned_as_the_schema_asks(bundles):
    from ai_edge_litert import schema_py_generated as schema

    model = schema.Model.GetRootAs((bundles["int8-dynamic"][0] / "model.tflite").read_bytes(), 0)
    for index in range(model.BuffersLength()):
        buffer = model.Buffers(index)
        if buffer.DataLength():
            assert buffer._tab.Vector(buffer._tab.Offset(4)) % 16 == 0
