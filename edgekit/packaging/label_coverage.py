"""Which labels of a model its golden texts reach: of any other, no self-test tells whether it comes out right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from edgekit.agent.inference.bundle import Bundle
from edgekit.agent.inference.problem_type import REGRESSION
from edgekit.packaging.contents import golden_rows
from edgekit.packaging.example import quoted
from edgekit.tasks.registry import task_named

# of labels that are not reached
_SHOWN = 5


@dataclass(frozen=True)
class LabelCoverage:
    """How many labels a model has, and those that no golden text has; none of models without labels."""

    labels: int
    unreached: tuple[str, ...]

    @classmethod
    def of(cls, bundle: Bundle) -> Self:
        """That of a bundle's own golden cases."""
        if not task_named(bundle.task).labels or bundle.head.problem_type == REGRESSION:
            return cls(0, ())
        reached = {label for row in golden_rows(bundle) for label in (row.get("labels") or [row.get("label")])}
        return cls(len(bundle.labels), tuple(label for label in bundle.labels if label not in reached))

    @property
    def sentence(self) -> str:
        """For a README; empty of a model without labels."""
        if not self.labels:
            return ""
        missing = f": not {self._named}" if self.unreached else ""
        return f"{self.labels - len(self.unreached)} of {self.labels} labels are reached by golden texts{missing}."

    @property
    def note(self) -> str:
        """For whoever makes a package; empty where every label is reached."""
        if not self.unreached:
            return ""
        return (
            f"{len(self.unreached)} of {self.labels} labels are reached by no golden text, so that no self-test tells "
            f"whether they come out right: {self._named}"
        )

    @property
    def _named(self) -> str:
        more = len(self.unreached) - _SHOWN
        named = ", ".join(map(quoted, self.unreached[:_SHOWN]))
        return f"{named} and {more} more" if more > 0 else named
