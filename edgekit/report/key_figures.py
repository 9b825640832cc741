"""What came of a run, bundle by bundle: the three figures that are looked for first, compared with the first model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edgekit.bundle.evaluation import Drop, Increase
from edgekit.report import figures
from edgekit.report.figures import clean, number, shorten
from edgekit.report.summary import LatencyRow, ModelRow, Summary


@dataclass(frozen=True)
class KeyFigure:
    """A figure, and in words what it is to be compared with; no figure where there is none."""

    title: str
    figure: str
    aside: str


def key_figures(summary: Summary) -> list[tuple[ModelRow, tuple[KeyFigure, ...]]]:
    """Size, accuracy and latency of every bundle; of the last model where nothing was exported.

    Of a language model perplexity and tokens a second.
    """
    models = summary.models
    bundles = [model for model in models if model.format] or list(models[-1:])
    return [(model, (_size(model, models[0]), *_figures(model, models[0]))) for model in bundles]


def _figures(model: ModelRow, first: ModelRow) -> tuple[KeyFigure, KeyFigure]:
    if model.generates:
        return _perplexity(model, first), _speed(model)
    return _accuracy(model, first), _latency(model)


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


def _size(model: ModelRow, first: ModelRow) -> KeyFigure:
    return KeyFigure("Size", f"{number(model.size_mb)} MB", smaller(model, first))


def _accuracy(model: ModelRow, first: ModelRow) -> KeyFigure:
    if model.accuracy is None:
        return KeyFigure("Accuracy", "", "not evaluated")
    value, interval = figures.accuracy(model.accuracy)
    record = first_drop(model, first)
    return KeyFigure("Accuracy", f"{value} %", lost(record) if record else f"{interval} %")


def _latency(model: ModelRow) -> KeyFigure:
    real = [row for row in model.latencies if not row.emulated]
    if not real:
        return KeyFigure("Latency p95", "", "emulated only" if model.latencies else "not measured")
    row = max(real, key=_longest)
    return KeyFigure("Latency p95", f"{number(row.p95.value)} ms", f"{figures.setting(row)}, {clean(row.device)}")


def _perplexity(model: ModelRow, first: ModelRow) -> KeyFigure:
    record = model.perplexity
    if record is None:
        return KeyFigure("Perplexity", "", "not evaluated")
    against = first_increase(model, first)
    aside = f"{record.bits_per_byte:.3g} bits per byte"
    if against is not None:
        side = "above" if against.pct >= 0 else "below"
        aside = f"{figures.increase(against)[0].lstrip('-')} {side} {shorten(clean(first.name), 20)}"
    return KeyFigure("Perplexity", f"{record.perplexity:.4g}", aside)


def _speed(model: ModelRow) -> KeyFigure:
    """Behind the longest context, which is the hardest case."""
    real = [row for row in model.speeds if not row.emulated]
    if not real:
        return KeyFigure("Tokens a second", "", "emulated only" if model.speeds else "not measured")
    row = max(real, key=lambda row: (row.length, row.tokens_per_s.value))
    where = f"behind {figures.plural(row.length, 'token')}, {figures.plural(row.threads, 'thread')}"
    return KeyFigure("Tokens a second", number(row.tokens_per_s.value), f"{where}, {clean(row.device)}")


def _longest(row: LatencyRow) -> tuple[int, float]:
    """The longest fixed length is the hardest case; the data's own lengths come last."""
    return (row.length if isinstance(row.length, int) else 0, row.p95.value)
