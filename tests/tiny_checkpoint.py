"""Random classifiers of two narrow layers, with a WordPiece tokenizer of their own; a DistilBERT as a folder."""

from __future__ import annotations

import pytest

TEXTS = (
    "turn on the kitchen lights",
    "what is the weather in paris tomorrow",
    "set an alarm for seven in the morning",
    "play some quiet music in the bedroom",
    "lock the front door and close the garage",
    "is it going to rain on sunday",
)
LABELS = ("lights", "weather", "alarm")
MAX_LENGTH = 48


def tiny_tokenizer(family="distilbert"):
    from edgekit.models.registry import family as named
    from edgekit.models.scratch import train_wordpiece

    return train_wordpiece(TEXTS * 20, 300, MAX_LENGTH, named(family).inputs)


def tiny_classifier(tokenizer, seed=0, family="distilbert", **shape):
    import torch

    from edgekit.models.registry import describe
    from edgekit.models.scratch import new_classifier
    from edgekit.schema.shape import Scratch

    torch.manual_seed(seed)
    shape = {"layers": 2, "hidden": 64, "heads": 4, "ffn": 128} | shape
    scratch = Scratch(family=family, **shape, vocabulary=300, max_length=MAX_LENGTH)
    model = new_classifier(scratch, tokenizer, LABELS).eval()
    # as trained weights do, these make logits that differ from text to text
    for parameter in model.parameters():
        parameter.data *= 3 if parameter.ndim == 2 else 1
        if parameter.ndim == 1:
            parameter.data += torch.randn_like(parameter) * 0.1
    describe(model).head[-1].linear.weight.data *= 20
    return model


def hooks(model):
    """Every hook that somebody left on a model or one of its modules."""
    return [
        hook
        for module in model.modules()
        for kept in (module._forward_hooks, module._forward_pre_hooks, module._backward_hooks)
        for hook in kept.values()
    ]


@pytest.fixture(scope="session")
def tiny_checkpoint(tmp_path_factory):
    from edgekit.models.checkpoint import save_checkpoint

    folder = tmp_path_factory.mktemp("checkpoints") / "tiny"
    folder.mkdir()
    tokenizer = tiny_tokenizer()
    save_checkpoint(tiny_classifier(tokenizer), tokenizer, folder, lineage=())
    return folder
