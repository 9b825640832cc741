"""A student made from its teacher: chosen blocks copied, narrower by importance and not at random.

Where all layers share one block, fewer layers are fewer runs of it.
"""

from __future__ import annotations

import copy
from typing import Any

from edgekit.errors import UsageError
from edgekit.models.decoder import Decoder
from edgekit.models.encoder import Encoder
from edgekit.models.loaded_model import LoadedModel
from edgekit.models.registry import describe, family_of
from edgekit.models.resize import keep_blocks, keep_ffn, keep_heads, keep_hidden
from edgekit.schema.shape import Shape, WantedShape


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


def make_student(teacher: LoadedModel, wanted: WantedShape) -> LoadedModel:
    """A copy of the teacher cut to the wanted shape: blocks evenly spread, the heaviest heads, neurons, channels.

    Where several heads share a key head, they stay or go together. A block of a pruned teacher that has fewer heads or
    neurons than wanted keeps those it has. Raises `UsageError` for a student that would be larger than its teacher.
    """
    import torch

    kind = family_of(teacher)
    before = kind.shape(teacher.config)
    shape = student_shape(before, wanted)
    student = copy.deepcopy(teacher)
    with torch.no_grad():
        keep_blocks(student, spread(before.layers, shape.layers))
        for block in describe(student).blocks:
            shared = block.heads // block.kv_heads
            if shape.heads % shared:
                raise UsageError(f"student: {shape.heads} heads, of which {shared} share a key head each")
            # a block of a pruned teacher may have fewer than its configuration says
            if (wanted.heads or 0) > block.heads or (wanted.ffn or 0) > block.ffn:
                raise UsageError(
                    f"student: a block of the pruned teacher has {block.heads} heads and {block.ffn} neurons: "
                    "fewer than wanted"
                )
            keep_heads(student, block, _heaviest_heads(block, min(shape.heads // shared, block.kv_heads)))
            keep_ffn(block, _heaviest(_neuron_weight(block), min(shape.ffn, block.ffn)))
        if shape.hidden < describe(student).hidden:
            keep_hidden(student, _heaviest(_channel_weight(describe(student)), shape.hidden))
    kind.set_shape(student.config, shape)
    return student


def spread(blocks: int, count: int) -> list[int]:
    """`count` of the block indices, evenly spread, the last among them: 6 to 3 gives 1, 3, 5."""
    return [round((index + 1) * blocks / count) - 1 for index in range(count)]


def _heaviest(weights: Any, count: int) -> Any:
    return weights.topk(count).indices.sort().values


def _heaviest_heads(block: Any, count: int) -> list[int]:
    """The key heads whose values weigh most, together with what reads them."""
    values = block.value.weight.square().sum(1).view(block.kv_heads, 1, block.head_size)
    columns = block.output.weight.square().sum(0).view(block.kv_heads, -1, block.head_size)
    return [int(head) for head in _heaviest((columns * values).sum((1, 2)), count)]


def _neuron_weight(block: Any) -> Any:
    """How much a neuron can carry: the norm of what it reads, its gate included, times the norm of what it writes."""
    gate = getattr(block, "gate", None)
    read = block.ffn_in.weight.norm(dim=1) * (1 if gate is None else gate.weight.norm(dim=1))
    return read * block.ffn_out.weight.norm(dim=0)


def _channel_weight(parts: Encoder | Decoder) -> Any:
    """How much a channel of the residual stream is read: its norm gain times the weights that read it.

    The norm before each branch of a decoder is that branch's own; that behind one of an encoder is the next one's.
    """
    import torch

    total = torch.zeros(parts.hidden)
    blocks: list[Any] = list(parts.blocks)
    for block in blocks:
        before_ffn, before_attention = block.attention_norm, block.ffn_norm
        if isinstance(parts, Decoder):
            before_ffn, before_attention = before_attention, before_ffn
        total += before_ffn.weight.abs() * block.ffn_in.weight.norm(dim=0)
        total += before_attention.weight.abs() * block.query.weight.norm(dim=0)
    return total
