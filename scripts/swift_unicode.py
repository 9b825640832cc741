#!/usr/bin/env python3
"""What the Swift tokenizer knows of Unicode, read off the installed `tokenizers` character by character.

Its parts take Unicode in five different versions, none of them that of a phone: only its own tables give its ids.
Writes `UnicodeRanges.swift` and `UnicodeMappings.swift` into the templates of the iOS package; about two minutes.
"""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Callable, Iterable
from pathlib import Path

import tokenizers
from tokenizers import Regex, normalizers, pre_tokenizers

_PLACE = Path(__file__).parents[1] / "edgekit/packaging/ios/templates/Sources/@@PASCAL@@Core/Tokenizer"
_ALL = [point for point in range(0x110000) if not 0xD800 <= point <= 0xDFFF]
# what the regular expressions of published tokenizers ask for beside letters and numbers
_EXPRESSIONS = {"expressionWord": r"[\w]"} | {
    f"expression{kind}": rf"\p{{{kind}}}" for kind in ("Lu", "Ll", "Lt", "Lm", "Lo", "M", "P", "S", "Nd")
}
_HANGUL = range(0xAC00, 0xD7A4)


def main() -> None:
    """Write both files."""
    _write("UnicodeRanges", "Which characters are what, as the parts of Hugging Face tokenizers see it", _sets())
    _write("UnicodeMappings", "What characters become, as in Hugging Face tokenizers", _mappings())


def _sets() -> dict[str, str]:
    clean = normalizers.BertNormalizer(
        clean_text=True, handle_chinese_chars=False, strip_accents=False, lowercase=False
    )
    strip = normalizers.BertNormalizer(
        clean_text=False, handle_chinese_chars=False, strip_accents=True, lowercase=False
    )
    return {
        "control": _ranges(_dropped_by(clean)),
        "nonspacing": _ranges(_dropped_by(strip)),
        "mark": _ranges(_dropped_by(normalizers.StripAccents())),
        "punctuation": _ranges(_split_by(pre_tokenizers.Punctuation(), 3)),
        "numeric": _ranges(_split_by(pre_tokenizers.Digits(individual_digits=True), 3)),
        "word": _ranges(_split_by(pre_tokenizers.Whitespace(), 1)),
        "letter": _ranges(_matched_by(r"\p{L}")),
        "number": _ranges(_matched_by(r"\p{N}")),
        **{name: _ranges(_matched_by(pattern)) for name, pattern in _EXPRESSIONS.items()},
    }


def _dropped_by(normalizer: normalizers.Normalizer) -> Iterable[int]:
    return (point for point in _ALL if normalizer.normalize_str(f"a{chr(point)}b") == "ab")


def _split_by(pre_tokenizer: pre_tokenizers.PreTokenizer, parts: int) -> Iterable[int]:
    return (point for point in _ALL if len(pre_tokenizer.pre_tokenize_str(f"a{chr(point)}a")) == parts)


def _matched_by(pattern: str) -> Iterable[int]:
    split = pre_tokenizers.Split(Regex(pattern), "isolated")
    return (point for point in _ALL if len(split.pre_tokenize_str(f"\0{chr(point)}\0")) == 3)


def _ranges(points: Iterable[int]) -> str:
    """`30-39 5f`: first and last, in hexadecimal."""
    found: list[list[int]] = []
    for point in points:
        if found and found[-1][1] == point - 1:
            found[-1][1] = point
        else:
            found.append([point, point])
    return " ".join(f"{first:x}" if first == last else f"{first:x}-{last:x}" for first, last in found)


def _mappings() -> dict[str, str]:
    lower = _changed(normalizers.Lowercase().normalize_str)
    nfd, nfkd, nfc = normalizers.NFD(), normalizers.NFKD(), normalizers.NFC()
    canonical = {key: value for key, value in _changed(nfd.normalize_str).items() if key not in _HANGUL}
    compatible = {
        key: value
        for key, value in _changed(nfkd.normalize_str).items()
        if key not in _HANGUL and value != canonical.get(key)
    }
    pairs = {}
    for point, parts in canonical.items():
        if len(parts) > 1 and nfc.normalize_str(chr(point)) == chr(point):
            first = nfc.normalize_str(parts[:-1])
            if len(first) == 1 and nfc.normalize_str(first + parts[-1]) == chr(point):
                pairs[point] = first + parts[-1]
    return {
        "lowercase": _mapped(lower),
        "canonical": _mapped(canonical),
        "compatible": _mapped(compatible),
        "composed": _mapped(pairs),
        "combining": _classes(nfd.normalize_str),
    }


def _changed(normalize: Callable[[str], str]) -> dict[int, str]:
    made = ((point, normalize(chr(point))) for point in _ALL)
    return {point: text for point, text in made if text != chr(point)}


def _mapped(mapping: dict[int, str]) -> str:
    """`41-5a=61` for characters in a row that become characters in a row, `c0=41.300` for one that becomes two."""
    runs: list[tuple[int, int, str]] = []
    for point, text in mapping.items():
        if runs:
            first, last, start = runs[-1]
            if last == point - 1 and len(text) == len(start) == 1 and ord(text) - ord(start) == point - first:
                runs[-1] = (first, point, start)
                continue
        runs.append((point, point, text))
    return " ".join(
        (f"{first:x}" if first == last else f"{first:x}-{last:x}") + "=" + ".".join(f"{ord(char):x}" for char in text)
        for first, last, text in runs
    )


def _classes(normalize: Callable[[str], str]) -> str:
    """The canonical combining class of each character; what the library knows of, which is not the newest."""
    last = "\u0345"  # of class 240, behind all others
    runs: list[list[int]] = []
    for point in _ALL:
        kind = unicodedata.combining(chr(point))
        if not kind or (chr(point) != last and last not in normalize(last + chr(point))[1:]):
            continue
        if runs and runs[-1][1] == point - 1 and runs[-1][2] == kind:
            runs[-1][1] = point
        else:
            runs.append([point, point, kind])
    return " ".join(f"{first:x}-{last:x}={kind:x}" for first, last, kind in runs)


def _write(name: str, what: str, tables: dict[str, str]) -> None:
    lines = [
        f"// {what}: tables read off release {tokenizers.__version__}.",
        "// Written by scripts/swift_unicode.py of edgekit; all numbers are hexadecimal.",
        "",
        f"enum {name} {{",
    ]
    for key, text in tables.items():
        rows = textwrap.wrap(text, 400, break_long_words=False, break_on_hyphens=False)
        lines += [f'    static let {key} = """', *(f"        {row} \\" for row in rows[:-1]), f"        {rows[-1]}"]
        lines += ['        """']
    (_PLACE / f"{name}.swift").write_text("\n".join([*lines, "}", ""]), encoding="utf-8")


if __name__ == "__main__":
    main()
