"""Lists of labels as files write them (JSON, Python, numpy), and which of them are a zero or one for each class."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Collection, Mapping, Sequence

from edgekit.errors import UsageError

# bool is an int
Item = str | int | float

_HOT = {"0": 0, "1": 1, "0.": 0, "1.": 1, "0.0": 0, "1.0": 1, "false": 0, "true": 1}
# between the labels of a text that is no list, the first of these that is in it
_SEPARATORS = ("|", ";", ",")
_ITEM = r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|True|False|true|false|[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?"""
_ITEMS = rf"\s*(?:{_ITEM})(?:(?:\s*,\s*|\s+)(?:{_ITEM}))*\s*,?\s*"
# a list, a set, and a tuple, which "(1)" is not
_LIST = re.compile(rf"\[{_ITEMS}\]|\{{{_ITEMS}\}}|\(\s*(?:{_ITEM})\s*,(?:{_ITEMS})?\s*\)")
_BLANKS = re.compile(r"\s{1000}")
_EMPTY = re.compile(r"\[\s*\]|\(\s*\)|(?:frozen)?set\(\)")
_ARRAY = re.compile(r"(?:array|tensor|frozenset)\((.*?)(?:,\s*dtype=[\w.']+)?\)", re.DOTALL)
_SCALAR = re.compile(rf"np\.\w+\(({_ITEM})\)")
_SHORTENED = re.compile(r"\[[-+\d.e,\s]*\s\.\.\.,?\s[-+\d.e,\s]*\]")


def listed(label: str) -> list[Item] | None:
    """The items of a list; None for any other text.

    It is written as JSON, as a list, tuple or set of Python, or as an array of numpy, which has no commas.
    Raises `UsageError` for an array that numpy has shortened.
    """
    if not label.endswith(("]", ")", "}")):
        return None
    try:
        found = json.loads(label)
    except (ValueError, RecursionError):
        found = _written_by_python(label)
    plain = isinstance(found, list) and all(isinstance(item, (str, int, float)) for item in found)
    return [item.strip() if isinstance(item, str) else item for item in found] if plain else None


def _written_by_python(label: str) -> list[Item] | None:
    if _EMPTY.fullmatch(label):
        return []
    if _SHORTENED.fullmatch(label):
        raise UsageError(
            f"the label {label[:60]!r} is an array that numpy has shortened: what it held is lost",
            advice="write lists: array.tolist()",
        )
    array = _ARRAY.fullmatch(label)
    text = _SCALAR.sub(r"\1", array.group(1).strip() if array else label)
    # a search through endless blanks would not end
    if _BLANKS.search(text) or not _LIST.fullmatch(text):
        return None
    # each by itself: Python takes 'a' 'b' for 'ab'
    try:
        return [ast.literal_eval(item.capitalize() if item[0] in "tf" else item) for item in re.findall(_ITEM, text)]
    except (ValueError, SyntaxError):
        return None


def items_in(label: str, names: Collection[str] = ()) -> list[str]:
    """The names in a set of labels; one that is a name itself is that alone."""
    if label in names:
        return [label]
    items = listed(label)
    if items is not None:
        return [_written(item) for item in items]
    separator = next((each for each in _SEPARATORS if each in label), None)
    return [label] if separator is None else [item.strip() for item in label.split(separator) if item.strip()]


def _written(item: Item) -> str:
    """An item as a label is written: a whole number without a point."""
    if isinstance(item, str):
        return item
    return json.dumps(int(item) if isinstance(item, float) and item.is_integer() else item)


def are_hot(items: Sequence[object]) -> bool:
    """Whether each of these texts is a zero, a one or a truth value: their order and number count then."""
    return all(isinstance(item, str) and item.casefold() in _HOT for item in items)


def hot_row(label: str, width: int) -> list[int]:
    """The zeros and ones of a label that `hot_width` counted; an empty list has zeros only."""
    return [_HOT[text] for text in _hot_texts(_raw_items(label))] or [0] * width


def hot_width(labels: Mapping[str, str], others: Collection[str], classes: int | None) -> int:
    """How many zeros and ones every one of these lists has; 0 where they hold names or numbers of classes.

    labels:  each with the place where it stands
    others:  labels of the same data set, which tell what lists mean that could be either
    classes: how many there are, where that is known
    A fraction or a truth value, a digit that comes twice in a list, and [0, 1] beside [1, 0] are none of a class's
    number. Raises `UsageError` for such lists of another length than `classes` or of several, and for lists that may
    be either.
    """
    found = _hot_lists(labels)
    if not found:
        return 0
    widths = {len(items) for items in found.values()}
    width = classes or min(widths)
    if _surely_hot(found) or _surely_hot(_hot_lists(others)):
        for label, items in found.items():
            if len(items) != width:
                wanted = f"the model has {classes} labels" if classes else f"others have {width}"
                raise UsageError(
                    f"{labels[label]}: the label is a list of {len(items)} zeros and ones, and {wanted}",
                    advice="give one for each label, in each row",
                )
        return width
    if widths != {width}:
        return 0
    if classes == 1 or (classes == 2 and all(_hot_texts(items) == ("1", "0") for items in found.values())):
        return width
    label = next(iter(found))
    raise UsageError(
        f"{labels[label]}: {label[:60]} may be a zero or one for each class or the numbers of classes, as every label",
        advice="write the names of the classes, or fractions (1.0) for zeros and ones",
    )


def _raw_items(label: str) -> Sequence[Item]:
    items = listed(label)
    return items if items is not None else items_in(label)


def _hot_texts(items: Sequence[Item]) -> tuple[str, ...]:
    return tuple(str(item).casefold() for item in items)


def _hot_lists(labels: Collection[str]) -> dict[str, Sequence[Item]]:
    """The items of labels that have zeros and ones alone, but for empty lists; nothing where others are among them."""
    found = {label: items for label in labels if (items := _raw_items(label))}
    return found if all(text in _HOT for items in found.values() for text in _hot_texts(items)) else {}


def _surely_hot(lists: Mapping[str, Sequence[Item]]) -> bool:
    """Whether zeros and ones cannot be the numbers of classes."""
    rows = {_hot_texts(items) for items in lists.values()}
    return rows >= {("0", "1"), ("1", "0")} or any(
        len(set(row)) < len(row) or not set(row) <= {"0", "1"} for row in rows
    )
