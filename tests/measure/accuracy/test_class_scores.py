"""Every class with its figures, against scikit-learn, and with an interval that follows from its own rows."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import precision_recall_fscore_support

from edgekit.measure.accuracy.classification import class_f1, class_scores

LABELS = ("光", "باب", "never", "unseen")


def test_the_figures_are_scikit_learns():
    generator = np.random.default_rng(5)
    expected = generator.choice([0, 1], 200, p=[0.9, 0.1]).tolist()
    predicted = [label if generator.random() < 0.8 else 3 for label in expected]
    found = class_scores(LABELS, expected, predicted)
    parts = precision_recall_fscore_support(expected, predicted, labels=range(4), zero_division=0)
    for number, (row, precision, recall, f1, rows) in enumerate(zip(found, *parts, strict=True)):
        assert (row.label, row.rows, row.predicted) == (LABELS[number], rows, predicted.count(number))
        assert [row.precision or 0, row.recall or 0, row.f1 or 0] == pytest.approx(
            [100 * precision, 100 * recall, 100 * f1]
        )
        if row.f1 is not None:
            own = class_f1(expected, predicted, number)
            assert (row.low, row.high, row.doubt) == (own.low, own.high, own.doubt)
            assert 0 <= row.low <= row.f1 <= row.high <= 100
    assert found[2].f1 is None and found[2].low is None and "no row has this label" in found[2].doubt
    # given to rows that have another label, it is never right
    assert (found[3].f1, found[3].recall, found[3].low) == (0, None, 0)
    rare, common = found[1], found[0]
    assert rare.high - rare.low > common.high - common.low
