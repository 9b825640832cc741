"""Figures of sets of labels: micro-F1, macro-F1, exactly right sets, and every label.

Micro-F1 is 2 p / (1 + p) of p = TP / (TP + FP + FN) over all labels of all rows. Labels of one row go right or wrong
together, so that p rests on fewer independent ones: its limits are the exact binomial ones of as many as the variance
between rows leaves (the design effect: Kish 1965, Survey Sampling, section 8.2), of no more than rows with as many
labels each would be. Where rows enough are right and enough are wrong to know that variance, it is of as many as its
upper limit leaves: labels that go right and wrong by themselves tell more than their rows.
The limits of a label's own F1 are exact as each row has it or not (`class_intervals`). Those of the mean over labels
are put together as there, with the correlations that the rows show between the labels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from edgekit.bundle.evaluation import ClassScore
from edgekit.measure.accuracy.class_intervals import FEWEST_ROWS, f1_of_counts
from edgekit.measure.accuracy.classification import few_rows
from edgekit.measure.statistics.distributions import binomial_interval, normal_quantile
from edgekit.measure.statistics.estimate import Estimate, ends
from edgekit.measure.statistics.proportions import share

Hot = npt.NDArray[np.bool_]
NO_LABELS = "no row has a label: F1 tells nothing"
# so many rows with something right, and with something wrong, tell how much rows differ
_TELLING_ROWS = 20


@dataclass(frozen=True)
class SetScores:
    """Micro-F1, macro-F1 and the share of rows whose labels are all right, in % with 95 % intervals; every label."""

    micro_f1: Estimate
    macro_f1: Estimate
    exact: Estimate
    classes: tuple[ClassScore, ...]


def set_scores(labels: Sequence[str], expected: Hot, predicted: Hot) -> SetScores:
    """The figures of sets of labels [rows, labels]; `ValueError` without rows or for other shapes."""
    if expected.shape != predicted.shape or not len(expected):
        raise ValueError(f"{expected.shape} expected against {predicted.shape} predicted")
    same = int((expected == predicted).all(axis=1).sum())
    return SetScores(
        micro_f1=_micro_f1(expected, predicted),
        macro_f1=_macro_f1(labels, expected, predicted),
        exact=share(same, len(expected)),
        classes=tuple(
            _class_score(label, expected[:, place], predicted[:, place]) for place, label in enumerate(labels)
        ),
    )


def _micro_f1(expected: Hot, predicted: Hot) -> Estimate:
    if not expected.any():
        return Estimate(0.0, -math.inf, math.inf, NO_LABELS)
    right = (expected & predicted).sum(axis=1).astype(np.float64)
    union = (expected | predicted).sum(axis=1).astype(np.float64)
    total = union.sum()
    p = float(right.sum() / total)
    between = float(((right - p * union) ** 2).sum()) / total**2
    within = p * (1 - p) / total
    effect = max(between / within, 1.0) if within > 0 else 1.0
    independent = min(total / effect, float(total**2 / (union**2).sum()))
    telling = min(int((right < union).sum()), int((right > 0).sum()))
    if telling >= _TELLING_ROWS:
        most = between * (telling - 1) / _low_chi_square(telling - 1)
        independent = max(independent, min(p * (1 - p) / most, total))
    independent = max(1, math.floor(independent))
    low = binomial_interval(math.floor(p * independent), independent)[0]
    high = binomial_interval(math.ceil(p * independent), independent)[1]
    doubt = "" if independent >= FEWEST_ROWS else f"too few rows have labels: {FEWEST_ROWS} are needed"
    value, low, high = (200 * each / (1 + each) for each in (p, min(low, p), max(high, p)))
    return Estimate(value, low, high, doubt)


def _low_chi_square(degrees: int) -> float:
    """The value that chi-square falls short of once in ten times (Wilson and Hilferty 1931)."""
    spread = 2 / (9 * degrees)
    return degrees * (1 - spread + normal_quantile(0.1) * math.sqrt(spread)) ** 3


def _macro_f1(labels: Sequence[str], expected: Hot, predicted: Hot) -> Estimate:
    doubt = few_rows(expected.sum(axis=0), labels)
    occur = np.flatnonzero((expected | predicted).any(axis=0))
    if not len(occur):
        return Estimate(0.0, -math.inf, math.inf, NO_LABELS)
    wanted, given = expected[:, occur], predicted[:, occur]
    right, union = (wanted & given).sum(axis=0), (wanted | given).sum(axis=0)
    limits = [f1_of_counts(int(tp), int(rows)) for tp, rows in zip(right, union, strict=True)]
    f1, low, high = (np.array([getattr(each, name) for each in limits]) for name in ("value", "low", "high"))
    correlations = _correlations(wanted, given, right / union)
    below, above = (
        math.sqrt(max(float(offset @ correlations @ offset), 0.0)) / len(occur) for offset in (f1 - low, high - f1)
    )
    # the mean of F1 in few rows is too low by half its bend times the variance of p
    p = right / union
    bias = float((200 * p * (1 - p) / np.maximum(union - 1, 1) / (1 + p) ** 3).mean())
    value = float(f1.mean())
    return Estimate(value, max(value - max(below - bias, 0.0), 0.0), min(value + above + bias, 100.0), doubt)


def _correlations(wanted: Hot, given: Hot, p: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """How the labels' shares go together from row to row [labels, labels]; of labels without an error, wholly."""
    influence = (wanted & given) - p * (wanted | given)
    norms = np.sqrt((influence**2).sum(axis=0))
    sure = norms == 0
    scaled = np.divide(influence, norms, out=np.zeros_like(influence), where=~sure)
    found: npt.NDArray[np.float64] = scaled.T @ scaled
    found[np.ix_(sure, sure)] = 1.0
    np.fill_diagonal(found, 1.0)
    return found


def _class_score(label: str, expected: Hot, predicted: Hot) -> ClassScore:
    right, rows, given = (int(each.sum()) for each in (expected & predicted, expected, predicted))
    f1 = f1_of_counts(right, int((expected | predicted).sum()))
    low, high = ends(f1, 0.0, 100.0)
    occurs = bool(rows or given)
    return ClassScore(
        label=label,
        rows=rows,
        predicted=given,
        precision=100 * right / given if given else None,
        recall=100 * right / rows if rows else None,
        f1=f1.value if occurs else None,
        low=low if occurs else None,
        high=high if occurs else None,
        doubt="" if rows >= FEWEST_ROWS or not occurs else f"too few rows: {FEWEST_ROWS} are needed",
    )
