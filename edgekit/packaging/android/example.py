"""The function that a package's README shows of its classifier, in Java and in Kotlin, by problem type."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edgekit.agent.inference.bundle import Bundle
from edgekit.tasks.problem_type import MULTI_LABEL, REGRESSION, SINGLE_LABEL
from edgekit.tasks.registry import task_named

_README = Path(__file__).with_name("readme")


@dataclass(frozen=True)
class Example:
    """What the function is called and what it returns of a `prediction`.

    types, values: in Java and in Kotlin
    promise:       what its comment says before where it may be called
    java_import:   what the Java type needs
    meaning:       what is to be known of the answer, behind the code
    """

    function: str
    types: tuple[str, str]
    values: tuple[str, str]
    promise: str = ""
    java_import: str = ""
    meaning: str = ""


_EXAMPLES: dict[str, Example] = {
    SINGLE_LABEL: Example(
        function="labelOf",
        types=("String", "String"),
        values=('prediction.label() + " " + prediction.score()', '"${prediction.label()} ${prediction.score()}"'),
    ),
    MULTI_LABEL: Example(
        function="labelsOf",
        types=("List<String>", "List<String>"),
        values=("prediction.labels()", "prediction.labels()"),
        promise="The labels that hold, several or none. ",
        java_import="import java.util.List;",
        meaning="""
A text has as many labels as hold for it, or none: `labels()` gives those whose scores reach their thresholds, in the
model's order. `scores()` gives the score of every label of `classifier.labels()`, each from 0 to 1 by itself, and
`classifier.thresholds()` from which score on each holds. There is no one label.
""",
    ),
    REGRESSION: Example(
        function="valueOf",
        types=("float", "Float"),
        values=("prediction.value()", "prediction.value()"),
        meaning="""
The model gives a text a number, `value()`, which is its logit as it is. There are no labels and no scores.
""",
    ),
}


def examples_of(bundle: Bundle) -> str:
    """The part of the README that shows how the model is called, with `@@ID@@` still to fill in."""
    text = (_README / f"{bundle.task}.md").read_text(encoding="utf-8")
    if not task_named(bundle.task).labels:
        return text
    example = _EXAMPLES[bundle.head.problem_type]
    values = {
        "FUNCTION": example.function,
        "PROMISE": example.promise,
        "JAVA_IMPORT": f"\n{example.java_import}".rstrip("\n"),
        "JAVA_TYPE": example.types[0],
        "JAVA_VALUE": example.values[0],
        "KOTLIN_TYPE": example.types[1],
        "KOTLIN_VALUE": example.values[1],
        "MEANING": example.meaning.rstrip("\n"),
    }
    for key, value in values.items():
        text = text.replace(f"@@{key}@@", value)
    return text
