"""Evaluations kept in a run's folder, so that the next call need not repeat them."""

from __future__ import annotations

from pathlib import Path

from edgekit.flows.evaluate import Evaluation
from edgekit.spec.atomic import write_text
from edgekit.spec.errors import UsageError
from edgekit.spec.manifest import Accuracy
from edgekit.spec.strict import Strict


class _Kept(Strict):
    """An evaluation as it lies on disk."""

    key: str
    accuracy: Accuracy
    labels: tuple[str, ...]
    expected: tuple[int, ...]
    predicted: tuple[int, ...]
    sha256: str | None = None


def keep_evaluation(folder: Path, name: str, key: str, evaluation: Evaluation) -> None:
    """Write an evaluation under the key of everything that it depends on."""
    kept = _Kept(
        key=key,
        accuracy=evaluation.accuracy,
        labels=evaluation.labels,
        expected=tuple(evaluation.expected),
        predicted=tuple(evaluation.predicted),
        sha256=evaluation.sha256,
    )
    write_text(_path(folder, name), kept.model_dump_json() + "\n")


def kept_evaluation(folder: Path, name: str, key: str) -> Evaluation | None:
    """The evaluation of this name, if it was kept under this key; one that cannot be read was never kept."""
    path = _path(folder, name)
    if not path.is_file():
        return None
    try:
        kept = _Kept.read(path)
    except UsageError:
        return None
    # without the hash of the model, what is compared with it would not say what it was compared with
    if kept.key != key or kept.sha256 is None:
        return None
    return Evaluation(kept.accuracy, kept.labels, list(kept.expected), list(kept.predicted), kept.sha256)


def _path(folder: Path, name: str) -> Path:
    return folder / "evaluations" / f"{name}.json"
