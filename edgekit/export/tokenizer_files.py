"""The tokenizer of a bundle: Hugging Face's files, and a `tokenizer.json` that stands alone."""

from __future__ import annotations

from pathlib import Path

from edgekit.agent.inference.bundle import TOKENIZER
from edgekit.data.tokenizer import Tokenizer
from edgekit.errors import UsageError

_KEPT = (TOKENIZER, "tokenizer_config.json", "special_tokens_map.json")


def write_tokenizer(tokenizer: Tokenizer, out: Path, max_length: int, *, truncates: bool = True) -> None:
    """Write the fast tokenizer into `out`; its `tokenizer.json` never pads, and with `truncates` ends at `max_length`.

    Raises `UsageError` for a slow tokenizer.
    """
    import tokenizers

    if not getattr(tokenizer, "is_fast", False):
        raise UsageError(
            f"{type(tokenizer).__name__} has no tokenizer.json; a device can read no other kind",
            advice="convert it to a fast tokenizer",
        )
    before = tokenizer.model_max_length
    tokenizer.model_max_length = max_length
    written = [Path(path) for path in tokenizer.save_pretrained(out)]
    tokenizer.model_max_length = before
    for path in written:
        # vocab.txt, merges.txt and the like repeat what tokenizer.json holds
        if path.name not in _KEPT:
            path.unlink(missing_ok=True)
    alone = tokenizers.Tokenizer.from_file(str(out / TOKENIZER))
    alone.no_padding()
    if truncates:
        alone.enable_truncation(max_length, strategy="longest_first")
    else:
        alone.no_truncation()
    alone.save(str(out / TOKENIZER), pretty=False)
