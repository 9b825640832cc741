"""Vocabulary pruning: which tokens texts need, and what becomes of texts, embedding and file without the others.

The most frequent tokens stay, with all that must be there for them to come about, and the letters by which every text
that was counted can still be spelled. As in arXiv 2010.05609, nothing is learned anew: rows of the embedding move.
"""

from __future__ import annotations

import itertools
import re
import string
from array import array
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from edgekit.agent.inference.tokenizer import TextPair
from edgekit.bundle.training_record import VocabularyCut
from edgekit.data.tokenizer import Tokenizer
from edgekit.errors import ToolError, UsageError
from edgekit.io.progress import SILENT, Progress
from edgekit.models.loaded_model import LoadedModel
from edgekit.models.registry import describe
from edgekit.models.tokenizer.trim_tokenizer import Trimming, encoded
from edgekit.models.trim_embeddings import keep_tokens, referenced_token_ids

# places that a vocabulary was published with and no text ever reaches
_PLACEHOLDER = re.compile(r"[\[<]unused_?\d+[\]>]")
# no test would show that one of these is missing, and the first user would
_ALWAYS = string.digits + string.ascii_letters + string.punctuation


@dataclass(frozen=True)
class VocabularyTexts:
    """The texts that a vocabulary is trimmed by; they are read several times over.

    counted: their tokens are counted, and equally frequent ones taken by their ids
    whole:   texts of which no token may go; they are counted only where they are among `counted`
    """

    counted: Sequence[Collection[TextPair]]
    whole: Collection[TextPair] = ()

    def __len__(self) -> int:
        """How many are counted."""
        return sum(map(len, self.counted))

    def __iter__(self) -> Iterator[TextPair]:
        """Those that are counted."""
        return itertools.chain(*self.counted)


def trim_vocabulary(
    model: LoadedModel, tokenizer: Tokenizer, texts: VocabularyTexts, *, size: int | None, progress: Progress = SILENT
) -> tuple[Tokenizer, VocabularyCut]:
    """Cut the token embedding of `model` in place; returns the tokenizer that goes with it, and what that has changed.

    size: how many tokens to keep; None for no more than must be
    Raises `UsageError` for a size that is larger than the present one or smaller than what must be kept, and for a
    tokenizer that cannot be trimmed; `ToolError` where a text whose tokens are all kept is no longer cut into them.
    """
    trimming = Trimming(tokenizer)
    _check(trimming, describe(model).token_embedding.num_embeddings, size)
    counts = _counts(tokenizer, trimming, texts, progress)
    required = (trimming.required | referenced_token_ids(model) & trimming.names.keys()) | trimming.letters(_ALWAYS)
    required |= set(itertools.chain.from_iterable(encoded(tokenizer, texts.whole)))
    for token in np.flatnonzero(counts).tolist():
        required |= trimming.spelling(token) if token not in required else set()
    while True:
        keep = choose(trimming, counts, required, size)
        trimmed = trimming.without_others(keep)
        effect = _compare(trimming, tokenizer, trimmed, keep, texts, progress)
        if effect.lost <= required:
            break
        required |= effect.lost
    if size is not None and len(keep) > size:
        raise UsageError(
            f"a vocabulary of {size:,} is too small: {len(keep):,} tokens must be kept, that what can be written now "
            "still can be",
            advice=f"give {len(keep)} or more",
        )
    weights = describe(model).token_embedding.weight.element_size() * keep_tokens(model, keep)
    files = [len(each.backend_tokenizer.to_str().encode()) for each in (tokenizer, trimmed)]
    ordinary = [token for token in trimming.names if token not in trimming.special]
    return trimmed, VocabularyCut(
        before=len(trimming.names),
        after=len(keep),
        texts=len(effect.lengths_before),
        tokens_covered=_share(counts[[token for token in ordinary if token in keep]].sum(), counts[ordinary].sum()),
        texts_covered=_share(effect.covered, len(effect.lengths_before)),
        same_ids=effect.covered,
        mean_length=_means(effect),
        p95_length=_p95s(effect),
        bytes_saved=weights + files[0] - files[1],
    )


def choose(trimming: Trimming, counts: NDArray[np.int64], required: Collection[int], size: int | None) -> set[int]:
    """The ids to keep: all that are required, then the most frequent [ids] as far as they fit.

    A token comes with those that build it, or not at all. More than `size` only where the required ones are more.
    """
    keep: set[int] = set()
    for token in required:
        keep |= trimming.built_from(token)
    if size is None:
        return keep
    placeholders = {token for token, name in trimming.names.items() if _PLACEHOLDER.fullmatch(name)}
    for token in sorted(trimming.names, key=lambda token: (-counts[token], token in placeholders, token)):
        if len(keep) >= size:
            break
        more = trimming.built_from(token) - keep
        if len(keep) + len(more) <= size:
            keep |= more
    return keep


def _check(trimming: Trimming, rows: int, size: int | None) -> None:
    if max(trimming.names) >= rows:
        raise UsageError(f"the tokenizer has ids up to {max(trimming.names):,}, the model only {rows:,} words")
    if size is not None and size > len(trimming.names):
        raise UsageError(
            f"a vocabulary of {size:,} is larger than the present one", advice=f"give {len(trimming.names)} at most"
        )


def _counts(tokenizer: Tokenizer, trimming: Trimming, texts: VocabularyTexts, progress: Progress) -> NDArray[np.int64]:
    """How often each id comes in the texts [ids]."""
    counts = np.zeros(max(trimming.names) + 1, dtype=np.int64)
    with progress.task("vocabulary: counting tokens", len(texts)) as advance:
        for done, ids in enumerate(encoded(tokenizer, texts), start=1):
            np.add.at(counts, ids, 1)
            advance(done)
    if not counts.any():
        raise UsageError("there are no texts to count tokens in")
    return counts


@dataclass
class _Effect:
    """What a trimmed vocabulary does to texts.

    covered: texts whose tokens are all kept, and which are cut into the same ones
    lost:    tokens of texts that had no more than their unknown words before, and have more now
    """

    covered: int = 0
    lost: set[int] = field(default_factory=set)
    lengths_before: array[int] = field(default_factory=lambda: array("q"))
    lengths_after: array[int] = field(default_factory=lambda: array("q"))


def _compare(
    trimming: Trimming,
    tokenizer: Tokenizer,
    trimmed: Tokenizer,
    keep: set[int],
    texts: VocabularyTexts,
    progress: Progress,
) -> _Effect:
    effect = _Effect()
    numbers = {old: new for new, old in enumerate(sorted(keep))}
    unknown, unknown_now = trimming.unknown, trimmed.unk_token_id
    with progress.task("vocabulary: comparing texts", len(texts)) as advance:
        for done, (before, after) in enumerate(_both(tokenizer, trimmed, texts), start=1):
            effect.lengths_before.append(len(before))
            effect.lengths_after.append(len(after))
            if unknown is not None and unknown_now is not None and after.count(unknown_now) > before.count(unknown):
                effect.lost |= set(before)
            same = [numbers.get(token) for token in before] == after
            # a word that was unknown may be known by shorter pieces, once the longer one that led astray has gone
            if not same and unknown not in before and keep.issuperset(before):
                raise ToolError(f"text {done} has all its tokens in the trimmed vocabulary and is cut into others")
            effect.covered += same
            advance(done)
    return effect


def _both(
    tokenizer: Tokenizer, trimmed: Tokenizer, texts: Iterable[TextPair]
) -> Iterator[tuple[list[int], list[int]]]:
    first, second = itertools.tee(texts)
    return zip(encoded(tokenizer, first), encoded(trimmed, second), strict=True)


def _share(part: int, whole: int) -> float:
    return 100 * float(part) / float(whole) if whole else 100.0


def _means(effect: _Effect) -> tuple[float, float]:
    return float(np.mean(effect.lengths_before)), float(np.mean(effect.lengths_after))


def _p95s(effect: _Effect) -> tuple[float, float]:
    return float(np.percentile(effect.lengths_before, 95)), float(np.percentile(effect.lengths_after, 95))
