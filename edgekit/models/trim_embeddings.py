"""A model with fewer words: rows of its token embedding and of its head, and the ids that its configuration names."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from edgekit.models.decoder import Decoder
from edgekit.models.encoder import Encoder
from edgekit.models.registry import describe
from edgekit.models.resize import cut

# values of a configuration, beside all that end in _token_id, that are ids or lists of them
_LISTS = ("suppress_tokens", "begin_suppress_tokens", "bad_words_ids")


def referenced_token_ids(model: Any) -> set[int]:
    """The ids that a model names by itself: those of its configuration, and the row that stands for padding.

    Where positions are counted from the padding id on, as in RoBERTa, that id cannot move: those below it count too.
    """
    parts = describe(model)
    named = {word for _, _, value in _values(model) for word in _flat(value)}
    if parts.token_embedding.padding_idx is not None:
        named.add(parts.token_embedding.padding_idx)
    if isinstance(parts, Encoder):
        named |= set(range(parts.first_position))
    return {word for word in named if 0 <= word < parts.token_embedding.num_embeddings}


def keep_tokens(model: Any, kept: Collection[int]) -> int:
    """Keep only these rows of the token embedding, in their order, and of a head that predicts tokens; in place.

    A head that is the token embedding stays it. Ids in the configuration are renumbered; one that is not kept becomes
    None. Returns how many parameters have gone.
    """
    import torch
    from torch import nn

    parts = describe(model)
    numbers = {old: new for new, old in enumerate(sorted(kept))}
    rows = torch.tensor(sorted(kept))
    table, gone = parts.token_embedding, parts.token_embedding.num_embeddings - len(rows)
    saved = gone * table.embedding_dim
    tied = isinstance(parts, Decoder) and parts.tied
    table.weight = nn.Parameter(table.weight.detach()[rows].clone())
    table.num_embeddings = len(rows)
    table.padding_idx = None if table.padding_idx is None else numbers.get(table.padding_idx)
    if isinstance(parts, Decoder) and tied:
        parts.head.weight, parts.head.out_features = table.weight, len(rows)
    elif isinstance(parts, Decoder) and not parts.classifies:
        cut(parts.head, outputs=rows)
        saved += gone * (parts.hidden + (parts.head.bias is not None))
    for holder, name, value in list(_values(model)):
        setattr(holder, name, _renumbered(value, numbers))
    model.config.vocab_size = len(rows)
    if hasattr(model, "vocab_size"):
        model.vocab_size = len(rows)
    return saved


def _values(model: Any) -> Iterator[tuple[Any, str, Any]]:
    """Each value of the model's configurations that names words: what holds it, its name, itself."""
    for holder in (model.config, getattr(model, "generation_config", None)):
        for name, value in vars(holder).items() if holder is not None else ():
            if (name.endswith("_token_id") or name in _LISTS) and value is not None:
                yield holder, name, value


def _flat(value: Any) -> Iterator[int]:
    if isinstance(value, list):
        for part in value:
            yield from _flat(part)
    else:
        yield value


def _renumbered(value: Any, numbers: Mapping[int, int]) -> Any:
    """Ids by their new numbers; a negative one, which stands for no token, stays."""
    if isinstance(value, list):
        return [_renumbered(part, numbers) for part in value if isinstance(part, list) or part in numbers]
    return value if value < 0 else numbers.get(value)
