"""A model as a person names it: a folder or a hub id, with the revision and the task where they must be said."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from edgekit.tasks.task import TaskName


@dataclass(frozen=True)
class ModelRef:
    """`source` is a folder or `owner/name` on the hub; `task` None is read from the checkpoint itself."""

    source: str
    revision: str | None = None
    task: TaskName | None = None

    @classmethod
    def of(cls, model: str | Path | Self) -> Self:
        """A plain path or id as a reference without revision or task."""
        return model if isinstance(model, cls) else cls(str(model))

    @property
    def path(self) -> Path:
        """The folder that is meant, if it is one."""
        return Path(self.source)

    def __str__(self) -> str:
        return self.source
