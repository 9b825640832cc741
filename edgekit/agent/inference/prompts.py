"""Text to ids and back for decoders: whole prompts, and text that grows token by token."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from .tokenizer import encode_with, load_tokenizer

_UNKNOWN = "\ufffd"
# so many tokens are decoded again with each new one; more than any character or any word's leading space needs
_WINDOW = 16


class PromptTokenizer:
    """A `tokenizer.json` that neither cuts nor pads. Errors as `tokenizer.load_tokenizer`."""

    def __init__(self, path: Path) -> None:
        self._tokenizer = load_tokenizer(path)
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()

    def encode(self, text: str) -> list[int]:
        """The ids of a text, with the tokens that the model expects before it. Errors as `tokenizer.encode_with`."""
        return list(encode_with(self._tokenizer, text).ids)

    def encode_plain(self, text: str) -> list[int]:
        """The ids of a text alone. Errors as `tokenizer.encode_with`."""
        return list(encode_with(self._tokenizer, text, special=False).ids)

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ids, special tokens left out. Bytes that are no UTF-8 become U+FFFD."""
        return str(self._tokenizer.decode(list(ids), skip_special_tokens=True))


class TextStream:
    """Turns tokens into text as they come, whole characters only; all pieces together are the whole text.

    context: the ids before the first new one, for whatever a decoder makes of a text's beginning
    """

    def __init__(self, tokenizer: PromptTokenizer, context: Sequence[int]) -> None:
        self._tokenizer = tokenizer
        self._ids: list[int] = []
        self._given = 0  # characters of the text of `_ids` that were given out
        self._begin(context)

    def add(self, token: int) -> str:
        """The text that a further token completes; empty in the middle of a character."""
        self._ids.append(token)
        text = self._tokenizer.decode(self._ids)
        # these may be the bytes of a character that is still to be completed
        whole = text.rstrip(_UNKNOWN)
        piece = whole[self._given :]
        self._given = max(self._given, len(whole))
        if whole == text and len(self._ids) > 2 * _WINDOW:
            self._begin(self._ids)
        return piece

    def _begin(self, ids: Sequence[int]) -> None:
        """Keep as few of the newest ids as do not begin in the middle of a character."""
        size = _WINDOW
        while True:
            self._ids = list(ids[-size:])
            text = self._tokenizer.decode(self._ids)
            self._given = len(text)
            if size >= len(ids) or _UNKNOWN not in text:
                return
            size *= 2

    def end(self) -> str:
        """What is left when no token follows: characters that were never completed, as U+FFFD."""
        rest = self._tokenizer.decode(self._ids)[self._given :]
        self._given += len(rest)
        return rest


class StopStringMatcher:
    """Looks for stop strings in text that comes in pieces, and holds back what may be the beginning of one."""

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = [stop for stop in stops if stop]
        self._held = ""
        self.stopped = False

    def add(self, piece: str) -> str:
        """The text that is safe to show; after a stop string, which is left out, `stopped` is true."""
        text = self._held + piece
        found = [position for stop in self._stops if (position := text.find(stop)) >= 0]
        if found:
            self.stopped, self._held = True, ""
            return text[: min(found)]
        keep = max((_overlap(text, stop) for stop in self._stops), default=0)
        self._held = text[len(text) - keep :]
        return text[: len(text) - keep]

    def end(self) -> str:
        """What was held back when no text follows."""
        rest, self._held = self._held, ""
        return rest


def _overlap(text: str, stop: str) -> int:
    """How many characters at the end of `text` are the beginning of `stop`, short of all of it."""
    return next((size for size in range(min(len(text), len(stop) - 1), 0, -1) if text.endswith(stop[:size])), 0)
