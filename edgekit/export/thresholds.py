"""The thresholds of a multi-label model: from which score on a label holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgekit.agent.inference.problem_type import USUAL_THRESHOLD
from edgekit.errors import UsageError, unknown_name
from edgekit.options.thresholds import parsed_thresholds
from edgekit.tasks.problem_type import MULTI_LABEL, PROBLEMS
from edgekit.tasks.task import Task

if TYPE_CHECKING:
    from edgekit.models.checkpoint import Checkpoint


def chosen_thresholds(checkpoint: Checkpoint, task: Task, given: str | None) -> tuple[float, ...]:
    """One for each label of a multi-label checkpoint: as given, else 0.5.

    Raises `UsageError` for thresholds of any other model, and `NotFoundError` for those of a label that it lacks.
    """
    if not task.labels or checkpoint.problem_type != MULTI_LABEL:
        if given is not None:
            noun = PROBLEMS[checkpoint.problem_type] if task.labels else task.noun
            raise UsageError(
                f"{checkpoint.path} is a {noun}: only a multi-label classifier has thresholds",
                advice="leave --threshold out",
            )
        return ()
    labels = checkpoint.labels
    found = dict.fromkeys(labels, USUAL_THRESHOLD)
    for label, threshold in parsed_thresholds(given).items():
        if label is None:
            found = dict.fromkeys(labels, threshold)
        elif label not in found:
            raise unknown_name("label", label, labels)
        else:
            found[label] = threshold
    return tuple(found.values())
