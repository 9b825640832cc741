"""Running the golden cases: text -> ids -> logits -> answer, each as the bundle says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import BadInput, GoldenMismatch
from ..runtimes.base import Array
from .bundle import Bundle, GoldenCase
from .classifier import Classifier
from .problem_type import Answer

# the tolerance of float files, for a manifest that says none
USUAL = 1e-4
# of a logit: models that have hardly learned differ by less between texts, and are rounded as others are
_ROUNDING = 1.0


@dataclass(frozen=True)
class GoldenResult:
    """How closely the golden cases were reproduced: the largest |difference| of a logit over all of them."""

    cases: int
    max_abs_difference: float


def run_golden(classifier: Classifier, cases: Sequence[GoldenCase]) -> GoldenResult:
    """Run every case; the logits within the parity tolerance of the bundle's manifest.

    Raises `GoldenMismatch` that names the case and its first differing token, logit or label, and `BadInput` for a
    tolerance that wrong answers would be within.
    """
    atol, rtol = tolerance(classifier.bundle, [value for case in cases for value in case.logits])
    largest, found = 0.0, []
    for number, case in enumerate(cases, 1):
        where = f"golden case {number} ({case.text[:40]!r}) on {classifier.session.runtime}"
        encoding = classifier.tokenizer.encode(case.text, case.text_pair)
        same_ids(encoding.ids, case.ids, where)
        prediction = classifier.head.predict(classifier.logits(encoding))
        expected = np.array(case.logits, np.float32)
        _close(prediction.logits, expected, atol, rtol, where)
        _same_answer(prediction.answer, case.answer, where, atol, rtol)
        largest = max(largest, float(np.abs(prediction.logits - expected).max()))
        found.append(prediction.logits)
    _check_variety(found, cases)
    return GoldenResult(len(cases), largest)


def tolerance(bundle: Bundle, logits: Sequence[float]) -> tuple[float, float]:
    """How far a logit may be off, as the manifest says: absolute, and in proportion to it.

    logits: of all golden cases
    Raises `BadInput` where that is more than all of them differ by, and more than rounding does to any model: whatever
    a file answers could be within it.
    """
    parity = bundle.manifest.get("parity") or {}
    atol, rtol = float(parity.get("atol", USUAL)), float(parity.get("rtol", USUAL))
    values = logits or [0.0]
    widest, spread = atol + rtol * max(abs(value) for value in values), max(values) - min(values)
    # written so that a NaN counts as too wide
    if not widest < max(spread, _ROUNDING):
        raise BadInput(
            f"{bundle.folder / 'manifest.json'}: parity allows a logit to be {widest:.3g} off, and those of all "
            f"golden cases lie within {spread:.3g}: wrong answers would pass",
            "export the bundle again",
        )
    return atol, rtol


def _check_variety(found: Sequence[Array], cases: Sequence[GoldenCase]) -> None:
    """Raise `GoldenMismatch` for a runtime that says the same to everything, as one that does not know an operator.

    The logits of a model that has hardly learned lie close together, so that their tolerance does not tell.
    """
    expected = {case.logits for case in cases}
    if len(expected) > 1 and all(np.array_equal(each, found[0]) for each in found):
        raise GoldenMismatch(
            f"the logits of all {len(cases)} golden cases are the same, and should differ",
            "this runtime or processor does not execute the file as the one that exported it did",
        )


def _same_answer(found: Answer, expected: Answer, where: str, atol: float, rtol: float) -> None:
    """Raise `GoldenMismatch` for other labels, or for a number that is not within the tolerance of a logit."""
    if isinstance(found, float) and isinstance(expected, float):
        # written so that a NaN counts as off
        same = abs(found - expected) <= atol + rtol * abs(expected)
    else:
        same = found == expected
    if not same:
        raise GoldenMismatch(f"{where}: {_named(found)}, expected {_shown(expected)}")


def _named(answer: Answer) -> str:
    """What was found, as a sentence has it."""
    if isinstance(answer, str):
        return f"the label is {_shown(answer)}"
    return f"the labels are {_shown(answer)}" if isinstance(answer, tuple) else f"the value is {_shown(answer)}"


def _shown(answer: Answer) -> str:
    if isinstance(answer, float):
        return f"{answer:.6g}"
    return repr(list(answer)) if isinstance(answer, tuple) else repr(answer)


def same_ids(found: Sequence[int], expected: Sequence[int], where: str) -> None:
    """Raise `GoldenMismatch` that names the first token which differs."""
    for position, (have, want) in enumerate(zip(found, expected)):
        if have != want:
            raise GoldenMismatch(f"{where}: token {position} is {have}, expected {want}")
    if len(found) != len(expected):
        raise GoldenMismatch(f"{where}: {len(found)} tokens, expected {len(expected)}")


def _close(found: Array, expected: Array, atol: float, rtol: float, where: str) -> None:
    if found.shape != expected.shape:
        raise GoldenMismatch(f"{where}: {found.size} logits, expected {expected.size}")
    # written so that a NaN counts as off
    off = np.flatnonzero(~(np.abs(found - expected) <= atol + rtol * np.abs(expected)))
    if off.size:
        first = int(off[0])
        raise GoldenMismatch(
            f"{where}: logit {first} is {found[first]:.6g}, expected {expected[first]:.6g} "
            f"within {atol:g} + {rtol:g} of it",
            "this runtime or processor does not execute the file as the one that exported it did",
        )
