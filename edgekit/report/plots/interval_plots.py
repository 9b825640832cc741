"""The small pictures inside tables: a figure against its limit; size, accuracy and latency of one model, or its
perplexity and speed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup

from edgekit.bundle.evaluation import Drop, Perplexity
from edgekit.measure.statistics.estimate import Estimate
from edgekit.report import figures
from edgekit.report.figures import number, plain
from edgekit.report.plots.svg import Axis, element, line, percent, picture, rectangle
from edgekit.report.summary import LatencyRow, ModelRow, SpeedRow, VerdictRow

HEIGHT = 22.0
MIDDLE = HEIGHT / 2


def verdict_picture(row: VerdictRow) -> Markup:
    """A figure with its interval beside its limit; the side that keeps the limit is drawn as a solid band."""
    verdict = row.verdict
    budget = verdict.budget
    axis = _verdict_axis(row)
    label = f"{figures.limit(budget)}; measured {figures.measured(row)}"
    if interval_text := figures.measured_interval(row):
        label += (
            f", {interval_text}"
            if interval_text == figures.interval(None, None, number)
            else f", interval {interval_text}"
        )
    passing = (axis.low, budget.limit) if row.metric.better == "lower" else (budget.limit, axis.high)
    parts = [
        line("0%", MIDDLE, "100%", MIDDLE, "track"),
        rectangle(axis.at(passing[0]), MIDDLE - 5, axis.span(*passing), 10, "kept", rx=2),
        line(axis.at(budget.limit), 1, axis.at(budget.limit), HEIGHT - 1, "limit"),
    ]
    if verdict.measured is not None:
        # where there is no bound, the whisker goes on to the end
        low = axis.low if verdict.low is None else verdict.low
        high = axis.high if verdict.high is None else verdict.high
        parts += _point(axis, verdict.measured, low, high)
    return picture(label, HEIGHT, *parts, css=f"verdict-picture {verdict.outcome}")


def size_axis(models: Sequence[ModelRow]) -> Axis:
    """From nothing to the largest model."""
    return Axis(0, max((model.size_mb for model in models), default=0) or 1)


def accuracy_axis(models: Sequence[ModelRow], *, rivals: bool = False) -> Axis:
    """Around all intervals, in steps of five points: they compare positions, so 0 need not be on it.

    rivals: whether a bag of words has its place on it
    """
    records = [model.accuracy for model in models if model.accuracy]
    simple = [record.bag_of_words for record in records if rivals and record.bag_of_words is not None]
    low = min((*(record.low for record in records), *simple), default=0.0)
    high = max((*(record.high for record in records), *simple), default=100.0)
    return Axis(max(0.0, 5 * ((low - 1) // 5)), min(100.0, 5 * ((high + 1) // 5 + 1)))


def perplexity_axis(models: Sequence[ModelRow]) -> Axis:
    """Around all intervals: they compare positions, so 0 need not be on it."""
    records = [model.perplexity for model in models if model.perplexity]
    low = min((_ends(record)[0] for record in records), default=0.0)
    high = max((_ends(record)[1] for record in records), default=1.0)
    room = 0.08 * (high - low) or 0.5
    return Axis(max(low - room, 0.0), high + room)


def speed_axis(models: Sequence[ModelRow]) -> Axis:
    """From nothing to the fastest that was measured on a real device, or else on any."""
    rows = [row for model in models for row in model.speeds]
    real = [row for row in rows if not row.emulated] or rows
    return Axis(0, 1.04 * max((_reach(row.tokens_per_s) for row in real), default=1.0))


def latency_axis(models: Sequence[ModelRow]) -> Axis:
    """From nothing to the slowest p95 that was measured on a real device, or else on any."""
    rows = [row for model in models for row in model.latencies]
    real = [row for row in rows if not row.emulated] or rows
    return Axis(0, 1.04 * max((_reach(row.p95) for row in real), default=1.0))


def lost_axis(records: Sequence[Drop]) -> Axis:
    """Around all intervals of points lost, with 0 on it."""
    low = min((record.low for record in records), default=0.0)
    high = max((record.high for record in records), default=0.0)
    room = max(0.05 * (max(high, 0.0) - min(low, 0.0)), 0.05)
    return Axis(min(low, 0.0) - room, max(high, 0.0) + room)


def size_picture(model: ModelRow, axis: Axis) -> Markup:
    """A bar from nothing."""
    bar = rectangle("0%", MIDDLE - 5, axis.span(0, model.size_mb), 10, "bar", rx=1.5)
    return picture(f"{number(model.size_mb)} MB", HEIGHT, line("0%", 2, "0%", HEIGHT - 2, "zero"), bar)


def accuracy_picture(model: ModelRow, axis: Axis, baseline: float | None) -> Markup:
    """A point with its interval; a dotted line marks the first model, which the others are compared with."""
    parts = [line("0%", MIDDLE, "100%", MIDDLE, "track")]
    label = "not evaluated"
    if baseline is not None:
        parts.append(line(axis.at(baseline), 0, axis.at(baseline), HEIGHT, "baseline"))
    if model.accuracy:
        value, interval = figures.accuracy(model.accuracy)
        label = f"{value} %, interval {interval}, on an axis from {plain(axis.low)} to {plain(axis.high)} %"
        parts += _point(axis, model.accuracy.accuracy, model.accuracy.low, model.accuracy.high)
    return picture(label, HEIGHT, *parts)


def rival_picture(value: float, axis: Axis, baseline: float | None) -> Markup:
    """The accuracy of a bag of words, a point without an interval, on the axis of the models."""
    parts = [line("0%", MIDDLE, "100%", MIDDLE, "track")]
    if baseline is not None:
        parts.append(line(axis.at(baseline), 0, axis.at(baseline), HEIGHT, "baseline"))
    return picture(
        f"a bag of words has {value:.1f} %", HEIGHT, *parts, *_point(axis, value, value, value), css="rival"
    )


def perplexity_picture(record: Perplexity, axis: Axis, baseline: float | None) -> Markup:
    """A point with its interval; a dotted line marks the first model, which the others are compared with."""
    value, interval = figures.perplexity(record)
    label = f"perplexity {value}" + (f", interval {interval}" if interval else "")
    parts = [line("0%", MIDDLE, "100%", MIDDLE, "track")]
    if baseline is not None:
        parts.append(line(axis.at(baseline), 0, axis.at(baseline), HEIGHT, "baseline"))
    return picture(label, HEIGHT, *parts, *_point(axis, record.perplexity, *_ends(record)))


def speed_picture(row: SpeedRow, axis: Axis) -> Markup:
    """A line from nothing to the rate, with its interval."""
    rate = row.tokens_per_s
    parts = [
        line("0%", 2, "0%", HEIGHT - 2, "zero"),
        line("0%", MIDDLE, axis.at(rate.value), MIDDLE, "lead"),
        *_point(axis, rate.value, rate.low, rate.high),
    ]
    return picture(f"{number(rate.value)} tokens a second", HEIGHT, *parts)


def comparison_picture(record: Drop, axis: Axis) -> Markup:
    """Points lost with their interval, beside an upright line where nothing is lost."""
    parts = [
        line("0%", MIDDLE, "100%", MIDDLE, "track"),
        line(axis.at(0), 1, axis.at(0), HEIGHT - 1, "limit"),
        *_point(axis, record.points, record.low, record.high),
    ]
    points = ", interval ".join(figures.drop(record))
    return picture(f"points lost: {points}", HEIGHT, *parts)


def share_bar(value: float, whole: float) -> Markup:
    """A bar beside a figure in a table that says the same."""
    bar = rectangle("0%", 0, percent(value / whole if whole else 0), 10, "bar", rx=1.5)
    return element("svg", bar, class_="count-bar", width="100%", height=10, aria_hidden="true")


def latency_picture(row: LatencyRow, axis: Axis) -> Markup:
    """A line from nothing to p50 (a dot) and on to p95 (a bar across), each with its interval as a shade."""
    p50, p95 = row.p50, row.p95
    beyond = p95.value > axis.high
    parts = [
        line("0%", 2, "0%", HEIGHT - 2, "zero"),
        line("0%", MIDDLE, axis.at(p50.value), MIDDLE, "lead"),
        line(axis.at(p50.value), MIDDLE, axis.at(p95.value), MIDDLE, "reach"),
        rectangle(axis.at(p95.low), MIDDLE - 6, axis.span(p95.low, p95.high), 12, "shade"),
        *([] if beyond else [line(axis.at(p95.value), MIDDLE - 6, axis.at(p95.value), MIDDLE + 6, "mark")]),
        *([] if p50.value > axis.high else _point(axis, p50.value, p50.low, p50.high)),
    ]
    label = f"p50 {number(p50.value)} ms, p95 {number(p95.value)} ms, {figures.setting(row)}"
    return picture(label + (", beyond the end of the axis" if beyond else ""), HEIGHT, *parts)


def _ends(record: Perplexity) -> tuple[float, float]:
    """The interval of a perplexity; the figure itself where it has none."""
    if record.low is None or record.high is None:
        return record.perplexity, record.perplexity
    return record.low, record.high


def _reach(figure: Estimate) -> float:
    """The upper end of an interval, or the figure itself where it has none."""
    return figure.high if math.isfinite(figure.high) else figure.value


def _point(axis: Axis, value: float, low: float, high: float) -> list[Markup]:
    whiskers = [
        line(axis.at(low), MIDDLE, axis.at(high), MIDDLE, "whisker"),
        line(axis.at(low), MIDDLE - 4, axis.at(low), MIDDLE + 4, "whisker end"),
        line(axis.at(high), MIDDLE - 4, axis.at(high), MIDDLE + 4, "whisker end"),
    ]
    dot = element("circle", cx=axis.at(value), cy=MIDDLE, r=4, class_="point")
    return [*(whiskers if low != high else []), dot]


def _verdict_axis(row: VerdictRow) -> Axis:
    """For amounts from 0; for accuracy, whose far end is what matters, around the figure and the limit."""
    verdict = row.verdict
    limit = verdict.budget.limit
    known = [limit, *(value for value in (verdict.measured, verdict.low, verdict.high) if value is not None)]
    if row.metric.better == "higher":
        room = max(max(known) - min(known), 2.0)
        highest = max(known) + room / 2
        top = max(100.0, max(known)) if row.metric.unit == "%" else highest
        return Axis(min(known) - room / 2, min(highest, top))
    lowest = min(0.0, *known)
    return Axis(lowest * 1.15, 1.15 * max(known) if max(known) > 0 else 1.0)
