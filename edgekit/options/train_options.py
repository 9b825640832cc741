"""What the training stages can be told: fine-tuning, distillation, pruning."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

import pydantic
from pydantic import Field

from edgekit.schema.base_model import Strict
from edgekit.schema.shape import Scratch, WantedShape
from edgekit.tasks.problem_type import ProblemType
from edgekit.tasks.task import TaskName

Fraction = Annotated[float, Field(gt=0, le=1)]


class TrainOptions(Strict):
    """What every training loop can be told."""

    help_section: ClassVar[str] = "Training"

    epochs: Annotated[float, Field(gt=0, description="Passes over the training rows.")] = 3.0
    learning_rate: Annotated[
        float | None,
        Field(gt=0, description="Peak learning rate. Default: 5e-5; cut from a teacher 1e-4, from scratch 5e-4."),
    ] = None
    layer_decay: Annotated[
        Fraction,
        Field(description="Rate of each layer, as a share of the next one's: 0.8 keeps more of what was pretrained."),
    ] = 1.0
    batch_size: Annotated[int, Field(gt=0, description="Rows a step.")] = 32
    weight_decay: Annotated[float, Field(ge=0, description="AdamW weight decay.")] = 0.01
    warmup: Annotated[float, Field(ge=0, lt=1, description="Share of the steps in which the rate rises.")] = 0.06
    max_length: Annotated[int, Field(gt=1, description="Longest input in tokens; longer ones are cut.")] = 128
    validations: Annotated[
        int, Field(gt=0, description="Validations in each epoch; the weights of the best one are kept.")
    ] = 1
    metric: Annotated[
        Literal["accuracy", "macro_f1"] | None,
        Field(description="By what the best weights of a classifier of single labels are chosen. Default: accuracy."),
    ] = None
    class_weights: Annotated[
        Literal["balanced"] | None,
        Field(
            description="balanced: each label weighs as much in the loss as any other, however few rows have it; for "
            "single labels. Default: each row weighs as much."
        ),
    ] = None
    patience: Annotated[
        int, Field(ge=0, description="Validations in a row without a better one before stopping; 0: never.")
    ] = 0
    seed: Annotated[int, Field(ge=0, description="Seed of everything random.")] = 0
    bf16: Annotated[bool, Field(description="Compute in bfloat16 where that is safe; weights stay float32.")] = False
    gradient_accumulation: Annotated[
        int, Field(gt=0, description="Batches whose gradients are added up for one step.")
    ] = 1


class FinetuneOptions(TrainOptions):
    """Options of `edgekit finetune`."""

    help_section: ClassVar[str] = "Model"

    task: Annotated[
        TaskName | None,
        Field(description="What the model is to do. Default: that of a language model, else text-classification."),
    ] = None
    problem_type: Annotated[
        ProblemType | None,
        Field(
            description="What the labels are. Default: what they are to the model; else lists are multi-label, "
            "numbers with fractions a regression, all others single labels."
        ),
    ] = None
    tokenizer: Annotated[
        Path | None,
        Field(description="Folder with the tokenizer of a --scratch model. Default: one made of the training texts."),
    ] = None


class DistillOptions(TrainOptions):
    """Options of `edgekit distill`.

    Of a classifier the loss is soft_weight * T^2 * KL(teacher || student) at temperature T, plus (1 - soft_weight) *
    cross entropy with the labels (Hinton et al. 2015, arXiv 1503.02531), plus hidden_weight * the distance of hidden
    states, plus relation_weight * the divergence of attention relations (`compress.training.losses`,
    `compress.distillation.relations`).
    Of a language model it is the first two for each token, the labels being the tokens to come.
    """

    help_section: ClassVar[str] = "Distillation"

    student: Annotated[
        WantedShape,
        Field(
            description="Shape of the student, as layers=3,hidden=256,ffn=1024, in another family as "
            "family=albert,layers=3. Default: half the layers."
        ),
    ] = WantedShape()
    student_from: Annotated[
        str | None, Field(description="A checkpoint (folder or hub id) to start the student from, not the teacher.")
    ] = None
    scratch: Annotated[
        Scratch | None, Field(description="A new student of this shape, as family=albert,layers=4,hidden=256.")
    ] = None
    tokenizer: Annotated[
        Path | None,
        Field(
            description="Folder with the tokenizer of a --scratch student; the teacher's own folder is one. "
            "Default: one made of the training texts; of a language model, the teacher's."
        ),
    ] = None
    temperature: Annotated[float, Field(gt=0, description="Softens both distributions.")] = 2.0
    soft_weight: Annotated[float, Field(ge=0, le=1, description="Share of the loss that follows the teacher.")] = 0.7
    hidden_weight: Annotated[
        float, Field(ge=0, description="Weight of the distance between hidden states; 0: not looked at.")
    ] = 0.0
    relation_weight: Annotated[
        float, Field(ge=0, description="Weight of the divergence of attention relations; 0: not looked at.")
    ] = 0.0
    relation_heads: Annotated[
        int | None,
        Field(gt=0, description="Relation heads. Default: the teacher's width / 16, or the next that fits."),
    ] = None
    top_k: Annotated[
        int, Field(gt=0, description="Most probable tokens that are kept of what a language model says.")
    ] = 64
    unlabeled: Annotated[
        Path | None, Field(description="A file of texts without labels, which the teacher gives them.")
    ] = None
    augment: Annotated[
        int, Field(ge=0, description="Changed copies of each training row, which the teacher labels.")
    ] = 0

    @pydantic.model_validator(mode="after")
    def _one_start(self) -> Self:
        given = [
            name
            for name, is_given in (
                ("student", self.student != WantedShape()),
                ("student_from", self.student_from is not None),
                ("scratch", self.scratch is not None),
            )
            if is_given
        ]
        if len(given) > 1:
            raise ValueError(f"{' and '.join(given)} say different students: give one")
        if self.tokenizer is not None and self.scratch is None:
            raise ValueError("tokenizer is for a student from scratch: any other has one")
        return self


class PruneOptions(TrainOptions):
    """Options of `edgekit prune`; the training options are those of the recovery.

    Told of a vocabulary and of neither heads nor ffn, it trims the vocabulary alone, and trains only if told to.
    """

    help_section: ClassVar[str] = "Pruning"

    heads: Annotated[
        Fraction,
        Field(description="Share of the attention heads to keep, over all blocks. Default: 0.75; see --vocabulary."),
    ] = 0.75
    ffn: Annotated[
        Fraction,
        Field(description="Share of the FFN neurons to keep, over all blocks. Default: 0.5; see --vocabulary."),
    ] = 0.5
    vocabulary: Annotated[
        int | None,
        Field(
            gt=0,
            description="Tokens to keep, the most frequent ones; without --heads or --ffn nothing else is cut. "
            "Default: all.",
        ),
    ] = None
    texts: Annotated[
        Path | None,
        Field(description="A file of texts whose tokens are counted for the vocabulary, beside the training rows."),
    ] = None
    vocabulary_from: Annotated[
        Path | None,
        Field(description="A file of texts whose tokens are all kept; without --vocabulary, hardly any others are."),
    ] = None
    multiple_of: Annotated[
        int, Field(gt=0, description="FFN widths are kept to multiples of this, as kernels like.")
    ] = 32
    samples: Annotated[int, Field(gt=0, description="Training rows that decide what matters.")] = 1024
    temperature: Annotated[float, Field(gt=0, description="Temperature of the recovery.")] = 2.0
    soft_weight: Annotated[float, Field(ge=0, le=1, description="Share of the recovery that follows the teacher.")] = (
        0.7
    )
    epochs: Annotated[
        float,
        Field(
            ge=0,
            description="Passes over the training rows to recover; 0: none. Default: 1.0, for a vocabulary alone 0.",
        ),
    ] = 1.0

    @pydantic.model_validator(mode="before")
    @classmethod
    def _vocabulary_alone(cls, value: object) -> object:
        if not isinstance(value, dict) or value.keys() & {"heads", "ffn"}:
            return value
        trims = any(value.get(name) is not None for name in ("vocabulary", "vocabulary_from"))
        return {"heads": 1.0, "ffn": 1.0, "epochs": 0.0} | value if trims else value

    @pydantic.field_validator("multiple_of")
    @classmethod
    def _power_of_two(cls, value: int) -> int:
        if value & (value - 1):
            raise ValueError("must be a power of two, as kernels' tiles are")
        return value

    @pydantic.model_validator(mode="after")
    def _texts_are_counted_for_something(self) -> Self:
        if self.texts is not None and self.vocabulary is None:
            raise ValueError("texts are counted to choose a vocabulary: give vocabulary as well")
        return self

    @property
    def trims(self) -> bool:
        """Whether the vocabulary is trimmed."""
        return self.vocabulary is not None or self.vocabulary_from is not None

    @property
    def cuts(self) -> bool:
        """Whether heads or neurons are cut, or training is asked for: what rows with labels are needed for."""
        return self.heads < 1 or self.ffn < 1 or self.epochs > 0
