"""Opening a decoder's bundle."""

from __future__ import annotations

from pathlib import Path

from ..errors import BadInput
from ..runtimes.registry import open_decoder_session
from .bundle import GENERATION, Bundle, open_bundle
from .generation import TextGenerator
from .prompts import PromptTokenizer


def open_generator(
    folder: Path, runtime: str | None = None, threads: int = 1, capacity: int | None = None
) -> TextGenerator:
    """Open a bundle that generates text: check its files, load its tokenizer and its model.

    runtime:  as in `registry.open_session`
    capacity: tokens that the cache holds, prompt included; by default as many as the model was exported for
    Raises `BadInput` for a bundle that is not what its manifest says or is for another task, `RuntimeMissing` and
    `RuntimeFailed` as `registry.open_session` does.
    """
    return load_generator(open_bundle(folder), runtime, threads, capacity)


def load_generator(
    bundle: Bundle, runtime: str | None = None, threads: int = 1, capacity: int | None = None
) -> TextGenerator:
    """Load the tokenizer and the model of a bundle whose files are already checked.

    Raises `BadInput` for a bundle of another task or a capacity beyond the model's, `RuntimeMissing` and
    `RuntimeFailed` as `open_decoder_session` does.
    """
    bundle.require_task(GENERATION, "edgekit predict")
    if capacity is not None and capacity > bundle.max_length:
        raise BadInput(f"the model takes {bundle.max_length} tokens, not {capacity}")
    room = bundle.max_length if capacity is None else capacity
    session = open_decoder_session(bundle.model, room, runtime, threads)
    return TextGenerator(bundle, session, PromptTokenizer(bundle.tokenizer))
