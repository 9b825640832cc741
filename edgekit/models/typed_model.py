"""What a model in memory was told of its token types, which its configuration does not say: see `token_types`."""

from __future__ import annotations

from edgekit.models.loaded_model import LoadedModel

TYPES = "token_type_ids"
_MARK = "edgekit_reads_types"


def note_types(model: LoadedModel, typed: bool) -> None:
    """Tell a model, in place, whether it is given token types; it lasts as long as the model does in memory."""
    setattr(model, _MARK, typed)


def reads_types(model: LoadedModel, *, usual: bool) -> bool:
    """Whether a model is given token types; `usual` where nobody said so."""
    return bool(getattr(model, _MARK, usual))
