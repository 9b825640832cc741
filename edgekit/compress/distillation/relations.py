"""Attention relations: how alike a layer's queries, keys and values are to one another, checked against the teacher's.

MiniLMv2 (Wang et al. 2021, arXiv 2012.15828, section 3): the vectors of all heads are put side by side and split
anew into relation heads, so that student and teacher may have other numbers and sizes of heads.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from edgekit.errors import UsageError

if TYPE_CHECKING:
    from torch import Tensor

# the width of a relation head of the published students of BERT base
_HEAD = 16


def relation_heads(student: int, teacher: int, wanted: int | None) -> int:
    """How many relation heads split both widths; without a wish the most that are 16 wide or wider at the teacher.

    Raises `UsageError` for a number that does not divide both.
    """
    common = math.gcd(student, teacher)
    if wanted is not None:
        if common % wanted:
            raise UsageError(
                f"{wanted} relation heads do not divide widths of {student} and {teacher}",
                advice=f"--relation-heads must divide {common}",
            )
        return wanted
    most = max(1, teacher // _HEAD)
    return max(heads for heads in range(1, min(most, common) + 1) if common % heads == 0)


def log_relation(vectors: Tensor, heads: int, mask: Tensor) -> Tensor:
    """log softmax(A A^T / sqrt(d)) of each relation head [batch, heads, length, length].

    vectors: queries, keys or values of all heads [batch, length, heads * d];   mask: [batch, length], 1 at tokens
    """
    batch, length, width = vectors.shape
    split = vectors.float().view(batch, length, heads, width // heads).transpose(1, 2)
    scores = split @ split.transpose(-1, -2) / math.sqrt(width // heads)
    hidden = mask[:, None, None, :] == 0
    return scores.masked_fill(hidden, -1e9).log_softmax(-1)


def relation_divergence(student: Sequence[Tensor], teacher: Sequence[Tensor], heads: int, mask: Tensor) -> Tensor:
    """KL(teacher || student) of the Q-Q, K-K and V-V relations, summed; of each the mean over heads and tokens.

    student, teacher: queries, keys and values of one layer, each [batch, length, width of its own]
    heads:            relation heads, which divide both widths
    mask:             [batch, length], 1 where there is a token: padding is neither looked at nor counted
    """
    tokens = mask.bool()
    total = None
    for mine, theirs in zip(student, teacher, strict=True):
        p, q = log_relation(theirs, heads, mask), log_relation(mine, heads, mask)
        # [batch, heads, length] -> [tokens, heads]
        divergence = (p.exp() * (p - q)).sum(-1).transpose(1, 2)[tokens].mean()
        total = divergence if total is None else total + divergence
    assert total is not None  # noqa: S101 - there are three of them
    return total
