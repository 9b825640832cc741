"""What of an export depends on the model's task: tokenizer files, golden cases, parity, facts of the manifest."""

from __future__ import annotations

import importlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Generic, Literal, Protocol, TypeVar, cast

from edgekit.bundle.manifest import Parity
from edgekit.export.model_file import ModelFile
from edgekit.export.parity import Tolerance
from edgekit.export.source import Source, TextInput
from edgekit.tasks.task import Task


class GoldenCase(Protocol):
    """A text, and what the reference gives for it."""

    @property
    def text(self) -> TextInput:
        """The text, or the pair of texts."""


Case = TypeVar("Case", bound=GoldenCase)
# where a golden text is from: edgekit itself, the vocabulary, or None: whoever exports gave it
Origin = Literal["fixed", "vocabulary"]
GoldenTexts = Mapping[TextInput, Origin | None]


@dataclass(frozen=True)
class TaskExport(ABC, Generic[Case]):
    """One export of a source, for inputs of up to `max_length` tokens.

    A new task is a file in `tasks/`, called as the task is, whose `Export` is one of these.

    device_files: files that a device needs beside the model, its tokenizer and its configuration
    """

    source: Source
    max_length: int
    device_files: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def write_settings(self, out: Path) -> None:
        """Write the tokenizer and the configuration; `UsageError` for a tokenizer without `tokenizer.json`."""

    @abstractmethod
    def golden_texts(self, given: Sequence[TextInput]) -> GoldenTexts:
        """The texts that become golden cases whatever the vocabulary is: given ones, and hard ones."""

    @abstractmethod
    def made_texts(self, file: ModelFile, folder: Path, *, pairs: bool, attempt: int) -> Mapping[str, TextInput]:
        """Texts made of the vocabulary in `folder`, by their kinds: see `golden_texts.made_texts`."""

    def further_texts(
        self, cases: Sequence[Case], allowed: Tolerance, file: ModelFile, folder: Path
    ) -> Sequence[TextInput]:
        """Texts made of the vocabulary in `folder`, whose answers, as the model is now, are those of none of `cases`.

        allowed: how far a logit may be off
        """
        del cases, allowed, file, folder
        return ()

    @abstractmethod
    def reference(self, texts: Sequence[TextInput], file: ModelFile) -> list[Case]:
        """What the PyTorch model gives for these texts, as it is now: rounding or not."""

    @abstractmethod
    def tolerance(self, cases: Sequence[Case], file: ModelFile) -> Tolerance:
        """What parity allows a file; the model rounds nothing now."""

    @abstractmethod
    def check(self, cases: Sequence[Case], allowed: Tolerance, file: ModelFile, folder: Path) -> Parity:
        """Run every case through tokenizer and file in `folder`; `ParityError` where they do not reproduce it."""

    @abstractmethod
    def golden_rows(
        self, cases: Sequence[Case], allowed: Tolerance, texts: GoldenTexts
    ) -> Iterator[dict[str, object]]:
        """The golden cases as a bundle keeps them; `origin` says where a text is from that nobody gave."""

    @abstractmethod
    def manifest_facts(self, file: ModelFile) -> dict[str, object]:
        """Fields of the manifest."""


def origin_field(origin: Origin | None) -> dict[str, object]:
    """The field of a golden case that says where its text is from; of a text that was given there is none."""
    return {} if origin is None else {"origin": origin}


def task_export(task: Task) -> type[TaskExport[Any]]:
    """The export of this task."""
    module = importlib.import_module(f"edgekit.export.tasks.{task.name.replace('-', '_')}")
    return cast(type[TaskExport[Any]], module.Export)
