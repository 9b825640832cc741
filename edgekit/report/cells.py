"""The cells of each table as plain text, for the terminal and for Markdown; a cell may have several lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edgekit.measure.statistics import Estimate
from edgekit.measure.summary import summarise
from edgekit.report import figures
from edgekit.report.figures import NONE, UNKNOWN, clean, number
from edgekit.report.summary import LatencyRow, ModelRow, VerdictRow
from edgekit.spec.measurement import Measurement, OperatorTime

Cells = tuple[str, ...]

VERDICTS: Cells = ("verdict", "budget", "limit", "measured", "bundle")
MODELS: Cells = ("model", "MB", "weights", "accuracy %", "drop, points", "p50 / p95 ms")
PERCENTILES: Cells = ("length", "threads", "p50 ms", "p90 ms", "p95 ms", "p99 ms", "runs")
STAGES: Cells = ("length", "threads", "tokenize", "infer", "post", "cold load", "first run", "peak MB")
OPERATORS: Cells = ("operator", "calls", "ms", "share %")


@dataclass(frozen=True)
class Note:
    """What a table says below itself of one row that did not pass."""

    word: str
    sentence: str
    advice: str


def verdict_cells(row: VerdictRow) -> Cells:
    """A row below `VERDICTS`."""
    budget = row.verdict.budget
    return (
        _lines(figures.word(row), "" if budget.gate else figures.NOT_GATED),
        _lines(budget.kind.title, clean(row.conditions)),
        figures.limit(budget),
        _lines(figures.measured(row), figures.measured_interval(row)),
        _lines(clean(row.bundle), clean(row.format) if row.format != row.bundle else ""),
    )


def verdict_notes(rows: Sequence[VerdictRow]) -> list[Note]:
    """Why each row that did not pass did not, and the command that helps."""
    return [
        Note(
            figures.word(row),
            clean(f"{row.verdict.budget.kind.title}, {row.format}: {row.verdict.reason}"),
            clean(row.verdict.advice),
        )
        for row in rows
        if row.verdict.outcome != "pass"
    ]


def model_cells(model: ModelRow) -> Cells:
    """A row below `MODELS`."""
    accuracy = NONE if model.accuracy is None else _lines(*figures.accuracy(model.accuracy))
    drops = [line for record in model.accuracy.drops for line in figures.drop(record)] if model.accuracy else []
    return (
        _lines(clean(model.name), figures.listed((clean(model.format or ""), clean(model.scheme)))),
        number(model.size_mb),
        figures.parameters(model.parameters),
        accuracy,
        _lines(*drops) or NONE,
        _lines(*(line for row in model.latencies for line in _latency_lines(row))) or NONE,
    )


def percentile_cells(measurement: Measurement) -> Cells:
    """A row below `PERCENTILES`."""
    summary = summarise(measurement)
    latency = summary.latency
    return (
        str(measurement.length),
        str(measurement.threads),
        *(_estimate(figure) for figure in (latency.p50, latency.p90, latency.p95, latency.p99)),
        f"{summary.runs:,}",
    )


def stage_cells(measurement: Measurement) -> Cells:
    """A row below `STAGES`, in ms but for the memory."""
    summary = summarise(measurement)
    return (
        str(measurement.length),
        str(measurement.threads),
        *(
            NONE if figure is None else number(figure)
            for figure in (
                summary.tokenize_p50_ms,
                summary.infer_p50_ms,
                summary.postprocess_p50_ms,
                summary.cold_load_ms,
                summary.first_inference_ms,
                summary.peak_rss_mb,
            )
        ),
    )


def circumstances(measurement: Measurement) -> list[str]:
    """Where and how a measurement was taken, in sentences."""
    fingerprint = measurement.fingerprint
    known = [(name, value) for name, value in figures.conditions(measurement) if value != UNKNOWN]
    unknown = [name for name, value in figures.conditions(measurement) if value == UNKNOWN]
    where = f"{figures.setting(measurement)}, {measurement.runtime} {measurement.runtime_version}"
    return [
        clean(f"{where}, after {figures.plural(measurement.warmup_runs, 'warm-up run')}, {measurement.taken_at}"),
        figures.machine(fingerprint),
        *(["EMULATED: these times hold for no target"] if fingerprint.emulated else []),
        *([", ".join(f"{name} {value}" for name, value in known)] if known else []),
        *([f"{UNKNOWN}: {', '.join(unknown)}"] if unknown else []),
        *(clean(note) for note in measurement.notes),
    ]


def operator_cells(row: OperatorTime) -> Cells:
    """A row below `OPERATORS`."""
    return clean(row.operator), str(row.calls), number(row.ms), f"{row.share:.1f}"


def _latency_lines(row: LatencyRow) -> tuple[str, ...]:
    said = (f"length {row.length}", figures.plural(row.threads, "thread"), "emulated" if row.emulated else "")
    return f"{number(row.p50.value)} / {number(row.p95.value)}", *said


def _estimate(figure: Estimate) -> str:
    return _lines(number(figure.value), f"{number(figure.low)} to {number(figure.high)}")


def _lines(*parts: str) -> str:
    return "\n".join(part for part in parts if part)
