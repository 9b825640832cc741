"""Quantization of a checkpoint: which tensors become integers, and putting them on their grid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from edgekit.compress.quantization.gptq import Rounded, round_blocks
from edgekit.compress.quantization.grid import from_grid, to_grid
from edgekit.data.tokenizer import Tokenizer
from edgekit.errors import UsageError
from edgekit.io.progress import SILENT, Progress
from edgekit.models.decoder import Decoder
from edgekit.models.encoder import Encoder, parameter_names
from edgekit.models.loaded_model import LoadedModel
from edgekit.models.registry import describe, is_decoder
from edgekit.schema.plan import Plan, TensorPlan
from edgekit.schema.schemes import Scheme

if TYPE_CHECKING:
    from torch import Tensor, nn

PER_ROW_8 = TensorPlan(bits=8)
BLOCK_4 = TensorPlan(bits=4, block=32)

_ACTIVATIONS: dict[Scheme, Literal["float", "int8-dynamic", "int8-static"]] = {
    "float": "float",
    "int8-dynamic": "int8-dynamic",
    "int8-static": "int8-static",
    "int8-weight": "float",
    "int4-weight": "float",
}


# schemes that texts make better: static ranges need them, 4 bits are rounded by them (`gptq`)
CALIBRATED: frozenset[Scheme] = frozenset({"int8-static", "int4-weight"})


def make_plan(model: LoadedModel, scheme: Scheme, calibration: Sequence[str | tuple[str, str]] = ()) -> Plan:
    """The uniform plan of a scheme: embeddings and every dense layer but a classifier's last, which costs nothing.

    Raises `UsageError` for `int8-static` without calibration texts or of a decoder.
    """
    if scheme == "int8-static" and is_decoder(model):
        raise UsageError(
            "a decoder in int8-static loses its language", advice="int8-dynamic, int8-weight or int4-weight"
        )
    if scheme == "int8-static" and not calibration:
        raise UsageError("int8-static needs texts to calibrate with", advice="--calibrate FILE, or int8-dynamic")
    tensors: dict[str, TensorPlan] = {}
    if scheme != "float":
        parts = describe(model)
        names = parameter_names(model)
        tensors = {names[id(table.weight)]: PER_ROW_8 for table in parts.embeddings}
        if isinstance(parts, Decoder) and not parts.classifies:  # its head is a table as well, often the same
            tensors[names[id(parts.head.weight)]] = PER_ROW_8
        for linear in quantizable(parts):
            tensors.setdefault(names[id(linear.weight)], _dense_plan(linear, scheme))
    return Plan(
        scheme=scheme,
        activations=_ACTIVATIONS[scheme],
        tensors=tensors,
        calibration=tuple(calibration) if scheme in CALIBRATED else (),
    )


def apply_plan(
    model: LoadedModel, plan: Plan, tokenizer: Tokenizer | None = None, progress: Progress = SILENT
) -> dict[str, Tensor]:
    """Put the weights a plan names on their grid, in place; returns their scales, float32 [rows] or [rows, blocks].

    Blocks of 4 bits are rounded by the plan's texts, where it has some (`gptq`, which needs the tokenizer), all else
    to the nearest. Raises `UsageError` where the plan names a tensor that the model does not have.
    """
    parameters = dict(model.named_parameters(remove_duplicate=False))
    for name in plan.tensors:
        if name not in parameters:
            raise UsageError(f"the plan names {name}, which the model does not have")
    scales: dict[str, Tensor] = {}
    if plan.calibration and plan.scheme == "int4-weight" and tokenizer is not None:
        scales = _round_by_texts(model, plan, tokenizer, progress)
    for name in (name for name in plan.tensors if name not in scales):
        weight = parameters[name]
        scales[name] = _put(weight, to_grid(weight.detach().cpu().numpy(), plan.tensors[name]))
    return scales


def _round_by_texts(model: LoadedModel, plan: Plan, tokenizer: Tokenizer, progress: Progress) -> dict[str, Tensor]:
    """The scales of every layer of the blocks that has 4 bits, its weight on its grid."""
    names = parameter_names(model)

    def wanted(layer: nn.Linear) -> TensorPlan | None:
        tensor = plan.tensors.get(names[id(layer.weight)])
        return tensor if tensor is not None and tensor.block is not None else None

    scales: dict[str, Tensor] = {}
    parts = describe(model)
    with progress.task("quantize: rounding by the texts", len(parts.blocks)) as advance:
        for layer, rounded in round_blocks(model, parts, tokenizer, plan.calibration, wanted, advance):
            scales[names[id(layer.weight)]] = _put(layer.weight, rounded)
    return scales


def _put(weight: Tensor, rounded: Rounded) -> Tensor:
    """Give a weight [rows, columns] the values of its integers; its scales."""
    import torch

    integers, steps = rounded
    with torch.no_grad():
        weight.copy_(torch.from_numpy(from_grid(integers, steps)))
    return torch.from_numpy(steps)


def quantizable(parts: Encoder | Decoder) -> list[nn.Linear]:
    """Every dense layer except the last of a classifier's head."""
    layers = list(parts.dense())
    return layers if isinstance(parts, Decoder) and not parts.classifies else layers[:-1]


def _dense_plan(linear: nn.Linear, scheme: Scheme) -> TensorPlan:
    assert BLOCK_4.block is not None  # noqa: S101 - for the type checker
    if scheme == "int4-weight" and linear.in_features % BLOCK_4.block == 0:
        return BLOCK_4
    return PER_ROW_8
