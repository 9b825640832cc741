"""The trade-off of a run in one picture: accuracy over size, from the first model to the bundles, and the limits."""

from __future__ import annotations

import itertools
import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from edgekit.report import figures
from edgekit.report.figures import clean, number, plain, shorten
from edgekit.report.plots.svg import Axis, element, line, nice_ticks, picture, rectangle, tick_text, words
from edgekit.report.summary import ModelRow, VerdictRow

TOP, PLOT, BELOW = 8.0, 190.0, 40.0
# of a letter of a name, and of a line of names, at the size that the style sheet gives them
LETTER, LINE = 7.2, 14.0
# names must not cover one another on a phone, nor on a desk
WIDTHS = (330.0, 1000.0)
# how far below its point a name can stand, the nearest first, and on which side: text-anchor, pixels to the right
DOWN = (4.0, -11.0, 19.0, -25.0, 33.0, -39.0, 47.0, -53.0, 61.0, -67.0)
SIDES = (("start", 11.0), ("end", -11.0), ("middle", 0.0))
# a name farther off than this is led to its point by a line
NEAR = 26.0


@dataclass(frozen=True)
class Stop:
    """A model in the plot: its accuracy in %, and its size as a logarithm to base 10 of MB."""

    model: ModelRow
    size: float
    accuracy: float
    low: float
    high: float


@dataclass(frozen=True)
class Ground:
    """Where the budgets are kept: up to a size in MB, from an accuracy in % on; both limits in words."""

    size: float | None
    accuracy: float | None
    label: str


@dataclass(frozen=True)
class Box:
    """What a name or a point covers, in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Box) -> bool:
        """Whether the two cover a common place."""
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom


def tradeoff_picture(models: Sequence[ModelRow], verdicts: Sequence[VerdictRow], accuracies: Axis) -> Markup | None:
    """Every evaluated model as a point: checkpoints round, in the order made, bundles square; None for fewer than two.

    accuracies: the axis in %; size is on a logarithmic axis, as stages divide it
    """
    stops = [
        Stop(model, math.log10(model.size_mb), model.accuracy.accuracy, model.accuracy.low, model.accuracy.high)
        for model in models
        if model.accuracy and model.size_mb > 0
    ]
    if len(stops) < 2:
        return None
    ground = ground_of(models, verdicts)
    sizes = _size_axis(stops, ground)
    upright = Axis(accuracies.low, accuracies.high)
    label = "accuracy over size: " + "; ".join(
        f"{clean(stop.model.name)} {number(stop.model.size_mb)} MB, {stop.accuracy:.1f} %" for stop in stops
    )
    return picture(
        label,
        TOP + PLOT + BELOW,
        *_ground_within_limits(sizes, upright, ground),
        *_grid(sizes, upright),
        *_ways(stops, sizes, upright),
        *itertools.chain.from_iterable(_point(stop, sizes, upright) for stop in stops),
        *_names(stops, sizes, upright),
        css="tradeoff",
    )


def ground_of(models: Sequence[ModelRow], verdicts: Sequence[VerdictRow]) -> Ground:
    """The tightest of the limits that gate; a limit on what is lost becomes one on what is kept."""
    budgets = [row.verdict.budget for row in verdicts if row.verdict.budget.gate]
    accuracies = {model.name: model.accuracy.accuracy for model in models if model.accuracy}
    sizes = [budget.limit for budget in budgets if budget.metric == "size_mb" and budget.limit > 0]
    floors = [
        (budget.limit, f"at least {plain(budget.limit)} %") for budget in budgets if budget.metric == "min_accuracy"
    ]
    for budget in budgets:
        baseline = budget.baseline or "teacher"
        if budget.metric == "accuracy_drop" and baseline in accuracies:
            label = f"at most {plain(budget.limit)} points below {shorten(clean(baseline), 20)}"
            floors.append((accuracies[baseline] - budget.limit, label))
    size, (floor, label) = min(sizes, default=None), max(floors, default=(None, ""))
    return Ground(size, floor, figures.listed((f"at most {plain(size)} MB" if size else "", label)))


def _size_axis(stops: Sequence[Stop], ground: Ground) -> Axis:
    known = [stop.size for stop in stops] + ([math.log10(ground.size)] if ground.size else [])
    room = max(0.12 * (max(known) - min(known)), 0.15)
    return Axis(min(known) - room, max(known) + room)


def _down(axis: Axis, value: float) -> float:
    return TOP + PLOT * (1 - axis.share(value))


def _ground_within_limits(sizes: Axis, upright: Axis, ground: Ground) -> list[Markup]:
    """The ground where both limits are kept; with one of them alone, where that one is."""
    right = math.log10(ground.size) if ground.size else sizes.high
    lowest = upright.low if ground.accuracy is None else min(max(ground.accuracy, upright.low), upright.high)
    if right == sizes.high and lowest == upright.low:
        return []
    y = _down(upright, lowest)
    return [
        rectangle("0%", TOP, sizes.at(right), y - TOP, "kept"),
        *([line(sizes.at(right), TOP, sizes.at(right), TOP + PLOT, "limit")] if ground.size else []),
        *([line("0%", y, "100%", y, "limit")] if lowest > upright.low else []),
    ]


def _grid(sizes: Axis, upright: Axis) -> list[Markup]:
    parts = [line("0%", TOP + PLOT, "100%", TOP + PLOT, "zero")]
    for tick in nice_ticks(upright.low, upright.high):
        y = _down(upright, tick)
        parts += [line("0%", y, "100%", y, "grid"), words("100%", y + (14 if tick == upright.high else -4),
                  f"{tick_text(tick)} %", "tick", anchor="end")]  # fmt: skip
    for tick in _round_sizes(sizes):
        at = sizes.at(math.log10(tick))
        parts += [
            line(at, TOP + PLOT, at, TOP + PLOT + 5, "zero"),
            words(at, TOP + PLOT + 18, tick_text(tick), "tick", anchor="middle"),
        ]
    return [*parts, words("50%", TOP + PLOT + 35, "MB, each step the same factor", "tick", anchor="middle")]


def _round_sizes(sizes: Axis) -> list[float]:
    """1, 2 and 5 times powers of ten, or the powers alone where there are many."""
    powers = range(math.floor(sizes.low), math.ceil(sizes.high) + 1)
    for factors in ((1, 2, 5), (1,)):
        ticks = [float(factor * 10.0**power) for power in powers for factor in factors]
        inside = [tick for tick in ticks if sizes.low + 0.02 < math.log10(tick) < sizes.high - 0.02]
        if len(inside) <= 7:
            return inside
    return inside[:: len(inside) // 7 + 1]


def _ways(stops: Sequence[Stop], sizes: Axis, upright: Axis) -> list[Markup]:
    """From checkpoint to checkpoint, and from the last one to every bundle."""
    checkpoints = [stop for stop in stops if not stop.model.format]
    pairs = list(itertools.pairwise(checkpoints))
    pairs += [(checkpoints[-1], stop) for stop in stops if stop.model.format and checkpoints]
    return [
        line(sizes.at(one.size), _down(upright, one.accuracy), sizes.at(other.size), _down(upright, other.accuracy),
             "way")
        for one, other in pairs
    ]  # fmt: skip


def _point(stop: Stop, sizes: Axis, upright: Axis) -> list[Markup]:
    at, y = sizes.at(stop.size), _down(upright, stop.accuracy)
    value, interval = f"{stop.accuracy:.1f} %", f"{stop.low:.1f} to {stop.high:.1f} %"
    tooltip = element("title", f"{stop.model.name}: {number(stop.model.size_mb)} MB, {value} ({interval})")
    whisker = line(at, _down(upright, stop.high), at, _down(upright, stop.low), "whisker")
    if stop.model.format is None:
        return [whisker, element("circle", tooltip, cx=at, cy=f"{y:.2f}", r=5.5, class_="point")]
    square = element("rect", tooltip, x=-5, y=-5, width=10, height=10, rx=1, class_="point bundle")
    return [whisker, element("svg", square, x=at, y=f"{y:.2f}", overflow="visible")]


def _names(stops: Sequence[Stop], sizes: Axis, upright: Axis) -> list[Markup]:
    """Names where they cover no point, no whisker and no other name, on narrow pictures and on wide ones."""
    occupied = {width: [box for stop in stops for box in _around(stop, sizes, upright, width)] for width in WIDTHS}
    parts = []
    for stop in stops:
        text = shorten(clean(stop.model.name), 18)
        places = [(anchor, right, down) for down in DOWN for anchor, right in SIDES if anchor != "middle" or down != 4]
        boxes = [{width: _box(stop, sizes, upright, text, place, width) for width in WIDTHS} for place in places]
        # the nearest of those with the fewest clashes
        best = min(range(len(places)), key=lambda index: _clashes(boxes[index], occupied))
        for width, box in boxes[best].items():
            occupied[width].append(box)
        anchor, right, down = places[best]
        at, y = sizes.at(stop.size), _down(upright, stop.accuracy)
        if abs(down) > NEAR:
            parts.append(line(at, y, at, y + down - (12 if down > 0 else -4), "leader"))
        parts.append(words(at, y + down, text, "label", anchor=anchor, dx=right))
    return parts


def _around(stop: Stop, sizes: Axis, upright: Axis, width: float) -> tuple[Box, Box]:
    """What a point covers, and its whisker."""
    x, y = width * sizes.share(stop.size), _down(upright, stop.accuracy)
    return Box(x - 7, y - 7, x + 7, y + 7), Box(x - 2, _down(upright, stop.high), x + 2, _down(upright, stop.low))


def _box(stop: Stop, sizes: Axis, upright: Axis, text: str, place: tuple[str, float, float], width: float) -> Box:
    anchor, right, down = place
    long = LETTER * sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
    x, y = width * sizes.share(stop.size) + right, _down(upright, stop.accuracy) + down
    left = x - long * {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor]
    return Box(left, y - LINE + 3, left + long, y + 3)


def _clashes(boxes: dict[float, Box], occupied: dict[float, list[Box]]) -> int:
    """How many places are covered twice; leaving the picture is worse than that."""
    clashes = sum(box.meets(other) for width, box in boxes.items() for other in occupied[width])
    outside = sum(
        box.left < 0 or box.right > width or box.top < 0 or box.bottom > TOP + PLOT for width, box in boxes.items()
    )
    return clashes + 10 * outside
