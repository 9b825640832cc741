"""A loss with its teacher: what is learned from rows alone, and what needs the teacher to run beside the student."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from edgekit.compress.distillation.activation_hooks import Watched, watch
from edgekit.compress.distillation.relations import relation_divergence, relation_heads
from edgekit.compress.distillation.student import spread
from edgekit.compress.training.losses import cross_entropy, hidden_distance, soft_targets
from edgekit.compress.training.train import Loss
from edgekit.errors import UsageError
from edgekit.options.train_options import DistillOptions
from edgekit.schema.families import ENCODERS

# the projections are part of the student while it learns, so that they are trained and saved with it
_PROJECTIONS = "edgekit_projections"


def soft_loss(temperature: float, soft_weight: float) -> Loss:
    """soft_weight * soft targets + (1 - soft_weight) * cross entropy, the teacher's logits being in the batch."""

    def loss(logits: Any, batch: dict[str, Any]) -> Any:
        return _answers(logits, batch["teacher_logits"], batch, temperature, soft_weight)

    return loss


def _answers(logits: Any, said: Any, batch: dict[str, Any], temperature: float, soft_weight: float) -> Any:
    """Soft targets and cross entropy; a row without a label (-1) has the one that the teacher gives it."""
    labels = batch["labels"].where(batch["labels"] >= 0, said.argmax(-1))
    hard = cross_entropy(logits, {"labels": labels})
    return soft_weight * soft_targets(logits, said, temperature) + (1 - soft_weight) * hard


def looks_inside(options: DistillOptions) -> bool:
    """Whether more than the teacher's logits is followed, so that it has to run at every step."""
    return bool(options.hidden_weight or options.relation_weight)


def require_encoders(*models: Any) -> None:
    """Raise `UsageError` for a model whose hidden states and relations nobody looks at."""
    for model in models:
        if model.config.model_type not in ENCODERS:
            raise UsageError(
                f"hidden states and relations are followed between encoders, and {model.config.model_type} is none",
                advice="leave --hidden-weight and --relation-weight out",
            )


@contextmanager
def inside_loss(student: Any, teacher: Any, reads: Iterable[str], options: DistillOptions) -> Iterator[Loss]:
    """The whole loss with hidden states and relations; the teacher runs on every batch.

    Each layer of the student is checked against one of the teacher's, evenly spread, and the embeddings against the
    embeddings; relations are those of the last layers (as MiniLMv2 has it for 12 layers). While the block lasts,
    learned projections are part of the student, and both models are watched; after it they are as they were.

    reads: the inputs of the teacher, which every batch holds
    """
    with_hidden, with_relations = bool(options.hidden_weight), bool(options.relation_weight)
    with (
        watch(student, hidden=with_hidden, relations=with_relations) as mine,
        watch(teacher, hidden=with_hidden, relations=with_relations) as theirs,
    ):
        teacher.eval().requires_grad_(False)
        try:
            yield _inside_loss(student, teacher, mine, theirs, tuple(reads), options)
        finally:
            if hasattr(student, _PROJECTIONS):
                delattr(student, _PROJECTIONS)


def _inside_loss(
    student: Any, teacher: Any, mine: Watched, theirs: Watched, reads: Sequence[str], options: DistillOptions
) -> Loss:
    import torch
    from torch import nn

    with_hidden, with_relations = bool(options.hidden_weight), bool(options.relation_weight)
    heads = relation_heads(mine.width, theirs.width, options.relation_heads) if with_relations else 0
    layers = [0, *(max(0, index) + 1 for index in spread(_layers(theirs.encoder), _layers(mine.encoder)))]
    if with_hidden:
        widths = mine.encoder.hidden, theirs.encoder.hidden
        student.add_module(_PROJECTIONS, nn.ModuleList(_projection(*widths) for _ in layers))

    def loss(logits: Any, batch: dict[str, Any]) -> Any:
        teacher.to(logits.device)
        with torch.no_grad():
            said = teacher(**{name: batch[name] for name in reads if name in batch}).logits
        mask = batch["attention_mask"]
        total = _answers(logits, said, batch, options.temperature, options.soft_weight)
        if with_hidden:
            wanted = [theirs.hidden[index] for index in layers]
            projections = getattr(student, _PROJECTIONS)
            total = total + options.hidden_weight * hidden_distance(mine.hidden, wanted, projections, mask)
        if with_relations:
            divergence = relation_divergence(mine.relations, theirs.relations, heads, mask)
            total = total + options.relation_weight * divergence
        return total

    return loss


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
