"""What a task is, as far as it differs from another: one value for each, in the file that is called as it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

TaskName = Literal["text-classification", "text-generation"]

# what is measured of a model: milliseconds from text to label, labels against those of rows, the first token and
# tokens a second, and how likely a text is
Figures = Literal["latency", "labels", "generation", "perplexity"]


@dataclass(frozen=True)
class Task:
    """What a model does, and what follows for data, files and measurements.

    labels:        a model of it has labels, and its data are rows with one each; else its data are files of text
    generates:     it writes a text token by token, with a cache; its bundles have greedy tokens as golden cases
    reserved:      of the longest input, the tokens that no prompt may take, for what is generated
    noun:          what a checkpoint of it is called
    bundle_noun:   what a bundle of it is called
    auto_class:    the class of transformers that loads a checkpoint
    class_endings: how the model classes that a `config.json` names end
    figures:       what is measured of a model
    """

    name: TaskName
    labels: bool
    generates: bool
    reserved: int
    noun: str
    bundle_noun: str
    auto_class: str
    class_endings: tuple[str, ...]
    figures: frozenset[Figures]

    @property
    def title(self) -> str:
        """The name as it stands in a sentence."""
        return self.name.replace("-", " ")
