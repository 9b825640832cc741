"""Which evaluations of a bundle a budget is judged by: those on the data that it names, or the lineage names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from edgekit.bundle.manifest import Evaluated, Step

# how a step records the rows, or the text, that a model is tested on
_TEST_INPUTS = ("data.test", "text.test")
# the fewest digits of a hash that name rows
_FEWEST_DIGITS = 8
_SHOWN_DIGITS = 12

Record = TypeVar("Record", bound=Evaluated)


@dataclass(frozen=True)
class Ambiguous:
    """Several data sets fit, and nothing says which counts; each of `names` as the condition `data` names one."""

    names: tuple[str, ...]


@dataclass(frozen=True)
class Elsewhere:
    """Only data sets that the lineage does not name; each of `names` as the condition `data` names one."""

    names: tuple[str, ...]


def on_data(
    records: Sequence[Record], data: str | None, lineage: Iterable[Step]
) -> tuple[Record, ...] | Ambiguous | Elsewhere:
    """The evaluations on the data set that counts, the newest last; empty where there is none.

    records: of one bundle, the newest last
    data:    NAME for the test rows of a data set, NAME/SPLIT for other rows, or the first digits, 8 or more, of the
             hash of the rows; None for the test rows that the lineage names or, where it names none, of any
    lineage: steps that record the hashes of the rows that the model was made with
    """
    fitting = [record for record in records if _fits(record, data)]
    if data is not None and not fitting:
        fitting = [record for record in records if _is_hashed(record, data)]
    sets = {record.data_sha256 for record in fitting}
    own = {step.inputs[name] for step in lineage for name in _TEST_INPUTS if name in step.inputs}
    if data is None and own and fitting and not sets & own:
        return Elsewhere(_names(fitting))
    if len(sets) > 1:
        sets = sets & own or sets
    if len(sets) > 1:
        return Ambiguous(_names([record for record in fitting if record.data_sha256 in sets]))
    return tuple(record for record in fitting if record.data_sha256 in sets)


def _fits(record: Record, data: str | None) -> bool:
    """Whether a name means these rows; without one, or without a split in it, test rows alone are meant."""
    if record.split == "test":
        return data in (None, record.data, record.data.removesuffix("/test"))
    return data == record.data


def _is_hashed(record: Record, data: str) -> bool:
    return len(data) >= _FEWEST_DIGITS and record.data_sha256.startswith(data)


def _names(records: Sequence[Record]) -> tuple[str, ...]:
    """A name for each data set: its own or, where another one is called the same, the first digits of its hash."""
    sets = {record.data_sha256: record.data for record in records}
    called = list(sets.values())
    return tuple(name if called.count(name) == 1 else sha256[:_SHOWN_DIGITS] for sha256, name in sets.items())
