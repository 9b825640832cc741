"""What the model in a package answers with, and the words for it in what a developer reads."""

from __future__ import annotations

from dataclasses import dataclass

from edgekit.agent.inference.bundle import Bundle
from edgekit.tasks.problem_type import MULTI_LABEL, REGRESSION, SINGLE_LABEL
from edgekit.tasks.registry import task_named


@dataclass(frozen=True)
class Answer:
    """What models of one kind answer with.

    noun:     what such a model is
    outcome:  where a golden case ends
    compared: what the self-test names where it differs
    usage:    how a README file that shows the answer's use is called
    """

    noun: str
    outcome: str
    compared: str
    usage: str


_TEXT = Answer("text generator", "tokens", "token or logit", "generation")
_BY_PROBLEM: dict[str, Answer] = {
    SINGLE_LABEL: Answer("text classifier", "label", "token, logit or label", SINGLE_LABEL),
    MULTI_LABEL: Answer("multi-label text classifier", "labels", "token, logit or label", MULTI_LABEL),
    REGRESSION: Answer("text regression", "value", "token, logit or value", REGRESSION),
}


def answer_of(bundle: Bundle) -> Answer:
    """What the model of a bundle answers with."""
    return _BY_PROBLEM[bundle.head.problem_type] if task_named(bundle.task).labels else _TEXT
