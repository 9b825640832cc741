"""The rows of a split that a model was not trained on: what is measured on the others is too good."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from edgekit.bundle.manifest import Step
from edgekit.data.splits import Data, Unnumbered, without_validation
from edgekit.options.stage_options import SplitName
from edgekit.tasks.problem_type import SINGLE_LABEL, ProblemType


@dataclass(frozen=True)
class Seen:
    """How many rows of a split are training rows, and how many of those are left out of what is measured."""

    training_rows: int = 0
    left_out: int = 0


def unseen_rows(
    rows: Unnumbered,
    labels: Sequence[str],
    problem_type: ProblemType,
    split: SplitName,
    *,
    lineage: Iterable[Step] = (),
    model: str = "the model",
) -> tuple[Data, Seen]:
    """The rows numbered for a model, those of `split` left out that are training rows too; and how many these are.

    Where all are, as in the training split itself, or in a file that by its hash is the one that the lineage names,
    none is left out: such an evaluation says how well the rows were learned, and no budget is judged by it.
    Raises as `Unnumbered.numbered`.
    """
    # lists of zeros and ones are told by the labels of all splits
    needed = rows.only(split) if problem_type == SINGLE_LABEL else rows
    data = needed.numbered(labels, problem_type, model=model)
    asked = data.split(split)
    if split == "train" or _are_of_lineage(rows, split, lineage):
        return data, Seen(training_rows=len(asked))
    shared = rows.shared.get(split)
    count = 0 if shared is None else int(shared.sum())
    if shared is None or not count:
        return data, Seen()
    if count == len(asked):
        return data, Seen(training_rows=count)
    unseen: dict[str, Any] = {split: asked.take(np.flatnonzero(~shared).tolist())}
    return replace(data, **unseen), Seen(count, count)


def _are_of_lineage(rows: Unnumbered, split: str, lineage: Iterable[Step]) -> bool:
    """Whether the rows of a split are the very ones that a step of the lineage learned from."""
    known = {step.inputs["data.train"] for step in lineage if "data.train" in step.inputs}
    if not known or split not in rows.tables:
        return False
    table = rows.tables[split]
    # a file without validation rows was learned from but for the tenth that was carved off
    return table.sha256() in known or without_validation(table).sha256() in known
