"""Text classification: a label for a text or a pair of texts, several, or a number, as its problem type says."""

from __future__ import annotations

from edgekit.tasks.task import Task

TASK = Task(
    name="text-classification",
    labels=True,
    generates=False,
    reserved=0,
    noun="classifier",
    bundle_noun="classifier",
    auto_class="AutoModelForSequenceClassification",
    class_endings=("ForSequenceClassification",),
    figures=frozenset({"latency", "labels"}),
)
