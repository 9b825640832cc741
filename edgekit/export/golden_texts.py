"""Golden texts that are nobody's data: hard ones that edgekit brings, and some made of a tokenizer's vocabulary.

What is made of a vocabulary is the same for the same tokenizer.
"""

from __future__ import annotations

import unicodedata
import zlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from edgekit.export.source import TextInput

if TYPE_CHECKING:
    from tokenizers import Tokenizer

# what breaks tokenizers and padding: nothing, one character, many scripts, invisible characters, a text far too long
HARD_TEXTS: tuple[str, ...] = (
    "",
    "a",
    "Turn OFF the   kitchen-lights, please!",
    "Crème brûlée für Zoë: naïve café",
    "明天早上七点叫我起床",
    "شغّل الضوء في غرفة النوم",
    "🔥🔥 is it hot in here? 🥵",
    "tab\there\x00null\x07bell\u200bzero\u2028line\ufeffmark",
    "supercalifragilisticexpialidocious" * 4,
    "what will the weather be like in the city tomorrow " * 120,
)
# the same for a model of pairs of texts: each with the next, so that each is a first and a second text
HARD_PAIRS: tuple[tuple[str, str], ...] = tuple(zip(HARD_TEXTS, (*HARD_TEXTS[1:], HARD_TEXTS[0]), strict=True))
# what breaks tokenizers: nothing, many scripts, characters of several bytes, white space
HARD_PROMPTS: tuple[str, ...] = (
    "Once upon a time",
    "",
    "The capital of France is Paris. The capital of Italy is",
    "Crème brûlée für Zoë: naïve café",
    "明天早上七点",
    "🔥 is it hot in here? 🥵",
    "def add(a, b):\n\treturn  a +",
)
# words that are drawn from a vocabulary, where it has as many
WORDS = 128
# texts of each kind that there are
ATTEMPTS = 4
# of fewer words no text can be made that another would not be
_FEWEST = 8
_LONGEST_WORD = 30
_LETTERS_TOGETHER = 4
# spelled out in a text
_SPECIAL = 3
_PIECES = 24
# what stands for bytes that are no character
_REPLACEMENT = "\ufffd"
_ACUTE = "\u0301"
# from a printable ASCII character to its full-width form
_FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
# scripts that put no space between words: Thai to Khmer, and the East Asian ones but Hangul
_UNSPACED = (
    (0x0E00, 0x0EFF),
    (0x1000, 0x109F),
    (0x1780, 0x17FF),
    (0x2E80, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)


def words_of(tokenizer: Tokenizer) -> list[str]:
    """Up to `WORDS` words of a vocabulary, drawn by their spelling alone; of one of letters, letters put together.

    tokenizer: a `tokenizers.Tokenizer`
    """
    vocabulary = tokenizer.get_vocab(with_added_tokens=False)
    found: dict[str, None] = {}
    letters: dict[str, None] = {}
    for piece in _drawn(vocabulary):
        word = tokenizer.decode([vocabulary[piece]]).strip()
        if _is_word(word):
            (found if len(word) > 1 or _is_unspaced(word) else letters)[word] = None
        if len(found) == WORDS:
            break
    words = list(found)
    if len(words) < _FEWEST:
        each = list(letters)
        words += ["".join(each[at : at + _LETTERS_TOGETHER]) for at in range(0, len(each), _LETTERS_TOGETHER)]
    return words


def joined(words: Sequence[str]) -> str:
    """Words as a text of their scripts has them: with spaces between them, but for scripts that have none."""
    text = ""
    for word in words:
        close = not text or (_is_unspaced(text[-1]) and _is_unspaced(word[0]))
        text += word if close else f" {word}"
    return text


def made_texts(tokenizer: Tokenizer, max_length: int, *, pairs: bool, attempt: int = 0) -> dict[str, TextInput]:
    """Texts of several lengths by their kinds, each kind with something for a tokenizer to do.

    Up to the longest input and a word beyond; other cases, accents in both normal forms, full-width letters, blanks,
    punctuation, words run together, pieces that are no words, special tokens spelled out.
    tokenizer:  a `tokenizers.Tokenizer` that cuts nothing off
    max_length: tokens of the longest input
    pairs:      whether the model takes pairs of texts
    attempt:    below `ATTEMPTS`; each is of other words
    Empty where the vocabulary has no words.
    """
    words = words_of(tokenizer)
    if not words:
        return {}
    first = attempt * len(words) // ATTEMPTS
    stream = _endless([*words[first:], *words[:first]])

    def take(count: int) -> list[str]:
        return [next(stream) for _ in range(count)]

    texts: dict[str, TextInput] = {f"{count} words": joined(take(count)) for count in (1, 2, 4, 7, 12)}
    texts |= {"upper case": joined(take(4)).upper(), "full width": joined(take(4)).translate(_FULL_WIDTH)}
    marks = joined([f"{word[0]}{_ACUTE}{word[1:]}" for word in take(4)])
    texts |= {"marks": marks, "accents": unicodedata.normalize("NFC", marks)}
    a, b, c, d = take(4)
    texts |= {"punctuation": f"{a.capitalize()}, {b}! ({c}) {d}'s 12.50", "blanks": f"  {a}\t{b}   {c}\n{d} "}
    texts |= {"one long word": "".join(take(5)), "pieces": _of_pieces(tokenizer, attempt)}
    texts["special tokens"] = _with_special_tokens(tokenizer, take(_SPECIAL + 1))
    longest = _filling(tokenizer, stream, max_length)
    texts |= {"longest": joined(longest[:-1]), "longer": joined(longest)}
    if pairs:
        texts |= {"pair": (joined(take(3)), joined(take(5))), "long pair": (joined(longest), joined(take(9)))}
    return {kind: text for kind, text in texts.items() if _is_clean(text)}


def _drawn(vocabulary: dict[str, int]) -> list[str]:
    """The pieces in an order in which neighbours have nothing in common, the same in every Python."""
    return sorted(vocabulary, key=lambda piece: (zlib.crc32(piece.encode("utf-8", "surrogatepass")), piece))


def _endless(words: Sequence[str]) -> Iterator[str]:
    while True:
        yield from words


def _is_word(text: str) -> bool:
    """Letters with the marks that belong to them."""
    categories = [unicodedata.category(character)[0] for character in text]
    return 0 < len(text) <= _LONGEST_WORD and categories[0] == "L" and set(categories) <= {"L", "M"}


def _is_unspaced(character: str) -> bool:
    return any(first <= ord(character[0]) <= last for first, last in _UNSPACED)


def _of_pieces(tokenizer: Tokenizer, attempt: int) -> str:
    """Some pieces, words or not, as the tokenizer puts them together."""
    vocabulary = tokenizer.get_vocab(with_added_tokens=False)
    drawn = _drawn(vocabulary)
    first = attempt * _PIECES % len(drawn)
    indices = [vocabulary[piece] for piece in [*drawn[first:], *drawn[:first]][: 4 * _PIECES]]
    whole = [index for index in indices if _REPLACEMENT not in tokenizer.decode([index])]
    return str(tokenizer.decode(whole[:_PIECES]))


def _with_special_tokens(tokenizer: Tokenizer, words: Sequence[str]) -> str:
    """Words with special tokens between them; never one of padding, of which some models count no position."""
    added = tokenizer.get_added_tokens_decoder()
    tokens = [added[index].content for index in sorted(added) if added[index].special]
    chosen = [token for token in tokens if "pad" not in token.lower()][-_SPECIAL:]
    return " ".join(part for pair in zip(words, [*chosen, *[""] * len(words)], strict=False) for part in pair if part)


def _filling(tokenizer: Tokenizer, stream: Iterator[str], max_length: int) -> list[str]:
    """Words whose text is the first that is longer than `max_length` tokens, by one word."""
    words: list[str] = []
    while len(words) <= max_length:
        words.append(next(stream))
    # a word is a token or more, so that these are enough, and seldom far too many
    low, high = 1, len(words)
    while low < high:
        middle = (low + high) // 2
        if len(tokenizer.encode(joined(words[:middle])).ids) > max_length:
            high = middle
        else:
            low = middle + 1
    return words[:low]


def _is_clean(text: TextInput) -> bool:
    """Whether it is more than blanks, and of whole characters."""
    parts = text if isinstance(text, tuple) else (text,)
    return all(part.strip() and _REPLACEMENT not in part for part in parts)
