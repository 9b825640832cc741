"""What kind of model a package holds, and the words for it in what a developer reads."""

from __future__ import annotations

from dataclasses import dataclass

from edgekit.agent.inference.bundle import Bundle
from edgekit.tasks.problem_type import MULTI_LABEL, REGRESSION, SINGLE_LABEL
from edgekit.tasks.registry import task_named


@dataclass(frozen=True)
class ModelKind:
    """Models that are used in one way.

    noun:      what such a model is
    api_class: what the package's class is called
    outcome:   where a golden case ends
    compared:  of what the self-test names the first that differs
    """

    noun: str
    api_class: str
    outcome: str
    compared: str


_GENERATOR = ModelKind("text generator", "Generator", "tokens", "token or logit")
# of classifiers
BY_PROBLEM_TYPE: dict[str, ModelKind] = {
    SINGLE_LABEL: ModelKind("text classifier", "Classifier", "label", "token, logit or label"),
    MULTI_LABEL: ModelKind("multi-label text classifier", "Classifier", "labels", "token, logit or label"),
    REGRESSION: ModelKind("text regression", "Classifier", "value", "token, logit or value"),
}


def kind_of(bundle: Bundle) -> ModelKind:
    """The kind of a bundle's model."""
    return BY_PROBLEM_TYPE[bundle.head.problem_type] if task_named(bundle.task).labels else _GENERATOR


def readme_name(bundle: Bundle) -> str:
    """The file that says how the model is used: by problem type, or by the task where it has none."""
    return f"{bundle.head.problem_type if task_named(bundle.task).labels else bundle.task}.md"
