"""The labels of rows as a problem type needs them: class numbers, sets of classes as zeros and ones, or numbers.

A row's label is kept as text: a list as its JSON, a number as JSON writes it (`data.columns`). What a table of them is
about is told by these texts and, where there is one, by the model.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from edgekit.data.label_lists import hot_row, hot_width, items_in, listed
from edgekit.data.label_order import in_order, positions
from edgekit.errors import UsageError
from edgekit.tasks.problem_type import MULTI_LABEL, REGRESSION, SINGLE_LABEL, ProblemType

_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
# numbers as people and programs write them that no program here reads as such: 0,3 and 19.5% and inf
_LIKE_A_NUMBER = re.compile(r"[-+]?\d*[.,]?\d+\s*%?|[-+]?inf(inity)?", re.IGNORECASE)
_MINUS = str.maketrans("\N{MINUS SIGN}", "-")
# classes that may be numbered with a point (1.0) before it is asked whether they are classes
_MOST_POINTED = 20
_SAY_WHICH = "--problem-type regression, or --problem-type single_label_classification"


def problem_of(labels: Collection[str], pointed: bool = False) -> ProblemType:
    """What labels are of by themselves: lists of sets; numbers of which one has a fraction of a regression.

    pointed: whether whole numbers among them are written with a point, as 1.0
    Where most are numbers, the others are none that a regression could take, not classes. Raises `UsageError` for
    many whole numbers with a point, which may be either.
    """
    if any(listed(label) is not None for label in labels):
        return MULTI_LABEL
    values = {label: number_in(label) for label in labels}
    alike = [label for label, value in values.items() if value is not None or _like_a_number(label)]
    if 2 * len(alike) <= len(values):
        return SINGLE_LABEL
    whole = all(value is not None and value.is_integer() for value in values.values())
    if whole and pointed and len(values) > _MOST_POINTED:
        raise UsageError(
            f"the labels are {len(values)} whole numbers with a point, as 1.0: classes, or a regression?",
            advice=f"say which: {_SAY_WHICH}",
        )
    return REGRESSION if not whole and (pointed or any(map(_has_fraction, alike))) else SINGLE_LABEL


def _like_a_number(label: str) -> bool:
    return _LIKE_A_NUMBER.fullmatch(label.translate(_MINUS)) is not None


def _has_fraction(label: str) -> bool:
    """Whether a number, or what looks like one, is not whole; shares like 25% are names as well as numbers."""
    value = number_in(label)
    return not value.is_integer() if value is not None else re.fullmatch(r"[-+]?\d+\s*%?", label) is None


def number_in(label: str) -> float | None:
    """The finite number that a label writes, or None."""
    text = label.translate(_MINUS)
    value = float(text) if _NUMBER.fullmatch(text) else math.inf
    return value if math.isfinite(value) else None


def numbers_of(split: str, labels: Mapping[str, str]) -> NDArray[np.float64]:
    """The number that each label writes [labels]; `UsageError` naming the place of one that writes none."""
    for label, where in labels.items():
        if number_in(label) is None:
            raise UsageError(
                f"{where}: the label {label[:60]!r} of the {split} rows is no number, which a regression is about",
                advice="write numbers as 0.5, or name their column: --label COLUMN; if they are names of classes: "
                "finetune --problem-type single_label_classification",
            )
    return np.array([number_in(label) for label in labels], dtype=np.float64)


def label_names(labels: Mapping[str, str], others: Collection[str] = ()) -> tuple[str, ...]:
    """The names in sets of labels, sorted; transformers' own for rows of zeros and ones, as `hot_width` tells them.

    Raises `UsageError` for a list of fractions.
    """
    if width := hot_width(labels, others, None):
        return tuple(f"LABEL_{place}" for place in range(width))
    for label, where in labels.items():
        if any(isinstance(item, float) and not item.is_integer() for item in listed(label) or ()):
            raise UsageError(
                f"{where}: the label {label[:60]} is a list of fractions, which are no classes",
                advice="write zeros and ones, or one number a row; or name the column of the labels: --label COLUMN",
            )
    return tuple(in_order({name for label in labels for name in items_in(label)}))


def sets_of(
    split: str, labels: Mapping[str, str], names: Sequence[str], others: Collection[str] = ()
) -> NDArray[np.float32]:
    """Which of `names` each label holds, as ones [labels, names]; `UsageError` for a name that is not among them.

    others: the labels of other rows of the data set, which tell what a list of zeros and ones means
    A label is a list of names, or of their numbers, or a zero or one for each name; a text that is no list is a name,
    or several with `|`, `;` or a comma between them.
    """
    rows = np.zeros((len(labels), len(names)), dtype=np.float32)
    if not labels.keys() <= set(names) and (width := hot_width(labels, others, len(names))):
        for row, label in enumerate(labels):
            rows[row] = hot_row(label, width)
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
    """Whether every label is a set of these names; `UsageError` where that cannot be told."""
    try:
        sets_of("", dict.fromkeys(labels, ""), names)
    except UsageError:
        return False
    return True
