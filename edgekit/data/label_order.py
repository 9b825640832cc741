"""Which label of one list each label of another is: by name, or by position where a file numbers its classes."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

# a whole number with a point
POINTED = re.compile(r"([-+]?\d+)\.0*")


def label_order(own: Sequence[str], wanted: Sequence[str]) -> list[int] | None:
    """For each of the labels `wanted` its place among a model's `own`, or None where they are other labels.

    As `places_of` finds them, and each once.
    """
    places = places_of(own, wanted) if len(own) == len(wanted) else None
    order = [places[label] for label in wanted] if places is not None else []
    return order if order and len(set(order)) == len(own) else None


def places_of(own: Sequence[str], labels: Collection[str]) -> dict[str, int] | None:
    """For each of some labels its place among a model's `own`, or None where some are other labels.

    By name where all are names; by position where they number the classes that `own` names; else by name or position
    of the same number or truth value that is written otherwise: 1.0 and 1, true and True.
    """
    named = {label: place for place, label in enumerate(own)}
    numbered = positions(own)
    for places in (named, numbered):
        if places.keys() >= set(labels):
            return {label: places[label] for label in labels}
    rewritten = {same_value(label): place for label, place in named.items()}
    for places in (rewritten if len(rewritten) == len(named) else {}, numbered):
        if places.keys() >= set(map(same_value, labels)):
            return {label: places[same_value(label)] for label in labels}
    return None


def same_value(label: str) -> str:
    """A label as it is written elsewhere: a whole number without a point, a truth value in small letters."""
    whole = POINTED.fullmatch(label)
    if whole:
        return whole.group(1)
    return label.casefold() if label.casefold() in ("true", "false") else label


def positions(own: Sequence[str]) -> dict[str, int]:
    """The numbers by which files may call a model's classes; none where its labels are numbers themselves."""
    if any(is_number(label) for label in own):
        return {}
    return {str(place): place for place in range(len(own))}


def is_nameless(own: Sequence[str]) -> bool:
    """Whether a model's classes have the names that transformers gives those without, in their order."""
    return list(own) == [f"LABEL_{place}" for place in range(len(own))]


def is_number(label: str) -> bool:
    """Whether a label is a number, with or without a fraction."""
    return re.fullmatch(r"[-+]?\d+(\.\d*)?", label) is not None


def in_order(labels: Iterable[str]) -> list[str]:
    """Labels sorted: integers as numbers, anything else as text."""
    found = sorted(labels)
    return sorted(found, key=int) if all(re.fullmatch(r"[-+]?\d{1,18}", label) for label in found) else found
