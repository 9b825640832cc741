"""Text to token ids with the Hugging Face `tokenizers` library, from `tokenizer.json`."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import BadInput, RuntimeFailed, RuntimeMissing


@dataclass(frozen=True)
class Encoding:
    """Token ids without padding, and the segment of each: 0 for the text, 1 for its pair."""

    ids: list[int]
    type_ids: list[int]


class Tokenizer:
    """A `tokenizer.json` that truncates to `max_length` tokens, special tokens included, and never pads.

    A pair loses tokens of its longer text first. Raises `BadInput` when `max_length` leaves no room for a token,
    `RuntimeMissing` without the library, `RuntimeFailed` when it cannot read the file.
    """

    def __init__(self, path: Path, max_length: int) -> None:
        try:
            import tokenizers
        except ImportError as error:
            raise RuntimeMissing(f"tokenizers cannot be imported: {error}", "pip install tokenizers") from error
        try:
            self._tokenizer = tokenizers.Tokenizer.from_file(str(path))
        except Exception as error:
            raise RuntimeFailed(f"tokenizers {tokenizers.__version__} cannot read {path}: {error}") from error
        special = self._tokenizer.num_special_tokens_to_add(False)
        if max_length <= special:
            raise BadInput(f"a length of {max_length} leaves no room beside {special} special tokens")
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_length, strategy="longest_first")
        self.max_length = max_length

    def encode(self, text: str, pair: str | None = None) -> Encoding:
        """The ids of a text, or of a pair of texts. Raises `BadInput` for one with half a character in it."""
        encoding = self._encode(text, pair)
        return Encoding(encoding.ids, encoding.type_ids)

    def token_ends(self, text: str) -> list[int]:
        """Where in `text` each of its tokens ends, in characters; 0 for special tokens."""
        return [end for _, end in self._encode(text, None).offsets]

    def _encode(self, text: str, pair: str | None) -> Any:
        try:
            return self._tokenizer.encode(text) if pair is None else self._tokenizer.encode(text, pair)
        except TypeError:  # a lone surrogate, as bytes that are no UTF-8 leave behind
            raise BadInput("text is not valid Unicode", "give it in UTF-8") from None


def texts_of_length(path: Path, texts: Sequence[str], length: int, count: int = 8) -> list[str]:
    """Up to `count` texts, made of `texts` repeated, each of which gives exactly `length` tokens once truncated.

    They are cut close to that length, so that tokenizing one costs what a text of that length costs.
    Raises `BadInput` when no such text can be made.
    """
    tokenizer = Tokenizer(path, length)
    if not texts:
        raise BadInput("there are no texts to measure with")
    starts = range(min(count, len(texts)))
    return [_cut(tokenizer, _repeat(tokenizer, [*texts[start:], *texts[:start]])) for start in starts]


def _repeat(tokenizer: Tokenizer, texts: Sequence[str]) -> str:
    text = ""
    # every turn adds a token or more, unless a text is empty to the tokenizer
    for _, piece in zip(range(tokenizer.max_length + len(texts)), itertools.cycle(texts)):
        text = f"{text} {piece}".strip()
        if len(tokenizer.encode(text).ids) == tokenizer.max_length:
            return text
    raise BadInput(f"no text of {tokenizer.max_length} tokens can be made of {texts[0][:40]!r}")


def _cut(tokenizer: Tokenizer, text: str) -> str:
    """The shortest beginning of `text`, a few characters apart, that still fills the length."""
    for end in range(max(tokenizer.token_ends(text)), len(text), 4):
        if len(tokenizer.encode(text[:end]).ids) == tokenizer.max_length:
            return text[:end]
    return text
