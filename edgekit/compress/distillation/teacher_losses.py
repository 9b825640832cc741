"""Losses of a student with its teacher: on cached logits, and on hidden states and relations as it runs beside."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from edgekit.compress.distillation.activation_hooks import Activations, hook_activations
from edgekit.compress.distillation.relations import relation_divergence, relation_heads
from edgekit.compress.distillation.student import spread
from edgekit.compress.training.losses import (
    hidden_distance,
    label_loss,
    next_token,
    soft_bits,
    soft_targets,
    squared_error,
    top_tokens,
)
from edgekit.compress.training.training_job import Batch, Loss
from edgekit.errors import UsageError
from edgekit.models.loaded_model import LoadedModel
from edgekit.options.train_options import DistillOptions
from edgekit.schema.families import ENCODERS
from edgekit.tasks.problem_type import MULTI_LABEL, REGRESSION

if TYPE_CHECKING:
    from torch import Tensor

# the projections are part of the student while it learns, so that they are trained and saved with it
_PROJECTIONS = "edgekit_projections"


def soft_target_loss(
    temperature: float,
    soft_weight: float,
    problem_type: str | None = None,
    class_weights: Sequence[float] | None = None,
) -> Loss:
    """soft_weight * soft targets + (1 - soft_weight) * the loss on the labels, both as the problem type has them.

    class_weights: of single labels in the loss on the labels [labels]. Default: all alike
    The batch holds the teacher's logits [batch, labels] as `teacher_logits`.
    """

    mixed = _logit_loss(temperature, soft_weight, problem_type, class_weights)

    def loss(logits: Tensor, batch: Batch) -> Tensor:
        return mixed(logits, batch["teacher_logits"], batch)

    return loss


def _logit_loss(
    temperature: float, soft_weight: float, problem_type: str | None, class_weights: Sequence[float] | None
) -> Callable[[Tensor, Tensor, Batch], Tensor]:
    """Of logits, the teacher's and a batch; a row without labels has what the teacher gives it.

    Such rows have the label -1, of sets -1 everywhere, and of a regression NaN. What a regression follows of the
    teacher is its number, which no temperature softens.
    """
    hard = label_loss(problem_type, class_weights)

    def loss(logits: Tensor, targets: Tensor, batch: Batch) -> Tensor:
        labels = batch["labels"]
        if problem_type == REGRESSION:
            number = targets.float().squeeze(-1)
            soft = squared_error(logits, {"labels": number})
            labels = labels.where(~labels.isnan(), number)
        elif problem_type == MULTI_LABEL:
            soft = soft_bits(logits, targets, temperature)
            labels = labels.where(labels >= 0, targets.float().sigmoid())
        else:
            soft = soft_targets(logits, targets, temperature)
            labels = labels.where(labels >= 0, targets.argmax(-1))
        return soft_weight * soft + (1 - soft_weight) * hard(logits, {"labels": labels})

    return loss


def token_loss(temperature: float, soft_weight: float) -> Loss:
    """soft_weight * divergence from the teacher's most probable tokens + (1 - soft_weight) * cross entropy.

    The batch holds `teacher_ids` and `teacher_log_probabilities` [batch, length, k]; without a weight on them it need
    not.
    """

    def loss(logits: Tensor, batch: Batch) -> Tensor:
        if not soft_weight:
            return next_token(logits, batch)
        soft = top_tokens(logits, batch["teacher_ids"], batch["teacher_log_probabilities"], temperature)
        return soft_weight * soft + (1 - soft_weight) * next_token(logits, batch)

    return loss


def uses_intermediate_layers(options: DistillOptions) -> bool:
    """Whether more than the teacher's logits is learned from, so that it has to run at every step."""
    return bool(options.hidden_weight or options.relation_weight)


def require_encoders(*models: LoadedModel) -> None:
    """Raise `UsageError` for a model that is no encoder: hidden states and relations are those of encoders."""
    for model in models:
        if model.config.model_type not in ENCODERS:
            raise UsageError(
                f"hidden states and relations are followed between encoders, and {model.config.model_type} is none",
                advice="leave --hidden-weight and --relation-weight out",
            )


@contextmanager
def intermediate_loss(
    student: LoadedModel,
    teacher: LoadedModel,
    inputs: Iterable[str],
    options: DistillOptions,
    class_weights: Sequence[float] | None = None,
) -> Iterator[Loss]:
    """The whole loss with hidden states and relations; the teacher runs on every batch.

    Each layer of the student is compared with one of the teacher's, evenly spread, and the embeddings with the
    embeddings; relations are those of the last layers (as MiniLMv2 has it for 12 layers). While the block lasts,
    learned projections are part of the student, and both models have hooks; after it they are as they were.

    inputs: those of the teacher, which every batch holds;   class_weights: as of `soft_target_loss`
    Raises `UsageError` for relation heads that do not divide both widths.
    """
    hooked = {"hidden": bool(options.hidden_weight), "relations": bool(options.relation_weight)}
    with hook_activations(student, **hooked) as mine, hook_activations(teacher, **hooked) as theirs:
        teacher.eval().requires_grad_(False)
        try:
            mixed = _logit_loss(options.temperature, options.soft_weight, student.config.problem_type, class_weights)
            yield _intermediate_loss(student, mine, theirs, options, mixed, _logits_of(teacher, tuple(inputs)))
        finally:
            if hasattr(student, _PROJECTIONS):
                delattr(student, _PROJECTIONS)


def _intermediate_loss(
    student: LoadedModel,
    mine: Activations,
    theirs: Activations,
    options: DistillOptions,
    mixed: Callable[[Tensor, Tensor, Batch], Tensor],
    teacher_logits: Callable[[Batch], Tensor],
) -> Loss:
    """mixed: the loss of logits, the teacher's and a batch, to which the others are added."""
    from torch import nn

    heads = relation_heads(mine.width, theirs.width, options.relation_heads) if options.relation_weight else 0
    layers = [0, *(max(0, index) + 1 for index in spread(_layers(theirs.encoder), _layers(mine.encoder)))]
    if options.hidden_weight:
        widths = mine.encoder.hidden, theirs.encoder.hidden
        student.add_module(_PROJECTIONS, nn.ModuleList(_projection(*widths) for _ in layers))

    def loss(logits: Tensor, batch: Batch) -> Tensor:
        targets = teacher_logits(batch)
        mask = batch["attention_mask"]
        total = mixed(logits, targets, batch)
        if options.hidden_weight:
            wanted = [theirs.hidden[index] for index in layers]
            projections = getattr(student, _PROJECTIONS)
            total = total + options.hidden_weight * hidden_distance(mine.hidden, wanted, projections, mask)
        if options.relation_weight:
            divergence = relation_divergence(mine.relation_vectors, theirs.relation_vectors, heads, mask)
            total = total + options.relation_weight * divergence
        return total

    return loss


def _logits_of(teacher: LoadedModel, inputs: tuple[str, ...]) -> Callable[[Batch], Tensor]:
    """A function from a batch to the teacher's logits [batch, labels], run where the batch lies."""
    import torch

    def run(batch: Batch) -> Tensor:
        teacher.to(batch["labels"].device)
        with torch.no_grad():
            logits: Tensor = teacher(**{name: batch[name] for name in inputs if name in batch}).logits
        return logits

    return run


def _layers(encoder: Any) -> int:
    """Runs of blocks: as many as layers, also where they share one block."""
    return sum(1 for _ in encoder.runs())


def _projection(width: int, wanted: int) -> Any:
    """A dense layer without bias; between equal widths it begins as no change at all."""
    from torch import nn

    linear = nn.Linear(width, wanted, bias=False)
    if width == wanted:
        nn.init.eye_(linear.weight)
    return linear
