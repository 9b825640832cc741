"""Evaluations, accuracies and perplexities, kept in a run's folder, so that the next call need not repeat them."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from edgekit.flows.evaluate import Evaluation
from edgekit.spec.atomic import write_text
from edgekit.spec.errors import UsageError
from edgekit.spec.manifest import Accuracy, Perplexity
from edgekit.spec.strict import Strict


class _Kept(Strict):
    """What lies on disk under the key of everything that it depends on."""

    key: str


class _KeptEvaluation(_Kept):
    """The evaluation of a classifier."""

    accuracy: Accuracy
    labels: tuple[str, ...]
    expected: tuple[int, ...]
    predicted: tuple[int, ...]
    sha256: str | None = None


class _KeptPerplexity(_Kept):
    """The evaluation of a language model."""

    perplexity: Perplexity


_AnyKept = TypeVar("_AnyKept", bound=_Kept)


def keep_evaluation(folder: Path, name: str, key: str, evaluation: Evaluation) -> None:
    """Write an evaluation under its key."""
    kept = _KeptEvaluation(
        key=key,
        accuracy=evaluation.accuracy,
        labels=evaluation.labels,
        expected=tuple(evaluation.expected),
        predicted=tuple(evaluation.predicted),
        sha256=evaluation.sha256,
    )
    write_text(_path(folder, name), kept.model_dump_json() + "\n")


def keep_perplexity(folder: Path, name: str, key: str, perplexity: Perplexity) -> None:
    """Write a perplexity under its key."""
    write_text(_path(folder, name), _KeptPerplexity(key=key, perplexity=perplexity).model_dump_json() + "\n")


def kept_evaluation(folder: Path, name: str, key: str) -> Evaluation | None:
    """The evaluation of this name, if it was kept under this key."""
    kept = _read(folder, name, key, _KeptEvaluation)
    # without the hash of the model, what is compared with it would not say what it was compared with
    if kept is None or kept.sha256 is None:
        return None
    return Evaluation(kept.accuracy, kept.labels, list(kept.expected), list(kept.predicted), kept.sha256)


def kept_perplexity(folder: Path, name: str, key: str) -> Perplexity | None:
    """The perplexity of this name, if it was kept under this key."""
    kept = _read(folder, name, key, _KeptPerplexity)
    if kept is None or any(found.baseline_sha256 is None for found in kept.perplexity.increases):
        return None
    return kept.perplexity


def _read(folder: Path, name: str, key: str, kind: type[_AnyKept]) -> _AnyKept | None:
    """What was kept under this key; what cannot be read was never kept."""
    path = _path(folder, name)
    if not path.is_file():
        return None
    try:
        kept = kind.read(path)
    except UsageError:
        return None
    return kept if kept.key == key else None


def _path(folder: Path, name: str) -> Path:
    return folder / "evaluations" / f"{name}.json"
