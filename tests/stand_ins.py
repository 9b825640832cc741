"""Checkpoints of the shape of published ones, that nobody trained: what a hub id stands for where there is no hub."""

from __future__ import annotations

import random
import string
from pathlib import Path

from tests.tiny_checkpoint import LABELS, TEXTS
from tests.tiny_decoder import byte_fallback_bpe, byte_level_bpe, save_decoder, tiny_gpt2, tiny_llama

VOCABULARY = 9000


def encoder(folder: Path, name: str = "distilbert", longest: int = 128, **changes: int) -> Path:
    """Six narrow layers of a family, with a vocabulary of the usual size."""
    from edgekit.models.checkpoint import save_checkpoint
    from edgekit.models.registry import family
    from edgekit.models.scratch import new_classifier, train_wordpiece
    from edgekit.schema.shape import Scratch

    tokenizer = train_wordpiece([*TEXTS * 20, *_made_words() * 2], VOCABULARY, longest, family(name).inputs)
    shape = {"layers": 6, "hidden": 64, "heads": 2, "ffn": 128} | changes
    scratch = Scratch(family=name, **shape, vocabulary=VOCABULARY, max_length=longest)
    folder.mkdir()
    save_checkpoint(new_classifier(scratch, tokenizer, LABELS), tokenizer, folder, lineage=())
    return folder


def decoder(folder: Path, family: str, context: int) -> Path:
    """Two narrow layers that read texts of so many tokens."""
    if family == "gpt2":
        tokenizer = byte_level_bpe()
        model = tiny_gpt2(tokenizer, n_positions=context)
    else:
        tokenizer = byte_fallback_bpe()
        model = tiny_llama(tokenizer, max_position_embeddings=context)
    tokenizer.model_max_length = context
    return save_decoder(model, tokenizer, folder)


def _made_words() -> list[str]:
    draw = random.Random(0)
    return ["".join(draw.choices(string.ascii_lowercase, k=7)) for _ in range(VOCABULARY)]
