"""The manifest of a bundle and the `edgekit.json` of a checkpoint: computed, never typed by hand."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Literal

import pydantic

from edgekit.spec.plan import Plan
from edgekit.spec.schemes import Format, Scheme, Task
from edgekit.spec.stage_options import SplitName
from edgekit.spec.strict import Strict
from edgekit.spec.target import Target

FORMAT_VERSION = 1
# no device runs a bundle without these, beside the model file
NEEDED_FILES = ("tokenizer.json", "config.json")


class BlockShape(Strict):
    """What pruning left of one block: its attention heads and the width of its feed-forward layer."""

    heads: pydantic.PositiveInt
    ffn: pydantic.PositiveInt


class Step(Strict):
    """One stage of a lineage: what was done, with which options, to what."""

    stage: str
    options: dict[str, Any]
    inputs: dict[str, str] = pydantic.Field(default_factory=dict)
    tools: dict[str, str] = pydantic.Field(default_factory=dict)


class CheckpointExtras(Strict):
    """`edgekit.json`: what a Hugging Face folder cannot say of a checkpoint."""

    format_version: Literal[1] = 1
    blocks: tuple[BlockShape, ...] = ()
    plan: Plan | None = None
    lineage: tuple[Step, ...] = ()


class File(Strict):
    """A file of the bundle; `runtime` says that a device needs it."""

    sha256: str = pydantic.Field(pattern=r"^[0-9a-f]{64}$")
    bytes: pydantic.NonNegativeInt
    runtime: bool


class TensorSpec(Strict):
    """A model input or output; None marks an axis of any length."""

    name: str
    dtype: str
    shape: tuple[int | None, ...]


class Parity(Strict):
    """How the exported file was held against its reference on the golden cases.

    The largest |difference| of a logit must stay below atol + rtol * |reference|.
    """

    reference: Literal["checkpoint", "simulation"]
    cases: pydantic.PositiveInt
    atol: pydantic.NonNegativeFloat
    rtol: pydantic.NonNegativeFloat
    max_abs_difference: pydantic.NonNegativeFloat
    labels_equal: pydantic.NonNegativeInt


class Drop(Strict):
    """Points of accuracy lost against a baseline on the same rows, with a paired 95 % interval."""

    baseline: str
    baseline_accuracy: float
    points: float
    low: float
    high: float


class Accuracy(Strict):
    """Accuracy in % on the rows of a split of named data, through the bundle's own tokenizer and file.

    data:      name of the data set and of its split, as `smart-home/test`
    low, high: the 95 % interval
    """

    data: str
    split: SplitName
    data_sha256: str
    rows: pydantic.PositiveInt
    accuracy: float
    low: float
    high: float
    macro_f1: float
    runtime: str
    drops: tuple[Drop, ...] = ()


class Manifest(Strict):
    """Everything that is known of a bundle, and the hash of each of its files.

    target_facts: the whole target that it was made for, so that one of a person's own goes with the bundle
    """

    format_version: Literal[1] = 1
    name: str
    task: Task
    format: Format
    model_file: str
    scheme: Scheme
    target: str
    target_facts: Target
    runtime: str
    family: str
    labels: tuple[str, ...]
    max_length: pydantic.PositiveInt
    lengths: tuple[pydantic.PositiveInt, ...] = ()
    inputs: tuple[TensorSpec, ...]
    outputs: tuple[TensorSpec, ...]
    pad_id: pydantic.NonNegativeInt
    parameters: pydantic.PositiveInt
    files: dict[str, File]
    content_hash: str
    parity: Parity
    plan: Plan | None = None
    blocks: tuple[BlockShape, ...] = ()
    accuracy: tuple[Accuracy, ...] = ()
    lineage: tuple[Step, ...] = ()
    notes: tuple[str, ...] = ()

    @pydantic.field_validator("files")
    @classmethod
    def _names_stay_inside(cls, value: dict[str, File]) -> dict[str, File]:
        for name in value:
            if not name.isprintable() or "\\" in name or set(name.split("/")) & {"", ".", ".."}:
                raise ValueError(f"{name!r} is no file inside the bundle")
        return value

    @pydantic.model_validator(mode="after")
    def _model_is_listed(self) -> Manifest:
        if self.model_file not in self.files:
            raise ValueError(f"model_file {self.model_file!r} is not among the files")
        return self

    @pydantic.model_validator(mode="after")
    def _what_a_device_needs_counts(self) -> Manifest:
        for name in (self.model_file, *NEEDED_FILES):
            if name not in self.files:
                raise ValueError(f"{name} is not among the files")
            if not self.files[name].runtime:
                raise ValueError(f"files.{name}: a device needs it, so runtime cannot be false")
        return self

    @pydantic.model_validator(mode="after")
    def _target_is_described(self) -> Manifest:
        if self.target != self.target_facts.name:
            raise ValueError(f"target is {self.target!r}, and target_facts are those of {self.target_facts.name!r}")
        return self

    @pydantic.model_validator(mode="after")
    def _hash_is_computed(self) -> Manifest:
        if self.content_hash != content_hash(self.files):
            raise ValueError("content_hash does not follow from the files listed")
        return self

    @property
    def size_mb(self) -> float:
        """MB (10^6 bytes) of the files needed at run time, tokenizer included."""
        return sum(file.bytes for file in self.files.values() if file.runtime) / 1e6

    def dump(self) -> str:
        """The manifest as it is written to disk."""
        return json.dumps(self.model_dump(mode="json"), indent=1, ensure_ascii=False) + "\n"


def content_hash(files: dict[str, File]) -> str:
    """One sha256 over all that is said of each file, in the order of their names; the agent computes the same."""
    lines = "".join(
        f"{name}\0{file.sha256}\0{file.bytes}\0{int(file.runtime)}\n" for name, file in sorted(files.items())
    )
    return hashlib.sha256(lines.encode()).hexdigest()
