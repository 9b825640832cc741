"""How figures, limits, outcomes and conditions are put into words, the same in every rendering."""

from __future__ import annotations

import json
import math
import unicodedata
from collections.abc import Callable, Sequence
from datetime import datetime

from edgekit.bundle.evaluation import Accuracy, ClassScore, Drop, Increase, Perplexity
from edgekit.io.printable import clean as clean  # what every rendering takes from here
from edgekit.measure.metrics import metric_of
from edgekit.measure.statistics.estimate import Estimate
from edgekit.measure.verdicts import WORST_FIRST, Outcome
from edgekit.report.summary import LatencyRow, SpeedRow, VerdictRow
from edgekit.schema.budget import Budget
from edgekit.schema.measurement import Fingerprint, GenerationMeasurement, Measurement, TimedRecord

WORDS: dict[Outcome, str] = {
    "pass": "PASS",
    "fail": "FAIL",
    "inconclusive": "INCONCLUSIVE",
    "unmeasured": "UNMEASURED",
}
NOT_GATED = "not gated"
UNKNOWN = "could not be read"
NONE = "-"


def shorten(text: str, length: int) -> str:
    """`text` in at most `length` characters, with an ellipsis where it was cut; no accent loses its letter."""
    if len(text) <= length:
        return text
    end = max(length - 1, 1)
    while end > 1 and (unicodedata.combining(text[end]) or text[end] == "\u200d" or text[end - 1] == "\u200d"):
        end -= 1
    return text[:end].rstrip() + "…"


def number(value: float) -> str:
    """A figure with three significant digits, or all of its whole ones."""
    size = abs(value)
    if not size:
        return "0"
    if size >= 1000:
        return f"{value:,.0f}"
    if size >= 100:
        return f"{value:.0f}"
    if size >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}" if size >= 0.01 else f"{value:.2g}"


def interval(low: float | None, high: float | None, digits: Callable[[float], str]) -> str:
    """An interval in words; a side without a bound, None or infinite, is left out."""
    lower = digits(low) if low is not None and math.isfinite(low) else ""
    upper = digits(high) if high is not None and math.isfinite(high) else ""
    if lower and upper:
        return f"{lower} to {upper}"
    return f"at least {lower}" if lower else f"at most {upper}" if upper else "no interval"


def times(ratio: Estimate) -> str:
    """How many times as long, with its 95 % interval, or why it has none."""
    held = f"no interval: {ratio.doubt}" if ratio.doubt else f"95 %: {ratio.low:.3f} to {ratio.high:.3f}"
    return f"{ratio.value:.3f} ({held})"


def precise(value: float) -> str:
    """A figure that is checked against a limit: one digit more than `number` shows."""
    size = abs(value)
    if not size:
        return "0"
    if size < 0.001:
        return f"{value:.3g}"
    return f"{value:,.{3 - sum(size >= bound for bound in (10, 100, 1000))}f}"


def plain(value: float) -> str:
    """A figure that a person typed, such as a limit, as they typed it."""
    return f"{value:,.10g}"


def parameters(count: int) -> str:
    """How many weights, in millions or thousands."""
    return f"{count / 1e6:.1f} M" if count >= 1e6 else f"{count / 1e3:.0f} k"


def word(row: VerdictRow) -> str:
    """The outcome as the one word that is looked for."""
    return WORDS[row.verdict.outcome]


def limit(budget: Budget) -> str:
    """The limit with its side and unit."""
    metric = metric_of(budget)
    side = "at most" if metric.better == "lower" else "at least"
    return f"{side} {plain(budget.limit)} {metric.unit}".rstrip()


def measured(row: VerdictRow) -> str:
    """The figure with its unit, or a dash."""
    verdict = row.verdict
    return NONE if verdict.measured is None else f"{precise(verdict.measured)} {row.metric.unit}".rstrip()


def measured_interval(row: VerdictRow) -> str:
    """The 95 % interval of the figure; nothing for one that is exact or was never measured."""
    low, high = row.verdict.low, row.verdict.high
    exact = low is not None and low == high
    return "" if row.verdict.measured is None or exact else interval(low, high, precise)


def worst_first(rows: Sequence[VerdictRow]) -> list[VerdictRow]:
    """Verdicts, those first that a person should see first."""
    return sorted(rows, key=lambda row: WORST_FIRST.index(row.verdict.outcome))


def against(value: float, limit: float | None) -> str:
    """A figure beside its limit: as `number` has it, or with the digits that tell the two apart."""
    short = number(value)
    return precise(value) if limit is not None and value != limit and short == number(limit) else short


def measured_against(row: VerdictRow) -> str:
    """The figure of a verdict with its unit, as it is said beside the limit; `unmeasured` where there is none."""
    verdict = row.verdict
    if verdict.measured is None:
        return "unmeasured"
    return f"{against(verdict.measured, verdict.budget.limit)} {row.metric.unit}".rstrip()


def limit_in_words(row: VerdictRow, about: str, target: str, *, alone: bool) -> str:
    """The limit as it stands below a figure called `about`: what else it is on, and where it holds but on `target`.

    alone: no other limit is shown, so that the length below the figure is that of the limit
    """
    budget = row.verdict.budget
    what = "" if row.metric.title.lower() == about.lower() else f"{row.metric.title} "
    where = [
        f"of {shorten(clean(budget.label), 24)}" if budget.label else "",
        f"on {shorten(clean(budget.target), 24)}" if budget.target not in (None, target) else "",
        f"at length {budget.length}" if isinstance(budget.length, int) and not alone else "",
    ]
    return listed([f"{what}{limit(budget)}", *where])


def accuracy(record: Accuracy) -> tuple[str, str]:
    """Accuracy in %, and its interval."""
    return f"{record.accuracy:.1f}", f"{record.low:.1f} to {record.high:.1f}"


def drop(record: Drop) -> tuple[str, str]:
    """Points lost and against what, and the interval of the points."""
    return f"{record.points:.2f} vs {shorten(clean(record.baseline), 20)}", f"{record.low:.2f} to {record.high:.2f}"


def difference(value: float, low: float | None, high: float | None, unit: str, other: str) -> str:
    """How far a figure lies above another (below where negative), and its interval where it has one, with one sign.

    `5.00 points above teacher (0.99 to 9.34)`, or `0.30 points below teacher (from 1.10 below to 0.50 above)`.
    """
    interval = "" if low is None or high is None else f" ({span(value, low, high)})"
    return f"{abs(value):.2f} {unit} {'above' if value > 0 else 'below'} {other}{interval}"


def span(value: float, low: float, high: float) -> str:
    """The interval of a difference in words: on the side where `value` lies, or from one side to the other."""
    if value > 0 and low >= 0:
        return f"{low:.2f} to {high:.2f}"
    if value <= 0 and high <= 0:
        return f"{-high:.2f} to {-low:.2f}"
    return f"from {-low:.2f} below to {high:.2f} above"


def perplexity(record: Perplexity) -> tuple[str, str]:
    """The perplexity of a token, and its interval where it has one."""
    return f"{record.perplexity:.4g}", "" if record.low is None else f"{record.low:.4g} to {record.high:.4g}"


def increase(found: Increase) -> tuple[str, str]:
    """By how many % perplexity is above a baseline's, and the interval."""
    digits = 2 if abs(found.pct) < 100 else 0
    return f"{found.pct:,.{digits}f} %", _interval(found.low, found.high, digits)


def longest(speeds: Sequence[SpeedRow]) -> list[SpeedRow]:
    """With each number of threads on each device the speed behind the longest context, which is the hardest case."""
    found: dict[tuple[str, int, bool], SpeedRow] = {}
    for row in sorted(speeds, key=lambda row: (row.threads, row.length)):
        found[row.device, row.threads, row.emulated] = row
    return list(found.values())


def macro_f1(record: Accuracy) -> tuple[str, str]:
    """Macro-F1 in %, and its interval."""
    return f"{record.macro_f1:.1f}", _interval(record.macro_f1_low, record.macro_f1_high, 1)


def mcc(record: Accuracy) -> tuple[str, str]:
    """Matthews' correlation from -1 to 1, and its interval."""
    return f"{record.mcc:.3f}", _interval(record.mcc_low, record.mcc_high, 3)


def class_f1(score: ClassScore) -> tuple[str, str]:
    """The F1 of one class in %, and its interval; a dash where it divides by nothing."""
    return NONE if score.f1 is None else f"{score.f1:.1f}", _interval(score.low, score.high, 1)


def macro_f1_lost(record: Drop) -> tuple[str, str]:
    """Points of macro-F1 lost, and their interval."""
    return f"{record.macro_f1_points:.2f}", _interval(record.macro_f1_low, record.macro_f1_high, 2)


def unchanged(record: Drop) -> tuple[str, str]:
    """% of the rows that have the baseline's label, and its interval."""
    return f"{record.unchanged_pct:.1f}", _interval(record.unchanged_low, record.unchanged_high, 1)


def discordant(record: Drop) -> str:
    """Rows that the baseline alone has right, and rows that the other one alone has right."""
    return f"{record.lost:,} / {record.gained:,}"


def p_value(value: float) -> str:
    """A p value with two significant digits; tiny ones are no more than that."""
    return "< 0.0001" if value < 0.0001 else f"{value:.2g}"


def plural(count: int, noun: str) -> str:
    """`1 thread`, `2 threads`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def setting(row: LatencyRow | Measurement | GenerationMeasurement) -> str:
    """Under what a latency was taken, but for the machine."""
    length = "the data's own lengths" if row.length == "data" else f"length {row.length}"
    return f"{length}, {plural(row.threads, 'thread')}"


def moment(text: str) -> str:
    """A moment as people write it, to the minute and in its own offset; what is no moment stays as it is."""
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        return clean(text)
    offset = parsed.strftime("%z")
    zone = "UTC" if offset in ("+0000", "") else f"UTC{offset[:3]}:{offset[3:]}"
    return f"{parsed:%Y-%m-%d %H:%M} {zone}"


def machine(fingerprint: Fingerprint) -> str:
    """Which machine answered."""
    cores = plural(fingerprint.cores, "core")
    return clean(f"{fingerprint.device}: {fingerprint.cpu_model}, {cores}, {fingerprint.arch}, {fingerprint.os}")


def conditions(measurement: TimedRecord) -> list[tuple[str, str]]:
    """What could spoil a measurement, by name, before and after it."""
    before, after = measurement.before, measurement.after
    return [
        ("governor", _change(before.governor, after.governor, "")),
        ("clock", _change(before.clock_mhz, after.clock_mhz, " MHz")),
        ("load", _change(before.load_1min, after.load_1min, "")),
        ("temperature", _change(before.temperature_c, after.temperature_c, " °C")),
        ("throttled", _change(before.throttled, after.throttled, "")),
        ("under-voltage", _change(before.under_voltage, after.under_voltage, "")),
        ("swap used", _change(before.swap_used_mb, after.swap_used_mb, " MB")),
    ]


def unread(measurement: TimedRecord) -> list[str]:
    """The names of what could not be read before or after a measurement."""
    return [name for name, value in conditions(measurement) if value == UNKNOWN]


def option(value: object) -> str:
    """The value of an option as a person would type it; of several, those that are set."""
    if isinstance(value, dict):
        return ", ".join(f"{clean(name)}={option(inner)}" for name, inner in value.items() if inner is not None)
    return clean(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str))


def listed(parts: Sequence[str]) -> str:
    """Parts of a sentence, those that are there, with commas between."""
    return ", ".join(part for part in parts if part)


def _interval(low: float | None, high: float | None, digits: int) -> str:
    return "" if low is None or high is None else f"{low:,.{digits}f} to {high:,.{digits}f}"


def _change(before: str | float | None, after: str | float | None, unit: str) -> str:
    first, last = _reading(before, unit), _reading(after, unit)
    return first if first == last else f"{first} then {last}"


def _reading(value: str | float | None, unit: str) -> str:
    if value is None:
        return UNKNOWN
    if isinstance(value, bool):
        return "yes" if value else "no"
    return clean(value) if isinstance(value, str) else number(value) + unit
