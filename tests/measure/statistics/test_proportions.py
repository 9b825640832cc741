"""Shares of rows and differences of accuracies against published examples, scipy and their own laws."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgekit.measure.statistics.estimate import Estimate
from edgekit.measure.statistics.proportions import accuracy_difference, accuracy_drop, agreement, share


@pytest.mark.parametrize(
    ("correct", "rows", "low", "high"),
    [
        # Newcombe 1998, Statistics in Medicine 17:857-872, table I, method 3
        (81, 263, 25.53, 36.62),
        (15, 148, 6.24, 16.05),
        (0, 20, 0.0, 16.11),
        (1, 29, 0.61, 17.18),
    ],
)
def test_wilson_as_published(correct, rows, low, high):
    estimate = share(correct, rows)
    assert (estimate.low, estimate.high) == (pytest.approx(low, abs=0.005), pytest.approx(high, abs=0.005))


@settings(deadline=None)
@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_against_scipy(counts):
    from scipy.stats import binomtest

    correct, rows = counts
    estimate = share(correct, rows)
    other = binomtest(correct, rows).proportion_ci(method="wilson")
    assert estimate.low == pytest.approx(100 * other.low, abs=1e-9)
    assert estimate.high == pytest.approx(100 * other.high, abs=1e-9)


@pytest.mark.parametrize(("correct", "rows"), [(0, 0), (3, 2), (-1, 5)])
def test_impossible_counts(correct, rows):
    with pytest.raises(ValueError, match="no proportion"):
        share(correct, rows)


def table(both, lost, gained, neither):
    """Rows of a paired table, as two lists."""
    pairs = [(True, True)] * both + [(True, False)] * lost + [(False, True)] * gained + [(False, False)] * neither
    return [a for a, _ in pairs], [b for _, b in pairs]


def test_paired_difference_as_published():
    # Newcombe 1998, Statistics in Medicine 17:2635-2650, method 10
    estimate = accuracy_drop(*table(36, 12, 2, 0))
    assert estimate.value == pytest.approx(20)
    assert estimate.low == pytest.approx(5.69, abs=0.005)
    assert estimate.high == pytest.approx(34.04, abs=0.005)


@pytest.mark.parametrize(
    ("cells", "low", "high"),
    [
        # both right, lost, gained, neither; the correlation is (30 * 5 - 10 * 5 - 50 / 2) / sqrt(40 * 10 * 35 * 15):
        # without the 50 / 2 the limits would be -5.06 and 24.60
        ((30, 10, 5, 5), -5.56, 25.04),
        # without the correction -6.15 and 12.95
        ((43, 5, 3, 9), -6.68, 13.44),
        # the correction takes a correlation to 0, and no further
        ((20, 5, 5, 2), -20.07, 20.07),
        # a negative one is not corrected
        ((10, 10, 10, 2), -26.02, 26.02),
    ],
)
def test_paired_difference_by_hand_with_the_correction_for_continuity(cells, low, high):
    estimate = accuracy_drop(*table(*cells))
    expected = newcombe_by_hand(*cells)
    assert (estimate.low, estimate.high) == pytest.approx(expected, abs=1e-9)
    assert (estimate.low, estimate.high) == pytest.approx((low, high), abs=0.005)


def newcombe_by_hand(e, f, g, h):
    """Method 10 of Newcombe 1998 (17:2635-2650) in that paper's letters, written down apart from the code."""
    from scipy.stats import binomtest

    n = e + f + g + h
    first = binomtest(e + f, n).proportion_ci(method="wilson")
    second = binomtest(e + g, n).proportion_ci(method="wilson")
    dl2, du2 = (e + f) / n - first.low, first.high - (e + f) / n
    dl3, du3 = (e + g) / n - second.low, second.high - (e + g) / n
    a, b = (e + f) * (g + h) * (e + g) * (f + h), e * h - f * g
    c = b - n / 2 if b > n / 2 else (0 if b >= 0 else b)
    phi = c / a**0.5 if a else 0
    theta = (f - g) / n
    delta = (dl2**2 - 2 * phi * dl2 * du3 + du3**2) ** 0.5
    epsilon = (du2**2 - 2 * phi * du2 * dl3 + dl3**2) ** 0.5
    return 100 * (theta - delta), 100 * (theta + epsilon)


CELLS = st.tuples(*[st.integers(0, 300)] * 4).filter(any)


@settings(deadline=None)
@given(CELLS)
def test_paired_difference_holds_its_figure_and_turns_around(cells):
    first, second = table(*cells)
    there, back = accuracy_drop(first, second), accuracy_drop(second, first)
    assert -100 - 1e-9 <= there.low <= there.value <= there.high <= 100 + 1e-9
    assert there.low == pytest.approx(-back.high, abs=1e-9)
    assert there.value == pytest.approx(-back.value)


def test_paired_difference_is_sharper_than_an_unpaired_one_and_agrees_with_mcnemar():
    from scipy.stats import binomtest

    for lost, gained in ((0, 0), (3, 1), (10, 10), (12, 4), (25, 5), (40, 10)):
        estimate = accuracy_drop(*table(700, lost, gained, 200))
        assert estimate.high - estimate.low < 8
        p = binomtest(lost, lost + gained).pvalue if lost + gained else 1.0
        # the two are different tests: near 5 % they may part
        if not 0.02 < p < 0.12:
            assert (estimate.low > 0 or estimate.high < 0) == (p < 0.05)


def test_paired_difference_covers_as_often_as_it_says():
    generator = np.random.default_rng(5)
    chances = np.array([0.80, 0.06, 0.03, 0.11])
    covered = 0
    for _ in range(1000):
        estimate = accuracy_drop(*table(*generator.multinomial(200, chances)))
        covered += estimate.low <= 3.0 <= estimate.high
    assert 0.93 <= covered / 1000 <= 0.98


def test_paired_difference_needs_pairs():
    with pytest.raises(ValueError, match="same rows"):
        accuracy_drop([True], [True, False])
    with pytest.raises(ValueError, match="no proportion"):
        accuracy_drop([], [])


@pytest.mark.parametrize(
    ("baseline", "candidate", "low", "high"),
    [
        ((56, 70), (48, 80), 5.24, 33.39),
        ((9, 10), (3, 10), 17.05, 80.90),
        ((6, 7), (2, 7), 5.82, 80.62),
        ((5, 56), (0, 29), -3.81, 19.26),
    ],
)
def test_unpaired_difference_is_that_of_the_paper(baseline, candidate, low, high):
    """Newcombe 1998, Statistics in Medicine 17:873-890, table II, method 10."""
    found = accuracy_difference(baseline, candidate)
    assert found.value == pytest.approx(100 * (baseline[0] / baseline[1] - candidate[0] / candidate[1]))
    assert (found.low, found.high) == (pytest.approx(low, abs=0.005), pytest.approx(high, abs=0.005))
    back = accuracy_difference(candidate, baseline)
    assert (back.low, back.high) == (pytest.approx(-found.high), pytest.approx(-found.low))


@pytest.mark.parametrize(
    ("interval", "margin", "proven"),
    [
        ((0.2, -0.4, 0.8), 1, "equivalent"),
        ((0.7, 0.4, 1), 1, "equivalent"),
        ((0.2, -0.4, 1.2), 1, "cannot be told"),
        ((3, 0.5, 5.5), 1, "different"),
        ((-3, -5.5, -0.5), 1, "different"),
        # clearly another accuracy, but it may be another by less than the margin
        ((0.9, 0.6, 1.2), 1, "cannot be told"),
        ((0, 0, 0), 0, "equivalent"),
    ],
)
def test_what_an_interval_proves(interval, margin, proven):
    assert agreement(Estimate(*interval), margin) == proven


def test_few_rows_prove_no_equivalence():
    assert agreement(accuracy_difference((19, 20), (15, 20)), 1) == "cannot be told"
    assert agreement(accuracy_drop([True] * 15 + [False] * 5, [True] * 15 + [False] * 5), 1) == "cannot be told"
    assert agreement(accuracy_difference((95_000, 100_000), (94_900, 100_000)), 1) == "equivalent"
