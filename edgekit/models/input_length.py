"""How long an input a model takes, in tokens."""

from __future__ import annotations

from edgekit.data.tokenizer import Tokenizer
from edgekit.models.loaded_model import LoadedModel


def usable_length(model: LoadedModel, tokenizer: Tokenizer, wanted: int) -> int:
    """The longest input in tokens, up to `wanted`, that the model's position embedding and its tokenizer take."""
    return min(wanted, longest_input(model, tokenizer) or wanted)


def longest_input(model: LoadedModel, tokenizer: Tokenizer) -> int | None:
    """The most tokens that both take, special ones included; None where neither has a limit, as in Bloom."""
    configured = getattr(model.config, "max_position_embeddings", None)
    limits = [*_position_rows(model), configured, int(tokenizer.model_max_length)]
    # a tokenizer that knows no limit says 10^30
    known = [limit for limit in limits if isinstance(limit, int) and 0 < limit < _NO_LIMIT]
    return min(known, default=None)


# more than the context of any model, less than what stands for none
_NO_LIMIT = 10**9


def _position_rows(model: LoadedModel) -> list[int]:
    """How many positions each embedding has; those up to a padding row, as in RoBERTa, stand for none."""
    from torch import nn

    embeddings = [module for name, module in model.named_modules() if name.endswith("position_embeddings")]
    return [
        each.num_embeddings - (0 if each.padding_idx is None else each.padding_idx + 1)
        for each in embeddings
        if isinstance(each, nn.Embedding)
    ]
