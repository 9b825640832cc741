"""Under what the measurements of a run were taken: what they have in common once, the rest side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edgekit.measure.performance.throttling import disturbances_of_parts
from edgekit.report import figures
from edgekit.report.figures import UNKNOWN, clean
from edgekit.report.summary import Summary
from edgekit.report.table_cells import measurements_by_model, speeds_by_model
from edgekit.report.throttling_text import DISTURBED, over_time, spoilers
from edgekit.schema.measurement import GenerationMeasurement, Measurement

Record = Measurement | GenerationMeasurement


@dataclass(frozen=True)
class Condition:
    """The value of one condition in one measurement; `spoils` says why it makes the figures worse, if it does."""

    value: str
    spoils: str = ""


@dataclass(frozen=True)
class ConditionTable:
    """common: conditions by name that are the same in all;   rows: the others, a value for each measurement

    measurements: the bundle and the setting of each;   emulated: whether each is;   remarks: what became of each
    disturbances: of the remarks those on what disturbed a measurement, which a row says in short
    """

    common: tuple[tuple[str, Condition], ...]
    rows: tuple[tuple[str, tuple[Condition, ...]], ...]
    measurements: tuple[tuple[str, str], ...]
    emulated: tuple[bool, ...]
    remarks: tuple[tuple[str, str], ...]
    disturbances: tuple[tuple[str, str], ...]


def condition_table(summary: Summary) -> ConditionTable:
    """Of every measurement of a run."""
    named = [
        (name, record)
        for records in (measurements_by_model(summary), speeds_by_model(summary))
        for name, of_model in records.items()
        for record in of_model
    ]
    columns = [_conditions(record) for _, record in named]
    names = dict.fromkeys(name for column in columns for name in column)
    said = dict.fromkeys(_remarks(named))
    rows = {name: tuple(column.get(name, Condition(UNKNOWN)) for column in columns) for name in names}
    return ConditionTable(
        common=tuple((name, cells[0]) for name, cells in rows.items() if len(set(cells)) == 1),
        rows=tuple((name, cells) for name, cells in rows.items() if len(set(cells)) > 1),
        measurements=tuple((name, figures.setting(record)) for name, record in named),
        emulated=tuple(record.fingerprint.emulated for _, record in named),
        remarks=tuple(each for each in said if not each[1].startswith(DISTURBED)),
        disturbances=tuple(each for each in said if each[1].startswith(DISTURBED)),
    )


def _conditions(record: Record) -> dict[str, Condition]:
    """What can be known of a measurement but its figures, by name."""
    spoiled = spoilers(record)
    disturbed = list(disturbances_of_parts(record).values())
    told = ", ".join(f"{each.samples or each.delayed:,} of {each.of:,} samples" for each in disturbed)
    return {
        "machine": Condition(figures.machine(record.fingerprint)),
        "runtime": Condition(clean(f"{record.runtime} {record.runtime_version}")),
        "processes": Condition(str(len(record.processes))),
        "warm-up": Condition(figures.plural(record.warmup_runs, "run")),
        **{name: Condition(value, spoiled.get(name, "")) for name, value in figures.conditions(record)},
        "slowed down": Condition(told, "disturbed") if disturbed else Condition("none that is known"),
        "taken": Condition(figures.moment(record.taken_at)),
    }


def _remarks(named: Sequence[tuple[str, Record]]) -> list[tuple[str, str]]:
    """What disturbed a measurement and what was noted on it, with the name of the measurement."""
    return [
        (f"{clean(name)}, {figures.setting(record)}", clean(line))
        for name, record in named
        for line in (*over_time(record), *record.notes)
    ]
