"""Evaluations kept in a run's folder, so that the next call need not repeat them."""

from __future__ import annotations

import json
from pathlib import Path

from edgekit.flows.evaluate import Evaluation
from edgekit.spec.atomic import write_text
from edgekit.spec.manifest import Accuracy


def keep_evaluation(folder: Path, name: str, key: str, evaluation: Evaluation) -> None:
    """Write an evaluation under the key of everything that it depends on."""
    value = {
        "key": key,
        "accuracy": evaluation.accuracy.model_dump(mode="json"),
        "labels": evaluation.labels,
        "expected": evaluation.expected,
        "predicted": evaluation.predicted,
    }
    write_text(_path(folder, name), json.dumps(value, ensure_ascii=False) + "\n")


def kept_evaluation(folder: Path, name: str, key: str) -> Evaluation | None:
    """The evaluation of this name, if it was kept under this key."""
    path = _path(folder, name)
    if not path.is_file():
        return None
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return None
    if value.get("key") != key:
        return None
    accuracy = Accuracy.parse(value["accuracy"], str(path))
    return Evaluation(accuracy, tuple(value["labels"]), value["expected"], value["predicted"])


def _path(folder: Path, name: str) -> Path:
    return folder / "evaluations" / f"{name}.json"
