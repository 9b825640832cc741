"""Texts drawn from all of Unicode by a seed: what nobody thought of when writing down the hard ones."""

from __future__ import annotations

import random
import sys
import unicodedata
from functools import cache

from hard_texts import HARD_TEXTS


def random_texts(seed: int, count: int) -> list[str]:
    """`count` texts of up to 40 code points, or up to 12 words; the same for the same seed and Unicode version.

    Half of them mix every category of Unicode, the others stay near real text: words with one odd thing in them.
    """
    drawn = random.Random(seed)
    return [_wild(drawn) if number % 2 else _nearly_real(drawn) for number in range(count)]


@cache
def _categories() -> dict[str, tuple[str, ...]]:
    """Every code point but surrogates, by general category as this Python knows it."""
    found: dict[str, list[str]] = {}
    for code in range(sys.maxunicode + 1):
        category = unicodedata.category(chr(code))
        if category != "Cs":
            found.setdefault(category, []).append(chr(code))
    return {category: tuple(found[category]) for category in sorted(found)}


@cache
def _words() -> tuple[str, ...]:
    """What the hard texts are made of, short pieces only."""
    pieces = {piece for text in HARD_TEXTS if len(text) < 200 for piece in text.split(" ")}
    return tuple(sorted(piece for piece in pieces if 0 < len(piece) < 30))


def _wild(drawn: random.Random) -> str:
    categories = _categories()
    names = tuple(categories)
    return "".join(_point(drawn, categories[drawn.choice(names)]) for _ in range(drawn.randint(0, 40)))


def _point(drawn: random.Random, category: tuple[str, ...]) -> str:
    """One of the category: as often as not one of the first, where the scripts in daily use are."""
    return drawn.choice(category[:200] if drawn.random() < 0.5 else category)


def _nearly_real(drawn: random.Random) -> str:
    words = [drawn.choice(_words()) for _ in range(drawn.randint(1, 12))]
    if drawn.random() < 0.5:
        words.insert(drawn.randrange(len(words) + 1), _wild(drawn)[:3])
    separator = drawn.choice((" ", " ", " ", " ", "", "  ", "\n", "\u00a0"))
    return separator.join(words)
