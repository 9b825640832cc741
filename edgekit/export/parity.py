"""Parity: how far a written file may be from its reference on the golden cases, and the error where it is further."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from edgekit.bundle.manifest import Parity
from edgekit.errors import ParityError
from edgekit.export.quantized_weights import block_size
from edgekit.schema.plan import Plan

Floating = npt.NDArray[np.floating[Any]]
Reference = Literal["checkpoint", "simulation"]


@dataclass(frozen=True)
class Tolerance:
    """A logit may differ by atol + rtol * |reference|."""

    atol: float
    rtol: float

    def is_within(self, other: Tolerance) -> bool:
        """Whether the other one allows as much."""
        return self.atol <= other.atol and self.rtol <= other.rtol


# Float files differ by the order of additions only.
FLOAT = Tolerance(1e-4, 1e-4)
# Rounded activations: a value beside a rounding boundary falls to the other side when its last bit differs, moves by
# a whole step, and moves later layers with it. The simulation itself, its embeddings disturbed by 1e-6, moves by up
# to 0.03 at logits of 3.5 (two random layers, 64 wide); files of a trained model of four layers, 128 wide, were
# within 0.027 of it at logits up to 14.6, over 210 texts. It also covers what no simulation can follow: MatMulNBits
# rounds its inputs on cores with fast integer products and not on others (0.037 in that model).
ROUNDED = Tolerance(0.05, 0.02)


def rounds(plan: Plan | None) -> bool:
    """Whether files of this plan round their activations, on some cores at least."""
    if plan is None or not plan.tensors:
        return False
    return plan.activations != "float" or any(block_size(tensor) for tensor in plan.tensors.values())


def rounded_atol(moved: float) -> float:
    """Half as much again as a logit moves where activations are not rounded at all, and that of ROUNDED at least."""
    return max(ROUNDED.atol, round(1.5 * moved, 4))


@dataclass(frozen=True)
class Deviation:
    """How far the logits of one run lie from the reference's.

    excess:  the largest |difference| over what is allowed there: beyond 1 it is a fault
    largest: the largest |difference|
    where:   which run it was, as the error ends
    """

    excess: float
    largest: float
    where: str

    @classmethod
    def of(cls, difference: Floating, limit: Floating, where: str) -> Deviation:
        """Of |difference| and what is allowed [...], of the same shape; what is no number is infinitely far off."""
        ratio = float((difference / limit).max())
        return cls(ratio if np.isfinite(ratio) else float("inf"), float(difference.max()), where)


def parity_of(
    deviations: Sequence[Deviation], allowed: Tolerance, reference: Reference, *, of: str, cases: int, equal: int
) -> Parity:
    """The parity of a file whose runs deviate so.

    of:    what the relative part of the tolerance is of
    equal: the cases whose label, or greedy text, is the reference's
    Raises `ParityError` that names the worst run, where one lies beyond the tolerance.
    """
    worst = max(deviations, key=lambda deviation: deviation.excess)
    if worst.excess > 1:
        raise ParityError(
            f"the exported file does not reproduce its {reference}: its logits differ by up to {worst.largest:.4g} "
            f"(allowed {allowed.atol:g} + {allowed.rtol:g} of the {of}){worst.where}",
            advice="this is a fault of the conversion, not of the model; nothing was written",
        )
    return Parity(
        reference=reference,
        cases=cases,
        atol=allowed.atol,
        rtol=allowed.rtol,
        max_abs_difference=max(deviation.largest for deviation in deviations),
        labels_equal=equal,
    )


def require_same_ids(found: Sequence[int], wanted: Sequence[int], text: str) -> None:
    """Raise `ParityError` where the written tokenizer gives other ids than the checkpoint's; text: as it is quoted."""
    if tuple(found) != tuple(wanted):
        raise ParityError(f"the written tokenizer.json gives other token ids than the checkpoint's for {text}")
