"""Parity: the written file, through the written tokenizer, against its reference on the golden cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from edgekit.bundle.manifest import Parity
from edgekit.errors import ParityError, ToolError
from edgekit.export.golden import Case
from edgekit.export.quantized_weights import blocked
from edgekit.schema.plan import Plan

Reference = Literal["checkpoint", "simulation"]


@dataclass(frozen=True)
class Tolerance:
    """A logit may differ by atol + rtol * |reference|."""

    atol: float
    rtol: float


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
    return plan.activations != "float" or any(blocked(tensor) for tensor in plan.tensors.values())


def rounded_tolerance(cases: Sequence[Case], unrounded: Sequence[Case]) -> Tolerance:
    """What parity allows a file that rounds: half as much again as not rounding at all changes, and ROUNDED at least.

    Where many values lie beside a boundary, file and simulation are no nearer to each other than either is to what
    is not rounded; the larger a model's logits, the further that is.
    """
    moved = max(float(np.abs(one.logits - other.logits).max()) for one, other in zip(cases, unrounded, strict=True))
    return Tolerance(rounded_atol(moved), ROUNDED.rtol)


def rounded_atol(moved: float) -> float:
    """Half as much again as a logit moves where activations are not rounded at all, and that of ROUNDED at least."""
    return max(ROUNDED.atol, round(1.5 * moved, 4))


def check(classifier: Any, cases: Sequence[Case], allowed: Tolerance, reference: Reference) -> Parity:
    """Run every case through an `edgekit.agent` classifier, one at a time.

    Raises `ParityError` that names the worst case: other token ids, a logit out of tolerance, or another label
    where the reference itself is no tie within the tolerance.
    """
    differences, equal = [], 0
    for case in cases:
        logits = _run(classifier, case)
        difference = np.abs(logits - case.logits)
        limit = allowed.atol + allowed.rtol * np.abs(case.logits)
        same = int(logits.argmax()) == int(case.logits.argmax())
        equal += same
        differences.append((_excess(difference, limit), float(difference.max()), case))
        if not same and not is_tie(case, allowed) and np.isfinite(logits).all():
            differences[-1] = (float("inf"), float(difference.max()), case)
    excess, worst, case = max(differences, key=lambda row: row[0])
    if excess > 1:
        raise ParityError(
            f"the exported file does not reproduce its {reference}: its logits differ by up to {worst:.4g} "
            f"(allowed {allowed.atol:g} + {allowed.rtol:g} of the value) for {_shown(case)}",
            advice="this is a fault of the conversion, not of the model; nothing was written",
        )
    return Parity(
        reference=reference,
        cases=len(cases),
        atol=allowed.atol,
        rtol=allowed.rtol,
        max_abs_difference=max(row[1] for row in differences),
        labels_equal=equal,
    )


def is_tie(case: Case, allowed: Tolerance) -> bool:
    """Whether the two best logits of the reference lie within one tolerance: they may trade places.

    Each may be off by that much, so beyond it both would have to be half of it off at once, against each other. Files
    of whole networks are off by an eighth of it (`ROUNDED`), and a label that changes then is a fault.
    """
    return case.margin <= allowed.atol + allowed.rtol * float(np.abs(case.logits).max())


def _run(classifier: Any, case: Case) -> Any:
    from edgekit.agent.errors import AgentError

    text, pair = case.text if isinstance(case.text, tuple) else (case.text, None)
    encoding = classifier.tokenizer.encode(text, pair)
    if tuple(encoding.ids) != case.ids:
        raise ParityError(f"the written tokenizer.json gives other token ids than the checkpoint's for {_shown(case)}")
    try:
        return classifier.logits(encoding)
    except AgentError as error:
        raise ToolError(f"the exported file does not run: {error.message}", advice=error.advice) from error


def _excess(difference: Any, limit: Any) -> float:
    ratio = float((difference / limit).max())
    return ratio if np.isfinite(ratio) else float("inf")


def _shown(case: Case) -> str:
    text = " / ".join(case.text) if isinstance(case.text, tuple) else case.text
    return repr(text if len(text) <= 60 else text[:57] + "...")
