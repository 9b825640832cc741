"""The source of an export: a loaded model, its tokenizer and its quantization plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from edgekit.agent.inference.problem_type import SINGLE_LABEL, Head
from edgekit.bundle.manifest import Step
from edgekit.data.tokenizer import Tokenizer
from edgekit.export.parity import Reference
from edgekit.models.loaded_model import LoadedModel
from edgekit.models.registry import is_described
from edgekit.schema.plan import Plan
from edgekit.schema.schemes import Scheme
from edgekit.tasks.task import Task

if TYPE_CHECKING:
    from torch import Tensor

# a text, or a pair of texts
TextInput = str | tuple[str, str]


@dataclass(frozen=True)
class Source:
    """What is exported: a model whose weights are on the grid of `plan`, with their scales, and its tokenizer.

    thresholds: of each label of a multi-label model
    pairs:      whether a classifier was trained on pairs of texts; None where nobody knows
    """

    model: LoadedModel
    tokenizer: Tokenizer
    name: str
    plan: Plan | None = None
    scales: Mapping[str, Tensor] = field(default_factory=dict)
    lineage: tuple[Step, ...] = ()
    notes: tuple[str, ...] = ()
    task: Task = field(kw_only=True)
    thresholds: tuple[float, ...] = ()
    pairs: bool | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """The label of each logit of a classifier."""
        names = self.model.config.id2label
        return tuple(str(names[index]) for index in sorted(names, key=int))

    @property
    def head(self) -> Head:
        """How the logits of a classifier are read; a single-label one says nothing of it."""
        return Head(self.labels, self.model.config.problem_type or SINGLE_LABEL, self.thresholds)

    @property
    def scheme(self) -> Scheme:
        """The scheme of the plan."""
        return self.plan.scheme if self.plan is not None else "float"

    @property
    def described(self) -> bool:
        """Whether the model is one that edgekit can take apart."""
        return is_described(self.model)

    @property
    def reference(self) -> Reference:
        """What its file is checked against: the simulation of its plan, or the checkpoint itself."""
        return "simulation" if self.quantized else "checkpoint"

    @property
    def quantized(self) -> bool:
        """Whether any weight is stored as integers."""
        return self.plan is not None and bool(self.plan.tensors)
