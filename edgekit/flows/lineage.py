"""The lineage of what a stage makes: what was done before, and this step with its inputs, options and tools."""

from __future__ import annotations

import platform
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgekit.agent.machine.cpu import cpu_facts
from edgekit.bundle.manifest import Origin, Step, Validation
from edgekit.compress.training.training_job import Trained
from edgekit.data.splits import Data
from edgekit.data.token_blocks import TextData
from edgekit.errors import NotFoundError
from edgekit.io.hashing import file_sha256, value_sha256
from edgekit.models.checkpoint import Checkpoint, open_checkpoint
from edgekit.models.identity import content_hashes
from edgekit.options.data_options import EMBEDDED, DataSpec
from edgekit.parts import installed_version
from edgekit.schema.base_model import Strict
from edgekit.schema.resources import load_target
from edgekit.schema.shape import Scratch
from edgekit.schema.target import Target
from edgekit.version import __version__

_TOOLS = (
    *("torch", "transformers", "tokenizers", "optimum-onnx", "onnxscript", "onnx", "onnxruntime", "litert-torch"),
    "ai-edge-litert",
)

_TOKENIZER_FILES = ("*token*.json", "vocab.*", "merges.txt", "*.model")


@dataclass(frozen=True)
class StageData:
    """What a stage learned from: how its rows were named, and the rows themselves; None of a stage without data."""

    named: DataSpec | None = None
    rows: Data | TextData | None = None


def next_step(
    stage: str,
    options: Strict,
    start: Checkpoint | Scratch,
    *,
    data: StageData = StageData(),
    teacher: Checkpoint | None = None,
    target: Target | None = None,
    golden: Sequence[str | tuple[str, str]] = (),
) -> tuple[Step, ...]:
    """The lineage of `start` and this stage at its end; inputs are named by their content hashes.

    target: that the options name, where they name one
    golden: the texts, or pairs of them, that an export was given for golden cases
    """
    values, inputs = options_and_inputs(options, target)
    before = start.extras.lineage if isinstance(start, Checkpoint) else ()
    if isinstance(start, Checkpoint):
        inputs["checkpoint"] = checkpoint_sha256(start)
    if teacher is not None:
        inputs["teacher"] = checkpoint_sha256(teacher)
    if data.rows is not None:
        kind = "text" if isinstance(data.rows, TextData) else "data"
        inputs |= {f"{kind}.{split}": sha256 for split, sha256 in data.rows.sha256.items()}
    if golden:
        inputs["golden"] = value_sha256(list(golden))
    step = Step(
        stage=stage,
        options=values,
        inputs=inputs,
        tools=tool_versions(),
        model=None if before else start if isinstance(start, Scratch) else _origin(start),
        teacher=_origin(teacher) if teacher is not None and not is_in(before, inputs["teacher"]) else None,
        data=None if data.named is None else named_data(data.named),
        target=target,
        golden_texts=len(golden),
        shared=_shared(data.rows),
        # a training says it when it has ended: one that goes on with other threads is still the same step
        machine=machine() if data.rows is None else {},
        pairs=data.rows.has_pairs if isinstance(data.rows, Data) else None,
    )
    return (*before, step)


def _shared(rows: Data | TextData | None) -> dict[str, int]:
    """Of each split how many rows are training rows too."""
    if not isinstance(rows, Data):
        return {}
    return {name: count for name, shared in rows.shared.items() if (count := int(shared.sum()))}


def ended(lineage: tuple[Step, ...], trained: Trained) -> tuple[Step, ...]:
    """The lineage with how the training of its last step ended, on which machine."""
    validation = Validation(
        rows=trained.rows,
        accuracy=trained.accuracy,
        perplexity=trained.perplexity,
        cross_entropy=trained.cross_entropy,
        mae=trained.mae,
    )
    done = {"validation": validation, "machine": machine()}
    return (*lineage[:-1], lineage[-1].model_copy(update=done))


def checkpoint_sha256(checkpoint: Checkpoint) -> str:
    """One hash of what a checkpoint is: that of the `output` which a step records for it."""
    return value_sha256(content_hashes(checkpoint.path, checkpoint.extras))


def is_in(lineage: Sequence[Step], sha256: str) -> bool:
    """Whether a checkpoint is what the lineage begins with, or what one of its steps made."""
    outputs = (value_sha256(step.output) for step in lineage)
    return sha256 in (*outputs, *(step.inputs.get("checkpoint") for step in lineage[:1]))


def named_data(data: DataSpec) -> dict[str, object]:
    """How data was named, as it is written down: a file by its own name, without the folders it lies in here.

    A folder in the hub's layout is no `hub` id: it stands as `folder`, by its own name.
    """
    values = data.model_dump(mode="json", exclude_none=True)
    for name in values:
        if isinstance(value := getattr(data, name), Path):
            values[name] = value.name
    if data.hub is not None and _is_folder(data.hub):
        values["folder"] = Path(values.pop("hub")).resolve().name
    return values


def _is_folder(hub: str) -> bool:
    """Whether this is the path of a folder, with or without `:config` behind it."""
    return Path(hub).is_dir() or Path(hub.rpartition(":")[0] or hub).is_dir()


def options_and_inputs(options: Strict, target: Target | None = None) -> tuple[dict[str, Any], dict[str, str]]:
    """Options as they are written down, and the content hashes of what they point to.

    A file is named by its own name, not by where it lies here; a target by its name, wherever its facts came from.
    target: that the options name, if it was read already
    Raises `NotFoundError` for a file or a target that does not exist.
    """
    values = options.model_dump(mode="json")
    inputs = {}
    for name in values:
        value = getattr(options, name)
        if isinstance(value, Path) and str(value) != EMBEDDED:
            values[name], inputs[name] = value.name, _hash(value)
        elif name == "student_from" and value is not None:
            student = open_checkpoint(value)
            values[name], inputs["student"] = _origin(student).name, checkpoint_sha256(student)
        elif name == "target":
            target = target or load_target(value)
            values[name], inputs[name] = target.name, value_sha256(target.model_dump(mode="json"))
    return values, inputs


def _hash(path: Path) -> str:
    """Of a folder, which is a tokenizer's, the hash of all files in it that can be one's."""
    if path.is_dir():
        files = sorted(file for pattern in _TOKENIZER_FILES for file in path.glob(pattern))
        return value_sha256({file.name: file_sha256(file) for file in files})
    if not path.is_file():
        raise NotFoundError(f"{path} does not exist")
    return file_sha256(path)


def tool_versions() -> dict[str, str]:
    """The versions of everything that can change a result."""
    versions = {"edgekit": __version__, "python": platform.python_version()}
    return versions | {tool: number for tool in _TOOLS if (number := installed_version(tool))}


def machine() -> dict[str, str]:
    """What of this machine can change arithmetic: architecture, processor, threads."""
    import torch

    facts = cpu_facts()
    return {"arch": facts["arch"], "cpu": facts["cpu_model"], "threads": str(torch.get_num_threads())}


def _origin(start: Checkpoint) -> Origin:
    """How a model that no step made was named; of a hub id the commit that lies in the cache is known."""
    named = start.reference
    if named.path.is_dir():
        return Origin(source="folder", name=named.path.resolve().name, task=named.task)
    commit = start.path.name if re.fullmatch(r"[0-9a-f]{40}", start.path.name) else named.revision
    return Origin(source="hub", name=named.source, revision=commit, task=named.task)
