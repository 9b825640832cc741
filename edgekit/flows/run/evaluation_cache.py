"""Evaluations, accuracies and perplexities, kept in a run's folder, so that the next call need not repeat them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypeVar

from edgekit.agent.inference.content_hash import SEAL, is_whole, seal_of
from edgekit.bundle.evaluation import Accuracy, Perplexity
from edgekit.errors import UsageError
from edgekit.flows.evaluate.accuracy import Evaluation
from edgekit.io.atomic import write_text
from edgekit.schema.base_model import Strict, read_mapping


class _Kept(Strict):
    """What lies on disk under the key of everything that it depends on."""

    key: str


class _KeptEvaluation(_Kept):
    """The evaluation of a classifier."""

    accuracy: Accuracy
    labels: tuple[str, ...]
    expected: tuple[int, ...]
    predicted: tuple[int, ...]
    sha256: str


class _KeptPerplexity(_Kept):
    """The evaluation of a language model."""

    perplexity: Perplexity


_AnyKept = TypeVar("_AnyKept", bound=_Kept)


def keep_evaluation(folder: Path, name: str, key: str, evaluation: Evaluation) -> None:
    """Write an evaluation under its key."""
    cached = _KeptEvaluation(
        key=key,
        accuracy=evaluation.accuracy,
        labels=evaluation.labels,
        expected=tuple(evaluation.expected),
        predicted=tuple(evaluation.predicted),
        sha256=evaluation.sha256,
    )
    _write(folder, name, cached)


def keep_perplexity(folder: Path, name: str, key: str, perplexity: Perplexity) -> None:
    """Write a perplexity under its key."""
    _write(folder, name, _KeptPerplexity(key=key, perplexity=perplexity))


def cached_evaluation(folder: Path, name: str, key: str) -> Evaluation | None:
    """The evaluation of this name, if it was kept under this key."""
    cached = _read(folder, name, key, _KeptEvaluation)
    if cached is None:
        return None
    return Evaluation(cached.accuracy, cached.labels, list(cached.expected), list(cached.predicted), cached.sha256)


def cached_perplexity(folder: Path, name: str, key: str) -> Perplexity | None:
    """The perplexity of this name, if it was kept under this key."""
    cached = _read(folder, name, key, _KeptPerplexity)
    return None if cached is None else cached.perplexity


def _write(folder: Path, name: str, cached: _Kept) -> None:
    """Write what is kept, with a hash of it: what it says goes into the manifest of a bundle."""
    value = {"evaluation": cached.model_dump(mode="json")}
    write_text(_path(folder, name), json.dumps(value | {SEAL: seal_of(value)}, ensure_ascii=False) + "\n")


def _read(folder: Path, name: str, key: str, kind: type[_AnyKept]) -> _AnyKept | None:
    """What was kept under this key; what cannot be read, or was changed since, was never kept."""
    path = _path(folder, name)
    if not path.is_file():
        return None
    try:
        value = read_mapping(path)
        cached = kind.parse(value.get("evaluation"), str(path))
    except UsageError:
        return None
    return cached if cached.key == key and is_whole(value) else None


def _path(folder: Path, name: str) -> Path:
    return folder / "evaluations" / f"{name}.json"
