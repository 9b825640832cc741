"""How latency is distributed: a histogram with p50 and p95, their intervals, and the limit on them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from edgekit.measure.statistics.estimate import Estimate
from edgekit.measure.statistics.percentiles import percentile
from edgekit.report import figures
from edgekit.report.figures import number, plain
from edgekit.report.plots.svg import Axis, element, line, nice_ticks, picture, rectangle, tick_text, words
from edgekit.report.summary import LatencyRow, ModelRow, VerdictRow

LABELS, BARS, TICKS = 50.0, 84.0, 22.0
BASE = LABELS + BARS
# a limit so far off would press all samples into one bar
LIMIT_REACH = 2.5


@dataclass(frozen=True)
class Limit:
    """A limit on one percentile of a distribution."""

    percentile: str
    ms: float


def limits_of(model: ModelRow, row: LatencyRow, verdicts: Sequence[VerdictRow]) -> list[Limit]:
    """The latency budgets that were judged, or are waiting to be judged, on this very row."""
    return [
        Limit(f"p{q:g}", verdict.verdict.budget.limit)
        for verdict in verdicts
        if (q := getattr(verdict.metric.source, "percentile", None)) is not None
        and verdict.bundle in (model.name, model.path)
        and _is_held(verdict, row, q)
    ]


def shared_axis(rows: Sequence[LatencyRow], limits: Sequence[Limit]) -> Axis:
    """One axis for rows that are to be compared; the slowest samples of all, if far out, do not stretch it."""
    samples = [row.samples_ms for row in rows if row.samples_ms]
    low = min((min(times) for times in samples), default=0.0)
    high = max((percentile(times, 99.5) for times in samples), default=0.0)
    high = max([high, *(bound for row in rows for bound in (row.p95.value, row.p95.high) if math.isfinite(bound))])
    high = max([high, *(limit.ms for limit in limits if limit.ms <= LIMIT_REACH * high)]) * 1.04 or 1.0
    return Axis(0.0 if low < 0.4 * high else max(0.0, low - 0.1 * (high - low)), high)


def histogram(row: LatencyRow, limits: Sequence[Limit], axis: Axis) -> Markup:
    """The samples as bars; above them p50, p95 and the limits by name."""
    label = f"latency of {figures.plural(len(row.samples_ms), 'run')}: {_caption(row, limits)}"
    return picture(
        label,
        BASE + TICKS,
        *_ticks(axis),
        *_bars(row.samples_ms, axis),
        line("0%", BASE, "100%", BASE, "zero"),
        *_marker(axis, row.p50, "p50", 11),
        *_marker(axis, row.p95, "p95", 26),
        *(part for index, limit in enumerate(limits[:2]) for part in _limit(axis, limit, 41 + 15 * index)),
        css="histogram",
    )


def beyond(row: LatencyRow, axis: Axis) -> str:
    """How many samples the axis does not reach, in words."""
    count = sum(sample > axis.high for sample in row.samples_ms)
    return f"{figures.plural(count, 'run')} beyond the axis, up to {number(max(row.samples_ms))} ms" if count else ""


def _is_held(verdict: VerdictRow, row: LatencyRow, q: float) -> bool:
    budget = verdict.verdict.budget
    if row.emulated or budget.length not in (None, row.length) or budget.threads not in (None, row.threads):
        return False
    given = verdict.verdict.measured
    if given is None or not row.samples_ms:
        return False
    return math.isclose(given, percentile(row.samples_ms, q), rel_tol=1e-6)


def _caption(row: LatencyRow, limits: Sequence[Limit]) -> str:
    figures_text = [f"p50 {number(row.p50.value)} ms", f"p95 {number(row.p95.value)} ms"]
    return ", ".join(figures_text + [f"limit on {limit.percentile} {plain(limit.ms)} ms" for limit in limits])


def _bars(samples: Sequence[float], axis: Axis) -> list[Markup]:
    """Equal bins; as many as the square root of the samples, which is coarse enough for few of them."""
    inside = [sample for sample in samples if axis.low <= sample <= axis.high]
    if not inside:
        return []
    count = min(max(2 * math.isqrt(len(inside)), 8), 72)
    width = (axis.high - axis.low) / count
    counts = [0] * count
    for sample in inside:
        counts[min(int((sample - axis.low) / width), count - 1)] += 1
    tallest = max(counts)
    bars = []
    for index, runs in enumerate(counts):
        if runs:
            low = axis.low + index * width
            height = max(BARS * runs / tallest, 1.5)
            tooltip = element("title", f"{number(low)} to {number(low + width)} ms: {figures.plural(runs, 'run')}")
            bars.append(rectangle(axis.at(low), BASE - height, axis.span(low, low + width), height, "bin", tooltip))
    return bars


def _ticks(axis: Axis) -> list[Markup]:
    parts = []
    ticks = nice_ticks(axis.low, axis.high)
    for tick in ticks:
        share = axis.share(tick)
        anchor = "start" if share < 0.04 else "end" if share > 0.96 else "middle"
        unit = " ms" if tick == ticks[-1] else ""
        parts += [
            line(axis.at(tick), LABELS, axis.at(tick), BASE + 4, "grid"),
            words(axis.at(tick), BASE + 17, tick_text(tick) + unit, "tick", anchor=anchor),
        ]
    return parts


def _marker(axis: Axis, figure: Estimate, name: str, y: float) -> list[Markup]:
    # where there is no bound, the shade goes on to the end
    low, high = max(figure.low, axis.low), min(figure.high, axis.high)
    return [
        rectangle(axis.at(low), LABELS, axis.span(low, high), BARS, "shade"),
        line(axis.at(figure.value), y - 9, axis.at(figure.value), BASE, f"mark {name}"),
        _label(axis, figure.value, y, f"{name} {number(figure.value)}", "label"),
    ]


def _limit(axis: Axis, limit: Limit, y: float) -> list[Markup]:
    text = f"limit on {limit.percentile} {plain(limit.ms)}"
    if limit.ms > axis.high:
        return [words("100%", y, f"{text} →", "label limit-label", anchor="end")]
    return [
        line(axis.at(limit.ms), y - 9, axis.at(limit.ms), BASE, "limit"),
        _label(axis, limit.ms, y, text, "label limit-label"),
    ]


def _label(axis: Axis, value: float, y: float, text: str, css: str) -> Markup:
    left = axis.share(value) > 0.62
    return words(axis.at(value), y, text, css, anchor="end" if left else "start", dx=-5 if left else 5)
