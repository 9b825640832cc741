"""Squarified treemaps: numbers as rectangles of their area, as close to squares as they come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Rectangle:
    """A place in a picture, from its upper left corner."""

    x: float
    y: float
    width: float
    height: float


def squarify(values: Sequence[float], width: float, height: float) -> list[Rectangle]:
    """A rectangle for each value, in the same order, that together fill width x height (Bruls et al. 2000).

    Values are best given largest first. A value of 0 has no area; without any area at all every rectangle is empty.
    Raises `ValueError` for a negative value.
    """
    if any(value < 0 for value in values):
        raise ValueError("a treemap shows no negative values")
    total = sum(values)
    if not total or width <= 0 or height <= 0:
        return [Rectangle(0, 0, 0, 0) for _ in values]
    # shares first: a tiny total would make the factor overflow
    areas = [value / total * (width * height) for value in values]
    free = Rectangle(0, 0, width, height)
    placed: list[Rectangle] = []
    row: list[float] = []
    for area in areas:
        side = min(free.width, free.height)
        if row and _worst([*row, area], side) > _worst(row, side):
            free = _place(row, free, placed)
            row = []
        row.append(area)
    _place(row, free, placed)
    return placed


def _worst(row: Sequence[float], side: float) -> float:
    """How far from a square the worst rectangle of a row along a side is: 1 is a square."""
    depth = sum(row) / side if side else 0.0
    longest, shortest = (max(row) / depth, min(row) / depth) if depth else (0.0, 0.0)
    return max(longest / depth, depth / shortest) if shortest else float("inf")


def _place(row: Sequence[float], free: Rectangle, placed: list[Rectangle]) -> Rectangle:
    """Lay a row along the shorter side of what is free; what is free then."""
    total = sum(row)
    upright = free.height <= free.width
    side = free.height if upright else free.width
    # rounding must not let the last row grow out of the picture
    depth = min(total / side, free.width if upright else free.height) if side else 0.0
    offset = 0.0
    for area in row:
        length = area / total * side if total else 0.0
        if upright:
            placed.append(Rectangle(free.x, free.y + offset, depth, length))
        else:
            placed.append(Rectangle(free.x + offset, free.y, length, depth))
        offset += length
    if upright:
        return Rectangle(free.x + depth, free.y, free.width - depth, free.height)
    return Rectangle(free.x, free.y + depth, free.width, free.height - depth)
