"""Rounding weights by what it does to the outputs of their layers: GPTQ (Frantar et al. 2022, arXiv 2210.17323).

The columns of a weight are rounded one after the other, those with the largest inputs first, and those that are left
take up the error of those that are done. Scales are found before (static groups), for a block's columns lie apart in
that order.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from edgekit.compress.quantization.grid import Floats, Integers, smallest_error
from edgekit.data.tokenizer import Tokenizer
from edgekit.io.progress import Advance
from edgekit.models.decoder import Decoder, DecoderBlock
from edgekit.models.encoder import Encoder, EncoderBlock
from edgekit.models.loaded_model import LoadedModel
from edgekit.models.registry import family_of
from edgekit.schema.plan import TensorPlan

if TYPE_CHECKING:
    from torch import Tensor, nn

# of the mean of the Hessian's diagonal: what keeps it invertible; a small Llama lost less than with the paper's 0.01
_DAMPING = 0.05
# more texts were no better
_MOST_TEXTS = 512
_LONGEST_TEXT = 512
# how a block calls its states where it takes them by name
_STATES = "hidden_states"
Rounded = tuple[Integers, Floats]
Text = str | tuple[str, str]


class _FirstBlock(Exception):
    """A text has come to the first block; what follows need not run."""


@dataclass
class _Calls:
    """A model or a block, and the arguments with which each text calls it."""

    module: LoadedModel | nn.Module
    arguments: list[tuple[tuple[Any, ...], dict[str, Any]]]

    def run(self) -> Iterator[Any]:
        """What the module gives for each text."""
        import torch

        with torch.no_grad():
            for positional, named in self.arguments:
                yield self.module(*positional, **named)

    def before(self, module: nn.Module) -> _Calls:
        """The calls of the block behind this one: the same, but for the states [batch, tokens, hidden]."""
        moved = []
        for (positional, named), given in zip(self.arguments, self.run(), strict=True):
            states = given[0] if isinstance(given, tuple) else given
            moved.append(((states, *positional[1:]), named) if positional else ((), named | {_STATES: states}))
        return _Calls(module, moved)


def round_blocks(
    model: LoadedModel,
    parts: Encoder | Decoder,
    tokenizer: Tokenizer,
    texts: Sequence[Text],
    wanted: Callable[[nn.Linear], TensorPlan | None],
    advance: Advance,
) -> Iterator[tuple[nn.Linear, Rounded]]:
    """Each dense layer of the blocks that `wanted` has a plan for, with its integers [out, in] and scales.

    A layer's inputs are those that come through all that was rounded before it, so the caller puts the values into the
    model before it asks for the next. texts: the first 512 count, each cut at 512 tokens.
    """
    calls = _model_calls(model, parts, tokenizer, texts)
    modules = list(family_of(model).blocks(model))
    # a block that is run several times is seen in the whole model
    shared = isinstance(parts, Encoder) and parts.shared
    calls = calls if shared else _first_block(calls, modules[0])
    blocks: Sequence[EncoderBlock | DecoderBlock] = parts.blocks
    for index, block in enumerate(blocks):
        for group in _groups(block):
            plans = {layer: plan for layer in group if (plan := wanted(layer)) is not None}
            if plans:
                hessian = _hessian(group[0], calls)
            for layer, plan in plans.items():
                yield layer, round_by_inputs(layer.weight.detach().cpu().numpy(), hessian, plan)
        advance(index + 1)
        if not shared and index + 1 < len(modules):
            calls = calls.before(modules[index + 1])


def round_by_inputs(weight: Floats, hessian: Tensor, plan: TensorPlan) -> Rounded:
    """A weight [rows, columns] on the grid of a plan with blocks: integers [rows, columns], scales [rows, blocks].

    hessian: float64 [columns, columns], X^T X of the layer's inputs X [tokens, columns]
    """
    import torch

    assert plan.block is not None  # noqa: S101 - a row of 8 bits gains nothing
    diagonal = hessian.diagonal().clone()
    scales = smallest_error(weight, plan, importance=diagonal.numpy().astype(np.float32))
    steps = torch.from_numpy(scales).double().repeat_interleave(plan.block, 1)
    order = torch.argsort(diagonal, descending=True, stable=True)
    left = torch.from_numpy(np.asarray(weight, np.float64))[:, order].clone()
    steps = steps[:, order]
    factor = _inverse_factor(hessian[order][:, order])
    integers = torch.zeros_like(left)
    for column in range(left.shape[1]):
        step = steps[:, column]
        integers[:, column] = (left[:, column] / step).round().clamp(plan.lowest, plan.limit)
        error = (left[:, column] - integers[:, column] * step) / factor[column, column]
        left[:, column:] -= error[:, None] * factor[column, column:]
    back = torch.argsort(order)
    return integers[:, back].numpy().astype(np.int8), scales


def _inverse_factor(hessian: Tensor) -> Tensor:
    """The upper Cholesky factor [columns, columns] of the inverse of a damped Hessian."""
    import torch

    damped = hessian.clone()
    diagonal = damped.diagonal()
    # an input that was never anything but zero says nothing of its column
    diagonal[diagonal == 0] = 1
    diagonal += _DAMPING * diagonal.mean()
    inverse = torch.cholesky_inverse(torch.linalg.cholesky(damped))
    factor: Tensor = torch.linalg.cholesky(inverse, upper=True)
    return factor


def _model_calls(model: LoadedModel, parts: Encoder | Decoder, tokenizer: Tokenizer, texts: Sequence[Text]) -> _Calls:
    import torch

    longest = min(_LONGEST_TEXT, parts.max_length)
    # a cache would grow with every call of a block
    fixed = {"use_cache": False} if isinstance(parts, Decoder) else {}
    names = set(tokenizer.model_input_names)
    rows = (tokenizer(*_parts(text), truncation=True, max_length=longest) for text in texts[:_MOST_TEXTS])
    tensors = ({key: torch.tensor([value]) for key, value in row.items() if key in names} for row in rows)
    return _Calls(model, [((), row | fixed) for row in tensors])


def _first_block(calls: _Calls, module: nn.Module) -> _Calls:
    """With which arguments the texts come to the first block."""
    found: list[tuple[tuple[Any, ...], dict[str, Any]]] = []

    def keep(_: nn.Module, positional: tuple[Any, ...], named: dict[str, Any]) -> None:
        found.append((positional, named))
        raise _FirstBlock

    hook = module.register_forward_pre_hook(keep, with_kwargs=True)
    try:
        for arguments in calls.arguments:
            with contextlib.suppress(_FirstBlock):
                list(_Calls(calls.module, [arguments]).run())
    finally:
        hook.remove()
    return _Calls(module, found)


def _groups(block: EncoderBlock | DecoderBlock) -> list[list[nn.Linear]]:
    """The dense layers of a block in the order in which they run; those of a group read the same inputs."""
    gate = [block.gate] if isinstance(block, DecoderBlock) and block.gate is not None else []
    return [[block.query, block.key, block.value], [block.output], [*gate, block.ffn_in], [block.ffn_out]]


def _hessian(layer: nn.Linear, calls: _Calls) -> Tensor:
    """X^T X, float64 [in, in], of the inputs X [tokens, in] that a layer has over all texts."""
    import torch

    total = torch.zeros(layer.in_features, layer.in_features, dtype=torch.float64)

    def add(_: nn.Module, inputs: tuple[Any, ...]) -> None:
        rows = inputs[0].reshape(-1, layer.in_features).double()
        total.addmm_(rows.T, rows)

    hook = layer.register_forward_pre_hook(add)
    try:
        for _ in calls.run():
            pass
    finally:
        hook.remove()
    return total


def _parts(text: Text) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else text
