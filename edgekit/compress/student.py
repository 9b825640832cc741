"""A student made from its teacher: chosen blocks copied, narrower by importance and not at random."""

from __future__ import annotations

import copy
from typing import Any

from edgekit.models.families import describe, family
from edgekit.models.shrink import keep_blocks, keep_ffn, keep_heads, keep_hidden
from edgekit.spec.errors import UsageError
from edgekit.spec.shape import Shape, WantedShape


def student_shape(teacher: Shape, wanted: WantedShape) -> Shape:
    """What was asked for, the rest following from the teacher; the heads keep their size.

    Raises `UsageError` where the student would be larger than its teacher or its heads would not fill its width.
    """
    head_size = teacher.hidden // teacher.heads
    hidden = wanted.hidden or teacher.hidden
    shape = Shape(
        layers=wanted.layers or max(1, teacher.layers // 2),
        hidden=hidden,
        heads=wanted.heads or max(1, hidden // head_size),
        ffn=wanted.ffn or teacher.ffn * hidden // teacher.hidden,
    )
    for name in ("layers", "hidden", "heads", "ffn"):
        if getattr(shape, name) > getattr(teacher, name):
            raise UsageError(
                f"student: {name} {getattr(shape, name)} is more than the teacher's {getattr(teacher, name)}"
            )
    if shape.heads * head_size != shape.hidden:
        raise UsageError(
            f"student: {shape.heads} heads of {head_size} do not fill a hidden width of {shape.hidden}",
            advice=f"choose a hidden width that is a multiple of {head_size}",
        )
    return shape


def make_student(teacher: Any, wanted: WantedShape) -> Any:
    """A copy of the teacher cut to the wanted shape: blocks evenly spread, the heaviest heads, neurons, channels."""
    import torch

    kind = family(teacher.config.model_type)
    shape = student_shape(kind.shape(teacher.config), wanted)
    student = copy.deepcopy(teacher)
    with torch.no_grad():
        keep_blocks(student, spread(len(describe(teacher).blocks), shape.layers))
        for block in describe(student).blocks:
            keep_heads(student, block, _heaviest_heads(block, shape.heads))
            keep_ffn(block, _heaviest(_neuron_weight(block), shape.ffn))
        if shape.hidden < describe(student).hidden:
            keep_hidden(student, _heaviest(_channel_weight(describe(student)), shape.hidden))
    kind.set_shape(student.config, shape)
    return student


def spread(blocks: int, kept: int) -> list[int]:
    """`kept` of the block indices, evenly spread, the last among them: 6 to 3 gives 1, 3, 5."""
    return [round((index + 1) * blocks / kept) - 1 for index in range(kept)]


def _heaviest(weights: Any, count: int) -> Any:
    return weights.topk(count).indices.sort().values


def _heaviest_heads(block: Any, count: int) -> list[int]:
    columns = block.output.weight.square().sum(0) * block.value.weight.square().sum(1)
    return [int(head) for head in _heaviest(columns.view(block.heads, block.head_size).sum(1), count)]


def _neuron_weight(block: Any) -> Any:
    """How much a neuron can carry: the norm of what it reads times the norm of what it writes."""
    return block.ffn_in.weight.norm(dim=1) * block.ffn_out.weight.norm(dim=0)


def _channel_weight(encoder: Any) -> Any:
    """How much a channel of the residual stream is read: its norm gain times the weights that read it."""
    import torch

    total = torch.zeros(encoder.hidden)
    for block in encoder.blocks:
        total += block.attention_norm.weight.abs() * block.ffn_in.weight.norm(dim=0)
        total += block.ffn_norm.weight.abs() * block.query.weight.norm(dim=0)
    return total
