"""Writes the web package's tables of characters, as the Rust library `tokenizers` sees them: run it for new ones."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Callable, Iterable
from itertools import groupby
from pathlib import Path

import regex
from tokenizers import Regex, normalizers, pre_tokenizers

import edgekit.packaging.web

TABLES = Path(edgekit.packaging.web.__file__).parent / "templates" / "lib" / "tokenizer" / "unicode_tables.js"
_CATEGORIES = "Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Co Cn"
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ!#$"
_CHARACTERS = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]
_HEAD = """\
// Classes of characters as the Rust library `tokenizers` sees them, whose Unicode versions differ from one another and
// from any browser's. Each is a list of ranges in base 36: characters left out, characters in, and so on.
"""
# a newline, a return and a tab are spaces to BERT, not control characters; U+FFFD and U+0000 are dropped with these
_CLASSES = {
    "WHITE": "white space, of Rust and of Oniguruma",
    "PUNCTUATION": "punctuation of BERT, ASCII symbols included",
    "CONTROL": "what BERT's cleaning drops",
    "MARK": "marks, as StripAccents knows them",
    "NONSPACING": "non-spacing marks, as BERT's strip_accents knows them",
    "NUMERIC": "numeric, of Rust",
    "WORD": "\\\\w of Rust's regular expressions",
    "EXTENDING": "what continues a grapheme cluster: Extend, ZWJ, SpacingMark",
    "PREPENDED": "what a grapheme cluster begins with before its base: Prepend",
    "BREAKING": "what stands alone in grapheme clusters: Control, CR, LF",
    "NOT_NORMALIZED": "what newer Unicode normalizes, and the library leaves as it is",
}


def tables() -> str:
    """The text of `unicode_tables.js`."""
    tests = _tests()
    lines = [_HEAD]
    for name, what in _CLASSES.items():
        encoded = _encoded(character for character in _CHARACTERS if tests[name](character))
        lines.append(f'\n/** {what} */\nexport const {name} =\n  "{encoded}";\n')
    lines.append(_categories())
    return "".join(lines)


def _categories() -> str:
    """The general category of every code point, as Oniguruma knows it: a letter for each, and how many follow."""
    whole = "".join(_CHARACTERS)
    of = {}
    for name, letter in zip(_CATEGORIES.split(), _LETTERS, strict=True):
        left = normalizers.Replace(Regex(rf"\p{{{name}}}"), "").normalize_str(whole)
        of |= dict.fromkeys(set(whole).difference(left), letter)
    # no text has a surrogate: they count as unassigned, so that runs have no gap
    runs = [(letter, len(list(run))) for letter, run in groupby(of.get(chr(code), "$") for code in range(0x110000))]
    encoded = "".join(letter + (_base36(length) if length > 1 else "") for letter, length in runs)
    return (
        f'\n/** general categories, each by the letter at its place in "{_LETTERS}" */\n'
        f'export const CATEGORY_NAMES =\n  "{_CATEGORIES}";\n'
        f"\n/** the category of every code point, and how many follow that have it, in base 36 */\n"
        f'export const CATEGORIES =\n  "{encoded}";\n'
    )


def _tests() -> dict[str, Callable[[str], bool]]:
    split, normalized = _split, _normalized
    white, digits = pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Digits(True)
    marks, words = pre_tokenizers.Punctuation(), pre_tokenizers.Whitespace()
    cleaned = normalizers.BertNormalizer(True, False, False, False)
    accents = normalizers.BertNormalizer(False, False, True, False)
    return {
        "WHITE": lambda c: split(white, f"a{c}b") == 2,
        "PUNCTUATION": lambda c: split(marks, f"a{c}b") == 3,
        "CONTROL": lambda c: normalized(cleaned, f"a{c}b") == "ab",
        "MARK": lambda c: normalized(normalizers.StripAccents(), f"a{c}b") == "ab",
        "NONSPACING": lambda c: normalized(accents, f"a{c}b") == "ab",
        "NUMERIC": lambda c: split(digits, f"a{c}") == 2,
        "WORD": lambda c: words.pre_tokenize_str(f"{c}a")[0][0] == f"{c}a",
        "EXTENDING": lambda c: _ASKED["extends"](ord(c)),
        "PREPENDED": lambda c: _ASKED["prepends"](ord(c)),
        "BREAKING": lambda c: _BREAKING.match(c) is not None,
        "NOT_NORMALIZED": _is_newer,
    }


# the library's own answers: a regular expression knows newer marks than it does
_ASKED = runpy.run_path(str(Path(__file__).parents[1] / "android" / "java" / "unicode_tables.py"))
_BREAKING = regex.compile(r"\p{GCB=Control}|\p{GCB=CR}|\p{GCB=LF}")


def _split(piece: pre_tokenizers.PreTokenizer, text: str) -> int:
    return len(piece.pre_tokenize_str(text))


def _normalized(normalizer: normalizers.Normalizer, text: str) -> str:
    return str(normalizer.normalize_str(text))


def _is_newer(character: str) -> bool:
    """Whether the newest Unicode at hand decomposes or reorders a character, and the library does not."""
    return character in _newer()


_NEWER: set[str] = set()


def _newer() -> set[str]:
    if not _NEWER:
        import json
        import subprocess

        script = Path(__file__).with_name("normal_forms.mjs")
        output = subprocess.run(["node", str(script)], capture_output=True, text=True, check=True)
        forms = [getattr(normalizers, form)() for form in ("NFD", "NFKD", "NFC", "NFKC")]
        for character, found in zip(_CHARACTERS, map(json.loads, output.stdout.split("\n")), strict=True):
            texts = (character, f"a{character}\u0334", f"a\u0301{character}")
            if found != [normalized for text in texts for normalized in (_normalized(form, text) for form in forms)]:
                _NEWER.add(character)
        _NEWER.add("")  # so that none found is not looked for again
    return _NEWER


def _encoded(characters: Iterable[str]) -> str:
    numbers, end = [], 0
    for start, stop in _ranges(characters):
        numbers += [start - end, stop - start]
        end = stop
    return " ".join(_base36(number) for number in numbers)


def _ranges(characters: Iterable[str]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for code in map(ord, characters):
        # no character is a surrogate, so a range may run over them
        if found and found[-1][1] in (code, code - 0x800 if code == 0xE000 else code):
            found[-1] = (found[-1][0], code + 1)
        else:
            found.append((code, code + 1))
    return found


def _base36(number: int) -> str:
    digits = ""
    while number or not digits:
        number, digit = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return digits


if __name__ == "__main__":
    sys.exit(not TABLES.write_text(tables(), encoding="utf-8"))
