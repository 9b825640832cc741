"""Figures in words."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgekit.report import figures
from edgekit.report.plots.svg import nice_ticks, tick_text


@pytest.mark.parametrize(
    ("value", "said"),
    [(0, "0"), (0.0042, "0.0042"), (1.234, "1.23"), (-1.2, "-1.20"), (12.34, "12.3"), (268.4, "268"), (1800, "1,800")],
)
def test_number(value: float, said: str) -> None:
    assert figures.number(value) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [(0, "0"), (0.00042, "0.00042"), (0.536, "0.536"), (30.0, "30.00"), (512.25, "512.2"), (4e3, "4,000")],
)
def test_precise(value: float, said: str) -> None:
    assert figures.precise(value) == said


def test_clean_keeps_scripts_and_drops_what_steers() -> None:
    assert figures.clean("早上好 مرحبا é\n2") == "早上好 مرحبا é 2"
    assert figures.clean("\x1b[2J\u202e\ud800\x00") == "\ufffd[2J\ufffd\ufffd\ufffd"


@given(st.text(max_size=60), st.integers(1, 50))
def test_cut_is_never_longer(text: str, length: int) -> None:
    short = figures.shorten(text, length)
    assert short == text if len(text) <= length else len(short) <= max(length, 2)


def test_cut_keeps_an_accent_with_its_letter() -> None:
    assert figures.shorten("abcde\u0301fgh", 6) == "abcd…"


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_ticks_are_few_round_and_inside(low: float, width: float) -> None:
    high = low + width
    ticks = nice_ticks(low, high)
    assert 1 <= len(ticks) <= 8
    if not math.isclose(low, high, rel_tol=1e-6):
        assert all(low - 1e-6 * width <= tick <= high + 1e-6 * width for tick in ticks)
    assert tick_text(0.1 + 0.2) == "0.3"


@pytest.mark.parametrize(
    ("figure", "said"),
    [
        ((5, 0.99, 9.34), "5.00 points above teacher (0.99 to 9.34)"),
        ((-5, -9.34, -0.99), "5.00 points below teacher (0.99 to 9.34)"),
        ((-0.3, -1.1, 0.5), "0.30 points below teacher (from 1.10 below to 0.50 above)"),
        ((0.3, -0.5, 1.1), "0.30 points above teacher (from 0.50 below to 1.10 above)"),
        ((0, -0.5, 0.5), "0.00 points below teacher (from 0.50 below to 0.50 above)"),
        ((2.5, None, None), "2.50 points above teacher"),
    ],
)
def test_a_difference_is_said_with_one_sign(figure: tuple[float, ...], said: str) -> None:
    assert figures.difference(*figure, "points", "teacher") == said
