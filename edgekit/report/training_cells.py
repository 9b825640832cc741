"""How the trainings of a run went, and what each of its stages took, in words."""

from __future__ import annotations

from collections.abc import Sequence

from edgekit.bundle.training_record import TrainingLog
from edgekit.io.quantities import duration
from edgekit.report import figures
from edgekit.report.figures import NONE, clean, number
from edgekit.report.summary import StageRow

Cells = tuple[str, ...]

TRAININGS: Cells = ("stage", "time", "steps", "training loss", "best validation", "where the time went")
_METRICS = {"accuracy": "accuracy", "macro_f1": "macro-F1", "cross_entropy": "cross-entropy", "mae": "mean error",
            "perplexity": "perplexity"}  # fmt: skip
UNCHANGED = "unchanged"


def stage_times(stages: Sequence[StageRow]) -> list[tuple[str, float, str]]:
    """Each stage with its seconds, and the same in words; of what an earlier call had done those of then, if known."""
    return [(clean(row.name), _seconds(row), stage_time(row)) for row in stages]


def stage_time(row: StageRow) -> str:
    """What a stage took, in words."""
    if row.seconds is not None:
        return duration(row.seconds)
    return f"{duration(_seconds(row))}, earlier" if _seconds(row) else UNCHANGED


def _seconds(row: StageRow) -> float:
    if row.seconds is None and row.record:
        return sum(row.record.seconds.values())
    return row.seconds or 0.0


def trained_stages(stages: Sequence[StageRow]) -> list[tuple[StageRow, TrainingLog]]:
    """The stages with a course of losses to be drawn."""
    return [
        (row, row.record.training)
        for row in stages
        if row.record and row.record.training and row.record.training.losses
    ]


def training_cells(row: StageRow) -> Cells:
    """A row below `TRAININGS`."""
    log = row.record.training if row.record else None
    return (
        clean(row.name),
        stage_time(row),
        NONE if log is None else steps(log),
        NONE if log is None or not log.losses else f"{number(log.losses[0].loss)} to {number(log.losses[-1].loss)}",
        NONE if log is None else best(log) or NONE,
        where_time_went(row) or NONE,
    )


def steps(log: TrainingLog) -> str:
    """How many were taken, and of how many where fewer."""
    taken = figures.plural(log.done, "step")
    return taken if log.done == log.steps else f"{taken} of {log.steps:,}"


def best(log: TrainingLog) -> str:
    """The validation whose weights were kept, and when it was; nothing where there was none."""
    found = next((point for point in log.validations if point.step == log.best_step), None)
    if found is None:
        return ""
    return f"{metric_name(log)} {validation(log, found.value)} after step {found.step:,}"


def metric_name(log: TrainingLog) -> str:
    """What validations measured."""
    return _METRICS[log.metric]


def validation(log: TrainingLog, value: float) -> str:
    """What one found, with its unit."""
    return f"{value:.1f} %" if log.metric in ("accuracy", "macro_f1") else number(value)


def where_time_went(row: StageRow) -> str:
    """The parts of a training that took time, the longest first."""
    parts = sorted(row.record.seconds.items(), key=lambda part: -part[1]) if row.record else []
    return ", ".join(f"{clean(name)} {duration(seconds)}" for name, seconds in parts if seconds >= 0.05)
