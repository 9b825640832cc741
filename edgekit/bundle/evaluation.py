"""Evaluations of a model on rows or on text: figures with 95 % intervals, checked whenever a record is read."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Annotated, Protocol, Self

import pydantic

from edgekit.errors import quoted
from edgekit.options.stage_options import SplitName
from edgekit.schema.base_model import Strict
from edgekit.schema.measurement import Count0, Count1, NonNegative, Number, Positive

Percent = Annotated[float, pydantic.Field(strict=True, ge=0, le=100)]
Correlation = Annotated[float, pydantic.Field(strict=True, ge=-1, le=1)]
Probability = Annotated[float, pydantic.Field(strict=True, ge=0, le=1)]
# what a figure may be off from the counts that it follows from, relative to itself
_CLOSE = 1e-6
# beyond this many nats a float is infinite
_MOST_NATS = 700.0


class ClassScore(Strict):
    """One class of a classifier, in %.

    rows, predicted:  rows that have the label, and rows that were given it
    precision, recall, f1: None where a figure divides by nothing: the precision of a label that was never predicted,
                      the recall of one that has no rows, the F1 of one that has neither
    low, high, doubt: the 95 % interval of F1, and why it tells nothing, where it does not
    """

    label: str
    rows: Count0
    predicted: Count0
    precision: Percent | None
    recall: Percent | None
    f1: Percent | None
    low: Percent | None
    high: Percent | None
    doubt: str = ""

    @pydantic.model_validator(mode="after")
    def _is_possible(self) -> Self:
        missing = [name for name in ("f1", "low", "high") if getattr(self, name) is None]
        if missing and (self.rows or self.predicted or len(missing) < 3):
            raise ValueError(f"class {quoted(self.label)}: {missing[0]} is missing")
        if self.f1 is not None and self.low is not None and self.high is not None:
            check_inside(f"F1 of class {quoted(self.label)}", self.f1, self.low, self.high)
        return self


class Drop(Strict):
    """Points of accuracy lost against a baseline on the same rows, with a paired 95 % interval.

    baseline:          what it was called
    baseline_sha256:   what it was: the content hash of a checkpoint, as lineages record it, or of a bundle
    low, high:         Newcombe's interval of `points`, which a budget is checked against
    lost, gained:      rows that the baseline alone, and that the model alone, has right
    p_value:           McNemar's exact test on these two
    bootstrap_*:       the bootstrap interval of `points`
    macro_f1_*:        points of macro-F1 lost, with their interval
    unchanged_*:       % of the rows that have the label which the baseline gives them, with its interval
    """

    baseline: str
    baseline_sha256: str
    baseline_accuracy: Percent
    points: Number
    low: Number
    high: Number
    lost: Count0
    gained: Count0
    p_value: Probability
    bootstrap_low: Number
    bootstrap_high: Number
    macro_f1_points: Number
    macro_f1_low: Number
    macro_f1_high: Number
    unchanged_pct: Percent
    unchanged_low: Percent
    unchanged_high: Percent

    @pydantic.model_validator(mode="after")
    def _intervals_hold_their_figures(self) -> Self:
        check_inside("points", self.points, self.low, self.high)
        check_inside("points, by the bootstrap", self.points, self.bootstrap_low, self.bootstrap_high)
        check_inside("macro_f1_points", self.macro_f1_points, self.macro_f1_low, self.macro_f1_high)
        check_inside("unchanged_pct", self.unchanged_pct, self.unchanged_low, self.unchanged_high)
        return self


class Accuracy(Strict):
    """Accuracy in % on the rows of a split of named data, through the model's own tokenizer and file.

    data:           name of the data set and of its split, as `smart-home/test`
    data_sha256:    of the rows, as lineages record it (`data.test`)
    content_hash:   of the bundle that was evaluated; None for a checkpoint
    truncated:      rows that had more tokens than the model takes, and were cut by the tokenizer
    training_rows:  rows of the split that are known to be rows which the model was trained on
    left_out:       of these, how many no figure counts; `rows` are the others
    bag_of_words:   accuracy in % of a bag of words on the same rows; None where the training rows were not given
    low, high:      the 95 % interval; those of macro-F1 (%) and of Matthews' correlation (-1 to 1) stand beside them
    macro_f1_doubt: why macro-F1 cannot be told from these rows: which classes have too few; empty where it can
    classes:        every label of the model, in its order; none of a package, which keeps no figures by label
    """

    data: str
    split: SplitName
    data_sha256: str
    content_hash: str | None
    rows: Count1
    truncated: Count0
    training_rows: Count0 = 0
    left_out: Count0 = 0
    bag_of_words: Percent | None = None
    accuracy: Percent
    low: Percent
    high: Percent
    macro_f1: Percent
    macro_f1_low: Percent
    macro_f1_high: Percent
    macro_f1_doubt: str = ""
    mcc: Correlation
    mcc_low: Correlation
    mcc_high: Correlation
    classes: tuple[ClassScore, ...]
    runtime: str
    drops: tuple[Drop, ...] = ()

    @pydantic.model_validator(mode="after")
    def _intervals_hold_their_figures(self) -> Self:
        check_inside("accuracy", self.accuracy, self.low, self.high)
        check_inside("macro_f1", self.macro_f1, self.macro_f1_low, self.macro_f1_high)
        check_inside("mcc", self.mcc, self.mcc_low, self.mcc_high)
        return self

    @pydantic.model_validator(mode="after")
    def _rows_are_counted_once(self) -> Self:
        check_classes(self.classes, self.data, self.split)
        for name in ("rows", "predicted"):
            counted = sum(getattr(score, name) for score in self.classes)
            if self.classes and counted != self.rows:
                raise ValueError(f"classes: their {name} add up to {counted}, and {self.rows} rows were evaluated")
        if len({score.label for score in self.classes}) < len(self.classes):
            raise ValueError("classes: a label comes twice")
        return self

    @pydantic.model_validator(mode="after")
    def _is_of_its_rows(self) -> Self:
        check_rows(self)
        if len({drop.baseline for drop in self.drops}) < len(self.drops):
            raise ValueError("drops: a baseline comes twice")
        if any(drop.lost + drop.gained > self.rows for drop in self.drops):
            raise ValueError(f"drops: more than {self.rows} rows were lost and gained")
        return self

    @property
    def subject(self) -> tuple[object, ...]:
        """The rows; a manifest keeps one evaluation of each subject."""
        return self.split, self.data_sha256

    def with_comparisons_of(self, earlier: Iterable[Self]) -> Self:
        """This one with what earlier ones on the same rows lost against baselines that it was not compared with.

        That is kept if the same runtime got as many rows right; each drop says which model its baseline was, so that a
        name that has come to mean another model misleads nobody. How many of the rows are training rows is kept too.
        """
        earlier = tuple(earlier)
        figures = (self.runtime, self.accuracy, self.left_out)
        same = [known for known in earlier if (known.runtime, known.accuracy, known.left_out) == figures]
        drops = {drop.baseline: drop for known in (*same, self) for drop in known.drops}
        seen = max(known.training_rows for known in (*earlier, self))
        return self.model_copy(update={"drops": tuple(drops.values()), "training_rows": seen})

    def redacted(self, content_hash: str) -> Self:
        """The figures of all rows, for the packaged bundle of this hash: no name of data, no baseline, no label."""
        doubt = unnamed_doubt(self.macro_f1_doubt)
        update = {"data": unnamed(self.split), "content_hash": content_hash, "drops": ()}
        return self.model_copy(update={**update, "classes": (), "macro_f1_doubt": doubt})


class Increase(Strict):
    """By how many % the perplexity of a token is above a baseline's on the same windows, with a paired 95 % interval.

    baseline_sha256: content hash of the checkpoint or the bundle that the name stood for
    low, high:       None where no interval can be told, as from a text of too few windows
    """

    baseline: str
    baseline_sha256: str
    baseline_perplexity: Positive
    pct: Annotated[float, pydantic.Field(strict=True, ge=-100)]
    low: Number | None
    high: Number | None

    @pydantic.model_validator(mode="after")
    def _interval_holds_its_figure(self) -> Self:
        check_inside("pct", self.pct, self.low, self.high)
        return self


class Perplexity(Strict):
    """How well a decoder predicts a text: perplexity of a token, and bits for each byte of it in UTF-8.

    data, data_sha256: name and hash of the text as it was read, which is that of a split
    content_hash:      of the bundle that was evaluated; None for a checkpoint
    tokens:            tokens that were predicted, of `documents` documents with `bytes` bytes together
    context, stride:   the most tokens that one window holds, and by how many it moves on
    nats:              the sum of -ln p over the tokens: perplexity is exp(nats / tokens), bits per byte are
                       nats / ln 2 / bytes
    low, high:         95 % intervals; None where none can be told, as from a text of too few windows
    """

    data: str
    split: SplitName
    data_sha256: str
    content_hash: str | None
    documents: Count1
    tokens: Count1
    bytes: Count1
    context: Count1
    stride: Count1
    nats: NonNegative
    perplexity: Positive
    low: Positive | None
    high: Positive | None
    bits_per_byte: NonNegative
    bits_per_byte_low: NonNegative | None
    bits_per_byte_high: NonNegative | None
    runtime: str
    increases: tuple[Increase, ...] = ()

    @pydantic.model_validator(mode="after")
    def _intervals_hold_their_figures(self) -> Self:
        check_inside("perplexity", self.perplexity, self.low, self.high)
        check_inside("bits_per_byte", self.bits_per_byte, self.bits_per_byte_low, self.bits_per_byte_high)
        return self

    @pydantic.model_validator(mode="after")
    def _figures_follow_from_the_counts(self) -> Self:
        of_token = min(self.nats / self.tokens, _MOST_NATS)
        if not math.isclose(self.perplexity, math.exp(of_token), rel_tol=_CLOSE):
            raise ValueError("perplexity does not follow from nats and tokens")
        bits = of_token * self.tokens / math.log(2) / self.bytes
        if not math.isclose(self.bits_per_byte, bits, rel_tol=_CLOSE, abs_tol=_CLOSE):
            raise ValueError("bits_per_byte does not follow from nats and bytes")
        return self

    @property
    def subject(self) -> tuple[object, ...]:
        """The text and its windows; a manifest keeps one evaluation of each subject."""
        return self.split, self.data_sha256, self.context, self.stride

    def with_comparisons_of(self, earlier: Iterable[Self]) -> Self:
        """This one with what earlier ones of the same runtime lost against baselines that it was not compared with."""
        same = [known for known in earlier if known.runtime == self.runtime]
        increases = {found.baseline: found for known in (*same, self) for found in known.increases}
        return self.model_copy(update={"increases": tuple(increases.values())})

    def redacted(self, content_hash: str) -> Self:
        """The figures alone, for the packaged bundle of this hash: no names of data or of baselines."""
        return self.model_copy(update={"data": unnamed(self.split), "content_hash": content_hash, "increases": ()})


def unnamed(split: SplitName) -> str:
    """A split of data whose name is nobody's business."""
    return f"data/{split}"


def unnamed_doubt(doubt: str) -> str:
    """Why a figure cannot be told, without the labels that it fails for."""
    return "too few rows of some labels" if doubt else ""


def check_classes(classes: tuple[ClassScore, ...], data: str, split: SplitName) -> None:
    """Raise `ValueError` for an evaluation without figures by label, which a package alone leaves out."""
    if not classes and data != unnamed(split):
        raise ValueError("classes: there are figures of no label")


class OfRows(Protocol):
    """A record of an evaluation on labelled rows; see `Accuracy`."""

    data: str
    split: SplitName
    rows: int
    truncated: int
    training_rows: int
    left_out: int


def check_rows(record: OfRows) -> None:
    """Raise `ValueError` for data of another split, and for counts of rows that cannot be."""
    if not record.data.endswith(f"/{record.split}"):
        raise ValueError(f"data: {quoted(record.data)} does not end with its split, {record.split}")
    if record.truncated > record.rows:
        raise ValueError(f"truncated: {record.truncated} of {record.rows} rows were cut")
    if not record.left_out <= record.training_rows <= record.rows + record.left_out:
        raise ValueError(f"training_rows: {record.training_rows}, of which {record.left_out} were left out")


def check_inside(name: str, value: float, low: float | None, high: float | None) -> None:
    """Raise `ValueError` for a figure outside its own interval, or for half an interval."""
    if low is None or high is None:
        if low is not high:
            raise ValueError(f"{name}: its interval has one end only")
        return
    if not low <= value <= high:
        raise ValueError(f"{name}: {value:g} lies outside its own interval, {low:g} to {high:g}")
