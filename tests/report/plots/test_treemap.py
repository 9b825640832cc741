"""A treemap fills its picture, and no part covers another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgekit.report.plots.treemap import Rectangle, squarify

VALUES = st.lists(st.floats(0, 1e6, allow_nan=False, allow_subnormal=False), min_size=1, max_size=40)
SIDES = st.floats(1, 2000)


@given(VALUES, SIDES, SIDES)
def test_areas_are_the_values_shares(values: list[float], width: float, height: float) -> None:
    values = sorted(values, reverse=True)
    places = squarify(values, width, height)
    assert len(places) == len(values)
    if not sum(values):
        return
    for value, place in zip(values, places, strict=True):
        assert place.width * place.height == pytest.approx(width * height * value / sum(values), rel=1e-6, abs=1e-5)
        assert -1e-6 <= place.x <= place.x + place.width <= width * (1 + 1e-9) + 1e-6
        assert -1e-6 <= place.y <= place.y + place.height <= height * (1 + 1e-9) + 1e-6


@given(VALUES, SIDES, SIDES)
def test_no_two_overlap(values: list[float], width: float, height: float) -> None:
    places = squarify(values, width, height)
    for index, one in enumerate(places):
        for other in places[index + 1 :]:
            assert _common(one, other) <= 1e-6 * width * height


def test_the_example_of_the_paper() -> None:
    first, second, *_ = squarify([6, 6, 4, 3, 2, 2, 1], 6, 4)
    assert first == Rectangle(0, 0, 3, 2)
    assert second == Rectangle(0, 2, 3, 2)


def test_nothing_has_no_area_and_negatives_are_refused() -> None:
    assert squarify([], 4, 3) == []
    assert squarify([0, 0], 4, 3) == [Rectangle(0, 0, 0, 0)] * 2
    with pytest.raises(ValueError, match="negative"):
        squarify([1, -1], 4, 3)


def _common(one: Rectangle, other: Rectangle) -> float:
    width = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    height = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    return max(width, 0) * max(height, 0)
