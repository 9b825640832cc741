"""Writes the Java tables of Unicode: what each code point is to `tokenizers`, asked of the library.

Phones bring Unicode of any age, and the library mixes several. So the Java tokenizer carries the library's answers.
Run it after a new release of `tokenizers`: python tests/packaging/android/java/unicode_tables.py
"""

from __future__ import annotations

import sys
from pathlib import Path

TEMPLATES = Path(__file__).resolve().parents[4] / "edgekit/packaging/android/templates"
TABLES = TEMPLATES / "common/module/src/main/java/@@PATH@@/tokenizer"
CODE_POINTS = [point for point in range(0x110000) if not 0xD800 <= point < 0xE000]
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_WIDTH = 95


def sets() -> dict[str, tuple[str, set[int]]]:
    """For each table its comment and its code points."""
    from tokenizers import Regex, normalizers, pre_tokenizers

    clean = normalizers.BertNormalizer(True, False, False, False)
    accents = normalizers.BertNormalizer(False, False, True, False)
    marks, spaces = normalizers.StripAccents(), pre_tokenizers.WhitespaceSplit()
    punctuation, digits = pre_tokenizers.Punctuation("removed"), pre_tokenizers.Digits(True)
    words = pre_tokenizers.Whitespace()

    def dropped(normalizer):
        return {point for point in CODE_POINTS if normalizer.normalize_str(chr(point)) == ""}

    def removed(pre_tokenizer):
        return {point for point in CODE_POINTS if not pre_tokenizer.pre_tokenize_str(chr(point))}

    def matching(pattern):
        return removed(pre_tokenizers.Split(Regex(pattern), "removed"))

    def apart(pre_tokenizer):
        return {point for point in CODE_POINTS if len(pre_tokenizer.pre_tokenize_str("a" + chr(point))) == 2}

    return {
        "CLEANED": ("what BertNormalizer drops from a text: control, format, private and unassigned", dropped(clean)),
        "ACCENT": ("non-spacing marks, as BertNormalizer strips them", dropped(accents)),
        "MARK": ("combining marks, as StripAccents strips them", dropped(marks)),
        "SPACE": ("white space", removed(spaces)),
        "PUNCTUATION": ("punctuation, ASCII symbols among them", removed(punctuation)),
        "NUMERIC": ("numbers, as Digits splits them off", apart(digits)),
        "WORD": ("what belongs to a word for Whitespace and for added tokens", _joined(words)),
        "LETTER": ("\\\\p{L} of patterns", matching(r"\p{L}")),
        "NUMBER": ("\\\\p{N} of patterns", matching(r"\p{N}")),
        "PATTERN_SPACE": ("\\\\s of patterns", matching(r"\s")),
        "PATTERN_WORD": ("\\\\w of patterns", matching(r"\w")),
        "PATTERN_DIGIT": ("\\\\d of patterns", matching(r"\d")),
        "EXTENDER": ("what continues a grapheme", {point for point in CODE_POINTS if extends(point)}),
        "PREPENDER": ("what a grapheme continues from", {point for point in CODE_POINTS if prepends(point)}),
    }


def lower_cases() -> dict[int, int]:
    """Code points whose lower case is another single one."""
    from tokenizers import normalizers

    lower = normalizers.Lowercase()
    mapped = {point: lower.normalize_str(chr(point)) for point in CODE_POINTS}
    long = {point for point, text in mapped.items() if len(text) > 1}
    if long != {0x130}:
        raise SystemExit(f"lower cases of several code points: {sorted(map(hex, long))}; Unicode.java knows U+0130")
    return {point: ord(text) for point, text in mapped.items() if len(text) == 1 and text != chr(point)}


def _joined(words):
    found = set()
    for point in CODE_POINTS:
        pieces = words.pre_tokenize_str("a" + chr(point))
        if len(pieces) == 1 and len(pieces[0][0]) == 2:
            found.add(point)
    return found


# a charsmap that maps `a` to `b`: a grapheme of fewer than six bytes that begins with `a` becomes `b` as a whole
def _charsmap():
    units = [0] * 512
    # the root leads to 256 ^ label; the leaf of `a` lies at its own offset
    offset = 256
    units[0] = offset << 10
    node = offset ^ ord("a")
    leaf = 1
    units[node] = ord("a") | (1 << 8) | ((node ^ leaf) << 10)
    units[leaf] = 1 << 31
    trie = b"".join(unit.to_bytes(4, "little") for unit in units)
    return len(trie).to_bytes(4, "little") + trie + b"b\0"


def _mapped(text: str) -> str:
    from tokenizers import normalizers

    global _PRECOMPILED
    if _PRECOMPILED is None:
        _PRECOMPILED = normalizers.Precompiled(_charsmap())
    return _PRECOMPILED.normalize_str(text)


_PRECOMPILED = None


def extends(point: int) -> bool:
    """Whether the library lets this character continue a grapheme."""
    return _mapped("a" + chr(point)) == "b" and point != 0


def prepends(point: int) -> bool:
    """Whether the library lets a grapheme continue from this character."""
    return _mapped(chr(point) + "a\u0301") == chr(point) + "b\u0301"


def _number(value: int) -> str:
    digits = ""
    while value or not digits:
        value, digit = divmod(value, 36)
        digits = _DIGITS[digit] + digits
    return digits


def ranges(points: set[int]) -> list[tuple[int, int]]:
    """Runs of code points, surrogates counted in where they lie between two members."""
    found: list[tuple[int, int]] = []
    for point in sorted(points):
        if found and (point == found[-1][1] + 1 or (found[-1][1] == 0xD7FF and point == 0xE000)):
            found[-1] = (found[-1][0], point)
        else:
            found.append((point, point))
    return found


def encoded(points: set[int]) -> str:
    """The gap before each run and its length, in base 36."""
    numbers, last = [], 0
    for first, end in ranges(points):
        numbers += [first - last, end - first]
        last = end
    return " ".join(map(_number, numbers))


def encoded_lower_cases(mapping: dict[int, int]) -> str:
    """Runs of code points a step apart with one difference: gap, length, step, difference (zig-zag), in base 36."""
    runs: list[list[int]] = []
    for point in sorted(mapping):
        difference = mapping[point] - point
        if runs and runs[-1][3] == difference:
            gap = point - runs[-1][1]
            if gap in (1, 2) and (runs[-1][0] == runs[-1][1] or gap == runs[-1][2]):
                runs[-1][1], runs[-1][2] = point, gap
                continue
        runs.append([point, point, 1, difference])
    numbers, last = [], 0
    for first, end, step, difference in runs:
        numbers += [first - last, end - first, step, 2 * difference if difference >= 0 else -2 * difference - 1]
        last = end
    return " ".join(map(_number, numbers))


def _constant(name: str, comment: str, text: str) -> str:
    lines = []
    while text:
        cut = len(text) if len(text) <= _WIDTH else text.rindex(" ", 0, _WIDTH) + 1
        lines.append(f'            "{text[:cut]}"')
        text = text[cut:]
    joined = " //\n                + ".join(line.strip() for line in lines)
    note = comment.replace(chr(92) * 2, chr(92))
    return f"    /** {note}. */\n    static final String {name} =\n            {joined};\n"


def decompositions() -> tuple[dict[int, str], dict[int, str]]:
    """The full canonical decompositions, and the compatible ones where they differ; Hangul is computed, not listed."""
    from tokenizers import normalizers

    canonical, compatible = normalizers.NFD(), normalizers.NFKD()
    points = [point for point in CODE_POINTS if not 0xAC00 <= point <= 0xD7A3]
    by_canon = {point: canonical.normalize_str(chr(point)) for point in points}
    by_compat = {point: compatible.normalize_str(chr(point)) for point in points}
    return (
        {point: text for point, text in by_canon.items() if text != chr(point)},
        {point: text for point, text in by_compat.items() if text != by_canon[point]},
    )


def combining_classes() -> dict[int, int]:
    """The class of each mark that the library reorders: Python's number where the library acts on it."""
    import unicodedata

    from tokenizers import normalizers

    form, found = normalizers.NFD(), {}
    for point in CODE_POINTS:
        mark, number = chr(point), unicodedata.combining(chr(point))
        # U+0334 is of class 1, U+0301 of class 230, U+0345 of class 240, the highest
        moved = form.normalize_str(mark + "\u0334") == "\u0334" + mark
        overtaken = form.normalize_str("\u0345" + mark) == mark + "\u0345"
        if number and (moved or overtaken or number == 240):
            found[point] = number
    return found


def not_composed(canonical: dict[int, str]) -> set[int]:
    """Code points that are taken apart and never put together again."""
    from tokenizers import normalizers

    form = normalizers.NFC()
    return {point for point in canonical if form.normalize_str(chr(point)) != chr(point)}


def encoded_texts(texts: dict[int, str]) -> str:
    """Runs in base 36: gap, length, count of code points in each text; then for a count of 1 the zig-zag difference
    of the run, else the code points of its only member."""
    runs: list[tuple[int, int, list[int]]] = []
    for point in sorted(texts):
        values = [ord(character) for character in texts[point]]
        if len(values) == 1 and runs:
            first, end, last = runs[-1]
            if len(last) == 1 and point == end + 1 and values[0] - point == last[0] - first:
                runs[-1] = (first, point, last)
                continue
        runs.append((point, point, values))
    numbers, before = [], 0
    for first, end, values in runs:
        numbers += [first - before, end - first, len(values)]
        if len(values) == 1:
            difference = values[0] - first
            numbers.append(2 * difference if difference >= 0 else -2 * difference - 1)
        else:
            numbers += values
        before = end
    return " ".join(map(_number, numbers))


def encoded_classes(classes: dict[int, int]) -> str:
    """Runs of one class: gap, length, class, in base 36."""
    numbers, last = [], 0
    for number in sorted(set(classes.values())):
        for first, end in ranges({point for point, value in classes.items() if value == number}):
            numbers.append((first, end, number))
    coded = []
    for first, end, number in sorted(numbers):
        coded += [first - last, end - first, number]
        last = end
    return " ".join(map(_number, coded))


def form_sources() -> dict[str, str]:
    """The whole of FormTables.java and CompatibleTables.java."""
    canonical, compatible = decompositions()
    constants = [
        _constant("CANONICAL", "full canonical decompositions", encoded_texts(canonical)),
        _constant("CLASSES", "combining classes", encoded_classes(combining_classes())),
        _constant("NOT_COMPOSED", "what is never put together again", encoded(not_composed(canonical))),
    ]
    note = "full compatibility decompositions, where they are others"
    other = [_constant("COMPATIBLE", note, encoded_texts(compatible))]
    tables = "tables of Unicode's normalization forms", "Numbers in base 36", "UnicodeForms"
    return {
        "FormTables": _file(f"The {tables[0]}", "FormTables", *tables[1:], constants),
        "CompatibleTables": _file(f"Further {tables[0]}", "CompatibleTables", *tables[1:], other),
    }


def tables_source() -> str:
    """The whole of UnicodeTables.java."""
    constants = [_constant(name, comment, encoded(points)) for name, (comment, points) in sets().items()]
    lower = _constant("LOWER_CASE", "lower cases of one code point", encoded_lower_cases(lower_cases()))
    runs = "Runs of code points: the gap before each and its length, in base 36"
    return _file("What each code point is", "UnicodeTables", runs, "Unicode", [*constants, lower])


def _file(what: str, name: str, comment: str, user: str, constants: list[str]) -> str:
    return (
        f"// {what} to Hugging Face tokenizers, written by a program that asked it.\n"
        "package @@ID@@.tokenizer;\n\n"
        f"/** {comment}. See {{@link {user}}}. */\n"
        f"final class {name} {{\n"
        f"    private {name}() {{}}\n\n" + "\n".join(constants) + "}\n"
    )


if __name__ == "__main__":
    TABLES.mkdir(parents=True, exist_ok=True)
    for name, text in ({"UnicodeTables": tables_source()} | form_sources()).items():
        (TABLES / f"{name}.java").write_text(text, encoding="utf-8")
        sys.stdout.write(f"{TABLES / name}.java: {len(text)} characters\n")
