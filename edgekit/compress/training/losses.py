"""What training makes small: each loss a function of logits or hidden states, a mean in float32."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from edgekit.data.splits import Data
from edgekit.options.train_options import TrainOptions
from edgekit.tasks.problem_type import MULTI_LABEL, REGRESSION

if TYPE_CHECKING:
    from torch import Tensor, nn

Loss: TypeAlias = "Callable[[Tensor, dict[str, Tensor]], Tensor]"


def cross_entropy(logits: Tensor, batch: dict[str, Tensor]) -> Tensor:
    """Mean cross entropy of logits [batch, labels] with the rows' labels [batch]."""
    import torch

    return torch.nn.functional.cross_entropy(logits.float(), batch["labels"])


def binary_cross_entropy(logits: Tensor, batch: dict[str, Tensor]) -> Tensor:
    """Mean binary cross entropy of logits [batch, labels] with the rows' ones and zeros [batch, labels]."""
    import torch

    labels = batch["labels"].float()
    return torch.nn.functional.binary_cross_entropy_with_logits(logits.float(), labels)


def squared_error(logits: Tensor, batch: dict[str, Tensor]) -> Tensor:
    """Mean squared error of numbers [batch, 1] to those of the rows [batch]."""
    error: Tensor = (logits.float().squeeze(-1) - batch["labels"].float()).square().mean()
    return error


def absolute_error(logits: Tensor, batch: dict[str, Tensor]) -> Tensor:
    """Mean absolute error of numbers [batch, 1] to those of the rows [batch]."""
    error: Tensor = (logits.float().squeeze(-1) - batch["labels"].float()).abs().mean()
    return error


def weighted_cross_entropy(weights: Sequence[float]) -> Loss:
    """Mean cross entropy in which a row weighs as much as its label [labels]."""

    def loss(logits: Tensor, batch: dict[str, Tensor]) -> Tensor:
        import torch

        weight = torch.tensor(weights, dtype=torch.float32, device=logits.device)
        return torch.nn.functional.cross_entropy(logits.float(), batch["labels"], weight)

    return loss


def label_loss(problem_type: str | None, weights: Sequence[float] | None = None) -> Loss:
    """The loss on the rows' labels that transformers has for a problem type; None for single labels.

    weights: of single labels [labels]. Default: all alike
    """
    if problem_type == REGRESSION:
        return squared_error
    if problem_type == MULTI_LABEL:
        return binary_cross_entropy
    return cross_entropy if weights is None else weighted_cross_entropy(weights)


def class_weights(data: Data, options: TrainOptions) -> tuple[float, ...] | None:
    """The weight of each label in the loss, by its training rows; None where all weigh alike.

    rows / (labels * rows of the label), so that every label has the same part in the loss of an epoch.
    """
    if options.class_weights is None:
        return None
    labels = np.asarray(data.train.labels)
    counts = np.bincount(labels[labels >= 0], minlength=len(data.labels))
    return tuple(float(weight) for weight in counts.sum() / (len(counts) * np.maximum(counts, 1)))


def soft_bits(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """T^2 * KL(teacher || student at T) of each label's yes or no, the mean over logits [rows, labels]."""
    from torch.nn.functional import binary_cross_entropy_with_logits

    softened = teacher.float() / temperature
    theirs = softened.sigmoid()
    cross: Tensor = binary_cross_entropy_with_logits(student.float() / temperature, theirs)
    total: Tensor = temperature**2 * (cross - binary_cross_entropy_with_logits(softened, theirs))
    return total


def soft_targets(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """T^2 * KL(teacher || student at T), mean over the rows of logits [rows, labels] (arXiv 1503.02531, section 2)."""
    from torch.nn.functional import kl_div, log_softmax, softmax

    divergence: Tensor = kl_div(
        log_softmax(student.float() / temperature, -1),
        softmax(teacher.float() / temperature, -1),
        reduction="batchmean",
    )
    total: Tensor = temperature**2 * divergence
    return total


def hidden_distance(
    student: Sequence[Tensor], teacher: Sequence[Tensor], projections: Sequence[nn.Module], mask: Tensor
) -> Tensor:
    """Mean squared distance of projected hidden states (TinyBERT, Jiao et al. 2020, arXiv 1909.10351, equation 8).

    student, teacher: states [batch, length, width], of the layers that are checked against each other
    projections:      from the student's width to the teacher's, one for each of them
    mask:             [batch, length], 1 where there is a token; padding does not count
    The mean over layers, tokens and channels is taken, so that the weight means the same for every shape.
    """
    import torch

    tokens = mask.bool()
    distances = [
        (project(mine[tokens]).float() - theirs[tokens].float()).square().mean()
        for mine, theirs, project in zip(student, teacher, projections, strict=True)
    ]
    return torch.stack(distances).mean()


def next_token(logits: Tensor, batch: dict[str, Tensor]) -> Tensor:
    """Mean cross entropy of logits [batch, length, vocabulary] with the token that follows each one but the last."""
    import torch

    return torch.nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1).float(), batch["labels"][:, 1:].flatten())


def top_tokens(student: Tensor, ids: Tensor, log_probabilities: Tensor, temperature: float) -> Tensor:
    """T^2 * KL(teacher || student at T) over the teacher's most probable tokens and one bucket for all others.

    student:           logits [batch, length, vocabulary]
    ids:               the k tokens [batch, length, k]
    log_probabilities: what the teacher gives them at T, [batch, length, k]
    The mean over tokens is taken. The rest of the mass is checked against the student's as a whole: what stands in the
    bucket is free, so that this is at most the divergence over the whole vocabulary, and equal to it where k is the
    vocabulary. The last token of a row has no next one to be right about, and counts all the same.
    """
    import torch

    softened = student.float() / temperature
    total = softened.logsumexp(-1, keepdim=True)
    mine = softened.gather(-1, ids.long()) - total
    others = softened.scatter(-1, ids.long(), float("-inf")).logsumexp(-1, keepdim=True) - total
    theirs = log_probabilities.float()
    rest = 1 - theirs.exp().sum(-1, keepdim=True)
    divergence = (theirs.exp() * (theirs - mine)).sum(-1)
    # what float16 leaves of a rest that is none is no bucket: the student may have no others at all
    has_rest = rest[..., 0] > _NO_REST
    safe = torch.where(has_rest, rest[..., 0], torch.ones_like(rest[..., 0]))
    bucket = torch.where(has_rest, others[..., 0], torch.zeros_like(others[..., 0]))
    divergence = divergence + torch.where(has_rest, safe * (safe.log() - bucket), torch.zeros_like(safe))
    return temperature**2 * divergence.mean()


# a thousandth is what float16 makes of probabilities that sum to one
_NO_REST = 1e-3
