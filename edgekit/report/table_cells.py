"""The cells of each table as plain text, for the terminal and for Markdown; a cell may have several lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edgekit.bundle.evaluation import Accuracy, Drop, Increase, Perplexity
from edgekit.bundle.manifest import Parity
from edgekit.measure.accuracy.hints import evaluation_hints, simple_rivals
from edgekit.measure.performance.generation import summarise_generation
from edgekit.measure.performance.latency_summary import summarise
from edgekit.measure.statistics.estimate import Estimate
from edgekit.report import figures
from edgekit.report.figures import NONE, UNKNOWN, clean, number
from edgekit.report.plots.part_bars import legend_of
from edgekit.report.summary import LatencyRow, ModelRow, PackageRow, SpeedRow, Summary, VerdictRow
from edgekit.report.throttling_text import over_time, spoilers
from edgekit.schema.measurement import GenerationMeasurement, Measurement, OperatorTime

Cells = tuple[str, ...]

VERDICTS: Cells = ("verdict", "budget", "limit", "measured", "bundle")
MODELS: Cells = ("model", "MB", "weights", "accuracy %", "drop, points", "p50 / p95 ms")
LANGUAGE_MODELS: Cells = ("model", "MB", "weights", "perplexity", "increase %", "tokens / s")
COMPARISONS: Cells = (
    "model", "against", "points lost", "macro-F1 lost", "same label %", "rows lost / gained", "McNemar p"
)  # fmt: skip
EVALUATIONS: Cells = ("model", "accuracy %", "macro-F1 %", "MCC", "rows", "cut to length", "runtime")
PARITY: Cells = ("bundle", "reference", "equal labels", "largest difference of a logit", "tolerance")
PERCENTILES: Cells = ("length", "threads", "p50 ms", "p90 ms", "p95 ms", "p99 ms", "runs")
STAGES: Cells = ("length", "threads", "tokenize", "infer", "post", "cold load", "first run", "peak MB")
PERPLEXITIES: Cells = ("model", "perplexity", "bits per byte", "increase", "tokens", "runtime")
GENERATION: Cells = ("context", "threads", "first token, ms", "tokens / s", "p95 of a token, ms", "peak MB", "runs")
PACKAGES: Cells = (
    "platform",
    "model MB",
    "tokenizer MB",
    "code MB",
    "together MB",
    "made for",
    "runtime, not counted",
)
OPERATORS: Cells = ("operator", "calls", "ms", "share %")


_NOTE = "note"


@dataclass(frozen=True)
class Note:
    """What a table says below itself of rows that did not pass; its advice may have a line for each of them."""

    word: str
    sentence: str
    advice: str


def verdict_cells(row: VerdictRow) -> Cells:
    """A row below `VERDICTS`."""
    budget = row.verdict.budget
    return (
        _lines(figures.word(row), "" if budget.gate else figures.NOT_GATED),
        _lines(row.metric.title, clean(row.conditions), row.verdict.basis.describe),
        figures.limit(budget),
        _lines(figures.measured(row), figures.measured_interval(row)),
        _lines(clean(row.bundle), clean(row.format) if row.format != row.bundle else ""),
    )


def verdict_notes(rows: Sequence[VerdictRow]) -> list[Note]:
    """Why rows did not pass, with the command that helps, and what else should be known; of several bundles once."""
    found: dict[tuple[str, str, str], list[VerdictRow]] = {}
    for row in rows:
        for word, sentence in _said_of(row):
            found.setdefault((word, row.metric.title, clean(sentence)), []).append(row)
    return [
        Note(word, f"{title}, {_together(about)}: {sentence}", _advice_of(about) if word != _NOTE else "")
        for (word, title, sentence), about in found.items()
    ]


def _said_of(row: VerdictRow) -> list[tuple[str, str]]:
    reason = [] if row.verdict.outcome == "pass" else [(figures.word(row), row.verdict.reason)]
    return [*reason, *((_NOTE, note) for note in row.verdict.notes)]


def _together(rows: Sequence[VerdictRow]) -> str:
    *others, last = dict.fromkeys(clean(row.format) for row in rows)
    return f"{', '.join(others)} and {last}" if others else last


def _advice_of(rows: Sequence[VerdictRow]) -> str:
    """What helps each of them, a line each."""
    return _lines(*dict.fromkeys(clean(row.verdict.advice) for row in rows))


def models_cells(models: Sequence[ModelRow]) -> tuple[Cells, list[Cells]]:
    """The headings of the table of models, `MODELS` or `LANGUAGE_MODELS`, and its rows."""
    if any(model.generates for model in models):
        return LANGUAGE_MODELS, [_language_model_cells(model) for model in models]
    return MODELS, [_classifier_cells(model) for model in models]


def _classifier_cells(model: ModelRow) -> Cells:
    accuracy = NONE if model.accuracy is None else _lines(*figures.accuracy(model.accuracy))
    drops = [line for record in model.accuracy.drops[:1] for line in figures.drop(record)] if model.accuracy else []
    return (
        *_what_it_is(model),
        accuracy,
        _lines(*drops) or NONE,
        _lines(*_unmeasured(model.latencies), *(line for row in model.latencies for line in _latency_lines(row)))
        or NONE,
    )


def _language_model_cells(model: ModelRow) -> Cells:
    record = model.perplexity
    increases = record.increases[:1] if record else ()
    return (
        *_what_it_is(model),
        _lines(*figures.perplexity(record)) if record else NONE,
        _lines(*map(_increase, increases)) or NONE,
        _lines(
            *_unmeasured(model.speeds), *(line for row in figures.longest(model.speeds) for line in _speed_lines(row))
        )
        or NONE,
    )


def _what_it_is(model: ModelRow) -> Cells:
    return (
        _lines(clean(model.name), figures.listed((clean(model.format or ""), clean(model.scheme)))),
        number(model.size_mb),
        figures.parameters(model.parameters),
    )


def evaluation_cells(model: ModelRow, record: Accuracy) -> Cells:
    """A row below `EVALUATIONS`."""
    return (
        clean(model.name),
        _lines(*figures.accuracy(record)),
        _lines(*figures.macro_f1(record)),
        _lines(*figures.mcc(record)),
        f"{record.rows:,}",
        f"{record.truncated:,}",
        clean(record.runtime),
    )


def evaluation_notes(models: Sequence[ModelRow]) -> list[str]:
    """What is had for nothing on the rows; hints, what rows are too few for, and which count, each with its models."""
    known = [model.accuracy for model in models if model.accuracy and model.accuracy.bag_of_words is not None]
    notes = [f"on these rows {rivals}" for rivals in dict.fromkeys(map(simple_rivals, known))]
    found: dict[str, list[str]] = {}
    for model in models:
        for note in _notes_of(model.accuracy) if model.accuracy else ():
            found.setdefault(note, []).append(figures.shorten(clean(model.name), 40))
    return [*map(clean, notes), *(clean(f"{', '.join(names)}: {note}") for note, names in found.items())]


def _notes_of(record: Accuracy) -> list[str]:
    notes = list(evaluation_hints(record))
    if record.macro_f1_doubt:
        notes.append(record.macro_f1_doubt)
    if record.left_out:
        notes.append(f"{record.left_out:,} rows that are training rows were left out")
    elif record.training_rows:
        notes.append(f"{record.training_rows:,} rows are training rows: the figures are too good")
    return notes


def perplexity_cells(model: ModelRow, record: Perplexity) -> Cells:
    """A row below `PERPLEXITIES`."""
    return (
        clean(model.name),
        _lines(*figures.perplexity(record)),
        _lines(f"{record.bits_per_byte:.4g}", _range(record.bits_per_byte_low, record.bits_per_byte_high, ".4g")),
        _lines(*map(_increase, record.increases)) or NONE,
        f"{record.tokens:,}",
        clean(record.runtime),
    )


def part_table(models: Sequence[ModelRow]) -> tuple[Cells, list[Cells]]:
    """The headings and rows of a table of MB, a row for each part and a column for each model that names its parts."""
    shown = [model for model in models if model.parts_mb]
    parts = [{clean(name): mb for name, mb in model.parts_mb.items()} for model in shown]
    names = [name for _, names in legend_of(shown) for name in names]
    rows = [(name, *(number(of_model[name]) if name in of_model else NONE for of_model in parts)) for name in names]
    return ("part", *(clean(model.name) for model in shown)), rows


def package_cells(row: PackageRow) -> Cells:
    """A row below `PACKAGES`."""
    return (
        row.platform,
        *(number(mb) for mb in (row.model_mb, row.tokenizer_mb, row.code_mb, row.total_mb)),
        clean(row.machines) or NONE,
        clean(row.runtime),
    )


def parity_cells(model: ModelRow, parity: Parity) -> Cells:
    """A row below `PARITY`."""
    return (
        clean(model.name),
        parity.reference,
        f"{parity.labels_equal} of {parity.cases}",
        f"{parity.max_abs_difference:.2g}",
        f"{parity.atol:g} + {parity.rtol:g} × |reference|",
    )


def comparison_cells(model: ModelRow, record: Drop) -> Cells:
    """A row below `COMPARISONS`; negative points were gained."""
    return (
        clean(model.name),
        clean(record.baseline),
        _lines(f"{record.points:.2f}", f"{record.low:.2f} to {record.high:.2f}"),
        _lines(*figures.macro_f1_lost(record)),
        _lines(*figures.unchanged(record)),
        figures.discordant(record),
        figures.p_value(record.p_value),
    )


def compared(models: Sequence[ModelRow]) -> list[tuple[ModelRow, Drop]]:
    """Every model with every baseline that it was compared with on the same rows."""
    return [(model, record) for model in models if model.accuracy for record in model.accuracy.drops]


def measurements_by_model(summary: Summary) -> dict[str, list[Measurement]]:
    """The measurements of each bundle by its name; of a file that is no model of the run, by the file's hash."""
    names = {model.model_sha256: model.name for model in summary.models}
    found: dict[str, list[Measurement]] = {}
    for record in summary.measurements:
        found.setdefault(names.get(record.model_sha256, record.model_sha256[:12]), []).append(record)
    return found


def speeds_by_model(summary: Summary) -> dict[str, list[GenerationMeasurement]]:
    """The speeds of each bundle by its name."""
    names = {model.model_sha256: model.name for model in summary.models}
    found: dict[str, list[GenerationMeasurement]] = {}
    for record in sorted(summary.speeds, key=lambda record: (record.threads, record.length)):
        found.setdefault(names.get(record.model_sha256, record.model_sha256[:12]), []).append(record)
    return found


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


def generation_cells(measurement: GenerationMeasurement) -> Cells:
    """A row below `GENERATION`."""
    speed = summarise_generation(measurement)
    return (
        str(measurement.length),
        str(measurement.threads),
        *(_estimate(figure) for figure in (speed.first_token.p50, speed.tokens_per_s, speed.token.p95)),
        number(measurement.peak_rss_mb),
        f"{len(measurement.samples_ms['token']):,}",
    )


def circumstances(measurement: Measurement | GenerationMeasurement) -> list[str]:
    """Where and how a measurement was taken, in sentences."""
    fingerprint = measurement.fingerprint
    known = [(name, value) for name, value in figures.conditions(measurement) if value != UNKNOWN]
    unknown, spoiled = figures.unread(measurement), spoilers(measurement)
    count = len(measurement.processes)
    processes = "1 process" if count == 1 else f"{count} processes"
    where = f"{figures.setting(measurement)}, {processes}, {measurement.runtime} {measurement.runtime_version}"
    return [
        clean(f"{where}, after {figures.plural(measurement.warmup_runs, 'warm-up run')}, {measurement.taken_at}"),
        figures.machine(fingerprint),
        *(["EMULATED: these times hold for no target"] if fingerprint.emulated else []),
        *([", ".join(_flagged(name, value, spoiled) for name, value in known)] if known else []),
        *([f"{UNKNOWN}: {', '.join(unknown)}"] if unknown else []),
        *over_time(measurement),
        *(clean(note) for note in measurement.notes),
    ]


def _flagged(name: str, value: str, spoiled: dict[str, str]) -> str:
    return f"{name} {value} ({spoiled[name].upper()})" if name in spoiled else f"{name} {value}"


def operator_cells(row: OperatorTime) -> Cells:
    """A row below `OPERATORS`."""
    return clean(row.operator), str(row.calls), number(row.ms), f"{row.share:.1f}"


def _unmeasured(rows: Sequence[LatencyRow | SpeedRow]) -> tuple[str, ...]:
    """What is said before figures none of which is a result for the target."""
    measured = any(row.of_target and not row.emulated for row in rows)
    return () if measured or not any(not row.of_target for row in rows) else ("unmeasured",)


def _whose(row: LatencyRow | SpeedRow) -> str:
    return "emulated" if row.emulated else "" if row.of_target else "on another machine"


def _latency_lines(row: LatencyRow) -> tuple[str, ...]:
    conditions = (f"length {row.length}", figures.plural(row.threads, "thread"), _whose(row))
    return f"{number(row.p50.value)} / {number(row.p95.value)}", *conditions


def _increase(found: Increase) -> str:
    value, interval = figures.increase(found)
    return _lines(f"{value} vs {figures.shorten(clean(found.baseline), 20)}", interval)


def _speed_lines(row: SpeedRow) -> tuple[str, ...]:
    conditions = (f"at {row.length} tokens", figures.plural(row.threads, "thread"), _whose(row))
    return number(row.tokens_per_s.value), *conditions


def _estimate(figure: Estimate) -> str:
    return _lines(number(figure.value), figures.interval(figure.low, figure.high, number))


def _range(low: float | None, high: float | None, digits: str) -> str:
    return "" if low is None or high is None else f"{low:{digits}} to {high:{digits}}"


def _lines(*parts: str) -> str:
    return "\n".join(part for part in parts if part)
