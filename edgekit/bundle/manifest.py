"""The manifest of a bundle and the `edgekit.json` of a checkpoint: computed, never typed by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import pydantic

from edgekit.agent.inference.bundle import MANIFEST_FILE as MANIFEST_FILE
from edgekit.agent.inference.content_hash import (
    FORMAT_VERSION,
    HEAD_FORMAT_VERSION,
    SEAL,
    changed,
    content_hash,
    follows,
    is_whole,
    seal_of,
)
from edgekit.agent.inference.problem_type import head_fault
from edgekit.agent.json_object import JsonObject
from edgekit.bundle.evaluation import Accuracy, Perplexity
from edgekit.bundle.head_evaluation import LabelSets, Numbers
from edgekit.bundle.older_formats import check_manifest_version
from edgekit.bundle.training_record import TrainingRecord, VocabularyCut
from edgekit.errors import UsageError
from edgekit.io.hashing import value_sha256
from edgekit.schema.base_model import Strict
from edgekit.schema.plan import Plan
from edgekit.schema.resources import check_target_name, is_shipped
from edgekit.schema.schemes import FormatName, Scheme
from edgekit.schema.shape import Scratch
from edgekit.schema.target import Target
from edgekit.tasks.problem_type import SINGLE_LABEL, ProblemType
from edgekit.tasks.task import TaskName

Evaluated = Accuracy | Perplexity | LabelSets | Numbers
# the key of a manifest under which each kind is kept
_EVALUATIONS: dict[type[Evaluated], str] = {
    Accuracy: "accuracy",
    Perplexity: "perplexity",
    LabelSets: "label_sets",
    Numbers: "numbers",
}
# keys that a manifest of format 2 has not
_OF_FORMAT_3 = frozenset({"problem_type", "thresholds", "label_sets", "numbers"})
Threshold = Annotated[float, pydantic.Field(strict=True, gt=0, lt=1)]
# no device runs a bundle without these, beside the model file
NEEDED_FILES = ("tokenizer.json", "config.json")


class BlockShape(Strict):
    """What pruning left of one block: its attention heads and the width of its feed-forward layer."""

    heads: pydantic.PositiveInt
    ffn: pydantic.PositiveInt


class Origin(Strict):
    """A model that came from outside a lineage: a hub id with the commit that was fetched, or a folder's own name."""

    source: Literal["hub", "folder"]
    name: str
    revision: str | None = None
    task: TaskName | None = None


class Validation(Strict):
    """Accuracy in % of what a training stage kept, on its validation rows; or perplexity on blocks of text.

    Of a multi-label model the binary cross entropy of a label, of a regression the mean absolute error.
    """

    rows: pydantic.PositiveInt
    accuracy: float | None = pydantic.Field(default=None, ge=0, le=100)
    perplexity: float | None = pydantic.Field(default=None, gt=0)
    cross_entropy: float | None = pydantic.Field(default=None, ge=0)
    mae: float | None = pydantic.Field(default=None, ge=0)

    @pydantic.model_serializer(mode="wrap")
    def _what_there_is(self, serialize: pydantic.SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Figures of other models than classifiers and language models are left out where they are not."""
        value: dict[str, Any] = serialize(self)
        return {key: each for key, each in value.items() if each is not None or key not in ("cross_entropy", "mae")}


class Step(Strict):
    """One stage of a lineage: everything that is needed to do it again, and what came of it.

    options:      every option of the stage; files by their own names
    inputs:       content hashes: `checkpoint`, `teacher`, `student`, `data.<split>` or, of a language model's text,
                  `text.<split>`, `golden`, files and the target's facts
    model:        what the lineage begins with; only its first step says it
    teacher:      where the teacher of a prune came from, unless an earlier step made it or it is the beginning
    data:         the embedded name, or file names, columns and all else that says how rows are read
    target:       the facts of the target that the options name
    golden_texts: how many texts, the first of the validation rows in a run, became golden cases
    output:       sha256 of each file of the checkpoint that came of it; a bundle's manifest lists its own
    machine:      what computed it: architecture, processor, threads
    vocabulary:   what trimming it did, where the stage has
    pairs:        whether the rows that a classifier learned from were pairs of texts
    shared:       of each split beside the training rows, how many of its rows are training rows too; none is left out
    """

    stage: str
    options: dict[str, Any]
    inputs: dict[str, str] = pydantic.Field(default_factory=dict)
    tools: dict[str, str] = pydantic.Field(default_factory=dict)
    model: Scratch | Origin | None = None
    teacher: Origin | None = None
    data: dict[str, Any] | None = None
    target: Target | None = None
    golden_texts: pydantic.NonNegativeInt = 0
    output: dict[str, str] = pydantic.Field(default_factory=dict)
    validation: Validation | None = None
    machine: dict[str, str] = pydantic.Field(default_factory=dict)
    vocabulary: VocabularyCut | None = None
    pairs: bool | None = None
    shared: dict[str, pydantic.PositiveInt] = pydantic.Field(default_factory=dict)

    @pydantic.model_serializer(mode="wrap")
    def _as_before(self, serialize: pydantic.SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Without `pairs` and `shared` where nothing is known of them: the hash of an older lineage stays."""
        value: dict[str, Any] = serialize(self)
        return {key: each for key, each in value.items() if key not in ("pairs", "shared") or each not in (None, {})}


class CheckpointExtras(Strict):
    """`edgekit.json`: what a Hugging Face folder cannot say of a checkpoint. training: how its last stage went."""

    format_version: Literal[1] = 1
    blocks: tuple[BlockShape, ...] = ()
    plan: Plan | None = None
    lineage: tuple[Step, ...] = ()
    training: TrainingRecord | None = None


class File(Strict):
    """A file of the bundle; `runtime` says that a device needs it."""

    sha256: str = pydantic.Field(pattern=r"^[0-9a-f]{64}$")
    bytes: pydantic.NonNegativeInt
    runtime: bool


class ModelTensor(Strict):
    """A model input or output; None marks an axis of any length."""

    name: str
    dtype: str
    shape: tuple[int | None, ...]


class Parity(Strict):
    """How the exported file was checked against its reference on the golden cases.

    The largest |difference| of a logit must stay below atol + rtol * |reference|. Of a decoder, the logits are less
    their mean, |reference| is the largest of a row, and labels_equal counts the cases whose greedy tokens are equal.
    """

    reference: Literal["checkpoint", "simulation"]
    cases: pydantic.PositiveInt
    atol: pydantic.NonNegativeFloat
    rtol: pydantic.NonNegativeFloat
    max_abs_difference: pydantic.NonNegativeFloat
    labels_equal: pydantic.NonNegativeInt


class GenerationTokens(Strict):
    """The token ids with which a decoder begins a text, where there is one, and with which it ends it."""

    bos_id: pydantic.NonNegativeInt | None = None
    eos_ids: tuple[pydantic.NonNegativeInt, ...] = ()


class Manifest(Strict):
    """Everything that is known of a bundle, and the hash of each of its files.

    target_facts: the whole target that it was made for, so that one of a person's own goes with the bundle
    max_length:   the most tokens of an input or, of a decoder, of prompt and new tokens together
    generation:   of a decoder; None for a classifier, which has labels instead
    pairs:        whether a classifier takes pairs of texts: one with a single token type, or trained on single texts,
                  does not; `only`: it was trained on pairs, and takes nothing else. What is usual is not said on disk
    content_hash: over all files, and all facts here that decide an answer (`edgekit.agent.inference.content_hash`)
    problem_type: what the logits of a classifier mean, where not one label; format 3 has it, and what belongs to it
    thresholds:   of each label of a multi-label model
    lineage_sha256: of a packaged bundle, in place of its lineage: `lineage_hash` of that of the bundle it was made of
    On disk a last key, `sha256`, is the hash over all the others. A field that is added to a fact under the content
    hash, or changes in it, needs another format version: old bundles would no longer follow from theirs.
    """

    format_version: Literal[2, 3] = 2
    name: str
    task: TaskName
    format: FormatName
    model_file: str
    scheme: Scheme
    target: str
    target_facts: Target
    runtime: str
    family: str
    labels: tuple[str, ...]
    pairs: bool | Literal["only"] = True
    problem_type: Literal["multi_label_classification", "regression"] | None = None
    thresholds: tuple[Threshold, ...] = ()
    max_length: pydantic.PositiveInt
    lengths: tuple[pydantic.PositiveInt, ...] = ()
    inputs: tuple[ModelTensor, ...]
    outputs: tuple[ModelTensor, ...]
    pad_id: pydantic.NonNegativeInt
    generation: GenerationTokens | None = None
    parameters: pydantic.PositiveInt
    files: dict[str, File]
    content_hash: str
    parity: Parity
    plan: Plan | None = None
    blocks: tuple[BlockShape, ...] = ()
    accuracy: tuple[Accuracy, ...] = ()
    perplexity: tuple[Perplexity, ...] = ()
    label_sets: tuple[LabelSets, ...] = ()
    numbers: tuple[Numbers, ...] = ()
    lineage: tuple[Step, ...] = ()
    lineage_sha256: str | None = None
    notes: tuple[str, ...] = ()

    @pydantic.model_serializer(mode="wrap")
    def _without_what_is_usual(self, written: pydantic.SerializerFunctionWrapHandler) -> JsonObject:
        fields: JsonObject = written(self)
        left_out = {"pairs"} if self.pairs is True else set()
        if self.lineage_sha256 is None:
            left_out.add("lineage_sha256")
        if self.format_version == FORMAT_VERSION:
            left_out |= _OF_FORMAT_3
        return {key: value for key, value in fields.items() if key not in left_out}

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
    def _head_is_described(self) -> Manifest:
        facts = self.problem_type, self.thresholds, self.label_sets, self.numbers
        if self.format_version == FORMAT_VERSION:
            fault = "format 2 has no problem type" if any(facts) else None
        else:
            fault = head_fault(self.problem_type, self.thresholds, self.labels)
        if fault is not None:
            raise ValueError(fault)
        return self

    @property
    def head(self) -> ProblemType:
        """What the logits of a classifier mean."""
        return self.problem_type or SINGLE_LABEL

    @pydantic.model_validator(mode="after")
    def _target_is_described(self) -> Manifest:
        if self.target != self.target_facts.name:
            raise ValueError(f"target is {self.target!r}, and target_facts are those of {self.target_facts.name!r}")
        return self

    @pydantic.model_validator(mode="after")
    def _evaluations_are_its_own(self) -> Manifest:
        for name in _EVALUATIONS.values():
            records: tuple[Evaluated, ...] = getattr(self, name)
            if any(record.content_hash != self.content_hash for record in records):
                raise ValueError(f"{name}: another bundle was evaluated; evaluate this one: edgekit evaluate")
        return self

    @classmethod
    def hashed(cls, **fields: Any) -> Self:
        """A new manifest with the content hash that follows from its fields."""
        fields["format_version"] = FORMAT_VERSION if fields.get("problem_type") is None else HEAD_FORMAT_VERSION
        draft = cls(**fields | dict.fromkeys(_EVALUATIONS.values(), ()), content_hash="")
        return cls(**fields, content_hash=content_hash(draft.model_dump(mode="json")))

    @classmethod
    def parse(cls, value: object, where: str) -> Self:
        """The manifest in the mapping that the file `where` holds.

        Raises `UsageError` for one of another format version, with the command that renews the bundle; for one that
        was changed since it was written; and for a target that bears the name of a shipped one and is another.
        """
        fields = dict(value) if isinstance(value, dict) else {}
        check_manifest_version(fields, Path(where))
        if not is_whole(fields):
            raise _changed(where)
        manifest = cls.of_checked(fields, where)
        if not follows(fields):
            raise _changed(where)
        return manifest

    @classmethod
    def of_checked(cls, fields: Mapping[str, object], where: str) -> Self:
        """The manifest in a mapping whose format version, seal and content hash are checked already.

        Raises `UsageError` for one that is not valid, or whose target bears the name of a shipped one and is another.
        """
        manifest = super().parse({key: field for key, field in fields.items() if key != SEAL}, where)
        check_target_name(manifest.target_facts, where)
        return manifest

    @classmethod
    def of(cls, bundle: Path) -> Self:
        """The manifest of a bundle; `UsageError` that names the file where it is missing or not valid."""
        return cls.read(bundle / MANIFEST_FILE)

    @property
    def size_mb(self) -> float:
        """MB (10^6 bytes) of the files needed at run time, tokenizer included."""
        return sum(file.bytes for file in self.files.values() if file.runtime) / 1e6

    def lineage_hash(self) -> str | None:
        """The hash of the whole lineage, or the one that stands in its place; None where nothing is known."""
        if not self.lineage:
            return self.lineage_sha256
        return value_sha256([step.model_dump(mode="json") for step in self.lineage])

    def redacted(self, name: str, files: Mapping[str, File]) -> Self:
        """The manifest of a package: without what is of its owner's house alone.

        The lineage becomes its hash; the texts that calibrated it, the names of the data that it was evaluated on and
        of what it was compared with are left out, and figures by label; a hash stands for a target of somebody's own.
        name:  of the package
        files: those in it
        """
        plan = self.plan if self.plan is None else self.plan.model_copy(update={"calibration": ()})
        fields: dict[str, Any] = {"name": name, "files": dict(files), "plan": plan}
        target = self.target_facts if is_shipped(self.target) else self.target_facts.unnamed()
        fields |= {"lineage": (), "lineage_sha256": self.lineage_hash()}
        fields |= {"target": target.name, "target_facts": target}
        draft = self.model_copy(update=fields | dict.fromkeys(_EVALUATIONS.values(), ()))
        new_hash = content_hash(draft.model_dump(mode="json"))
        for key in _EVALUATIONS.values():
            fields[key] = tuple(record.redacted(new_hash) for record in getattr(self, key))
        return self.model_copy(update=fields | {"content_hash": new_hash})

    def with_evaluation(self, record: Evaluated) -> Self:
        """The manifest with an evaluation in place of an earlier one of its subject, whose comparisons it keeps."""
        field = _EVALUATIONS[type(record)]
        known: tuple[Any, ...] = getattr(self, field)
        earlier = [each for each in known if each.subject == record.subject]
        others = [each for each in known if each not in earlier]
        return self.model_copy(update={field: (*others, record.with_comparisons_of(earlier))})

    def dump(self) -> str:
        """The manifest as it is written to disk, sealed with the hash of all that it says."""
        value = self.model_dump(mode="json")
        return json.dumps(value | {SEAL: seal_of(value)}, indent=1, ensure_ascii=False) + "\n"


def _changed(where: str) -> UsageError:
    message, advice = changed(Path(where))
    return UsageError(message, advice=advice)


def is_bundle(folder: Path) -> bool:
    """Whether a folder says that it is a bundle."""
    return (folder / MANIFEST_FILE).is_file()
