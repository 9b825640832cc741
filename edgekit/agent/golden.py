"""Running the golden cases: text -> ids -> logits -> label, each as the bundle says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .bundle import GoldenCase
from .classifier import Classifier
from .errors import GoldenMismatch
from .sessions import Array


@dataclass(frozen=True)
class GoldenResult:
    """How closely the golden cases were reproduced: the largest |difference| of a logit over all of them."""

    cases: int
    max_abs_difference: float


def run_golden(classifier: Classifier, cases: Sequence[GoldenCase]) -> GoldenResult:
    """Run every case; the logits within the parity tolerance of the bundle's manifest.

    Raises `GoldenMismatch` that names the case and its first differing token, logit or label.
    """
    parity = classifier.bundle.manifest.get("parity") or {}
    atol, rtol = float(parity.get("atol", 1e-4)), float(parity.get("rtol", 1e-4))
    largest = 0.0
    for number, case in enumerate(cases, 1):
        where = f"golden case {number} ({case.text[:40]!r}) on {classifier.session.runtime}"
        encoding = classifier.tokenizer.encode(case.text, case.text_pair)
        same_ids(encoding.ids, case.ids, where)
        prediction = classifier.predict(classifier.logits(encoding))
        expected = np.array(case.logits, np.float32)
        _close(prediction.logits, expected, atol, rtol, where)
        if prediction.label != case.label:
            raise GoldenMismatch(f"{where}: the label is {prediction.label!r}, expected {case.label!r}")
        largest = max(largest, float(np.abs(prediction.logits - expected).max()))
    return GoldenResult(len(cases), largest)


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
