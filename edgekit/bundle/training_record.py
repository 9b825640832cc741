"""How a training went: its data as they were understood, the course of loss and validations, and where time went."""

from __future__ import annotations

from typing import Annotated, Literal

import pydantic

from edgekit.schema.base_model import Strict
from edgekit.schema.measurement import Count0, Count1, NonNegative


class SplitFacts(Strict):
    """One split of the data.

    rows:         rows with labels; of text its documents
    labels:       rows that have each label, the most frequent first; nothing for a regression, or for text
    shared:       rows that are training rows too
    bytes:        of text, in UTF-8;   document: what one is, in words
    """

    rows: Count0
    labels: dict[str, Count0] = pydantic.Field(default_factory=dict)
    shared: Count0 = 0
    bytes: Count0 | None = None
    document: str | None = None


class TokenLengths(Strict):
    """Tokens of a training row, special ones included, before it was cut.

    max_length: tokens of which no more are read;   truncated: rows that have more
    Text of a language model is cut into blocks, each `max_length` long: nothing is lost.
    """

    rows: Count1
    p50: NonNegative
    p95: NonNegative
    longest: Count0
    max_length: Count1
    truncated: Count0


class DataFacts(Strict):
    """What was understood of the data.

    columns: what was taken from which column: `text`, `text_pair`, `label`; nothing where a file has no columns
    """

    name: str
    columns: dict[str, str] = pydantic.Field(default_factory=dict)
    splits: dict[str, SplitFacts]


class LossPoint(Strict):
    """The mean training loss of the steps since the point before, and rows a second."""

    step: Count1
    loss: float
    rows_per_s: NonNegative


class ValidationPoint(Strict):
    """What a validation found after `step`, in the unit of `TrainingLog.metric`."""

    step: Count1
    value: float


class TrainingLog(Strict):
    """The course of a training.

    metric:          what the best weights were chosen by; all but `accuracy` (%) and `macro_f1` (%) are better small
    steps:           planned;   done: taken, which are fewer where patience ended it
    best_step:       after which the weights are that were kept
    bag_of_words:    accuracy in % of a bag of words on the validation rows, where a classifier was fine-tuned
    never_predicted: labels with validation rows that those weights give none of
    """

    metric: Literal["accuracy", "macro_f1", "cross_entropy", "mae", "perplexity"]
    steps: Count1
    done: Count0
    best_step: Count0
    tokens: TokenLengths | None = None
    losses: tuple[LossPoint, ...] = ()
    validations: tuple[ValidationPoint, ...] = ()
    bag_of_words: Annotated[float, pydantic.Field(ge=0, le=100)] | None = None
    never_predicted: tuple[str, ...] = ()

    @property
    def better(self) -> Literal["higher", "lower"]:
        """Which of two values is the better one."""
        return "higher" if self.metric in ("accuracy", "macro_f1") else "lower"


class VocabularyCut(Strict):
    """What trimming a vocabulary did to the texts that it was counted on.

    before, after:  tokens in it
    tokens_covered: % of the texts' tokens, special ones left out, that are still there
    texts_covered:  % of the texts whose tokens are all still there
    same_ids:       how many of these give the same tokens as before, renumbered: all of them, or trimming fails
    *_length:       tokens of a text, special ones included, before and after
    bytes_saved:    of the token embedding, of a head of its own beside it, and of `tokenizer.json`
    """

    before: pydantic.PositiveInt
    after: pydantic.PositiveInt
    texts: pydantic.PositiveInt
    tokens_covered: float = pydantic.Field(ge=0, le=100)
    texts_covered: float = pydantic.Field(ge=0, le=100)
    same_ids: pydantic.NonNegativeInt
    mean_length: tuple[float, float]
    p95_length: tuple[float, float]
    bytes_saved: int


class TrainingRecord(Strict):
    """A training stage as it went.

    seconds: of each part, `training` and `tokenizing` among them; `other` is what no part counts, as loading and
             saving;   hints: what a person should know, a sentence each
    """

    data: DataFacts | None = None
    training: TrainingLog | None = None
    seconds: dict[str, Annotated[float, pydantic.Field(ge=0)]] = pydantic.Field(default_factory=dict)
    hints: tuple[str, ...] = ()
