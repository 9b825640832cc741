"""How a training went: its loss from step to step and, below it on the same steps, what validations found."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from markupsafe import Markup

from edgekit.bundle.training_record import TrainingLog
from edgekit.report.figures import number
from edgekit.report.plots.svg import Axis, element, line, percent, picture, words
from edgekit.report.training_cells import metric_name, validation

_LOSS_TOP, _LOSS_BOTTOM = 16.0, 62.0
_VALIDATION_TOP, _VALIDATION_BOTTOM = 84.0, 110.0
HEIGHT, ALONE = 128.0, 82.0
# more points than that are drawn as means of neighbours
_POINTS = 60
# names stand to the left and figures to the right of what is drawn
_LEFT, _RIGHT = 0.03, 0.82

Point = tuple[float, float]


def training_curve(log: TrainingLog) -> Markup:
    """Both curves; of a training without validations the loss alone. The kept weights are a filled point."""
    losses = thinned([(point.step, point.loss) for point in log.losses])
    found = [(float(point.step), point.value) for point in log.validations]
    across = Axis(0, max(log.done, 1))
    first, last = log.losses[0].loss, log.losses[-1].loss
    label = f"training loss {number(first)} at first, {number(last)} at last, of {log.done:,} steps"
    parts = [
        words("0%", 11, f"training loss, from {number(first)}", "tick"),
        *_curve(losses, across, _LOSS_TOP, _LOSS_BOTTOM),
        *_end(losses, across, _LOSS_TOP, _LOSS_BOTTOM),
    ]
    if not found:
        return picture(label, ALONE, *parts, _steps(log, _LOSS_BOTTOM))
    label += f"; {metric_name(log)} on validation: " + ", ".join(validation(log, value) for _, value in found)
    parts += [
        words("0%", _VALIDATION_TOP - 6, f"{metric_name(log)} on validation", "tick"),
        *_curve(found, across, _VALIDATION_TOP, _VALIDATION_BOTTOM),
        *_validations(found, log, across),
        _steps(log, _VALIDATION_BOTTOM),
    ]
    return picture(label, HEIGHT, *parts, css="training-curve")


def thinned(points: Sequence[Point]) -> list[Point]:
    """At most `_POINTS` points, each the mean of its neighbours; the last step stays where it is."""
    size = -(-len(points) // _POINTS)
    groups = [points[start : start + size] for start in range(0, len(points), max(size, 1))]
    return [(group[-1][0], sum(value for _, value in group) / len(group)) for group in groups]


def _at(across: Axis, step: float) -> str:
    return percent(_LEFT + (_RIGHT - _LEFT) * across.share(step))


def _down(value: float, values: Sequence[float], top: float, bottom: float) -> float:
    return bottom - (bottom - top) * Axis(min(values), max(values)).share(value)


def _curve(points: Sequence[Point], across: Axis, top: float, bottom: float) -> list[Markup]:
    values = [value for _, value in points]
    return [
        line(_at(across, one[0]), _down(one[1], values, top, bottom),
             _at(across, other[0]), _down(other[1], values, top, bottom), "reach")
        for one, other in itertools.pairwise(points)
    ]  # fmt: skip


def _end(points: Sequence[Point], across: Axis, top: float, bottom: float) -> list[Markup]:
    """The last loss beside its point."""
    last, low = points[-1]
    y = _down(low, [value for _, value in points], top, bottom)
    return [
        element("circle", cx=_at(across, last), cy=f"{y:.2f}", r=2.5, class_="point"),
        words(_at(across, last), y + 4, number(low), "label", dx=9),
    ]


def _validations(points: Sequence[Point], log: TrainingLog, across: Axis) -> list[Markup]:
    """A point for each, the kept one filled; the last figure and the best one are said."""
    values = [value for _, value in points]
    parts: list[Markup] = []
    for step, value in points:
        y = _down(value, values, _VALIDATION_TOP, _VALIDATION_BOTTOM)
        kept = step == log.best_step
        parts.append(element("circle", cx=_at(across, step), cy=f"{y:.2f}", r=4 if kept else 3,
                             class_="point" if kept else "point hollow"))  # fmt: skip
    last, value = points[-1]
    y = _down(value, values, _VALIDATION_TOP, _VALIDATION_BOTTOM)
    return [*parts, words(_at(across, last), y + 4, validation(log, value), "label", dx=9)]


def _steps(log: TrainingLog, bottom: float) -> Markup:
    return words(_at(Axis(0, 1), 1), bottom + 16, f"step {log.done:,}", "tick", anchor="end")
