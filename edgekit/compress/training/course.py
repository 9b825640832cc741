"""The course of a training, from what the trainer wrote down of it; an interrupted one has all of it."""

from __future__ import annotations

from typing import Any

from edgekit.bundle.training_record import LossPoint, TokenLengths, TrainingLog, ValidationPoint
from edgekit.compress.training.callbacks import LOSS
from edgekit.compress.training.training_job import ValidationMetric

_OF_VALIDATION = "eval_"


def training_log(state: Any, metric: ValidationMetric, tokens: TokenLengths, steps: int) -> TrainingLog:
    """What a `TrainerState` says of the course."""
    looked_at = f"{_OF_VALIDATION}{metric.name}"
    return TrainingLog(
        metric=metric.called,
        steps=steps,
        done=state.global_step,
        best_step=state.best_global_step or 0,
        tokens=tokens,
        losses=tuple(
            LossPoint(step=entry["step"], loss=entry[LOSS], rows_per_s=entry["rows_per_s"])
            for entry in state.log_history
            if LOSS in entry
        ),
        validations=tuple(
            ValidationPoint(step=entry["step"], value=metric.shown(entry[looked_at]))
            for entry in state.log_history
            if looked_at in entry
        ),
    )


def best_figures(state: Any) -> dict[str, Any]:
    """What validation found of the weights that were kept, by its names."""
    entries = [entry for entry in state.log_history if f"{_OF_VALIDATION}loss" in entry]
    best = next((entry for entry in entries if entry["step"] == state.best_global_step), entries[-1])
    return {key.removeprefix(_OF_VALIDATION): value for key, value in best.items() if key.startswith(_OF_VALIDATION)}
