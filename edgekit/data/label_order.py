"""Which label of one list each label of another is: by name, or by position where a file numbers its classes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence


def label_order(own: Sequence[str], wanted: Sequence[str]) -> list[int] | None:
    """For each of the labels `wanted` its place among a model's `own`, or None where they are other labels.

    By name where both have the same names; by position where `wanted` numbers the classes that `own` names.
    """
    if len(own) != len(wanted):
        return None
    places = {label: place for place, label in enumerate(own)}
    if places.keys() != set(wanted):
        places = positions(own)
    return [places[label] for label in wanted] if places.keys() == set(wanted) else None


def positions(own: Sequence[str]) -> dict[str, int]:
    """The numbers by which files may call a model's classes; none where its labels are numbers themselves."""
    if any(is_number(label) for label in own):
        return {}
    return {str(place): place for place in range(len(own))}


def is_number(label: str) -> bool:
    """Whether a label is a number, with or without a fraction."""
    return re.fullmatch(r"[-+]?\d+(\.\d*)?", label) is not None


def in_order(labels: Iterable[str]) -> list[str]:
    """Labels sorted: integers as numbers, anything else as text."""
    found = sorted(labels)
    return sorted(found, key=int) if all(re.fullmatch(r"[-+]?\d{1,18}", label) for label in found) else found
