"""A model with a smaller vocabulary: rows of its token embedding and its head, and the ids its configuration names."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from edgekit.models.decoder import Decoder
from edgekit.models.encoder import Encoder
from edgekit.models.loaded_model import LoadedModel
from edgekit.models.registry import describe
from edgekit.models.resize import slice_linear

# a token of a configuration, several, or sequences of several
TokenIds = int | list["TokenIds"]
# values of a configuration, beside all that end in _token_id, that are ids or lists of them
_LISTS = ("suppress_tokens", "begin_suppress_tokens", "bad_words_ids")


def referenced_token_ids(model: LoadedModel) -> set[int]:
    """The ids that a model names by itself: those of its configuration, and the row that stands for padding.

    Where positions are counted from the padding id on, as in RoBERTa, that id cannot move: those below it count too.
    """
    parts = describe(model)
    named = {token for _, _, value in _token_ids(model) for token in _flat(value)}
    if parts.token_embedding.padding_idx is not None:
        named.add(parts.token_embedding.padding_idx)
    if isinstance(parts, Encoder):
        named |= set(range(parts.first_position))
    return {token for token in named if 0 <= token < parts.token_embedding.num_embeddings}


def keep_tokens(model: LoadedModel, token_ids: Collection[int]) -> int:
    """Keep only these rows of the token embedding, in their order, and of a head that predicts tokens; in place.

    A head that is the token embedding stays it. Ids in the configuration are renumbered; one that is not kept becomes
    None. Returns how many parameters have gone.
    """
    import torch
    from torch import nn

    parts = describe(model)
    numbers = {old: new for new, old in enumerate(sorted(token_ids))}
    rows = torch.tensor(sorted(token_ids))
    embedding, gone = parts.token_embedding, parts.token_embedding.num_embeddings - len(rows)
    saved = gone * embedding.embedding_dim
    tied = isinstance(parts, Decoder) and parts.tied
    embedding.weight = nn.Parameter(embedding.weight.detach()[rows].clone())
    embedding.num_embeddings = len(rows)
    embedding.padding_idx = None if embedding.padding_idx is None else numbers.get(embedding.padding_idx)
    if isinstance(parts, Decoder) and tied:
        parts.head.weight, parts.head.out_features = embedding.weight, len(rows)
    elif isinstance(parts, Decoder) and not parts.classifies:
        slice_linear(parts.head, outputs=rows)
        saved += gone * (parts.hidden + (parts.head.bias is not None))
    for holder, name, value in list(_token_ids(model)):
        setattr(holder, name, _renumbered(value, numbers))
    model.config.vocab_size = len(rows)
    if hasattr(model, "vocab_size"):
        model.vocab_size = len(rows)
    return saved


def _token_ids(model: LoadedModel) -> Iterator[tuple[object, str, TokenIds]]:
    """Each value of the model's configurations that names tokens: what holds it, its name, itself."""
    for holder in (model.config, getattr(model, "generation_config", None)):
        for name, value in vars(holder).items() if holder is not None else ():
            if (name.endswith("_token_id") or name in _LISTS) and value is not None:
                yield holder, name, value


def _flat(value: TokenIds) -> Iterator[int]:
    if isinstance(value, list):
        for part in value:
            yield from _flat(part)
    else:
        yield value


def _renumbered(value: TokenIds, numbers: Mapping[int, int]) -> TokenIds | None:
    """Ids by their new numbers; a negative one, which stands for no token, stays."""
    if isinstance(value, list):
        parts = (_renumbered(part, numbers) for part in value if isinstance(part, list) or part in numbers)
        return [part for part in parts if part is not None]
    return value if value < 0 else numbers.get(value)
