"""Names for labels that a file numbers: as they were told, or from a column of names beside the numbers."""

from __future__ import annotations

from collections.abc import Sequence

from edgekit.data.columns import SKIP
from edgekit.data.label_order import same_value
from edgekit.errors import UsageError


class NumberedNames:
    """The name of each number, from 0 on. told: by a person; else they are gathered from the rows."""

    def __init__(self, told: Sequence[str] = ()) -> None:
        self._told = tuple(told)
        self._found: dict[str, str] = {}

    def name(self, label: str, where: str) -> str:
        """What a label is called; `UsageError` for a number without a name, and for what is no number."""
        if not self._told or label in self._told:
            return label
        number = same_value(label)
        if not number.isdecimal() or int(number) >= len(self._told):
            raise UsageError(
                f"{where}: the label {label[:60]!r} is none of the numbers 0 to {len(self._told) - 1} that were named",
                advice=f"name each label, in order: --label-names NAME,...; or {SKIP}",
            )
        return self._told[int(number)]

    def check(self, name: str, number: object, where: str) -> None:
        """Note what a row calls a number; `UsageError` where others call it otherwise: then it is no name of it."""
        known = self._found.setdefault(same_value(str(number)), name)
        if known != name:
            raise UsageError(
                f"{where}: the label {number!r} is called {name[:60]!r} here and {known[:60]!r} before",
                advice="say which column is the label: --label COLUMN",
            )

    def in_order(self) -> tuple[str, ...]:
        """The names in the order of their numbers, where these are 0, 1, 2, ... without a gap."""
        numbers = [number for number in self._found if number.isdecimal()]
        whole = sorted(map(int, numbers)) == list(range(len(self._found)))
        return tuple(self._found[str(number)] for number in range(len(self._found))) if whole and numbers else ()
