"""A run under way: what it was asked for, and what it has made so far."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edgekit.bundle.evaluation import Perplexity
from edgekit.bundle.head_evaluation import LabelSets, Numbers
from edgekit.data.splits import Data, Unnumbered
from edgekit.data.token_blocks import TextData
from edgekit.flows.evaluate.accuracy import Evaluation
from edgekit.flows.gate.gate import BundleVerdict
from edgekit.flows.run.journal import Journal
from edgekit.io.progress import Progress
from edgekit.options.recipe import Recipe
from edgekit.report.summary import PackageRow
from edgekit.tasks.registry import task_named
from edgekit.tasks.task import Task


@dataclass
class Run:
    """The state that the stages of a run share.

    key:      a hash of everything up to the newest stage: a stage is done again when its key has changed
    start:    what the run begins from: hashes of model and data, versions of tools
    data:     rows with labels, or the text of a language model
    rows:     those rows with labels that each model numbers in its own way; None of text
    models:   checkpoints by their part in the run (teacher, student, pruned, quantized), in the order made
    commands: the command lines that do the same by hand
    seconds:  what each stage took; one that had nothing to do is not there
    """

    recipe: Recipe
    folder: Path
    data: Data | TextData
    rows: Unnumbered | None
    journal: Journal
    progress: Progress
    key: str
    start: dict[str, Any]
    models: dict[str, Path] = field(default_factory=dict)
    bundles: list[Path] = field(default_factory=list)
    evaluations: dict[str, Evaluation] = field(default_factory=dict)
    perplexities: dict[str, Perplexity] = field(default_factory=dict)
    heads: dict[str, LabelSets | Numbers] = field(default_factory=dict)
    verdicts: list[BundleVerdict] = field(default_factory=list)
    packages: list[PackageRow] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """A stage, or a part of one, whose time counts."""
        begun = time.monotonic()
        yield
        self.seconds[stage] = self.seconds.get(stage, 0.0) + time.monotonic() - begun

    @property
    def task(self) -> Task:
        """What its models do."""
        return task_named(self.recipe.task)

    @property
    def newest(self) -> Path:
        """The checkpoint made last."""
        return list(self.models.values())[-1]
