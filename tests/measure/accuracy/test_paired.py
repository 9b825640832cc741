"""Two classifiers on the same rows, against scipy's tests, its bootstrap and what a paired comparison must obey."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgekit.measure.accuracy.paired import compare, mcnemar, unchanged
from edgekit.measure.statistics.proportions import accuracy_drop

ROWS = st.lists(st.tuples(*[st.integers(0, 3)] * 3), min_size=1, max_size=50)


@settings(deadline=None)
@given(st.integers(0, 3000), st.integers(0, 3000))
def test_mcnemar_is_scipys_binomial_test(lost, gained):
    from scipy.stats import binomtest

    other = binomtest(lost, lost + gained).pvalue if lost + gained else 1.0
    assert mcnemar(lost, gained) == pytest.approx(other, rel=1e-8)


def test_mcnemar_of_hundreds_of_thousands_of_rows_is_finite():
    assert mcnemar(400_000, 400_000) == pytest.approx(1)
    assert 0 < mcnemar(400_000, 402_000) < 0.03
    assert mcnemar(400_000, 500_000) == 0


@settings(deadline=None, max_examples=40)
@given(ROWS)
def test_a_comparison_counts_rows_and_turns_around(rows):
    from sklearn.metrics import f1_score

    expected, first, second = map(list, zip(*rows, strict=True))
    there, back = compare(expected, first, second), compare(expected, second, first)
    assert there.lost == back.gained == sum(a == b != c for a, b, c in rows)
    assert there.gained == back.lost == sum(a == c != b for a, b, c in rows)
    assert there.p_value == back.p_value
    assert there.accuracy == accuracy_drop(
        [a == b for a, b in zip(expected, first, strict=True)], [a == b for a, b in zip(expected, second, strict=True)]
    )
    drop = f1_score(expected, first, average="macro", zero_division=0) - f1_score(
        expected, second, average="macro", zero_division=0
    )
    assert there.macro_f1.value == pytest.approx(100 * drop, abs=1e-9)
    for estimate in (there.accuracy, there.accuracy_bootstrap, there.macro_f1):
        assert -100 - 1e-9 <= estimate.low <= estimate.value <= estimate.high <= 100 + 1e-9


def test_the_same_answers_differ_by_nothing_as_far_as_so_few_rows_tell():
    found = compare([0, 1, 2], [0, 2, 2], [0, 2, 2])
    assert (found.lost, found.gained, found.p_value) == (0, 0, 1)
    assert found.macro_f1.value == found.accuracy_bootstrap.low == 0
    assert found.macro_f1.low < 0 < found.macro_f1.high
    labels = np.random.default_rng(1).integers(0, 3, 3000)
    many = compare(labels, labels, labels)
    assert -0.3 < many.macro_f1.low <= 0 <= many.macro_f1.high < 0.3


def distilled(generator, rows):
    """Labels of four classes, a teacher that has 90 % right, and a student that mostly agrees with it [rows]."""
    expected = generator.choice(4, rows, p=(0.4, 0.3, 0.2, 0.1))
    first = np.where(generator.random(rows) < 0.9, expected, generator.integers(0, 4, rows))
    return expected, first, np.where(generator.random(rows) < 0.93, first, generator.integers(0, 4, rows))


def test_the_bootstrap_of_accuracy_is_scipys():
    from scipy.stats import bootstrap

    expected, first, second = distilled(np.random.default_rng(4), 400)
    found = compare(expected, first, second).accuracy_bootstrap

    def lost(wanted, before, after):
        return 100 * (np.mean(wanted == before) - np.mean(wanted == after))

    rows = (expected, first, second)
    options = {"paired": True, "vectorized": False, "n_resamples": 400, "method": "percentile", "rng": 5}
    other = bootstrap(rows, lost, **options).confidence_interval
    width = other.high - other.low
    assert found.low == pytest.approx(other.low, abs=0.2 * width)
    assert found.high == pytest.approx(other.high, abs=0.2 * width)


def test_the_interval_of_a_loss_of_macro_f1_holds_it():
    from sklearn.metrics import f1_score

    generator = np.random.default_rng(6)
    expected, first, second = distilled(generator, 500_000)
    truth = 100 * (f1_score(expected, first, average="macro") - f1_score(expected, second, average="macro"))
    for rows in (150, 800):
        found = [compare(*distilled(generator, rows)).macro_f1 for _ in range(100)]
        assert np.mean([each.low <= truth <= each.high for each in found]) >= 0.93
        # paired: far sharper than two figures by themselves
        assert np.median([each.high - each.low for each in found]) < 11 * (150 / rows) ** 0.5


def test_unchanged_rows_are_counted_whatever_is_right():
    found = unchanged([0, 1, 2, 2], [0, 1, 1, 2])
    assert (found.value, found.doubt) == (75, "")
    # Wilson's interval of 3 of 4
    assert (found.low, found.high) == (pytest.approx(30.06, abs=0.01), pytest.approx(95.44, abs=0.01))
    with pytest.raises(ValueError, match="same rows"):
        unchanged([0, 1], [0])
    with pytest.raises(ValueError, match="no proportion"):
        unchanged([], [])


def test_other_rows_cannot_be_compared():
    for rows in (([], [], []), ([0, 1], [0, 1], [0])):
        with pytest.raises(ValueError, match="same rows"):
            compare(*rows)
