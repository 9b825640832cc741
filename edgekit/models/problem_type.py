"""What the logits of a checkpoint mean, as its configuration says or leaves to be inferred."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from edgekit.errors import UsageError
from edgekit.tasks.problem_type import MULTI_LABEL, PROBLEMS, REGRESSION, SINGLE_LABEL, ProblemType


def configured_problem(path: Path, config: Mapping[str, object], labels: Sequence[str]) -> ProblemType:
    """What the configuration says or, as transformers takes it, a regression where there is one logit.

    Raises `UsageError` for one that does not go with the number of labels, or is none.
    """
    given, where = config.get("problem_type"), f"{path / 'config.json'}: problem_type"
    if given is None:
        return REGRESSION if len(labels) == 1 else SINGLE_LABEL
    if given == REGRESSION and len(labels) > 1:
        raise UsageError(f"{where} is regression of {len(labels)} numbers; edgekit takes regressions of one number")
    if given == SINGLE_LABEL and len(labels) == 1:
        raise UsageError(
            f"{where} is {SINGLE_LABEL} with one label, which every text would have",
            advice=f"say what its one logit means: {REGRESSION} for the number, {MULTI_LABEL} for yes or no",
        )
    if given not in PROBLEMS:
        raise UsageError(f"{where} must be one of {', '.join(PROBLEMS)}")
    return given
