"""The families edgekit can take apart, by the `model_type` of a Hugging Face configuration.

Here is what must be known of a family before any model of it is opened; all else is in its own file,
`edgekit/models/families/<name>.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from edgekit.tasks import text_classification, text_generation
from edgekit.tasks.task import Task

Architecture = Literal["encoder", "decoder"]


@dataclass(frozen=True)
class FamilyFacts:
    """What of a family decides which options make sense.

    factorized_embedding: its embeddings may be narrower than the residual stream, behind a projection
    """

    architecture: Architecture
    factorized_embedding: bool = False

    @property
    def least_vocabulary(self) -> int:
        """The fewest tokens of a tokenizer: every byte is one to a decoder, and few are left out."""
        return 300 if self.architecture == "decoder" else 0

    @property
    def usual_task(self) -> Task:
        """What a model of it is for where nothing says otherwise."""
        return text_generation.TASK if self.architecture == "decoder" else text_classification.TASK


FAMILIES: dict[str, FamilyFacts] = {
    "albert": FamilyFacts("encoder", factorized_embedding=True),
    "bert": FamilyFacts("encoder"),
    "distilbert": FamilyFacts("encoder"),
    "roberta": FamilyFacts("encoder"),
    "gpt2": FamilyFacts("decoder"),
    "llama": FamilyFacts("decoder"),
}
ENCODERS = tuple(name for name, facts in FAMILIES.items() if facts.architecture == "encoder")
DECODERS = tuple(name for name, facts in FAMILIES.items() if facts.architecture == "decoder")


def usual_task(family: str) -> Task:
    """What a model of this family is for where nothing says otherwise; of one not known here, classifying."""
    return FAMILIES[family].usual_task if family in FAMILIES else text_classification.TASK
