"""Two classifiers on the same rows, against scipy's tests, its bootstrap and what a paired comparison must obey."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgekit.measure.paired import compare, mcnemar
from edgekit.measure.statistics import accuracy_drop

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
    for estimate in (there.accuracy_bootstrap, there.macro_f1):
        assert -100 - 1e-9 <= estimate.low <= estimate.value <= estimate.high <= 100 + 1e-9


def test_the_same_answers_differ_by_nothing():
    found = compare([0, 1, 2], [0, 2, 2], [0, 2, 2])
    assert (found.lost, found.gained, found.p_value) == (0, 0, 1)
    assert found.macro_f1.low == found.macro_f1.high == found.accuracy_bootstrap.low == 0


def test_intervals_are_scipys():
    from scipy.stats import bootstrap
    from sklearn.metrics import f1_score

    generator = np.random.default_rng(4)
    expected = generator.integers(0, 4, 400)
    first = np.where(generator.random(400) < 0.9, expected, generator.integers(0, 4, 400))
    second = np.where(generator.random(400) < 0.85, first, generator.integers(0, 4, 400))
    found = compare(expected, first, second)

    def accuracies(wanted, before, after):
        return 100 * (np.mean(wanted == before) - np.mean(wanted == after))

    def f1s(wanted, before, after):
        return 100 * (f1_score(wanted, before, average="macro") - f1_score(wanted, after, average="macro"))

    for estimate, metric in ((found.accuracy_bootstrap, accuracies), (found.macro_f1, f1s)):
        other = bootstrap(
            (expected, first, second),
            metric,
            paired=True,
            vectorized=False,
            n_resamples=150,
            method="percentile",
            rng=5,
        ).confidence_interval
        width = other.high - other.low
        assert estimate.low == pytest.approx(other.low, abs=0.2 * width)
        assert estimate.high == pytest.approx(other.high, abs=0.2 * width)


def test_other_rows_cannot_be_compared():
    for rows in (([], [], []), ([0, 1], [0, 1], [0])):
        with pytest.raises(ValueError, match="same rows"):
            compare(*rows)
