"""How fast a decoder writes behind contexts of growing length."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from markupsafe import Markup

from edgekit.measure.performance.generation import summarise_generation
from edgekit.report.figures import number
from edgekit.report.plots.svg import Axis, element, line, percent, picture, tick_text, words
from edgekit.schema.measurement import GenerationMeasurement

HEIGHT, _TOP, _BOTTOM = 160.0, 24.0, 130.0


def speed_curve(measurements: Sequence[GenerationMeasurement]) -> Markup:
    """Tokens a second, from 0, over the length of the context (logarithmic), with their 95 % intervals.

    The measurements must differ in their length alone.
    """
    speeds = {record.length: summarise_generation(record).tokens_per_s for record in measurements}
    lengths = sorted(speeds)
    across = Axis(math.log(lengths[0]) - 0.3, math.log(lengths[-1]) + 0.3)
    up = Axis(0, max(min(speed.high, 2 * speed.value) for speed in speeds.values()))

    def height(rate: float) -> float:
        return _BOTTOM - (_BOTTOM - _TOP) * up.share(rate)

    points = [(across.share(math.log(length)), speeds[length]) for length in lengths]
    parts = [line("0%", _BOTTOM, "100%", _BOTTOM, "zero")]
    for (x1, first), (x2, second) in itertools.pairwise(points):
        parts.append(line(percent(x1), height(first.value), percent(x2), height(second.value), "reach"))
    for length, (x, speed) in zip(lengths, points, strict=True):
        parts += [
            line(percent(x), height(speed.low), percent(x), height(speed.high), "whisker"),
            element("circle", cx=percent(x), cy=f"{height(speed.value):.2f}", r=4, class_="point"),
            words(percent(x), height(speed.high) - 9, number(speed.value), "label", anchor="middle"),
            words(percent(x), _BOTTOM + 17, tick_text(length), "tick", anchor="middle"),
        ]
    rates = ", ".join(f"{number(speeds[length].value)} at {length}" for length in lengths)
    return picture(f"tokens a second by tokens of context: {rates}", HEIGHT, *parts)
