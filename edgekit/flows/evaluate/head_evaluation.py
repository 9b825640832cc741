"""Evaluate multi-label models and regressions, checkpoints or bundles, on rows, each through its own tokenizer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edgekit.agent.inference.problem_type import Answer, Head
from edgekit.bundle.bundle_folder import BundleFolder, bundle_or_checkpoint
from edgekit.bundle.head_evaluation import LabelSets, Numbers
from edgekit.data.splits import Unnumbered
from edgekit.devices.base import ConnectedDevice
from edgekit.errors import UsageError
from edgekit.flows.evaluate.answers import Answers, answers_of
from edgekit.io.progress import SILENT, Progress
from edgekit.measure.accuracy.label_sets import set_scores
from edgekit.measure.accuracy.regression import mean_absolute_error, spearman
from edgekit.measure.statistics.estimate import ends
from edgekit.options.data_options import DataSpec
from edgekit.options.model_ref import ModelRef
from edgekit.options.stage_options import EvaluateOptions
from edgekit.tasks.problem_type import MULTI_LABEL, REGRESSION


def not_compared(model: ModelRef | BundleFolder) -> UsageError:
    """The error for a model of sets of labels or of numbers that is to be compared with others."""
    return UsageError(
        f"{model} is no single-label classifier: models of its kind are not compared row by row",
        advice="leave out --against and --changes, and evaluate each model by itself",
    )


def evaluate_head(
    what: str | Path | ModelRef | BundleFolder,
    data: DataSpec | Unnumbered,
    options: EvaluateOptions | None = None,
    *,
    device: str | ConnectedDevice | None = None,
    record: bool = True,
    progress: Progress = SILENT,
) -> LabelSets | Numbers:
    """The figures of a multi-label model or a regression on the rows of a split; arguments as of `evaluate.evaluate`.

    Raises `UsageError` for bad input, rows of another kind, or a single-label model; `DeviceError` when the device
    fails.
    """
    options = options or EvaluateOptions()
    model = bundle_or_checkpoint(what)
    bundle = model if isinstance(model, BundleFolder) else None
    if bundle is not None and record:
        bundle.check_writable()
    found = answers_of(model, data, options, device=device, progress=progress)
    figures = _figures(found, None if bundle is None else found.sha256)
    if bundle is not None and record:
        bundle.record(figures)
    return figures


def _figures(found: Answers, content_hash: str | None) -> LabelSets | Numbers:
    data, split = found.data, found.split
    expected = np.asarray(found.rows.labels)
    common: dict[str, Any] = {
        "data": f"{data.name}/{split}",
        "split": split,
        "data_sha256": data.sha256[split],
        "content_hash": content_hash,
        "rows": len(expected),
        "truncated": found.truncated,
        "training_rows": found.seen.training_rows,
        "left_out": found.seen.left_out,
        "runtime": found.runtime,
    }
    if found.head.problem_type == REGRESSION:
        return Numbers(**common, **_of_numbers(expected, np.array(found.answers, np.float64)))
    if found.head.problem_type == MULTI_LABEL:
        return LabelSets(**common, **_of_sets(found.head, expected, found.answers))
    raise UsageError("a single-label classifier is not evaluated as a multi-label one or a regression")


def _of_numbers(expected: npt.NDArray[np.float64], predicted: npt.NDArray[np.float64]) -> dict[str, Any]:
    if not np.isfinite(predicted).all():
        raise UsageError("the model gives numbers that are none (NaN or infinite): they have no error")
    mae, ranks = mean_absolute_error(expected, predicted), spearman(expected, predicted)
    figures: dict[str, Any] = {
        "mae": mae.value,
        "mae_low": min(mae.low, mae.value),
        "mae_high": max(mae.high, mae.value) if np.isfinite(mae.high) else None,
        "mae_doubt": mae.doubt,
        "rmse": float(np.sqrt(((expected - predicted) ** 2).mean())),
    }
    if isinstance(ranks, str):
        return figures | dict.fromkeys(("spearman", "spearman_low", "spearman_high")) | {"spearman_doubt": ranks}
    low, high = ends(ranks, -1.0, 1.0)
    return figures | {
        "spearman": ranks.value,
        "spearman_low": low,
        "spearman_high": high,
        "spearman_doubt": ranks.doubt,
    }


def _of_sets(head: Head, expected: npt.NDArray[np.float32], answers: Sequence[Answer]) -> dict[str, Any]:
    sets = [set(answer) for answer in answers if isinstance(answer, tuple)]
    found = set_scores(
        head.labels, expected > 0, np.array([[label in held for label in head.labels] for held in sets])
    )
    figures: dict[str, Any] = {"thresholds": head.thresholds, "classes": found.classes}
    for name, figure in (("micro_f1", found.micro_f1), ("macro_f1", found.macro_f1), ("exact", found.exact)):
        low, high = ends(figure, 0.0, 100.0)
        figures |= {name: figure.value, f"{name}_low": low, f"{name}_high": high}
    return figures | {"micro_f1_doubt": found.micro_f1.doubt, "macro_f1_doubt": found.macro_f1.doubt}
