"""Figures of classifiers against scikit-learn, scipy's bootstrap, hand calculation and their own laws."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgekit.measure.classification import macro_f1, mcc, per_class, scores, worst_pairs

NAMES = ("开灯", "إضاءة", "☀️", "lights", "door", "=1+1")
PAIRS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=60)


@settings(deadline=None)
@given(PAIRS)
def test_macro_f1_and_mcc_are_scikit_learns(pairs):
    from sklearn.metrics import f1_score, matthews_corrcoef

    expected, predicted = zip(*pairs, strict=True)
    assert macro_f1(expected, predicted) == pytest.approx(
        100 * f1_score(expected, predicted, average="macro", zero_division=0)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert mcc(expected, predicted) == pytest.approx(matthews_corrcoef(expected, predicted), abs=1e-12)


def test_figures_by_hand():
    # class 0: 1 of 1 predicted, 1 of 2 found: F1 2/3; class 1: 1 of 2, 1 of 1: 2/3
    assert macro_f1([0, 0, 1], [0, 1, 1]) == pytest.approx(200 / 3)
    # TP 1, FP 1, FN 0, TN 1: (1 - 0) / sqrt(2 * 1 * 2 * 1)
    assert mcc([0, 0, 1], [0, 1, 1]) == pytest.approx(0.5)
    assert mcc([0, 1, 2], [0, 1, 2]) == 1
    assert mcc([0, 1], [1, 0]) == -1
    assert mcc([1, 1], [0, 1]) == 0


@settings(deadline=None)
@given(PAIRS)
def test_the_table_of_classes_is_scikit_learns_and_its_mean_is_macro_f1(pairs):
    from sklearn.metrics import precision_recall_fscore_support

    expected, predicted = zip(*pairs, strict=True)
    rows = per_class(NAMES, expected, predicted)
    others = precision_recall_fscore_support(expected, predicted, labels=range(6), zero_division=0)
    assert [row.label for row in rows] == list(NAMES)
    for row, precision, recall, f1, support in zip(rows, *others, strict=True):
        assert (row.precision or 0) == pytest.approx(100 * precision)
        assert (row.recall or 0) == pytest.approx(100 * recall)
        assert (row.f1 or 0) == pytest.approx(100 * f1)
        assert row.support == support
        assert (row.precision is None) == (row.predicted == 0)
        assert (row.recall is None) == (row.support == 0)
        assert (row.f1 is None) == (row.predicted == row.support == 0)
    assert np.mean([row.f1 for row in rows if row.f1 is not None]) == pytest.approx(macro_f1(expected, predicted))


@settings(deadline=None)
@given(PAIRS)
def test_the_confused_pairs_are_the_confusion_matrix_without_its_diagonal(pairs):
    from sklearn.metrics import confusion_matrix

    expected, predicted = zip(*pairs, strict=True)
    matrix = confusion_matrix(expected, predicted, labels=range(6))
    found = worst_pairs(NAMES, expected, predicted, None)
    assert [pair.rows for pair in found] == sorted((pair.rows for pair in found), reverse=True)
    rebuilt = np.diag(np.diag(matrix))
    for pair in found:
        rebuilt[NAMES.index(pair.expected), NAMES.index(pair.predicted)] = pair.rows
        assert pair.support == expected.count(NAMES.index(pair.expected))
    assert (rebuilt == matrix).all()
    assert worst_pairs(NAMES, expected, predicted, 2) == found[:2]


@settings(deadline=None, max_examples=30)
@given(PAIRS)
def test_intervals_hold_their_figures_and_stay_in_range(pairs):
    expected, predicted = zip(*pairs, strict=True)
    found = scores(expected, predicted)
    assert found.macro_f1.value == macro_f1(expected, predicted)
    assert found.mcc.value == mcc(expected, predicted)
    assert 0 <= found.macro_f1.low <= found.macro_f1.value <= found.macro_f1.high <= 100 + 1e-9
    assert -1 - 1e-9 <= found.mcc.low <= found.mcc.value <= found.mcc.high <= 1 + 1e-9


def answers(rows, classes, right, seed):
    generator = np.random.default_rng(seed)
    expected = generator.integers(0, classes, rows)
    kept = generator.random(rows) < right
    return expected, np.where(kept, expected, generator.integers(0, classes, rows))


def test_intervals_are_scipys():
    from scipy.stats import bootstrap
    from sklearn.metrics import f1_score, matthews_corrcoef

    expected, predicted = answers(300, 4, 0.8, seed=1)
    found = scores(expected, predicted)
    for estimate, metric, scale in (
        (found.macro_f1, lambda a, b: f1_score(a, b, average="macro"), 100),
        (found.mcc, matthews_corrcoef, 1),
    ):
        other = bootstrap(
            (expected, predicted), metric, paired=True, vectorized=False, n_resamples=200, method="percentile", rng=3
        ).confidence_interval
        width = scale * (other.high - other.low)
        assert estimate.low == pytest.approx(scale * other.low, abs=0.2 * width)
        assert estimate.high == pytest.approx(scale * other.high, abs=0.2 * width)


def test_many_cells_are_drawn_in_parts_as_in_one(monkeypatch):
    expected, predicted = answers(400, 5, 0.7, seed=2)
    whole = scores(expected, predicted)
    monkeypatch.setattr("edgekit.measure.classification._AT_ONCE", 1000)
    assert scores(expected, predicted) == whole


@pytest.mark.parametrize("function", [macro_f1, mcc, scores])
def test_rows_are_needed_and_as_many_of_each(function):
    for expected, predicted in (([], []), ([0, 1], [0])):
        with pytest.raises(ValueError, match="expected labels"):
            function(expected, predicted)
