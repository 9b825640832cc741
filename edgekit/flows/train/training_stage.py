"""A stage that trains, from what it begins with to the checkpoint that it writes with its lineage.

Started in several processes (`compress.training.distributed`), all of them train and the main one alone writes and
speaks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from edgekit.bundle.training_record import DataFacts, TrainingRecord, VocabularyCut
from edgekit.compress.training.distributed import is_main
from edgekit.compress.training.training_job import TrainedModel
from edgekit.data.facts import data_facts, said
from edgekit.data.splits import Data
from edgekit.data.token_blocks import TextData
from edgekit.errors import UsageError
from edgekit.flows.lineage import StageData, ended, next_step
from edgekit.flows.train.hints import data_hints, training_hints
from edgekit.flows.train.training_dir import training_folder
from edgekit.io.atomic import new_folder
from edgekit.io.progress import SILENT, Timed
from edgekit.io.quantities import duration
from edgekit.measure.accuracy.bag_of_words import EPOCHS, bag_of_words
from edgekit.models.checkpoint import Checkpoint, save_checkpoint
from edgekit.options.data_options import DataSpec
from edgekit.options.train_options import TrainOptions
from edgekit.schema.shape import Scratch
from edgekit.tasks.problem_type import SINGLE_LABEL


@dataclass(frozen=True)
class TrainingStage:
    """What a stage begins with, on which data, and the folder `out` that its checkpoint goes to.

    teacher: one that is followed beside `start`
    """

    name: Literal["finetune", "distill", "prune"]
    start: Checkpoint | Scratch
    data: DataSpec | None
    out: Path
    options: TrainOptions
    teacher: Checkpoint | None = None
    force: bool = False
    progress: Timed = field(default_factory=lambda: Timed(SILENT))

    def run(self, rows: Data | TextData | None, train: Callable[[Path], TrainedModel]) -> Path:
        """Train, and write what came of it with its lineage and how it went; returns `out`.

        rows:  those that `data` names
        train: is given the folder that an interrupted training goes on from
        Raises `UsageError` where the disk is full or read-only, and for options that these rows do not take.
        """
        self._check_label_options(rows)
        facts = None if rows is None else data_facts(rows)
        weighable = isinstance(rows, Data) and rows.problem_type == SINGLE_LABEL and self.options.epochs > 0
        hints = self._introduce(facts, weighable=weighable)
        data = StageData(self.data, rows)
        lineage = next_step(self.name, self.options, self.start, data=data, teacher=self.teacher)
        with training_folder(self.out, lineage[-1]) as folder:
            found = train(folder)
            if found.trained is not None:
                lineage = ended(lineage, found.trained)
            lineage = (*lineage[:-1], lineage[-1].model_copy(update={"vocabulary": found.vocabulary}))
            log = None if found.trained is None else found.trained.log
            if log is not None and self.name == "finetune" and weighable and isinstance(rows, Data):
                log = log.model_copy(update={"bag_of_words": self._bag_of_words(rows)})
            later = list(training_hints(facts, log, self.options)) if facts is not None and log is not None else []
            every = tuple(dict.fromkeys([*hints, *later]))
            record = TrainingRecord(data=facts, training=log, seconds=self._seconds(), hints=every)
            if is_main():
                with new_folder(self.out, force=self.force) as out:
                    save_checkpoint(found.model, found.tokenizer, out, lineage=lineage, training=record)
        self._conclude(found, later)
        return self.out

    def _bag_of_words(self, rows: Data) -> float | None:
        """What a bag of words reaches on the validation rows, in %; several processes do not all count it."""
        if not is_main():
            return None
        with self.progress.task(f"{self.name}: a bag of words", EPOCHS) as advance:
            given = bag_of_words(
                rows.train.pairs_of_text(), rows.train.labels, rows.validation.pairs_of_text(), advance
            )
        return 100 * float((given == np.asarray(rows.validation.labels)).mean())

    def _check_label_options(self, rows: Data | TextData | None) -> None:
        """Raise `UsageError` for options of single labels where there are none, or nothing is trained on them."""
        given = [name for name in ("metric", "class_weights") if getattr(self.options, name) is not None]
        if not given:
            return
        flag = f"--{given[0].replace('_', '-')}"
        if not isinstance(rows, Data) or rows.problem_type != SINGLE_LABEL:
            raise UsageError(f"{flag} is for classifiers of single labels", advice="leave it out")
        if not self.options.epochs:
            raise UsageError(f"{flag} is for training, and nothing is trained without --epochs", advice="--epochs 1")
        if "class_weights" in given and getattr(self.options, "soft_weight", 0.0) == 1:
            raise UsageError(
                "--class-weights weighs the loss on the labels, of which --soft-weight 1 leaves nothing",
                advice="a smaller --soft-weight, or leave it out",
            )

    def _introduce(self, facts: DataFacts | None, *, weighable: bool) -> list[str]:
        """Say what was understood of the data; gives what a person should know of it.

        weighable: whether labels may be weighed
        """
        if facts is None:
            return []
        for line in said(facts):
            self.progress.say(line)
        hints = list(data_hints(facts, self.options)) if weighable else []
        for hint in hints:
            self.progress.say(f"hint: {hint}")
        return hints

    def _seconds(self) -> dict[str, float]:
        """What each part took: the tasks by their titles, and what none of them counts."""
        parts: dict[str, float] = {}
        for title, seconds in self.progress.seconds.items():
            part = _part(title, self.name)
            parts[part] = parts.get(part, 0.0) + seconds
        other = max(self.progress.elapsed - sum(parts.values()), 0.0)
        return {name: round(seconds, 3) for name, seconds in {**parts, "other": other}.items()}

    def _conclude(self, found: TrainedModel, hints: list[str]) -> None:
        for line in _outcome(found):
            self.progress.say(f"{self.name}: {line}{self.out}")
        parts = ", ".join(f"{name} {duration(seconds)}" for name, seconds in self._seconds().items())
        self.progress.say(f"{self.name}: {duration(self.progress.elapsed)} in all: {parts}")
        for hint in hints:
            self.progress.say(f"hint: {hint}")


def _part(title: str, stage: str) -> str:
    """A task as a part of its stage: the training itself is called as the stage, and every file is read."""
    if title.startswith("reading "):
        return "reading"
    return "training" if title == stage else title.removeprefix(f"{stage}: ")


def _outcome(found: TrainedModel) -> list[str]:
    """What to say of it, a line each, to be followed by where it is."""
    lines = [] if found.vocabulary is None else [f"{_vocabulary(found.vocabulary)}, "]
    if found.trained is not None and found.trained.perplexity is not None:
        lines.append(f"perplexity {found.trained.perplexity:.3f} on validation, ")
    elif found.trained is not None and found.trained.mae is not None:
        lines.append(f"mean absolute error {found.trained.mae:.4g} on validation, ")
    elif found.trained is not None and found.trained.cross_entropy is not None:
        lines.append(f"cross entropy {found.trained.cross_entropy:.4g} of a label on validation, ")
    elif found.trained is not None:
        lines.append(f"{found.trained.accuracy:.2f} % on validation, ")
    return lines or [""]


def _vocabulary(cut: VocabularyCut) -> str:
    return (
        f"{cut.before:,} -> {cut.after:,} tokens, {cut.bytes_saved / 1e6:.2f} MB less; of {cut.texts:,} texts "
        f"{cut.texts_covered:.2f} % are covered ({cut.same_ids:,}, all with the same ids), of their tokens "
        f"{cut.tokens_covered:.2f} %; length {cut.mean_length[0]:.2f} -> {cut.mean_length[1]:.2f}, "
        f"p95 {cut.p95_length[0]:g} -> {cut.p95_length[1]:g}"
    )
