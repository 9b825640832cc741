"""What came of a run, bundle by bundle: the figures that are looked for first, each with the budgets that judge it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from edgekit.bundle.evaluation import Drop, Increase
from edgekit.measure.verdicts import Outcome
from edgekit.report import figures
from edgekit.report.figures import clean, number, shorten
from edgekit.report.summary import LatencyRow, ModelRow, SpeedRow, Summary, VerdictRow

_Row = TypeVar("_Row", LatencyRow, SpeedRow)
_SIZE, _LATENCY, _SPEED = ("size_mb",), ("latency_p95_ms",), ("tokens_per_s",)
_ACCURACY, _PERPLEXITY = ("min_accuracy", "accuracy_drop"), ("perplexity_increase_pct",)


@dataclass(frozen=True)
class KeyFigure:
    """A figure, and in words what it is to be compared with; no figure where there is none.

    verdicts: of the budgets that judge it; elsewhere: what another machine than the target measured, in words, with
              the verdicts on that
    """

    title: str
    figure: str
    aside: str
    verdicts: tuple[VerdictRow, ...] = ()
    elsewhere: str = ""
    elsewhere_verdicts: tuple[VerdictRow, ...] = ()

    @property
    def outcome(self) -> Outcome | None:
        """The worst of its verdicts; None where no budget judges it."""
        worst = figures.worst_first(self.verdicts)
        return worst[0].verdict.outcome if worst else None


@dataclass(frozen=True)
class _Judged:
    """A model with the verdicts on it, and the run's target."""

    model: ModelRow
    rows: tuple[VerdictRow, ...]
    target: str

    def on(self, *metrics: str) -> tuple[VerdictRow, ...]:
        """The verdicts on these metrics that hold for the target, or for any machine."""
        return tuple(row for row in self._of(metrics) if self._is_own(row))

    def elsewhere(self, *metrics: str) -> tuple[VerdictRow, ...]:
        """The verdicts on these metrics that hold for another target."""
        return tuple(row for row in self._of(metrics) if not self._is_own(row))

    def _of(self, metrics: Sequence[str]) -> list[VerdictRow]:
        return [row for row in self.rows if row.verdict.budget.metric in metrics]

    def _is_own(self, row: VerdictRow) -> bool:
        return not row.metric.source.on_device or row.verdict.budget.target in (None, self.target)


def key_figures(summary: Summary) -> list[tuple[ModelRow, tuple[KeyFigure, ...]]]:
    """Size, accuracy and latency of every bundle; of the last model where nothing was exported.

    Of a language model perplexity and tokens a second. What else a budget judges follows.
    """
    models = summary.models
    bundles = [model for model in models if model.format] or list(models[-1:])
    return [(model, _figures(_judged(model, summary), models[0])) for model in bundles]


def _judged(model: ModelRow, summary: Summary) -> _Judged:
    rows = tuple(row for row in summary.verdicts if row.bundle == model.name)
    return _Judged(model, rows, summary.target)


def _figures(judged: _Judged, first: ModelRow) -> tuple[KeyFigure, ...]:
    if judged.model.generates:
        usual = (_size(judged, first), _perplexity(judged, first), _speed(judged))
    else:
        usual = (_size(judged, first), _accuracy(judged, first), _latency(judged))
    shown = [row for each in usual for row in (*each.verdicts, *each.elsewhere_verdicts)]
    metrics = dict.fromkeys(row.verdict.budget.metric for row in judged.rows if row not in shown)
    return (*usual, *(_budgeted(judged, metric) for metric in metrics))


def first_drop(model: ModelRow, first: ModelRow) -> Drop | None:
    """What a model lost against the first one of the run."""
    drops = model.accuracy.drops if model.accuracy else ()
    return next((record for record in drops if record.baseline == first.name), None)


def first_increase(model: ModelRow, first: ModelRow) -> Increase | None:
    """By how much a language model's perplexity is above that of the first model of the run."""
    increases = model.perplexity.increases if model.perplexity else ()
    return next((found for found in increases if found.baseline == first.name), None)


def size_change(model: ModelRow, models: Sequence[ModelRow]) -> str:
    """What a stage did to the size of the one before it, in words; every bundle comes from the last checkpoint."""
    before = models[: models.index(model)]
    checkpoints = [earlier for earlier in before if not earlier.format]
    if not checkpoints or not checkpoints[-1].size_mb:
        return ""
    change = 100 * (1 - model.size_mb / checkpoints[-1].size_mb)
    side = "less" if change >= 0 else "more"
    return f"{abs(change):.0f} % {side} than {clean(checkpoints[-1].name)}"


def smaller(model: ModelRow, first: ModelRow) -> str:
    """How many times smaller a model is than the first one, in words; nothing for the first one itself."""
    if model is first or not model.size_mb or not first.size_mb:
        return ""
    ratio = first.size_mb / model.size_mb
    name = shorten(clean(first.name), 20)
    if f"{ratio:.2f}" == "1.00":
        return f"as large as {name}"
    return f"{number(ratio)} × smaller than {name}" if ratio > 1 else f"{number(1 / ratio)} × larger than {name}"


def lost(record: Drop) -> str:
    """What a paired comparison says, in words; an interval with 0 in it tells nothing apart."""
    name = shorten(clean(record.baseline), 20)
    if f"{abs(record.points):.2f}" == "0.00":
        return f"as accurate as {name}"
    side = "below" if record.points >= 0 else "above"
    difference = f"{abs(record.points):.2f} points {side} {name}"
    return f"{difference}, not significant" if record.low <= 0 <= record.high else difference


def _size(judged: _Judged, first: ModelRow) -> KeyFigure:
    model, rows = judged.model, judged.on(*_SIZE)
    limit = rows[0].verdict.budget.limit if rows else None
    return KeyFigure("Size", f"{figures.against(model.size_mb, limit)} MB", smaller(model, first), rows)


def _accuracy(judged: _Judged, first: ModelRow) -> KeyFigure:
    model, rows = judged.model, judged.on(*_ACCURACY)
    if model.accuracy is None:
        return KeyFigure("Accuracy", "", "not evaluated", rows)
    value, interval = figures.accuracy(model.accuracy)
    record = first_drop(model, first)
    return KeyFigure("Accuracy", f"{value} %", lost(record) if record else f"{interval} %", rows)


def _latency(judged: _Judged) -> KeyFigure:
    return _timed(judged, "Latency p95", _LATENCY, judged.model.latencies, _slowest)


def _slowest(rows: Sequence[LatencyRow]) -> tuple[str, str]:
    """The figure at the longest fixed length, the hardest case, and where; the data's own lengths come last."""
    if not rows:
        return "", ""
    row = max(rows, key=lambda row: (row.length if isinstance(row.length, int) else 0, row.p95.value))
    return f"{number(row.p95.value)} ms", f"{figures.setting(row)}, {clean(row.device)}"


def _speed(judged: _Judged) -> KeyFigure:
    return _timed(judged, "Tokens a second", _SPEED, judged.model.speeds, _farthest)


def _farthest(rows: Sequence[SpeedRow]) -> tuple[str, str]:
    """The figure behind the longest context, which is the hardest case, and where."""
    if not rows:
        return "", ""
    row = max(rows, key=lambda row: (row.length, row.tokens_per_s.value))
    where = f"behind {figures.plural(row.length, 'token')}, {figures.plural(row.threads, 'thread')}"
    return number(row.tokens_per_s.value), f"{where}, {clean(row.device)}"


def _timed(
    judged: _Judged,
    title: str,
    metrics: tuple[str, ...],
    rows: Sequence[_Row],
    hardest: Callable[[Sequence[_Row]], tuple[str, str]],
) -> KeyFigure:
    """The figure of the hardest case, of a machine of the target and of another one; an emulated one tells no time."""
    real = [row for row in rows if not row.emulated]
    return _on_device(
        judged,
        title,
        metrics,
        own=hardest([row for row in real if row.of_target]),
        other=hardest([row for row in real if not row.of_target]),
        missing="emulated only" if rows else "not measured",
    )


def _on_device(
    judged: _Judged,
    title: str,
    metrics: tuple[str, ...],
    *,
    own: tuple[str, str],
    other: tuple[str, str],
    missing: str,
) -> KeyFigure:
    """A figure that only the target's own machine can have, as its budgets judge it; what another one has is an aside.

    own, other: the figure of a machine of the target, and of another one, with its conditions in words
    """
    rows, elsewhere = judged.on(*metrics), judged.elsewhere(*metrics)
    figure, aside = own
    if rows:
        figure, aside = _judged_figure(rows)
    elif not figure:
        figure, aside = ("unmeasured", f"on {clean(judged.target)}") if other[0] else ("", missing)
    apart = f"{other[0]} on another machine: {other[1]}" if other[0] else ""
    return KeyFigure(title, figure, aside, rows, apart, elsewhere)


def _judged_figure(rows: Sequence[VerdictRow]) -> tuple[str, str]:
    """The figure of the worst verdict and what it holds for."""
    worst = figures.worst_first(rows)[0]
    if worst.verdict.measured is None:
        return "unmeasured", clean(f"on {worst.conditions}" if worst.conditions else worst.verdict.reason)
    return figures.measured_against(worst), clean(worst.conditions)


def _budgeted(judged: _Judged, metric: str) -> KeyFigure:
    """Whatever else a budget judges."""
    rows, elsewhere = judged.on(metric), judged.elsewhere(metric)
    title = (rows or elsewhere)[0].metric.title
    other = _judged_figure(elsewhere) if elsewhere and elsewhere[0].verdict.measured is not None else ("", "")
    return _on_device(judged, title[:1].upper() + title[1:], (metric,), own=("", ""), other=other, missing="")


def _perplexity(judged: _Judged, first: ModelRow) -> KeyFigure:
    model, rows = judged.model, judged.on(*_PERPLEXITY)
    record = model.perplexity
    if record is None:
        return KeyFigure("Perplexity", "", "not evaluated", rows)
    against = first_increase(model, first)
    aside = f"{record.bits_per_byte:.3g} bits per byte"
    if against is not None:
        side = "above" if against.pct >= 0 else "below"
        aside = f"{figures.increase(against)[0].lstrip('-')} {side} {shorten(clean(first.name), 20)}"
    return KeyFigure("Perplexity", f"{record.perplexity:.4g}", aside, rows)
