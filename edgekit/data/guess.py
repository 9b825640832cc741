"""Guessing the encoding of text that is not UTF-8: under which one would such bytes be likeliest.

Each candidate is a small model of its script: frequent letters, other letters, punctuation and the rest share a fixed
mass, evenly within each. The cost of a text is its code length in nats; what a script does not do costs more (a
Cyrillic letter beside an ASCII one, two accented Latin letters in a row). Of Chinese, Japanese and Korean the half of
each standard that is for common use (GB 2312 level 1, Big5 level 1, JIS X 0208 level 1, Hangul of KS X 1001) counts
as frequent: text that is read in another's encoding falls into the rare half.
"""

from __future__ import annotations

import codecs
import math
import re
from collections import Counter
from collections.abc import Mapping
from functools import cache
from itertools import pairwise
from typing import NamedTuple

# of Western texts the first is right most often, and it holds all of latin-1's letters
USUAL = "cp1252"
_FREQUENT = {
    USUAL: "éèàçêëïîôùûâäöüßåæøñóíáúãõ¿¡",
    "cp1250": "ąćęłńóśźżáčďéěíňřšťúůýžăâîşţőűöüä",
    "cp1251": "оеаинтсрвлкмдпуяызьбгчйхжшюцщэ",
    "koi8_r": "оеаинтсрвлкмдпуяызьбгчйхжшюцщэ",
    "iso8859_5": "оеаинтсрвлкмдпуяызьбгчйхжшюцщэ",
    "cp866": "оеаинтсрвлкмдпуяызьбгчйхжшюцщэ",
    "cp1253": "αοιετσνηυρπκμλςάόίέήώύγδωθχφ",
    "cp1255": "יוהלאמרתבשנדעקפחגטכםסןצזךףץ",
    "cp1256": "المنتيوربهعدفسقكحةجشطصخأىضذزغء",
    "cp874": "านรกอเงมยลวดทสตะปบคแจพหใชไขโผ่้ีัิ์ืุ็ูึำ",
}
_LATIN = (USUAL, "cp1250")
_PUNCTUATION = "‘’“”„–—…«»°€£§©®·\xa0"
_MANY = 20_000


class _Standard(NamedTuple):
    """Of an encoding of two bytes its common half, as lead bytes of the standard's own encoding, and its syllables."""

    standard: str
    leads: range
    size: int
    syllables: str = ""


_EASTERN = {
    "gb18030": _Standard("gb2312", range(0xB0, 0xD8), 3755),
    "big5": _Standard("big5", range(0xA4, 0xC7), 5401),
    "cp932": _Standard("euc_jp", range(0xB0, 0xD0), 2965, "\u3041-\u3096\u30a1-\u30fc"),
    "euc_jp": _Standard("euc_jp", range(0xB0, 0xD0), 2965, "\u3041-\u3096\u30a1-\u30fc"),
    "cp949": _Standard("euc_kr", range(0xB0, 0xC9), 2350),
}
_ASCII_COST = math.log(64)
_ODD_COST = 4.0
# less than this for each letter between two readings is a draw
_DRAW = 0.25


def likeliest(sample: bytes) -> list[str]:
    """The encoding that fits best and behind it those that fit as well; empty where none can hold these bytes.

    sample: lines with bytes outside ASCII; the last may be cut
    Western European and other Latin pages never draw: between them `USUAL` is taken unless it fits worse.
    """
    texts = {encoding: text for encoding in (*_FREQUENT, *_EASTERN) if (text := _decoded(sample, encoding))}
    if _mostly_ascii(sample):
        texts = {encoding: text for encoding, text in texts.items() if encoding in (*_LATIN, *_EASTERN)} or texts
    costs = {encoding: _cost(text, encoding) for encoding, text in texts.items()}
    ranked = sorted(costs, key=costs.__getitem__)
    if not ranked:
        return []
    best = ranked[0]
    foreign = sum(not character.isascii() for character in texts[best])
    if best in _LATIN:
        return [best]
    return [name for name in ranked if name == best or costs[name] - costs[best] < _DRAW * foreign][:3]


def _mostly_ascii(sample: bytes) -> bool:
    """Whether few letters are outside ASCII: Latin text, or a word of Chinese within it, but no other alphabet's."""
    foreign = sum(byte > 127 for byte in sample)
    ascii_letters = sum(map(len, re.findall(rb"[A-Za-z]+", sample)))
    return foreign * 4 <= ascii_letters


def _decoded(sample: bytes, encoding: str) -> str:
    """The text, without a character that the end of the sample cuts; empty for what is not in this encoding."""
    try:
        return codecs.getincrementaldecoder(encoding)().decode(sample)
    except UnicodeDecodeError:
        return ""


def _cost(text: str, encoding: str) -> float:
    counts = Counter(text)
    cost_of = _eastern_cost if encoding in _EASTERN else _alphabet_cost
    cost = sum(
        count * (_ASCII_COST if character.isascii() else cost_of(character, encoding))
        for character, count in counts.items()
    )
    return cost if encoding in _EASTERN else cost + _ODD_COST * _odd_neighbours(text, encoding in _LATIN)


def _odd_neighbours(text: str, latin: bool) -> int:
    """Accented Latin letters in a row, other letters beside ASCII ones; capitals behind small letters of either."""
    odd = 0
    for first, second in pairwise(text):
        if not (first.isalpha() and second.isalpha()) or (first.isascii() and second.isascii()):
            continue
        mixed = first.isascii() != second.isascii()
        odd += mixed != latin or (first.islower() and second.isupper())
    return odd


def _alphabet_cost(character: str, encoding: str) -> float:
    costs = _alphabet(encoding)
    return costs[character] if character in costs else costs[""]


@cache
def _alphabet(encoding: str) -> Mapping[str, float]:
    """The cost of each character of a page of one byte; under "" that of what it has no name for."""
    page = {text for byte in range(128, 256) if (text := _decoded(bytes([byte]), encoding))}
    frequent = set(_FREQUENT[encoding]) & page
    usual = set(_PUNCTUATION) & page
    letters = {character for character in page - frequent if character.isalpha()}
    rest = page - frequent - usual - letters
    costs = {"": -math.log(0.01 / 128)}
    for members, mass in ((frequent, 0.82), (letters, 0.1), (rest, 0.02)):
        costs |= {member: -math.log(mass / len(members)) for member in members}
    # the same on every page: quotation marks speak for none
    return costs | dict.fromkeys(usual, -math.log(0.06 / len(_PUNCTUATION)))


@cache
def _eastern_cost(character: str, encoding: str) -> float:
    """Syllables and common characters share most of the mass, full-width punctuation some; the rest is rare."""
    standard = _EASTERN[encoding]
    if standard.syllables and re.match(f"[{standard.syllables}]", character):
        return -math.log(0.55 / 170)
    if "\u3000" <= character <= "\u301f" or "\uff01" <= character <= "\uff5e" or character in _PUNCTUATION:
        return -math.log(0.12 / 60)
    try:
        lead = character.encode(standard.standard)[0]
    except UnicodeEncodeError:
        lead = 0
    common = 0.3 if standard.syllables else 0.85
    return -math.log(common / standard.size if lead in standard.leads else 0.02 / _MANY)
