"""A checkpoint's configuration as edgekit computes with it: without what says how transformers answers."""

from __future__ import annotations

from edgekit.bundle.manifest import BlockShape
from edgekit.models.loaded_model import ModelConfig
from edgekit.models.registry import family
from edgekit.schema.families import FAMILIES

# how an answer is given, which changes no number of it: a tuple in place of names, and what comes beside the logits
_ANSWERS = {"return_dict": True, "torchscript": False, "output_attentions": False, "output_hidden_states": False}


def answer_by_name(config: ModelConfig) -> None:
    """Have models of this configuration answer with names and logits alone, in place, whatever the file says."""
    for name, value in _ANSWERS.items():
        if hasattr(config, name):
            setattr(config, name, value)


def take_pruned_heads(config: ModelConfig) -> tuple[BlockShape, ...]:
    """What `pruned_heads` says of the blocks, which transformers cut before version 5; it is taken out, in place.

    Empty where it says nothing, or of a family whose blocks are one.
    """
    pruned = getattr(config, "pruned_heads", None)
    if not isinstance(pruned, dict) or not pruned:
        return ()
    config.pruned_heads = {}
    if config.model_type not in FAMILIES or FAMILIES[config.model_type].factorized_embedding:
        return ()
    shape = family(config.model_type).shape(config)
    gone = {int(block): len(heads) for block, heads in pruned.items()}
    return tuple(
        BlockShape(heads=max(1, shape.heads - gone.get(block, 0)), ffn=shape.ffn) for block in range(shape.layers)
    )
