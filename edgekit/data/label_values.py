"""The labels of rows as a problem type needs them: class numbers, sets of classes as zeros and ones, or numbers.

A row's label is kept as text: a list as its JSON, a number as JSON writes it (`data.columns`). What a table of them is
about is told by these texts and, where there is one, by the model.
"""

from __future__ import annotations

import ast
import json
import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from edgekit.data.label_order import in_order, positions
from edgekit.errors import UsageError
from edgekit.tasks.problem_type import MULTI_LABEL, REGRESSION, SINGLE_LABEL, ProblemType

# between the labels of a text that is no list, the first of these that is in it
_SEPARATORS = ("|", ";", ",")
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
_HOT = {"0": 0, "1": 1, "false": 0, "true": 1}


def problem_of(labels: Collection[str]) -> ProblemType:
    """What labels are of by themselves: lists of sets; numbers of which one has a fraction of a regression."""
    if any(_listed(label) is not None for label in labels):
        return MULTI_LABEL
    values = [number_in(label) for label in labels]
    fractions = any(value is not None and not value.is_integer() for value in values)
    return REGRESSION if fractions and all(value is not None for value in values) else SINGLE_LABEL


def number_in(label: str) -> float | None:
    """The finite number that a label writes, or None."""
    value = float(label) if _NUMBER.fullmatch(label) else math.inf
    return value if math.isfinite(value) else None


def numbers_of(split: str, labels: Mapping[str, str]) -> NDArray[np.float64]:
    """The number that each label writes [labels]; `UsageError` naming the place of one that writes none."""
    for label, where in labels.items():
        if number_in(label) is None:
            raise UsageError(
                f"{where}: the label {label[:60]!r} of the {split} rows is no number, which a regression is about",
                advice="mend it, or name the column that holds the numbers: --label COLUMN",
            )
    return np.array([number_in(label) for label in labels], dtype=np.float64)


def label_names(labels: Collection[str]) -> tuple[str, ...]:
    """The names in sets of labels, sorted; transformers' own for rows of zeros and ones."""
    if width := _hot_width(labels):
        return tuple(f"LABEL_{place}" for place in range(width))
    return tuple(in_order({name for label in labels for name in items_in(label)}))


def sets_of(split: str, labels: Mapping[str, str], names: Sequence[str]) -> NDArray[np.float32]:
    """Which of `names` each label holds, as ones [labels, names]; `UsageError` for a name that is not among them.

    A label is a list of names, or of their numbers, or a zero or one for each name; a text that is no list is a name,
    or several with one of `_SEPARATORS` between them.
    """
    rows = np.zeros((len(labels), len(names)), dtype=np.float32)
    if _hot_width(labels) == len(names):
        for row, label in enumerate(labels):
            rows[row] = [_HOT[item] for item in _listed(label) or ()]
        return rows
    places = {name: place for place, name in enumerate(names)}
    found = {label: items_in(label, places) for label in labels}
    numbers = positions(names)
    named = {item for items in found.values() for item in items}
    if not named <= places.keys() and named <= numbers.keys():
        places = numbers
    for row, (label, items) in enumerate(found.items()):
        unknown = [item for item in items if item not in places]
        if unknown:
            raise UsageError(
                f"the {split} rows have labels that the model was not trained on: {unknown[0]!r} ({labels[label]})",
                advice=f"it knows {', '.join(names[:12])}{', ...' if len(names) > 12 else ''}",
            )
        rows[row, [places[item] for item in items]] = 1
    return rows


def holds_sets(labels: Collection[str], names: Sequence[str]) -> bool:
    """Whether every label is a set of these names."""
    try:
        sets_of("", dict.fromkeys(labels, ""), names)
    except UsageError:
        return False
    return True


def items_in(label: str, names: Collection[str] = ()) -> list[str]:
    """The names in a set of labels; one that is a name itself is that alone."""
    if label in names:
        return [label]
    listed = _listed(label)
    if listed is not None:
        return listed
    separator = next((each for each in _SEPARATORS if each in label), None)
    return [label] if separator is None else [item.strip() for item in label.split(separator) if item.strip()]


def _listed(label: str) -> list[str] | None:
    """The items of a list, as JSON or Python writes it; None for any other text."""
    if not (label.startswith("[") and label.endswith("]")):
        return None
    try:
        found = json.loads(label)
    except (ValueError, RecursionError):
        try:
            found = ast.literal_eval(label)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            return None
    plain = isinstance(found, list) and all(isinstance(item, (str, int, float)) for item in found)
    return [_written(item) for item in found] if plain else None


def _written(item: str | float) -> str:
    """An item as a label is written: a whole number without a point."""
    if isinstance(item, str):
        return item.strip()
    return json.dumps(int(item) if isinstance(item, float) and item.is_integer() else item)


def _hot_width(labels: Iterable[str]) -> int:
    """How many zeros and ones every one of these lists has; 0 where they are no such lists."""
    lists = [_listed(label) for label in labels]
    widths = {0 if items is None or not _HOT.keys() >= set(items) else len(items) for items in lists}
    if len(widths) != 1:
        return 0
    width = widths.pop()
    # [0, 1] alone may be the numbers of two classes: a number that comes twice in a list is none of a class
    twice = any(items is not None and len(set(items)) < len(items) for items in lists)
    return width if twice or width == 1 else 0
