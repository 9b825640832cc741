"""Exporting classifiers: golden texts with ids, logits and label, which the written file must reproduce."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edgekit.agent.inference.bundle import PAIRS_ONLY, TOKENIZER
from edgekit.agent.inference.classifier import Classifier
from edgekit.agent.inference.problem_type import SINGLE_LABEL, Answer, threshold_logit
from edgekit.agent.inference.tokenizer import load_tokenizer
from edgekit.bundle.manifest import Parity
from edgekit.compress.quantization.grid import Floats
from edgekit.errors import ToolError, UsageError
from edgekit.export.goal_search import Edges, further_texts
from edgekit.export.golden_texts import HARD_PAIRS, HARD_TEXTS, made_texts
from edgekit.export.model_file import ModelFile
from edgekit.export.parity import (
    FLOAT,
    ROUNDED,
    Deviation,
    Reference,
    Tolerance,
    parity_of,
    require_same_ids,
    rounded_atol,
    rounds,
)
from edgekit.export.source import TextInput
from edgekit.export.task_export import GoldenTexts, Origin, TaskExport, origin_field
from edgekit.export.tokenizer_files import write_tokenizer
from edgekit.models.checkpoint_checks import takes_pairs
from edgekit.models.token_types import takes_types
from edgekit.models.typed_model import TYPES

if TYPE_CHECKING:
    from tokenizers import Tokenizer

# short texts that are run together where many are chosen from
_TOGETHER = 64


@dataclass(frozen=True)
class ClassificationCase:
    """A text, or a pair of texts, and what the reference gives for it: token ids, logits float32 [labels], answer.

    thresholds: logits at which a label of a multi-label model begins to hold; empty for any other
    """

    text: TextInput
    ids: tuple[int, ...]
    logits: Floats
    answer: Answer
    thresholds: tuple[float, ...] = ()

    @property
    def margin(self) -> float:
        """How far the answer is from another: the best logit above the next, or the nearest from its threshold."""
        if self.thresholds:
            return float(np.abs(self.logits - np.array(self.thresholds)).min())
        if len(self.logits) < 2:
            return float("inf")
        best = np.sort(self.logits)[-2:]
        return float(best[1] - best[0])

    @property
    def texts(self) -> tuple[str, str | None]:
        """The text and the second text, where there is one."""
        return self.text if isinstance(self.text, tuple) else (self.text, None)

    @property
    def quoted(self) -> str:
        """The text as an error quotes it."""
        text = " / ".join(self.text) if isinstance(self.text, tuple) else self.text
        return repr(text if len(text) <= 60 else text[:57] + "...")


class Export(TaskExport[ClassificationCase]):
    """The export of one classifier."""

    def write_settings(self, out: Path) -> None:
        """See `TaskExport`; the tokenizer truncates texts."""
        write_tokenizer(self.source.tokenizer, out, self.max_length)
        self.source.model.config.save_pretrained(out)

    def golden_texts(self, given: Sequence[TextInput]) -> GoldenTexts:
        """See `TaskExport`."""
        origins: dict[TextInput, Origin | None] = dict.fromkeys(given)
        hard: Sequence[TextInput] = HARD_PAIRS if self.source.pairs else HARD_TEXTS
        return origins | dict.fromkeys(hard, "fixed")

    def made_texts(self, file: ModelFile, folder: Path, *, pairs: bool, attempt: int) -> Mapping[str, TextInput]:
        """See `TaskExport`."""
        pairs = pairs and self._takes_pairs(file)
        return made_texts(_tokenizer(folder), self.max_length, pairs=pairs, attempt=attempt)

    def further_texts(
        self, cases: Sequence[ClassificationCase], allowed: Tolerance, file: ModelFile, folder: Path
    ) -> Sequence[TextInput]:
        """See `TaskExport`."""
        edges, known = Edges(self.source.head, allowed), np.stack([case.logits for case in cases])
        return further_texts(_tokenizer(folder), edges, lambda some: self._near_logits(some, file), known)

    def reference(self, texts: Sequence[TextInput], file: ModelFile) -> list[ClassificationCase]:
        """One text at a time and without padding, fed with what the file reads.

        A model that cannot be taken apart is fed with what its tokenizer gives, as it was trained: its exporter may
        have passed over some of it.

        Raises `UsageError` for a pair of texts where the file takes none.
        """
        if any(isinstance(text, tuple) for text in texts) and not self._takes_pairs(file):
            raise UsageError(
                f"{self.source.name}: its {file.file} takes single texts, and a golden case is a pair",
                advice="leave the second texts out",
            )
        inputs = self._inputs(file)
        return [self._answer(text, inputs) for text in dict.fromkeys(texts)]

    def _answer(self, text: TextInput, inputs: Sequence[str]) -> ClassificationCase:
        import torch

        ids, row = self._row(text, inputs)
        with torch.inference_mode():
            logits = (
                self.source.model(**{name: torch.tensor([row[name]]) for name in inputs}).logits[0].float().numpy()
            )
        head = self.source.head
        edges = tuple(threshold_logit(threshold) for threshold in head.thresholds)
        return ClassificationCase(text, ids, logits, head.predict(logits).answer, edges)

    def _row(self, text: TextInput, inputs: Sequence[str]) -> tuple[tuple[int, ...], dict[str, list[int]]]:
        """The token ids of a text, and what the model is fed with."""
        # as a batch of one, for by itself an empty second text would be no pair to transformers
        row = self.source.tokenizer(
            [text], truncation=True, max_length=self.max_length, return_token_type_ids=TYPES in inputs
        )
        ids = tuple(row["input_ids"][0])
        # a text without any token is one of padding
        alone = {"input_ids": [self._pad_id], "attention_mask": [1], TYPES: [0]}
        return ids, {name: row[name][0] if ids else alone[name] for name in inputs}

    def _near_logits(self, texts: Sequence[TextInput], file: ModelFile) -> Floats:
        """Logits [texts, labels] of many texts, those of one length together: near enough to choose from."""
        import torch

        inputs = self._inputs(file)
        rows = [self._row(text, inputs)[1] for text in texts]
        found = np.zeros((len(texts), len(self.source.labels)), np.float32)
        # a model that pads with nothing takes one text at a time
        most = 1 if self.source.model.config.pad_token_id is None else _TOGETHER
        for batch in _of_one_length([len(row[inputs[0]]) for row in rows], most):
            fed = {name: torch.tensor([rows[index][name] for index in batch]) for name in inputs}
            with torch.inference_mode():
                found[batch] = self.source.model(**fed).logits.float().numpy()
        return found

    def _inputs(self, file: ModelFile) -> Sequence[str]:
        """What the model is fed with: what the file reads; where it cannot be taken apart, as it was trained."""
        read = [spec.name for spec in file.inputs]
        return read if self.source.described else self.source.tokenizer.model_input_names

    def tolerance(self, cases: Sequence[ClassificationCase], file: ModelFile) -> Tolerance:
        """That of float files, or of rounded ones where the plan rounds."""
        if not rounds(self.source.plan):
            return FLOAT
        return rounded_tolerance(cases, self.reference([case.text for case in cases], file))

    def check(self, cases: Sequence[ClassificationCase], allowed: Tolerance, file: ModelFile, folder: Path) -> Parity:
        """See `TaskExport`."""
        from edgekit.agent.inference.bundle import Bundle
        from edgekit.agent.inference.tokenizer import Tokenizer
        from edgekit.agent.runtimes.registry import open_session

        draft = {
            "labels": list(self.source.labels),
            "problem_type": self.source.head.problem_type,
            "thresholds": list(self.source.thresholds),
            "max_length": self.max_length,
            "pad_id": self._pad_id,
            "inputs": [{"name": spec.name} for spec in file.inputs],
        }
        tokenizer = Tokenizer(folder / TOKENIZER, self.max_length)
        classifier = Classifier(Bundle(folder, draft), open_session(folder / file.file), tokenizer)
        return check(classifier, cases, allowed, self.source.reference)

    def golden_rows(
        self, cases: Sequence[ClassificationCase], allowed: Tolerance, texts: GoldenTexts
    ) -> Iterator[dict[str, object]]:
        """Cases whose answer follows from logits within the tolerance: a tie would fail on a sound device."""
        for case in [case for case in cases if not is_tie(case, allowed)] or cases:
            yield golden_row(case, texts[case.text])

    def manifest_facts(self, file: ModelFile) -> dict[str, object]:
        """See `TaskExport`."""
        facts: dict[str, object] = {"labels": self.source.labels, "pad_id": self._pad_id, "pairs": self._pairs(file)}
        if self.source.head.problem_type != SINGLE_LABEL:
            facts |= {"problem_type": self.source.head.problem_type, "thresholds": self.source.thresholds}
        return facts

    def _pairs(self, file: ModelFile) -> bool | str:
        """What the manifest says of pairs: whether they are taken, or that nothing else is."""
        if self.source.pairs is None or not self._takes_pairs(file):
            return self._takes_pairs(file)
        return PAIRS_ONLY if self.source.pairs else False

    def _takes_pairs(self, file: ModelFile) -> bool:
        """Whether the file reads the second text of a pair as the checkpoint does.

        An exporter may pass over token types that the model is given.
        """
        config, inputs = self.source.model.config.to_dict(), self.source.tokenizer.model_input_names
        told = takes_types(self.source.model.config) and config.get("type_vocab_size", 0) > 0
        same = (TYPES in inputs) == (TYPES in {spec.name for spec in file.inputs})
        return takes_pairs(config, inputs) and (same or not told)

    @property
    def _pad_id(self) -> int:
        return int(self.source.tokenizer.pad_token_id or 0)


def _of_one_length(lengths: Sequence[int], most: int) -> Iterator[list[int]]:
    """The places of rows that are of one length, up to `most` at a time."""
    by_length: dict[int, list[int]] = {}
    for place, length in enumerate(lengths):
        by_length.setdefault(length, []).append(place)
    for places in by_length.values():
        yield from (places[first : first + most] for first in range(0, len(places), most))


def _tokenizer(folder: Path) -> Tokenizer:
    """The written tokenizer, which cuts nothing off."""
    tokenizer = load_tokenizer(folder / TOKENIZER)
    tokenizer.no_truncation()
    return tokenizer


def rounded_tolerance(cases: Sequence[ClassificationCase], unrounded: Sequence[ClassificationCase]) -> Tolerance:
    """What parity allows a file that rounds: half as much again as not rounding at all changes, and ROUNDED at least.

    Where many values lie beside a boundary, file and simulation are no nearer to each other than either is to what
    is not rounded; the larger a model's logits, the further that is.
    """
    moved = max(float(np.abs(one.logits - other.logits).max()) for one, other in zip(cases, unrounded, strict=True))
    return Tolerance(rounded_atol(moved), ROUNDED.rtol)


def check(
    classifier: Classifier, cases: Sequence[ClassificationCase], allowed: Tolerance, reference: Reference
) -> Parity:
    """Run every case through a classifier, one at a time.

    Raises `ParityError` that names the worst case: other token ids, a logit out of tolerance, or another label
    where the reference itself is no tie within the tolerance; `ToolError` where the file does not run.
    """
    deviations, equal = [], 0
    for case in cases:
        logits = _run(classifier, case)
        limit = allowed.atol + allowed.rtol * np.abs(case.logits)
        deviation = Deviation.of(np.abs(logits - case.logits), limit, f" for {case.quoted}")
        answer = classifier.head.predict(logits).answer
        # a number is its logit, whose deviation counts already
        same = isinstance(answer, float) or answer == case.answer
        equal += same
        if not same and not is_tie(case, allowed) and np.isfinite(logits).all():
            deviation = replace(deviation, excess=float("inf"))
        deviations.append(deviation)
    return parity_of(deviations, allowed, reference, of="value", cases=len(cases), equal=equal)


def is_tie(case: ClassificationCase, allowed: Tolerance) -> bool:
    """Whether the answer lies within one tolerance of another: the two best logits may trade places.

    Each may be off by that much, so beyond it both would have to be half of it off at once, against each other. Files
    of whole networks are off by an eighth of it (`ROUNDED`), and a label that changes then is a fault.
    """
    return case.margin <= allowed.atol + allowed.rtol * float(np.abs(case.logits).max())


def golden_row(case: ClassificationCase, origin: Origin | None) -> dict[str, object]:
    """A golden case as a bundle keeps it."""
    text, pair = case.texts
    logits = [float(value) for value in case.logits]
    row = {"text": text, "text_pair": pair, "ids": case.ids, "logits": logits, **_answer_fields(case.answer)}
    return row | origin_field(origin)


def _answer_fields(answer: Answer) -> dict[str, object]:
    """The field of a golden case that holds its answer, by what the answer is."""
    if isinstance(answer, str):
        return {"label": answer}
    return {"value": answer} if isinstance(answer, float) else {"labels": answer}


def _run(classifier: Classifier, case: ClassificationCase) -> Floats:
    from edgekit.agent.errors import AgentError

    encoding = classifier.tokenizer.encode(*case.texts)
    require_same_ids(encoding.ids, case.ids, case.quoted)
    try:
        logits: Floats = classifier.logits(encoding)
    except AgentError as error:
        raise ToolError(f"the exported file does not run: {error.message}", advice=error.advice) from error
    return logits
