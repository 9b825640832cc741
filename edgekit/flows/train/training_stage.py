"""A stage that trains, from what it begins with to the checkpoint that it writes with its lineage.

Started in several processes (`compress.training.distributed`), all of them train and the main one alone writes and
speaks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from edgekit.bundle.manifest import VocabularyCut
from edgekit.compress.training.distributed import is_main
from edgekit.compress.training.training_job import TrainedModel
from edgekit.data.splits import Data
from edgekit.data.token_blocks import TextData
from edgekit.flows.lineage import StageData, ended, next_step
from edgekit.flows.train.training_dir import training_folder
from edgekit.io.atomic import new_folder
from edgekit.io.progress import SILENT, Progress
from edgekit.models.checkpoint import Checkpoint, save_checkpoint
from edgekit.options.data_options import DataSpec
from edgekit.options.train_options import TrainOptions
from edgekit.schema.shape import Scratch


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
    progress: Progress = SILENT

    def run(self, rows: Data | TextData | None, train: Callable[[Path], TrainedModel]) -> Path:
        """Train, and write what came of it with its lineage; returns `out`.

        rows:  those that `data` names
        train: is given the folder that an interrupted training goes on from
        Raises `UsageError` where the disk is full or read-only.
        """
        data = StageData(self.data, rows)
        lineage = next_step(self.name, self.options, self.start, data=data, teacher=self.teacher)
        with training_folder(self.out, lineage[-1]) as folder:
            found = train(folder)
            if found.trained is not None:
                lineage = ended(lineage, found.trained)
            lineage = (*lineage[:-1], lineage[-1].model_copy(update={"vocabulary": found.vocabulary}))
            if is_main():
                with new_folder(self.out, force=self.force) as out:
                    save_checkpoint(found.model, found.tokenizer, out, lineage=lineage)
        for line in _outcome(found):
            self.progress.say(f"{self.name}: {line}{self.out}")
        return self.out


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
