"""The integer grid of a weight: symmetric, with one scale for each row or each block of a row.

Scales of blocks are rounded to values that bfloat16 and float16 both hold: LiteRT stores them as float16 and
XNNPACK computes with bfloat16, so a finer scale would be rounded a second time in the file.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from edgekit.errors import ToolError, UsageError
from edgekit.schema.plan import TensorPlan

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int8]

# the smallest normal float16: below it the format loses bits, and a scale of zero would lose the block
_SMALLEST_BLOCK_SCALE = np.float32(2.0**-14)
# of the scale that holds all of a block: what is tried; with more, a weight that is on its grid would find another
_SHARES = np.linspace(1.0, 0.6, 17)
# a weight on its grid is off an integer by float32 rounding only: 127 * 2^-23, with room
_ON_GRID = 1e-3


def to_grid(weight: object, plan: TensorPlan) -> tuple[Integers, Floats]:
    """Round a weight [rows, columns] to integers in [lowest, limit].

    8 bits are scaled by the largest |value| of each row or block, 4 bits as `smallest_error` says. Returns the
    integers [rows, columns] and the scales, [rows] or [rows, blocks], float32. A row of zeros has scale 1. Raises
    `UsageError` where the columns are no multiple of the block.
    """
    blocks = _blocks(np.asarray(weight, np.float32), plan)
    scales = smallest_error(weight, plan) if plan.bits == 4 else _largest(blocks, plan)
    integers = np.clip(np.rint(blocks / scales[:, :, None]), plan.lowest, plan.limit).astype(np.int8)
    return integers.reshape(blocks.shape[0], -1), scales if plan.block else scales[:, 0]


def smallest_error(weight: object, plan: TensorPlan, importance: Floats | None = None) -> Floats:
    """The scale of each block of a weight [rows, columns], of those tried the one with the smallest squared error.

    importance: [columns], what the error of a column counts; all alike without it
    Returns [rows, blocks]. Values beyond the grid are cut off, which costs less than coarse steps for the others.
    """
    blocks = _blocks(np.asarray(weight, np.float32), plan)
    counts = np.ones(blocks.shape[1:], np.float32) if importance is None else importance.reshape(blocks.shape[1:])
    whole = _largest(blocks, plan)
    best, smallest = whole, np.full(whole.shape, np.inf, np.float32)
    tried = [_storable(np.abs(blocks).max(axis=2) / np.float32(plan.limit), plan)]
    tried += [_storable(whole * np.float32(share), plan) for share in _SHARES]
    for scales in tried:
        steps = scales[:, :, None]
        rounded = np.clip(np.rint(blocks / steps), plan.lowest, plan.limit)
        error = (np.square(rounded * steps - blocks) * counts).sum(axis=2)
        better = error < smallest
        best, smallest = np.where(better, scales, best), np.where(better, error, smallest)
    return np.asarray(best, np.float32)


def from_grid(integers: object, scales: object) -> Floats:
    """The float32 values integer * scale of a weight [rows, columns]; scales [rows] or [rows, blocks]."""
    values = np.asarray(integers, np.float32)
    steps = np.asarray(scales, np.float32).reshape(values.shape[0], -1)
    return np.asarray(values * np.repeat(steps, values.shape[1] // steps.shape[1], axis=1), np.float32)


def integers(weight: Any, scales: Any, plan: TensorPlan) -> Integers:
    """The integers of a weight that is already on its grid, or `ToolError` where it is not."""
    blocks = _blocks(np.asarray(weight, np.float32), plan)
    steps = np.asarray(scales, np.float32).reshape(blocks.shape[0], -1)
    if steps.shape[1] != blocks.shape[1]:
        raise ToolError(f"scales of shape {np.shape(scales)} do not fit a weight of shape {np.shape(weight)}")
    quotients = blocks / steps[:, :, None]
    rounded = np.rint(quotients)
    if not np.isfinite(quotients).all() or np.abs(quotients - rounded).max() > _ON_GRID:
        raise ToolError("a weight is not on the grid of its plan", advice="quantize the checkpoint again")
    if rounded.max() > plan.limit or rounded.min() < plan.lowest:
        raise ToolError(f"a weight lies outside the {plan.bits}-bit grid of its plan")
    found: Integers = rounded.astype(np.int8).reshape(blocks.shape[0], -1)
    return found


def _blocks(weight: Floats, plan: TensorPlan) -> Floats:
    """The weight as [rows, blocks, columns of a block]; a row is one block where the plan has none."""
    rows, columns = weight.shape
    block = plan.block or columns
    if columns % block:
        raise UsageError(f"a weight of {columns} columns cannot be stored in blocks of {block}")
    return weight.reshape(rows, columns // block, block)


def _largest(blocks: Floats, plan: TensorPlan) -> Floats:
    """The scale [rows, blocks] with which the largest value on either side is just on the grid."""
    above, below = blocks.max(axis=2) / np.float32(plan.limit), blocks.min(axis=2) / np.float32(plan.lowest)
    return _storable(np.maximum(np.maximum(above, below), np.float32(0)), plan)


def _storable(scales: Floats, plan: TensorPlan) -> Floats:
    """Scales without zeros and, for blocks, rounded to what the file formats hold."""
    if plan.block is None:
        # the smallest normal float32: a scale below it would make the quotients overflow
        return np.where(scales < np.finfo(np.float32).tiny, np.float32(1), scales).astype(np.float32)
    zero = scales == 0
    raised = np.maximum(scales, _SMALLEST_BLOCK_SCALE).astype(np.float32)
    bits = raised.view(np.uint32).astype(np.uint64)
    nearest = ((bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000).astype(np.uint32).view(np.float32)
    return np.where(zero, np.float32(1), nearest).astype(np.float32)
