import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from edgekit.compress.quantization.grid import from_grid, integers, to_grid
from edgekit.errors import ToolError, UsageError
from edgekit.schema.plan import TensorPlan

PLANS = [TensorPlan(bits=8), TensorPlan(bits=4), TensorPlan(bits=8, block=16), TensorPlan(bits=4, block=32)]


def weights():
    values = st.floats(-100, 100, width=32)
    return st.integers(1, 5).flatmap(lambda count: arrays.arrays(np.float32, (count, 64), elements=values))


@settings(max_examples=60, deadline=None)
@given(weights())
def test_four_bits_lose_no_more_than_with_the_largest_value_on_the_grid(weight):
    plan = TensorPlan(bits=4, block=32)
    found, scales = to_grid(weight, plan)
    blocks = weight.reshape(len(weight), -1, 32)
    largest = (
        torch.from_numpy(np.abs(blocks).max(axis=2) / np.float32(7)).clamp_min(2.0**-14).bfloat16().float().numpy()
    )
    plain = np.clip(np.rint(blocks / largest[:, :, None]), -7, 7) * largest[:, :, None]
    lost = np.square(from_grid(found, scales) - weight).reshape(blocks.shape).sum(axis=2)
    assert (lost <= np.square(plain - blocks).sum(axis=2) * 1.001 + 1e-9).all()
    assert found.min() >= -8
    assert found.max() <= 7
    assert np.array_equal(integers(from_grid(found, scales), scales, plan), found)
    again, same = to_grid(from_grid(found, scales), plan)
    np.testing.assert_array_equal(from_grid(again, same), from_grid(found, scales))


@pytest.mark.parametrize("plan", [plan for plan in PLANS if plan.bits == 8], ids=str)
@settings(max_examples=60, deadline=None)
@given(weights())
def test_every_value_is_within_half_a_step_and_the_integers_come_back(plan, weight):
    found, scales = to_grid(weight, plan)
    values = from_grid(found, scales)
    steps = np.repeat(scales.reshape(len(weight), -1), plan.block or 64, axis=1)
    # a block's scale is rounded to bfloat16, so its largest value may be cut by limit * 2^-9 steps
    half = 0.5 + (plan.limit * 2**-8 if plan.block else 1e-3)
    assert (np.abs(values - weight) <= half * steps).all()
    assert np.abs(found).max() <= plan.limit
    assert np.array_equal(integers(values, scales, plan), found)


@pytest.mark.parametrize("plan", PLANS, ids=str)
def test_the_largest_value_of_every_row_or_block_takes_the_largest_integer(plan):
    weight = np.random.default_rng(0).standard_normal((8, 64)).astype(np.float32)
    found, _ = to_grid(weight, plan)
    blocks = found.reshape(8, -1, plan.block or 64)
    assert (np.abs(blocks).max(axis=2) >= plan.limit).all()


@pytest.mark.parametrize("plan", PLANS, ids=str)
def test_a_row_of_zeros_stays_zero(plan):
    found, scales = to_grid(np.zeros((2, 64), np.float32), plan)
    assert not found.any()
    assert np.isfinite(scales).all()
    assert (scales > 0).all()


def test_scales_of_blocks_are_float16_and_bfloat16_values():
    weight = np.random.default_rng(1).standard_normal((8, 64)).astype(np.float32)
    scales = to_grid(weight, TensorPlan(bits=4, block=32))[1]
    assert np.array_equal(scales.astype(np.float16).astype(np.float32), scales)
    assert not (scales.view(np.uint32) & 0xFFFF).any()


def test_a_weight_off_its_grid_is_refused():
    plan = TensorPlan(bits=8)
    found, scales = to_grid(np.random.default_rng(2).standard_normal((4, 64)), plan)
    values = from_grid(found, scales)
    values[1, 3] += scales[1] * 0.01
    with pytest.raises(ToolError, match="not on the grid"):
        integers(values, scales, plan)


def test_a_weight_beyond_its_grid_is_refused():
    with pytest.raises(ToolError, match="outside the 4-bit grid"):
        integers(np.full((1, 4), 8, np.float32), np.ones(1, np.float32), TensorPlan(bits=4))


def test_scales_of_another_shape_are_refused():
    with pytest.raises(ToolError, match="do not fit"):
        integers(np.zeros((2, 64)), np.ones((2, 4)), TensorPlan(bits=4, block=32))


def test_columns_that_are_no_multiple_of_the_block_are_refused():
    with pytest.raises(UsageError, match="blocks of 32"):
        to_grid(np.ones((2, 40)), TensorPlan(bits=4, block=32))
