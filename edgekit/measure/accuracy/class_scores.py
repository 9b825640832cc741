"""Every class of a classifier as a record keeps it: rows, precision, recall, and F1 with its interval."""

from __future__ import annotations

from collections.abc import Sequence

from edgekit.bundle.evaluation import ClassScore
from edgekit.measure.accuracy.class_intervals import NO_ROWS
from edgekit.measure.accuracy.classification import class_f1, per_class
from edgekit.measure.statistics.estimate import ends


def class_scores(labels: Sequence[str], expected: Sequence[int], predicted: Sequence[int]) -> tuple[ClassScore, ...]:
    """Every label in the order of `labels`, figures in %; `expected` and `predicted` are numbers of labels [rows].

    An interval that is open to one side ends at 0 or at 100 there. Raises `ValueError` as `classification.per_class`.
    """
    scores = []
    for number, row in enumerate(per_class(labels, expected, predicted)):
        f1 = None if row.f1 is None else class_f1(expected, predicted, number)
        low, high = (None, None) if f1 is None else ends(f1, 0.0, 100.0)
        scores.append(
            ClassScore(
                label=row.label,
                rows=row.support,
                predicted=row.predicted,
                precision=row.precision,
                recall=row.recall,
                f1=None if f1 is None else f1.value,
                low=low,
                high=high,
                doubt=NO_ROWS if f1 is None else f1.doubt,
            )
        )
    return tuple(scores)
