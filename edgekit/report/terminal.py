"""Tables and lines for the terminal, readable without colour and at 80 columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from edgekit.bundle.evaluation import ClassScore
from edgekit.measure.accuracy.classification import ConfusedPair
from edgekit.measure.performance.benchmark_tool import tool_latency
from edgekit.measure.performance.instructions import millions
from edgekit.measure.performance.throttling import ever_disturbed
from edgekit.measure.statistics.estimate import Estimate
from edgekit.report import mistake_cells, table_cells
from edgekit.report.figures import NOT_GATED, WORDS, clean, listed, machine, number, plural
from edgekit.report.summary import ModelRow, PackageRow, VerdictRow
from edgekit.schema.measurement import (
    AgentMeasurement,
    GenerationMeasurement,
    InstructionCounts,
    Measurement,
    OperatorTime,
)
from edgekit.schema.tool_measurement import Battery, ToolMeasurement

if TYPE_CHECKING:
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

_COUNTED_PARTS = {"infer": "inference", "first_token": "first token", "token": "token"}
_COUNT_HEADINGS = ("part", "length", "M instructions", "dot product", "FMA", "runtime")
_STYLES = {WORDS["pass"]: "green", WORDS["fail"]: "bold red", WORDS["inconclusive"]: "yellow"}


def verdict_table(rows: Sequence[VerdictRow]) -> Group:
    """Each budget with its verdict; below, why a budget did not pass and what to do."""
    from rich.console import Group

    table = _table(table_cells.VERDICTS, keep=("verdict", "measured"))
    for row in rows:
        outcome, *others = table_cells.verdict_cells(row)
        table.add_row(_verdict(outcome), *_texts(others))
    return Group(table, *_notes(rows))


def models_table(models: Sequence[ModelRow]) -> Table:
    """The models of a run beside each other; intervals are of 95 %."""
    headings, rows = table_cells.models_cells(models)
    return _filled(_table(headings, right=headings[1:], keep=headings[1:]), rows)


def confusions_table(pairs: Sequence[ConfusedPair]) -> Table:
    """Which label a model takes for which, the worst pairs first, out of the rows that have it."""
    numeric = mistake_cells.CONFUSIONS[2:]
    return _filled(
        _table(mistake_cells.CONFUSIONS, right=numeric, keep=numeric), map(mistake_cells.confusion_cells, pairs)
    )


def classes_table(classes: Sequence[ClassScore]) -> Table:
    """Precision, recall and F1 of every class, F1 with its 95 % interval."""
    numeric = mistake_cells.CLASSES[1:]
    return _filled(_table(mistake_cells.CLASSES, right=numeric, keep=numeric), map(mistake_cells.class_cells, classes))


def measurements_table(measurements: Sequence[AgentMeasurement]) -> Group:
    """The figures of one model's measurements, which are all of one kind."""
    speeds = [each for each in measurements if isinstance(each, GenerationMeasurement)]
    latencies = [each for each in measurements if isinstance(each, Measurement)]
    return generation_table(speeds) if speeds else latency_table(latencies)


def latency_table(measurements: Sequence[Measurement]) -> Group:
    """Latency from text to label with 95 % intervals, its stages apart, and how it was measured."""
    from rich.console import Group

    percentiles = _table(table_cells.PERCENTILES, right=table_cells.PERCENTILES, keep=table_cells.PERCENTILES)
    stages = _table(table_cells.STAGES, right=table_cells.STAGES, keep=table_cells.STAGES)
    lines = [line for record in measurements for line in _circumstances(record)]
    return Group(
        _filled(percentiles, map(table_cells.percentile_cells, measurements)),
        _plain(""),
        _plain("Medians of the stages, loading, first run, all in ms; peak memory"),
        _filled(stages, map(table_cells.stage_cells, measurements)),
        *lines,
    )


def generation_table(measurements: Sequence[GenerationMeasurement]) -> Group:
    """A decoder's speed against the length of its context with 95 % intervals, and how it was measured."""
    from rich.console import Group

    table = _table(table_cells.GENERATION, right=table_cells.GENERATION, keep=table_cells.GENERATION[1:2])
    lines = [line for record in measurements for line in _circumstances(record)]
    return Group(_filled(table, map(table_cells.generation_cells, measurements)), *lines)


def instructions_table(counts: Sequence[InstructionCounts]) -> Group:
    """Millions of instructions of one inference, and how they were counted."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for position, heading in enumerate(_COUNT_HEADINGS):
        table.add_column(heading, justify="right" if 0 < position < 5 else "left", no_wrap=True)
    for record in counts:
        for part, each in record.counts.items():
            figure = millions(each)
            cells = (f"{value:.2f}" for value in (figure.total, figure.dot_product, figure.fma))
            table.add_row(
                _COUNTED_PARTS[part], f"{record.length}", *cells, clean(f"{record.runtime} {record.runtime_version}")
            )
    machines = {f"{record.fingerprint.device}, {record.fingerprint.cpu_model}, emulated" for record in counts}
    lines = [*sorted(clean(name) for name in machines), "one thread; a sign of regressions, blind to caches: no time"]
    return Group(table, *(Text(line) for line in lines))


def operators_table(operators: Sequence[OperatorTime]) -> Table:
    """Time by kind of operator in one inference, the most costly first."""
    numeric = table_cells.OPERATORS[1:]
    return _filled(
        _table(table_cells.OPERATORS, right=numeric, keep=numeric), map(table_cells.operator_cells, operators)
    )


def packages_table(rows: Sequence[PackageRow]) -> Table:
    """What each package adds to an app."""
    numeric = table_cells.PACKAGES[1:5]
    return _filled(
        _table(table_cells.PACKAGES, right=numeric, keep=table_cells.PACKAGES[:1]),
        map(table_cells.package_cells, rows),
    )


def tool_lines(record: ToolMeasurement) -> list[str]:
    """The figures with their intervals over the program's runs, and under what they were taken."""
    figures = {"p50": tool_latency(record, "p50_ms"), "p95": tool_latency(record, "p95_ms")}
    known = [f"{name} {_ms(value)}" for name, value in figures.items() if value is not None]
    mean = tool_latency(record, "mean_ms")
    runs = sum(run.runs for run in record.invocations)
    bound = f", cores {record.affinity}" if record.affinity else ""
    first = f"{record.tool}, length {record.length}, {plural(record.threads, 'thread')}{bound}"
    degrees = [state.temperature_c for state in (record.before, record.after) if state.temperature_c is not None]
    return [
        f"{first}: {listed([*known, f'mean {_ms(mean)}' if mean else ''])}",
        *(["it tells a mean and no percentiles, so no latency budget can be decided"] if not known else []),
        f"{runs:,} runs in {plural(len(record.invocations), 'run')} of the program",
        machine(record.fingerprint),
        *(["EMULATED: these times hold for no target"] if record.fingerprint.emulated else []),
        *([f"DISTURBED: {found.describe}"] if (found := ever_disturbed(record)) else []),
        *([f"{degrees[0]:.1f} °C before, {degrees[-1]:.1f} °C after"] if degrees else []),
        *([_battery(record.battery_after)] if record.battery_after != Battery() else []),
        *(clean(note) for note in record.notes),
    ]


def _circumstances(record: Measurement | GenerationMeasurement) -> list[Text]:
    first, *others = table_cells.circumstances(record)
    return [_plain(""), _plain(first), *(_plain(line, indent=2) for line in others)]


def _notes(rows: Sequence[VerdictRow]) -> list[Text]:
    notes = table_cells.verdict_notes(rows)
    lines = [_plain("")] if notes else []
    for note in notes:
        line = _plain("")
        line.append(note.word, _STYLES.get(note.word, "bold"))
        line.append(f" {note.sentence}")
        lines.append(line)
        lines += [_unbroken(f"  {advice}") for advice in note.advice.splitlines()]
    return lines


def _unbroken(text: str) -> Text:
    """A line that holds a command to be copied: it goes over the edge of the terminal, which wraps it as one line."""
    from rich.text import Text

    return Text(text, no_wrap=True, overflow="ignore")


def _verdict(cell: str) -> Text:
    from rich.text import Text

    outcome, _, gated = cell.partition("\n")
    text = Text(outcome, _STYLES.get(outcome, "bold"))
    if gated:
        text.append(f"\n{NOT_GATED}", "dim")
    return text


def _texts(parts: Iterable[str]) -> list[Text]:
    """Cells whose first line is the figure and whose others explain it."""
    from rich.text import Text

    texts = []
    for part in parts:
        first, newline, rest = part.partition("\n")
        text = Text(first)
        text.append(newline + rest, "dim")
        texts.append(text)
    return texts


def _plain(line: str, *, indent: int = 0) -> Text:
    from rich.text import Text

    return Text(" " * indent + line, overflow="fold")


def _table(headings: Sequence[str], *, right: Sequence[str] = (), keep: Sequence[str] = ()) -> Table:
    """A table with the columns in `right` aligned there, and those in `keep` never narrowed."""
    from rich.box import SIMPLE
    from rich.table import Table

    table = Table(box=SIMPLE, pad_edge=False, show_edge=False, header_style="bold", padding=(0, 1, 0, 0))
    for heading in headings:
        table.add_column(
            heading,
            justify="right" if heading in right else "left",
            no_wrap=heading in keep,
            overflow="fold",
        )
    return table


def _filled(table: Table, rows: Iterable[Sequence[str]]) -> Table:
    for row in rows:
        table.add_row(*_texts(row))
    return table


def _ms(value: Estimate) -> str:
    return f"{number(value.value)} ms ({number(value.low)} to {number(value.high)})"


def _battery(battery: Battery) -> str:
    level = "" if battery.level_pct is None else f"{battery.level_pct:.0f} %"
    charging = "" if battery.charging is None else "charging" if battery.charging else "not charging"
    degrees = "" if battery.temperature_c is None else f"{battery.temperature_c:.1f} °C"
    return f"battery {listed([level, charging, degrees])}"
