import copy

import numpy as np
import pytest
from tiny_checkpoint import TEXTS, tiny_classifier, tiny_tokenizer

from edgekit.compress.quantization.grid import integers
from edgekit.compress.quantization.quantize import apply_plan, make_plan
from edgekit.errors import UsageError
from edgekit.schema.plan import Plan, TensorPlan


@pytest.fixture(scope="module")
def model():
    return tiny_classifier(tiny_tokenizer())


def test_the_plan_names_tables_and_all_dense_layers_but_the_last(model):
    named = set(make_plan(model, "int8-dynamic").tensors)
    matrices = {name for name, value in model.named_parameters() if value.ndim == 2}
    assert matrices - named == {"classifier.weight"}
    assert named <= matrices


def test_int4_takes_blocks_for_dense_layers_and_eight_bits_for_tables(model):
    tensors = make_plan(model, "int4-weight").tensors
    assert tensors["distilbert.transformer.layer.0.ffn.lin1.weight"] == TensorPlan(bits=4, block=32)
    assert tensors["distilbert.embeddings.word_embeddings.weight"] == TensorPlan(bits=8)


@pytest.mark.parametrize(("hidden", "ffn"), [(48, 96), (64, 72), (40, 100), (96, 64)])
def test_int4_keeps_eight_bits_a_row_where_the_columns_do_not_divide_into_blocks(hidden, ffn):
    model = tiny_classifier(tiny_tokenizer(), hidden=hidden, ffn=ffn)
    plan = make_plan(model, "int4-weight")
    block = plan.tensors["distilbert.transformer.layer.0.ffn.lin1.weight"], hidden
    wide = plan.tensors["distilbert.transformer.layer.0.ffn.lin2.weight"], ffn
    for tensor, columns in (block, wide):
        assert tensor == (TensorPlan(bits=8) if columns % 32 else TensorPlan(bits=4, block=32))
    scales = apply_plan(model, plan)
    for name, tensor in plan.tensors.items():
        rows, columns = dict(model.named_parameters())[name].shape
        assert tuple(scales[name].shape) == ((rows, columns // 32) if tensor.block else (rows,))


def test_float_names_nothing(model):
    assert make_plan(model, "float").tensors == {}


@pytest.mark.parametrize(
    ("scheme", "activations"),
    [("int8-dynamic", "int8-dynamic"), ("int8-weight", "float"), ("int4-weight", "float")],
)
def test_activations_follow_the_scheme(model, scheme, activations):
    assert make_plan(model, scheme).activations == activations


def test_static_needs_calibration_and_keeps_it(model):
    with pytest.raises(UsageError, match="calibrate"):
        make_plan(model, "int8-static")
    assert make_plan(model, "int8-static", TEXTS).calibration == TEXTS


def test_applying_twice_changes_nothing_more(model):
    quantized = copy.deepcopy(model)
    plan = make_plan(quantized, "int4-weight")
    scales = apply_plan(quantized, plan)
    before = {name: value.detach().clone().numpy() for name, value in quantized.named_parameters()}
    for name, tensor in plan.tensors.items():
        integers(before[name], scales[name], tensor)
    apply_plan(quantized, plan)
    for name, value in quantized.named_parameters():
        np.testing.assert_allclose(value.detach().numpy(), before[name], rtol=1e-6)


def test_a_plan_of_another_model_is_refused(model):
    plan = Plan(scheme="int8-weight", activations="float", tensors={"nothing.weight": TensorPlan(bits=8)})
    with pytest.raises(UsageError, match=r"nothing\.weight"):
        apply_plan(copy.deepcopy(model), plan)
