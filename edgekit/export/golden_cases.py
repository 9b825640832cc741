"""The golden cases of an export: what its reference answers to given texts, to hard ones, and to made ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Generic

from edgekit.errors import UsageError
from edgekit.export.golden_texts import ATTEMPTS
from edgekit.export.model_file import ModelFile
from edgekit.export.parity import Tolerance
from edgekit.export.source import TextInput
from edgekit.export.task_export import Case, GoldenTexts, TaskExport

_Rounding = AbstractContextManager[None]


@dataclass(frozen=True)
class GoldenCases(Generic[Case]):
    """Cases, where the text of each is from, and how far a runtime may be off."""

    cases: list[Case]
    texts: GoldenTexts
    allowed: Tolerance


class Reference(Generic[Case]):
    """What the reference of a written file answers.

    rounding: rounds the model's activations, while it lasts, as the file's runtime will
    """

    def __init__(
        self,
        task: TaskExport[Case],
        file: ModelFile,
        folder: Path,
        rounding: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self._task, self._file, self._folder, self._rounding = task, file, folder, rounding

    def golden_cases(self, given: Sequence[TextInput]) -> GoldenCases[Case]:
        """Those of given texts and of hard ones, which say what is allowed; and of texts made of the vocabulary.

        No such text widens what is allowed: where rounding moves its logits further than those of the others, one of
        other words stands in its place, or none. Without any that was given they suffice: a classifier gives each
        answer that is found.
        Raises `UsageError` where no text fits.
        """
        texts = dict(self._task.golden_texts(given))
        cases = self._answers(list(texts))
        if not cases:
            raise UsageError(
                f"a context of {self._task.max_length} tokens leaves no room for any golden prompt",
                advice="--max-length",
            )
        allowed = self._task.tolerance(cases, self._file)
        # pairs of texts are for models that were trained on them, or are given some
        pairs = self._task.source.pairs or any(isinstance(text, tuple) for text in given)
        made = self._made(texts, allowed, pairs=pairs)
        nobodys = [*(case for case in cases if texts[case.text]), *made]
        with self._rounding():
            further = self._task.further_texts(nobodys, allowed, self._file, self._folder)
        made += self._steady([text for text in further if text not in texts], allowed)
        return GoldenCases([*cases, *made], texts | {case.text: "vocabulary" for case in made}, allowed)

    def _made(self, known: GoldenTexts, allowed: Tolerance, *, pairs: bool) -> list[Case]:
        """A case of each kind of text that a vocabulary gives, where there is one."""
        found: dict[str, Case] = {}
        for attempt in range(ATTEMPTS):
            texts = self._task.made_texts(self._file, self._folder, pairs=pairs, attempt=attempt)
            wanted = {kind: text for kind, text in texts.items() if kind not in found and text not in known}
            if not wanted:
                break
            by_text = {case.text: case for case in self._steady(list(dict.fromkeys(wanted.values())), allowed)}
            found |= {kind: by_text[text] for kind, text in wanted.items() if text in by_text}
        return list({case.text: case for case in found.values()}.values())

    def _steady(self, texts: Sequence[TextInput], allowed: Tolerance) -> list[Case]:
        """The cases of texts that need no more than what is allowed."""
        return [
            case
            for case in (self._answers(texts) if texts else [])
            if self._task.tolerance([case], self._file).is_within(allowed)
        ]

    def _answers(self, texts: Sequence[TextInput]) -> list[Case]:
        with self._rounding():
            return self._task.reference(texts, self._file)
