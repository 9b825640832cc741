"""Guessing the encoding of text that is not UTF-8, by chardet's models of languages."""

from __future__ import annotations

# of Western texts the first is right most often, and it holds all of latin-1's letters
USUAL = "cp1252"
# one encoding for each script and region, the widest of its kin: data sets come in no others
_CANDIDATES = (
    *(USUAL, "cp1250", "cp1251", "koi8-r", "cp1253", "cp1254", "cp1255", "cp1256", "cp874"),
    *("gb18030", "big5hkscs", "cp932", "euc_jis_2004", "cp949"),
)
_WESTERN = {USUAL, "cp1250", "cp1254"}
# so few letters outside ASCII tell no Latin page from another
_FEW = 3
# nearer to each other than this, two readings are a draw
_DRAW = 0.05


def likeliest(sample: bytes) -> list[str]:
    """The encoding that fits best and behind it those that fit as well; empty where none can hold these bytes.

    sample: lines with bytes outside ASCII; the last may be cut
    Latin pages never draw: between them `USUAL` is taken where few letters could tell.
    """
    import chardet

    found = chardet.detect_all(
        sample, ignore_threshold=True, include_encodings=_CANDIDATES, prefer_superset=True, compat_names=False
    )
    ranked = [(str(guess["encoding"]), guess["confidence"]) for guess in found if guess["encoding"]]
    if not ranked:
        return []
    best, confidence = ranked[0]
    if best in _WESTERN or _mostly_ascii(sample):
        return [USUAL if _decodes(sample, USUAL) and sum(byte > 127 for byte in sample) <= _FEW else best]
    return [name for name, other in ranked if name == best or confidence - other < _DRAW][:3]


def _mostly_ascii(sample: bytes) -> bool:
    """Whether few letters are outside ASCII, as in Latin text, and in no other alphabet's."""
    letters = sum(byte < 128 and chr(byte).isalpha() for byte in sample)
    return 4 * sum(byte > 127 for byte in sample) <= letters


def _decodes(sample: bytes, encoding: str) -> bool:
    try:
        sample.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
