"""Text to token ids with the Hugging Face `tokenizers` library, from `tokenizer.json`."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Optional

from ..capture_stderr import captured_output
from ..errors import AgentError, BadInput, RuntimeFailed, RuntimeMissing, one_line
from .text_growth import check_growth

if TYPE_CHECKING:
    import tokenizers

# a text with its pair, where it has one
TextPair = tuple[str, Optional[str]]

# ten times that of the largest vocabularies
LARGEST_FILE = 256_000_000


@dataclass(frozen=True)
class Encoding:
    """Token ids without padding, and the segment of each: 0 for the text, 1 for its pair.

    truncated: whether the text, or the pair of texts, had more tokens than there was room for
    """

    ids: list[int]
    type_ids: list[int]
    truncated: bool


class Tokenizer:
    """A `tokenizer.json` that truncates to `max_length` tokens, special tokens included, and never pads.

    A pair loses tokens of its longer text first. Raises `BadInput` when `max_length` leaves no room for a token,
    `RuntimeMissing` without the library, `RuntimeFailed` when it cannot read the file.
    """

    def __init__(self, path: Path, max_length: int) -> None:
        self._tokenizer = load_tokenizer(path)
        with _faults_of(f"tokenizers cannot use {path}"):
            special = self._tokenizer.num_special_tokens_to_add(False)
            if max_length <= special:
                raise BadInput(f"a length of {max_length} leaves no room beside {special} special tokens")
            self._tokenizer.no_padding()
            # the library keeps every part that it cuts off; of a pair of long texts these are a square in number
            self._tokenizer.no_truncation()
        self.max_length = max_length

    def encode(self, text: str, pair: str | None = None) -> Encoding:
        """The ids of a text, or of a pair of texts. Raises `BadInput` for one with half a character in it."""
        encoding = encode_with(self._tokenizer, text, pair)
        # the library makes these lists anew whenever they are asked for
        places, ids, types = self._truncated(encoding), encoding.ids, encoding.type_ids
        truncated = len(places) < len(ids)
        return Encoding([ids[place] for place in places], [types[place] for place in places], truncated)

    def token_ends(self, text: str) -> list[int]:
        """Where in `text` each of its tokens ends, in characters; 0 for special tokens."""
        encoding = encode_with(self._tokenizer, text)
        offsets = encoding.offsets
        return [offsets[index][1] for index in self._truncated(encoding)]

    def _truncated(self, encoding: tokenizers.Encoding) -> Sequence[int]:
        """The places of the tokens that stay: all special ones, and of each text as many of its first as have room."""
        owners = encoding.sequence_ids
        if len(owners) <= self.max_length:
            return range(len(owners))
        first, second = owners.count(0), owners.count(1)
        room = self.max_length - (len(owners) - first - second)
        left = dict(enumerate(longest_first(first, second, room)))
        places = []
        for index, owner in enumerate(owners):
            if owner is None or left[owner] > 0:
                places.append(index)
            if owner is not None:
                left[owner] -= 1
        return places


def longest_first(first: int, second: int, room: int) -> tuple[int, int]:
    """How many tokens of two texts stay where both together may have `room`, as `tokenizers` cuts them.

    The longer text loses first; where both must lose, each keeps half, and the second the odd one. A text alone has
    `second` 0.
    """
    if first + second <= room:
        return first, second
    short, long = sorted((first, second))
    long = short if short > room else max(short, room - short)
    if short + long > room:
        short, long = room // 2, room - room // 2
    return (short, long) if first <= second else (long, short)


def load_tokenizer(path: Path) -> tokenizers.Tokenizer:
    """The library's own tokenizer of a `tokenizer.json`, as it says it is.

    Raises `RuntimeMissing` without the library, `RuntimeFailed` when it cannot read the file.
    """
    try:
        import tokenizers
    except ImportError as error:
        raise RuntimeMissing(f"tokenizers cannot be imported: {error}", "pip install tokenizers") from error
    if path.is_file() and path.stat().st_size > LARGEST_FILE:
        raise BadInput(f"{path} has more than {LARGEST_FILE} bytes")
    with captured_output(), _faults_of(f"tokenizers {tokenizers.__version__} cannot read {path}"):
        tokenizer = tokenizers.Tokenizer.from_buffer(path.read_bytes())  # by itself it opens no path that is not UTF-8
        check_growth(tokenizer, path)
        return tokenizer


def encode_with(
    tokenizer: tokenizers.Tokenizer, text: str, pair: str | None = None, *, special: bool = True
) -> tokenizers.Encoding:
    """The library's encoding of a text, by default with its special tokens.

    Raises `BadInput` for half a character, `RuntimeFailed` where it breaks.
    """
    try:
        return tokenizer.encode(text, pair, add_special_tokens=special)
    except TypeError:  # a lone surrogate, as bytes that are no UTF-8 leave behind
        raise BadInput("text is not valid Unicode", "give it in UTF-8") from None
    except BaseException as error:
        if not is_fault(error):
            raise
        raise RuntimeFailed(f"tokenizers failed on the text: {one_line(error)}") from None


@contextmanager
def _faults_of(what: str) -> Iterator[None]:
    """What the library raises in this block becomes one `RuntimeFailed`."""
    try:
        yield
    except AgentError:
        raise
    except BaseException as error:
        if not is_fault(error):
            raise
        raise RuntimeFailed(f"{what}: {one_line(error)}") from error


def is_fault(error: BaseException) -> bool:
    """Whether the library failed: a panic of its Rust code is no `Exception`, and its class cannot be imported."""
    return isinstance(error, Exception) or type(error).__name__ == "PanicException"


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
