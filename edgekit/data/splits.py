"""Splits of labelled texts: loaded from the embedded set or from files, labels numbered by the training rows."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from edgekit.data.files import label_in, read_rows, text_in
from edgekit.spec.data_options import EMBEDDED, DataSpec
from edgekit.spec.errors import UsageError, unknown_name
from edgekit.spec.hashing import value_sha256

TEXT_NAMES = ("text", "sentence", "sentence1", "question", "query", "utterance", "review")
PAIR_NAMES = ("text_pair", "sentence2")
LABEL_NAMES = ("label", "labels", "category", "intent", "class")


@dataclass(frozen=True)
class Split:
    """Rows of one split: texts, their pairs or None, and label numbers into `Data.labels`."""

    texts: list[str]
    pairs: list[str] | None
    labels: list[int]

    def __len__(self) -> int:
        return len(self.texts)

    def pairs_of_text(self) -> list[tuple[str, str | None]]:
        """Each text with its pair, or with None."""
        pairs: Sequence[str | None] = self.pairs if self.pairs is not None else [None] * len(self)
        return list(zip(self.texts, pairs, strict=True))

    def take(self, indices: Sequence[int]) -> Split:
        """The rows at these indices."""
        return Split(
            [self.texts[i] for i in indices],
            None if self.pairs is None else [self.pairs[i] for i in indices],
            [self.labels[i] for i in indices],
        )


@dataclass(frozen=True)
class Data:
    """A labelled data set. A split that was not given has no rows."""

    name: str
    labels: tuple[str, ...]
    train: Split
    validation: Split
    test: Split
    sha256: dict[str, str] = field(default_factory=dict)

    def split(self, name: str) -> Split:
        """The split of this name, or `UsageError` if it has no rows."""
        found: Split = getattr(self, name)
        if not len(found) and not len(self.train) and not len(self.validation):
            raise UsageError(
                f"data {self.name} is one file, taken as test rows: it has no {name} rows",
                advice="give --train FILE and --test FILE, or a folder that holds both",
            )
        if not len(found):
            raise UsageError(f"data {self.name} has no {name} rows", advice=f"give them: data.{name}=FILE")
        return found


@dataclass(frozen=True)
class _Raw:
    texts: list[str]
    pairs: list[str] | None
    labels: list[str]


def load_data(spec: DataSpec, *, labels: Sequence[str] | None = None) -> Data:
    """Read all splits that `spec` names.

    `labels` fixes the numbering, as a checkpoint has it; else it follows the training rows, sorted.
    Without validation rows a tenth of the training rows is taken for them, the same tenth for every reader.
    `Data.sha256` is of the rows as they are used. Raises `UsageError` for a label that training never had, and for
    test rows that were trained on.
    """
    raw = _embedded(spec) if spec.embedded else _from_files(spec)
    if "train" in raw and raw["train"] == raw.get("test"):
        raise UsageError(
            "the test rows are the training rows", advice="a model is tested on rows that it was not trained on"
        )
    known = tuple(labels) if labels is not None else _labels_of(raw)
    if "validation" not in raw and "train" in raw and len(raw["train"].texts) >= 20:
        raw["train"], raw["validation"] = _carve(raw["train"])
    splits = {name: _number(name, rows, known) for name, rows in raw.items()}
    empty = Split([], None, [])
    return Data(
        name=spec.name or "data",
        labels=known,
        train=splits.get("train", empty),
        validation=splits.get("validation", empty),
        test=splits.get("test", empty),
        sha256={name: value_sha256([rows.texts, rows.pairs, rows.labels]) for name, rows in raw.items()},
    )


def _embedded(spec: DataSpec) -> dict[str, _Raw]:
    from edgekit.data.smart_home import generate

    if spec.name != EMBEDDED:
        raise unknown_name("data set", str(spec.name), [EMBEDDED])
    raw = {}
    for name in ("train", "validation", "test"):
        rows = generate(name)
        raw[name] = _Raw([row.text for row in rows], None, [row.label for row in rows])
    return raw


def _from_files(spec: DataSpec) -> dict[str, _Raw]:
    paths = {"train": spec.train, "validation": spec.validation, "test": spec.test}
    return {name: _read(path, spec) for name, path in paths.items() if path is not None}


def _read(path: Path, spec: DataSpec) -> _Raw:
    texts: list[str] = []
    pairs: list[str] = []
    labels: list[str] = []
    names: tuple[str, str | None, str] | None = None
    for line, row in read_rows(path):
        names = names or _columns(path, list(row), spec)
        text, pair, label = names
        where = f"{path}, line {line}"
        texts.append(text_in(row, text, where))
        labels.append(label_in(row, label, where))
        if pair is not None:
            pairs.append(text_in(row, pair, where))
    if not texts:
        raise UsageError(f"{path} has no rows")
    return _Raw(texts, pairs or None, labels)


def _columns(path: Path, header: list[str], spec: DataSpec) -> tuple[str, str | None, str]:
    """The names of the text, pair and label columns: as declared, else by their usual names."""
    text = _column(path, header, spec.text, TEXT_NAMES, "text")
    label = _column(path, header, spec.label, LABEL_NAMES, "label")
    pair = spec.text_pair or next((name for name in PAIR_NAMES if name in header), None)
    if pair is not None and pair not in header:
        raise unknown_name(f"column in {path}:", pair, header)
    return text, pair, label


def _column(path: Path, header: list[str], declared: str | None, usual: tuple[str, ...], kind: str) -> str:
    if declared is not None:
        if declared not in header:
            raise unknown_name(f"column in {path}:", declared, header)
        return declared
    for name in usual:
        if name in header:
            return name
    raise UsageError(
        f"{path}: no {kind} column among {', '.join(header)}",
        advice=f"name it: --{kind} COLUMN, or data.{kind} in a recipe",
    )


def _labels_of(raw: dict[str, _Raw]) -> tuple[str, ...]:
    source = raw.get("train") or next(iter(raw.values()))
    found = sorted(set(source.labels))
    if len(found) < 2:
        raise UsageError(f"the data has one label only: {found[0]!r}", advice="a classifier needs two or more")
    return tuple(found)


def _number(name: str, rows: _Raw, labels: tuple[str, ...]) -> Split:
    if not labels:
        raise UsageError("the checkpoint has no labels", advice="fine-tune it first: edgekit finetune MODEL")
    numbers = _positions(rows, labels) or {label: index for index, label in enumerate(labels)}
    unknown = sorted(set(rows.labels) - set(numbers))
    if unknown:
        raise UsageError(
            f"the {name} rows have labels that the model was not trained on: {', '.join(map(repr, unknown[:5]))}",
            advice=f"it knows {', '.join(labels[:12])}{', ...' if len(labels) > 12 else ''}",
        )
    return Split(rows.texts, rows.pairs, [numbers[label] for label in rows.labels])


def _positions(rows: _Raw, labels: tuple[str, ...]) -> dict[str, int]:
    """Labels by position: files that number their classes, read for a model that has names for all of them."""
    positions = {str(index): index for index in range(len(labels))}
    named = not any(re.fullmatch(r"[-+]?\d+(\.\d*)?", label) for label in labels)
    return positions if named and positions.keys() >= set(rows.labels) else {}


def _carve(train: _Raw) -> tuple[_Raw, _Raw]:
    """Split off a tenth of the training rows for validation: by one seed, that all who read the file agree."""
    order = list(range(len(train.texts)))
    random.Random(0).shuffle(order)
    cut = len(order) // 10
    return _take(train, sorted(order[cut:])), _take(train, sorted(order[:cut]))


def _take(rows: _Raw, indices: Sequence[int]) -> _Raw:
    return _Raw(
        [rows.texts[i] for i in indices],
        None if rows.pairs is None else [rows.pairs[i] for i in indices],
        [rows.labels[i] for i in indices],
    )
