"""Splits of labelled texts: loaded from any source, kept outside memory, labels numbered by the training rows."""

from __future__ import annotations

import itertools
import random
import warnings
from array import array
from collections.abc import Collection, Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from edgekit.agent.inference.tokenizer import TextPair
from edgekit.data.columns import BadRows, Row, find_columns
from edgekit.data.files import Reading, read_rows
from edgekit.data.json_rows import splits_in
from edgekit.data.label_order import in_order, is_nameless, is_number, label_order, places_of, same_value
from edgekit.data.label_values import holds_sets, label_names, number_in, numbers_of, problem_of, sets_of
from edgekit.data.leaks import shared_rows
from edgekit.data.ragged import Texts
from edgekit.data.table import Table, read_table
from edgekit.errors import EdgekitWarning, NoLabelError, UsageError, unknown_name
from edgekit.io.printable import visible_name
from edgekit.io.progress import SILENT, Progress
from edgekit.options.data_options import EMBEDDED, FILE_FORMATS, SPLIT_NAMES, DataSpec
from edgekit.tasks.problem_type import MULTI_LABEL, NUMBER, REGRESSION, SINGLE_LABEL, ProblemType

# what a data set without a name is called in lineage
_NAMELESS = "data"
# of fewer training rows none are carved off for validation
_FEWEST = 20
Numbers = Sequence[int] | NDArray[Any]


@dataclass(frozen=True, eq=False)
class Split:
    """Rows of one split: texts, their pairs or None, and labels.

    labels: numbers into `Data.labels` [rows]; of multi-label data ones and zeros [rows, labels]; of a regression
            numbers [rows]
    Loaded rows lie in a temporary file, and their labels in an int32 array; made by hand, lists will do.
    """

    texts: Sequence[str]
    pairs: Sequence[str] | None
    labels: Numbers

    def __len__(self) -> int:
        return len(self.texts)

    def pairs_of_text(self) -> PairsOfText:
        """Each text with its pair, or with None."""
        return PairsOfText(self.texts, self.pairs)

    def take(self, indices: Sequence[int]) -> Split:
        """The rows at these indices."""
        return Split(
            _at(self.texts, indices),
            None if self.pairs is None else _at(self.pairs, indices),
            np.asarray(self.labels)[np.asarray(indices, dtype=np.int64)],
        )


class PairsOfText(Sequence[TextPair]):
    """Texts with their pairs, put together as they are asked for."""

    def __init__(self, texts: Sequence[str], pairs: Sequence[str] | None) -> None:
        self._texts = texts
        self._pairs = pairs

    def __len__(self) -> int:
        return len(self._texts)

    def __iter__(self) -> Iterator[TextPair]:
        return zip(self._texts, self._pairs if self._pairs is not None else itertools.repeat(None), strict=False)

    @overload
    def __getitem__(self, index: int) -> TextPair: ...
    @overload
    def __getitem__(self, index: slice) -> list[TextPair]: ...
    def __getitem__(self, index: int | slice) -> TextPair | list[TextPair]:
        if isinstance(index, slice):
            return list(PairsOfText(self._texts[index], self._pairs[index] if self._pairs is not None else None))
        return self._texts[index], self._pairs[index] if self._pairs is not None else None


@dataclass(frozen=True)
class Data:
    """A labelled data set. A split that was not given has no rows; one without labels says so when it is asked for.

    columns: what was read from which column (`data.columns.Columns`);   shared: as of `Unnumbered`
    """

    name: str
    labels: tuple[str, ...]
    train: Split
    validation: Split
    test: Split
    sha256: dict[str, str] = field(default_factory=dict)
    unlabelled: dict[str, NoLabelError] = field(default_factory=dict)
    problem_type: ProblemType = SINGLE_LABEL
    columns: dict[str, str | None] = field(default_factory=dict)
    shared: dict[str, NDArray[np.bool_]] = field(default_factory=dict)

    @property
    def has_pairs(self) -> bool:
        """Whether any rows are pairs of texts."""
        return any(split.pairs is not None for split in (self.train, self.validation, self.test))

    def split(self, name: str) -> Split:
        """The split of this name, or `UsageError` if it has no rows, or rows without labels."""
        found: Split = getattr(self, name)
        if name in self.unlabelled:
            raise self.unlabelled[name]
        called = "the data" if self.name == _NAMELESS else f"data {self.name}"
        if not len(found) and not len(self.train) and not len(self.validation):
            raise UsageError(
                f"{called} is one file, taken as test rows: it has no {name} rows",
                advice="give --train FILE and --test FILE, or a folder that holds both",
            )
        if not len(found):
            few = f": from its {len(self.train)} training rows none are carved off, as there are under {_FEWEST}"
            raise UsageError(
                f"{called} has no {name} rows{few if name == 'validation' and len(self.train) else ''}",
                advice=f"give them: --{name} FILE, or data.{name} in a recipe",
            )
        return found


@dataclass(frozen=True, eq=False)
class Unnumbered:
    """A data set that was read, whose labels have no numbers yet.

    labelling: the rows whose labels are all there are, unless a model says which; None without labelled rows
    shared:    of each split beside the training rows, which of its rows are training rows too [rows]
    """

    name: str
    tables: dict[str, Table]
    unlabelled: dict[str, NoLabelError]
    labelling: Table | None
    shared: dict[str, NDArray[np.bool_]] = field(default_factory=dict)

    def numbered(
        self, labels: Sequence[str] | None = None, problem_type: ProblemType | None = None, *, model: str = "the model"
    ) -> Data:
        """The data set with its labels numbered as in `labels`, else by the training rows; raises as `load_data`.

        problem_type: what the rows are read as. Default: single labels where labels are given, else what they are
        model:        whose labels they are, in errors
        """
        if problem_type is None:
            problem_type = SINGLE_LABEL if labels is not None else self._own_problem()
        source = self.labelling
        found = self._all_labels()
        known = tuple(labels) if labels is not None else _labels_of(source, self.unlabelled, problem_type, found)
        meant = _Meant(known, problem_type, found, model)
        splits = {name: _number(name, table, meant) for name, table in self.tables.items()}
        empty = Split([], None, [])
        return Data(
            name=self.name,
            labels=known,
            train=splits.get("train", empty),
            validation=splits.get("validation", empty),
            test=splits.get("test", empty),
            sha256={name: table.sha256() for name, table in self.tables.items()},
            unlabelled=self.unlabelled,
            problem_type=problem_type,
            columns=source.columns._asdict() if source is not None and source.columns is not None else {},
            shared=self.shared,
        )

    def only(self, split: str) -> Unnumbered:
        """The rows of one split alone, where it has any: the others may have labels that a model does not know."""
        return replace(self, tables={split: self.tables[split]}) if split in self.tables else self

    def numbered_as(
        self, own: Sequence[str], own_type: ProblemType = SINGLE_LABEL, wanted: ProblemType | None = None
    ) -> Data:
        """The data set numbered as the model whose labels are `own` numbers its classes, where they are the same.

        The same names in any order, or numbers for a model that names as many; else numbered by the training rows.
        own_type: what the model is;   wanted: what the rows are to be read as. Default: what both are, else the rows
        """
        if own and wanted in (None, own_type) and self._fits(own, own_type):
            return self.numbered(own, own_type)
        return self.numbered(None, wanted)

    def _fits(self, own: Sequence[str], own_type: ProblemType) -> bool:
        """Whether the rows are such as a model with these labels was made for."""
        if own_type == REGRESSION:
            return all(number_in(label) is not None for label in self._all_labels())
        if own_type == MULTI_LABEL:
            return holds_sets(self._all_labels(), own)
        named = [self.labelling.labels.keys() if self.labelling else set(), self._all_labels()]
        named += [set(map(same_value, labels)) for labels in named]
        return any(label_order(own, in_order(labels)) is not None for labels in named)

    def _own_problem(self) -> ProblemType:
        return problem_of(self._all_labels(), any(table.pointed for table in self.tables.values()))

    def _all_labels(self) -> set[str]:
        return {label for table in self.tables.values() for label in table.labels}


def load_data(
    spec: DataSpec,
    *,
    labels: Sequence[str] | None = None,
    problem_type: ProblemType | None = None,
    progress: Progress = SILENT,
) -> Data:
    """Read all splits that `spec` names.

    `labels` fixes the numbering, as a checkpoint has it; else it follows the training rows, sorted.
    Without validation rows a tenth of the training rows is taken for them, the same tenth for every reader.
    `Data.sha256` is of the rows as they are used. Raises `UsageError` for a label that training never had, and for
    test rows that are the training rows; warns of those that are among them. Other rows than those to train on may
    lack labels until they are asked for.
    """
    return read_data(spec, progress=progress).numbered(labels, problem_type)


def read_data(spec: DataSpec, *, progress: Progress = SILENT) -> Unnumbered:
    """Read all splits that `spec` names, for models that number labels each in its own way.

    Raises `UsageError` for test rows that are the training rows, and for rows that cannot be read.
    """
    if spec.documents is not None:
        raise UsageError("--documents is for the text of language models", advice="leave it out")
    tables, unlabelled = _read(spec, progress)
    shared = shared_rows(tables)
    labelling = tables.get("train") or next(iter(tables.values()), None)
    if "validation" not in tables and "train" in tables and len(tables["train"]) >= _FEWEST:
        tables["train"], tables["validation"] = _carve(tables["train"])
        without = unlabelled.pop("validation", None)
        if without:
            warnings.warn(
                f"the validation rows are left out, as they have no labels ({without.message}): a tenth of the "
                "training rows is taken for them",
                EdgekitWarning,
                stacklevel=2,
            )
    return Unnumbered(spec.name or _NAMELESS, tables, unlabelled, labelling, shared)


def _read(spec: DataSpec, progress: Progress) -> tuple[dict[str, Table], dict[str, NoLabelError]]:
    """The splits with labels, and why those that have none have none."""
    tables = {}
    unlabelled = {}
    for name, (place, rows, bad) in _sources(spec, progress).items():
        try:
            columns_of = partial(find_columns, place, spec=spec)
            tables[name] = read_table(place, rows, columns_of, bad, spec.label_names or ())
        except NoLabelError as error:
            if name == "train":
                raise
            unlabelled[name] = error
    return tables, unlabelled


def _sources(spec: DataSpec, progress: Progress) -> dict[str, tuple[str, Generator[Row], BadRows]]:
    """For each split its name in errors, its rows, and what becomes of bad ones."""
    if spec.embedded:
        return {split: (split, _embedded(spec, split), BadRows()) for split in SPLIT_NAMES}
    if spec.hub:
        from edgekit.data.hub import hub_rows, hub_splits

        found = hub_splits(spec.hub, progress)
        return {
            split: (f"{spec.hub}, {split}", hub_rows(spec.hub, split, rows, progress), BadRows(spec.skip_bad_rows))
            for split, rows in found.items()
        }
    sources = {}
    for split, path in _files(spec).items():
        bad = BadRows(spec.skip_bad_rows)
        how = Reading(spec.format, spec.columns, spec.separator, spec.encoding, split)
        sources[split] = (str(path), read_rows(path, how, bad=bad, progress=progress), bad)
    return sources


def _files(spec: DataSpec) -> dict[str, Path]:
    """The file of each split; a JSON file that is given alone and holds several splits is that of each."""
    files = {split: path for split in SPLIT_NAMES if (path := getattr(spec, split)) is not None}
    (first, *others) = files.values()
    if not others and first.is_file() and (spec.format or FILE_FORMATS.get(first.suffix.lower())) == "json":
        return dict.fromkeys(splits_in(first, spec.encoding), first) or files
    return files


def _embedded(spec: DataSpec, split: Any) -> Generator[Row]:
    from edgekit.data.smart_home import generate

    if spec.name != EMBEDDED:
        raise unknown_name("data set", str(spec.name), [EMBEDDED])
    return (
        (f"{EMBEDDED}, row {number}", {"text": row.text, "label": row.label})
        for number, row in enumerate(generate(split), start=1)
    )


def _labels_of(
    source: Table | None, unlabelled: dict[str, NoLabelError], problem_type: ProblemType, others: Collection[str]
) -> tuple[str, ...]:
    if source is None:
        raise next(iter(unlabelled.values()))
    if problem_type == REGRESSION:
        return (NUMBER,)
    if problem_type == MULTI_LABEL:
        names = label_names(source.labels, others)
        if not names:
            raise UsageError("no row has any label", advice="a classifier needs rows with labels")
        return names
    numbers = all(map(is_number, source.labels))
    found = in_order(set(map(same_value, source.labels)) if numbers else source.labels)
    if len(found) < 2:
        raise UsageError(f"the data has one label only: {found[0]!r}", advice="a classifier needs two or more")
    return tuple(found)


class _Meant(NamedTuple):
    """As what rows are numbered. others: the labels of all splits;   model: whose `labels` they are, in errors"""

    labels: tuple[str, ...]
    problem_type: ProblemType
    others: Collection[str]
    model: str


def _number(name: str, table: Table, meant: _Meant) -> Split:
    """A split with its labels as they are meant."""
    labels, problem_type, others, model = meant
    if not labels:
        raise UsageError("the checkpoint has no labels", advice="fine-tune it first: edgekit finetune MODEL")
    if problem_type == REGRESSION:
        return Split(table.texts, table.pairs, numbers_of(name, table.labels)[table.codes])
    if problem_type == MULTI_LABEL:
        return Split(table.texts, table.pairs, sets_of(name, table.labels, labels, others)[table.codes])
    places = places_of(labels, table.labels)
    if places is None and len(table.classes) == len(labels) and is_nameless(labels):
        # the file has names for what the model only numbers
        places = {label: table.classes.index(label) for label in table.labels}
    if places is None:
        alone = sorted(label for label in table.labels if places_of(labels, [label]) is None)
        unknown = alone or sorted(table.labels.keys() - set(labels))
        shown = ", ".join(f"{label!r} ({table.labels[label]})" for label in unknown[:5])
        raise UsageError(
            f"the {name} rows have labels that {model} was not trained on: {shown}",
            advice=f"it knows {', '.join(map(visible_name, labels[:12]))}{', ...' if len(labels) > 12 else ''}",
        )
    order = np.array([places[label] for label in table.labels], dtype=np.int32)
    return Split(table.texts, table.pairs, order[table.codes])


def without_validation(train: Table) -> Table:
    """The training rows but for those that are carved off for validation where no others are given."""
    return _carve(train)[0] if len(train) >= _FEWEST else train


def _carve(train: Table) -> tuple[Table, Table]:
    """Split off a tenth of the training rows for validation: by one seed, that all who read the file agree."""
    order = array("q", range(len(train)))
    random.Random(0).shuffle(order)
    indices = np.frombuffer(order, dtype=np.int64)
    cut = len(indices) // 10
    return train.take(np.sort(indices[cut:])), train.take(np.sort(indices[:cut]))


def _at(values: Sequence[str], indices: Sequence[int]) -> Sequence[str]:
    return values.take(indices) if isinstance(values, Texts) else [values[index] for index in indices]
