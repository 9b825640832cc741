"""Figures of classifiers against scikit-learn, hand calculation, simulation and their own laws."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgekit.measure.accuracy.classification import class_f1, macro_f1, mcc, per_class, scores, worst_pairs

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
    assert found.macro_f1.value == pytest.approx(macro_f1(expected, predicted))
    assert found.mcc.value == mcc(expected, predicted)
    assert 0 <= found.macro_f1.low <= found.macro_f1.value <= found.macro_f1.high <= 100 + 1e-9
    assert -1 - 1e-9 <= found.mcc.low <= found.mcc.value <= found.mcc.high <= 1 + 1e-9


def answers(generator, rows, shares, right):
    """Labels of so many rows, with classes in these shares, of which so many are right [rows]."""
    expected = generator.choice(len(shares), rows, p=np.array(shares) / sum(shares))
    kept = generator.random(rows) < np.broadcast_to(right, len(shares))[expected]
    # a wrong answer is another class
    other = (expected + generator.integers(1, len(shares), rows)) % len(shares)
    return expected, np.where(kept, expected, other)


SIX = (40, 25, 20, 10, 4, 1)
THIRTY = tuple(1 / (place + 1) for place in range(30))


@pytest.mark.parametrize(
    ("shares", "right", "rows"),
    [
        (SIX, 0.9, 200),
        (SIX, 0.97, 400),
        (SIX, (0.95, 0.95, 0.95, 0.9, 0.5, 0.2), 400),
        ((1, 1), 0.9, 50),
        ((9, 1), 0.9, 200),
        (THIRTY, 0.85, 1000),
        pytest.param((1,) * 77, 0.9, 1000, marks=pytest.mark.slow),
    ],
)
def test_intervals_hold_the_truth_as_often_as_they_say(shares, right, rows):
    generator = np.random.default_rng(rows)
    everyone = scores(*answers(generator, 500_000, shares, right))
    labels = [str(number) for number in range(len(shares))]
    found = [scores(*answers(generator, rows, shares, right), labels) for _ in range(200)]
    known = [each.macro_f1 for each in found if not each.macro_f1.doubt]
    assert len(known) > 50
    assert np.mean([each.low <= everyone.macro_f1.value <= each.high for each in known]) >= 0.92
    assert np.mean([each.low > everyone.macro_f1.value + 0.2 for each in known]) <= 0.05
    assert np.mean([each.mcc.low <= everyone.mcc.value <= each.mcc.high for each in found]) >= 0.92


@pytest.mark.parametrize(("rows", "right"), [(40, 0.95), (200, 0.7), (1000, 0.5)])
def test_the_interval_of_one_class_is_exact(rows, right):
    generator = np.random.default_rng(rows)
    truth = class_f1(*answers(generator, 1_000_000, SIX, right), 2)
    found = [class_f1(*answers(generator, rows, SIX, right), 2) for _ in range(400)]
    assert np.mean([each.low <= truth.value <= each.high for each in found]) >= 0.945
    assert np.mean([each.low > truth.value for each in found]) <= 0.04


def test_the_f1_of_one_class_by_hand():
    from scipy.stats import binomtest

    # 3 of the 5 rows that have class 1, or were given it, both have it and were given it
    found = class_f1([1, 1, 1, 1, 0, 0], [1, 1, 1, 0, 1, 0], 1)
    share = binomtest(3, 5).proportion_ci(method="exact")
    assert found.value == pytest.approx(100 * 6 / 8)
    assert found.low == pytest.approx(200 * share.low / (1 + share.low))
    assert found.high == pytest.approx(200 * share.high / (1 + share.high))
    never = class_f1([0, 0], [0, 0], 1)
    assert (never.low, never.high) == (-math.inf, math.inf)
    assert never.doubt == "no row has this label, and none was given it"


@settings(deadline=None)
@given(PAIRS, st.integers(0, 5))
def test_the_f1_of_one_class_is_scikit_learns_and_inside_its_interval(pairs, label):
    from sklearn.metrics import f1_score

    expected, predicted = zip(*pairs, strict=True)
    found = class_f1(expected, predicted, label)
    assert found.low <= found.value <= found.high
    other = f1_score(expected, predicted, labels=[label], average="macro", zero_division=0)
    assert found.value == pytest.approx(100 * other)


def test_an_error_that_two_classes_share_makes_their_mean_no_surer():
    """Of two classes every error lowers both: the mean is hardly surer than either."""
    expected, predicted = answers(np.random.default_rng(4), 300, (1, 1), 0.85)
    mean, one = scores(expected, predicted).macro_f1, class_f1(expected, predicted, 0)
    # were they independent, it would be 0.71 of that
    assert mean.high - mean.low > 0.78 * (one.high - one.low)


def test_classes_with_too_few_rows_are_named():
    expected = [0] * 50 + [1] * 3 + [2] * 2
    labels = ("joy", "love", "fear", "rage")
    assert scores(expected, expected, labels).macro_f1.doubt == (
        "too few rows of classes 'fear' (2), 'rage' (0): 3 are needed"
    )
    assert scores(expected, expected).macro_f1.doubt == "too few rows of class 2 (2): 3 are needed"
    assert scores(expected[:53], expected[:53]).macro_f1.doubt == ""
    many = scores([0, 1], [0, 1], [f"a label of more than sixty letters, {'x' * 90} {n}" for n in range(9)]).macro_f1
    assert many.doubt.endswith("and 4 more: 3 are needed")
    assert len(many.doubt) < 500


def test_no_error_in_some_rows_is_no_certainty():
    found = scores([0] * 50 + [1] * 50, [0] * 50 + [1] * 50)
    assert (found.macro_f1.value, found.macro_f1.high, found.mcc.value, found.mcc.high) == (100, 100, 1, 1)
    # up to 3.6 of 100 may be wrong: 1 - 0.025^(1/100)
    assert 93 < found.macro_f1.low < 98
    assert 0.8 < found.mcc.low < 0.99


@pytest.mark.parametrize("function", [macro_f1, mcc, scores])
def test_rows_are_needed_and_as_many_of_each(function):
    for expected, predicted in (([], []), ([0, 1], [0])):
        with pytest.raises(ValueError, match="expected labels"):
            function(expected, predicted)
