"""Simulating a file in PyTorch: blocks of a row that do not divide it, and no hook is left, however it ends."""

import contextlib

import numpy as np
import pytest
import torch
from tiny_checkpoint import hooks, tiny_classifier, tiny_tokenizer

from edgekit.compress.quantization.quantize import make_plan
from edgekit.export.activation_range import ActivationRange
from edgekit.export.format import format_named
from edgekit.export.lowering import resolve
from edgekit.export.onnx.dense import nbits_weight
from edgekit.export.onnx.rounding import per_block_int8
from edgekit.export.quantized_weights import decoder_block_size
from edgekit.export.simulation import simulated
from edgekit.export.source import Source
from edgekit.export.tflite.packed_integers import pack_bytes
from edgekit.models.checkpoint import load_decoder, open_checkpoint
from edgekit.models.encoder import parameter_names
from edgekit.models.registry import describe
from edgekit.schema.plan import TensorPlan
from edgekit.schema.resources import load_target
from edgekit.tasks import text_classification, text_generation


def simulation(model, plan, format, task, ranges=None):
    source = Source(model, None, "tiny", plan, task=task)
    lowering = resolve(load_target("rpi4"), format, plan.scheme)
    return simulated(format_named(format).simulate(source, lowering, ranges or {}))


def fail_or_not(fails):
    return pytest.raises(RuntimeError) if fails else contextlib.nullcontext()


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("format", ["onnx", "tflite"])
def test_a_simulation_leaves_no_hook(format, fails):
    model = tiny_classifier(tiny_tokenizer())
    plan = make_plan(model, "int8-dynamic")
    with fail_or_not(fails), simulation(model, plan, format, text_classification.TASK):
        # six dense layers of each of two blocks, and the first of the head
        assert len(hooks(model)) == 13
        if fails:
            raise RuntimeError
    assert not hooks(model)


def test_a_simulation_that_cannot_begin_leaves_no_hook():
    model = tiny_classifier(tiny_tokenizer())
    plan = make_plan(model, "int8-static", calibration=["lights"])
    found = describe(model).dense()
    last = {parameter_names(model)[id(linear.weight)] for linear in found} - {"classifier.weight"}
    ranges = dict.fromkeys(sorted(last)[:-1], ActivationRange(0.0, 1.0))
    task = text_classification.TASK
    with pytest.raises(AssertionError, match="calibrated"), simulation(model, plan, "onnx", task, ranges):
        pass
    assert not hooks(model)


@pytest.mark.parametrize("fails", [False, True])
@pytest.mark.parametrize("format", ["onnx", "tflite"])
def test_a_simulated_decoder_has_no_hook_left(decoder_checkpoints, format, fails):
    model = load_decoder(open_checkpoint(decoder_checkpoints["llama"]))
    plan = make_plan(model, "int8-dynamic")
    with fail_or_not(fails), simulation(model, plan, format, text_generation.TASK):
        assert hooks(model)
        if fails:
            raise RuntimeError
    assert not hooks(model)


@pytest.mark.parametrize(("columns", "block"), [(256, 128), (128, 128), (192, 64), (96, 32), (72, 32), (24, 32)])
def test_a_row_with_one_scale_is_cut_into_the_longest_blocks_that_divide_it(columns, block):
    """Each block repeats the scale: short ones cost bytes and time, and one that does not divide stores padding."""
    assert decoder_block_size(columns) == block


@pytest.mark.parametrize(("bits", "columns"), [(8, 64), (8, 72), (8, 24), (4, 64), (4, 72), (4, 33)])
def test_a_row_that_is_no_multiple_of_the_block_is_filled_up_with_nothing(bits, columns):
    """The bytes read back by the layout of MatMulNBits: unsigned around a middle, the first of two in the low half."""
    limit, block = 2 ** (bits - 1) - 1, 32
    integers = np.random.default_rng(3).integers(-limit, limit + 1, (5, columns)).astype(np.int8)
    packed, scales = nbits_weight(integers, np.arange(1.0, 6.0, dtype=np.float32), TensorPlan(bits=bits), block)
    blocks = -(-columns // block)
    assert packed.shape == (5, blocks, block * bits // 8)
    flat = packed.reshape(5, -1).astype(np.int16)
    if bits == 4:
        flat = np.stack([flat & 15, flat >> 4], axis=-1).reshape(5, -1)
    values = flat - 2 ** (bits - 1)
    assert np.array_equal(values[:, :columns], integers)
    assert not values[:, columns:].any()
    assert np.array_equal(scales, np.repeat(np.arange(1.0, 6.0)[:, None], blocks, axis=1))


@pytest.mark.parametrize(("block", "columns"), [(32, 64), (32, 72), (32, 24), (16, 17)])
def test_a_simulated_block_is_rounded_by_its_own_largest_value_also_at_the_end_of_a_row(block, columns):
    x = torch.randn(2, 3, columns, generator=torch.Generator().manual_seed(0))
    found = per_block_int8(x, block)
    assert found.shape == x.shape
    for start in range(0, columns, block):
        part = x[..., start : start + block]
        scale = part.abs().amax(-1, keepdim=True) / 127
        torch.testing.assert_close(found[..., start : start + block], (part / scale).round() * scale)


@pytest.mark.parametrize(("values", "packed"), [([1, -2], [0xE1]), ([7, -7, 3], [0x97, 0x03]), ([-1], [0x0F])])
def test_two_integers_of_four_bits_share_a_byte_and_an_odd_one_stands_alone(values, packed):
    """LiteRT's layout: the first in the low half, as two's complement."""
    assert pack_bytes(np.array([values], np.int8), TensorPlan(bits=4)).tolist() == packed
