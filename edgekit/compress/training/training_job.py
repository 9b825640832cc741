"""One training as it is handed from a stage down to the loop: the model, its data, how, and where it resumes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeAlias, TypeVar

from edgekit.bundle.training_record import TrainingLog, VocabularyCut
from edgekit.data.splits import Data
from edgekit.data.token_blocks import TextData
from edgekit.data.tokenizer import Tokenizer
from edgekit.io.progress import SILENT, Progress
from edgekit.models.loaded_model import LoadedModel
from edgekit.options.train_options import TrainOptions

if TYPE_CHECKING:
    from torch import Tensor

# tensors [batch, ...] by name: the model's inputs, its labels, and what a teacher answered
Batch: TypeAlias = "dict[str, Tensor]"
# loss(logits [batch, ...], batch) -> scalar
Loss: TypeAlias = "Callable[[Tensor, Batch], Tensor]"
DataT = TypeVar("DataT", bound="Data | TextData", covariant=True)


@dataclass(frozen=True)
class TrainingJob(Generic[DataT]):
    """A model that is trained in place, with its tokenizer, on the train split of `data`.

    learning_rate: the peak of the schedule
    folder:        keeps training checkpoints and a teacher's answers, from which an interrupted job goes on
    title:         what its progress is called
    Processes and devices are those of `distributed`; the precision is `options.bf16`.
    """

    model: LoadedModel
    tokenizer: Tokenizer
    data: DataT
    options: TrainOptions
    learning_rate: float
    folder: Path
    title: str
    progress: Progress = SILENT


@dataclass(frozen=True)
class ValidationMetric:
    """By what the best weights are chosen on the validation rows, whatever the loss of the training is.

    name:   what is looked at: shares of right answers, or `loss`, of which less is better
    loss:   what is computed there
    called: what the value is a person's word for (`TrainingLog.metric`)
    shown:  the value in the unit of that
    note:   such a value in a few words, for the progress
    """

    name: Literal["accuracy", "macro_f1", "loss"]
    loss: Loss
    called: Literal["accuracy", "macro_f1", "cross_entropy", "mae", "perplexity"]
    note: Callable[[float], str]
    shown: Callable[[float], float] = float

    @property
    def counts_answers(self) -> bool:
        """Whether it is computed from answers, and more is better."""
        return self.name != "loss"


@dataclass(frozen=True)
class Objective:
    """What is minimized on the training rows, and what is watched on the validation rows.

    inputs:  the model's own inputs; all else in a batch is for the loss
    collate: rows to a batch of tensors
    """

    loss: Loss
    metric: ValidationMetric
    inputs: tuple[str, ...]
    collate: Callable[[Sequence[dict[str, Any]]], dict[str, Any]]


@dataclass(frozen=True)
class Trained:
    """How a training ended, on `rows` validation rows (of a language model: blocks), in the best epoch.

    Accuracy in %, the perplexity of a language model, the binary cross entropy of a multi-label model, or the mean
    absolute error of a regression. log: the course that led there
    """

    rows: int
    accuracy: float | None = None
    perplexity: float | None = None
    cross_entropy: float | None = None
    mae: float | None = None
    log: TrainingLog | None = None


@dataclass(frozen=True)
class TrainedModel:
    """A model with its tokenizer; how its training ended and what trimming its vocabulary did, where either was."""

    model: LoadedModel
    tokenizer: Tokenizer
    trained: Trained | None = None
    vocabulary: VocabularyCut | None = None
