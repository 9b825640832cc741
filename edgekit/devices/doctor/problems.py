"""A problem of a device: what is wrong, why it matters, and the cure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Grade = Literal["stops", "spoils", "note"]


@dataclass(frozen=True)
class Problem:
    """One finding of the doctor.

    grade: `stops`: a run would fail; `spoils`: what is measured now would not be trusted; `note`: good to know
    cure:  what to do, with the command where there is one
    """

    grade: Grade
    what: str
    why: str
    cure: str
