"""Checkpoints: opening a folder or a hub id, loading its model and tokenizer, saving a new one.

Weights are read from safetensors only, and no code from a checkpoint is ever run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgekit.models.families import FAMILIES, describe, family
from edgekit.models.shrink import reshape
from edgekit.spec.errors import NotFoundError, UsageError
from edgekit.spec.manifest import BlockShape, CheckpointExtras, Step
from edgekit.spec.model_ref import ModelRef
from edgekit.spec.plan import Plan
from edgekit.spec.schemes import Task
from edgekit.spec.strict import read_mapping

EXTRAS_FILE = "edgekit.json"
SCALES_FILE = "scales.safetensors"
_HUB_FILES = ["*.json", "*.safetensors", "*.txt", "*.model"]


@dataclass(frozen=True)
class Checkpoint:
    """A Hugging Face model folder, opened but not loaded."""

    path: Path
    family: str
    labels: tuple[str, ...]
    extras: CheckpointExtras
    task: Task | None = None


def open_checkpoint(model: str | Path | ModelRef) -> Checkpoint:
    """Open a folder, or fetch a hub id (`owner/name`) into the Hugging Face cache and open that.

    Raises `NotFoundError` where there is neither, `UsageError` where the folder is no checkpoint.
    """
    reference = ModelRef.of(model)
    path = reference.path if reference.path.is_dir() else _fetch(reference.source, reference.revision)
    if not (path / "config.json").is_file():
        raise UsageError(
            f"{path} is not a checkpoint: it has no config.json",
            advice="give a Hugging Face model folder with config.json, model.safetensors and tokenizer files",
        )
    config = read_mapping(path / "config.json")
    extras = path / EXTRAS_FILE
    labels = config.get("id2label") or {}
    return Checkpoint(
        path=path,
        family=str(config.get("model_type", "")),
        labels=tuple(str(labels[key]) for key in sorted(labels, key=int)) if isinstance(labels, dict) else (),
        extras=CheckpointExtras.read(extras) if extras.is_file() else CheckpointExtras(),
        task=reference.task,
    )


def resolve_task(checkpoint: Checkpoint) -> Task:
    """What the checkpoint was trained for, as optimum reads it from the class that its configuration names."""
    if checkpoint.task is not None:
        return checkpoint.task
    import transformers
    from optimum.exporters.tasks import TasksManager

    named = read_mapping(checkpoint.path / "config.json").get("architectures") or [""]
    model_class = getattr(transformers, str(named[0]), None)
    if model_class is None:
        raise UsageError(f"{checkpoint.path}: config.json names no architecture that transformers has ({named[0]!r})")
    task = TasksManager.infer_task_from_model(model_class, library_name="transformers")
    if task not in ("text-classification", "text-generation"):
        raise UsageError(f"{checkpoint.path} is a checkpoint for {task}; edgekit takes text-classification")
    return task  # type: ignore[no-any-return]


def load_tokenizer(checkpoint: Checkpoint) -> Any:
    """The checkpoint's own fast tokenizer."""
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(checkpoint.path, use_fast=True, trust_remote_code=False)
    except Exception as error:  # transformers raises anything at all on tokenizer files that are not as it wrote them
        raise UsageError(f"{checkpoint.path}: no usable tokenizer: {_first_line(error)}") from error
    if checkpoint.family in FAMILIES:
        # a DistilBERT is often saved with BERT's tokenizer, whose token types it does not read
        tokenizer.model_input_names = list(family(checkpoint.family).INPUTS)
    return tokenizer


def load_classifier(checkpoint: Checkpoint, labels: Sequence[str] | None = None) -> Any:
    """The sequence classifier in evaluation mode; with `labels`, a new head for them where they differ.

    Raises `UsageError` where the weights are missing, corrupt or of another shape.
    """
    from transformers import AutoConfig, AutoModelForSequenceClassification

    if not any(checkpoint.path.glob("*.safetensors")):
        raise UsageError(f"{checkpoint.path} holds no .safetensors weights; edgekit reads no other kind")
    config = AutoConfig.from_pretrained(checkpoint.path, trust_remote_code=False)
    if labels is not None:
        config.id2label, config.label2id = (
            dict(enumerate(labels)),
            {label: i for i, label in enumerate(labels)},
        )
    try:
        if checkpoint.extras.blocks:
            return _load_reshaped(checkpoint, config)
        model = AutoModelForSequenceClassification.from_pretrained(
            checkpoint.path, config=config, use_safetensors=True, ignore_mismatched_sizes=labels is not None
        )
    except Exception as error:  # as of tokenizers; safetensors' own error derives from Exception alone
        raise UsageError(f"{checkpoint.path}: the weights cannot be loaded: {_first_line(error)}") from error
    return model.eval()


def load_scales(checkpoint: Checkpoint) -> dict[str, Any]:
    """The scales of a quantized checkpoint by tensor name: [rows] or, in blocks, [rows, blocks]; else empty."""
    from safetensors.torch import load_file

    path = checkpoint.path / SCALES_FILE
    return dict(load_file(path)) if path.is_file() else {}


def save_checkpoint(
    model: Any,
    tokenizer: Any,
    out: Path,
    *,
    lineage: Sequence[Step],
    plan: Plan | None = None,
    scales: Mapping[str, Any] | None = None,
) -> None:
    """Write model, tokenizer and `edgekit.json`, and for a quantized model its scales, into the folder `out`."""
    from safetensors.torch import save_file

    model.save_pretrained(out, safe_serialization=True)
    tokenizer.save_pretrained(out)
    shapes = tuple(BlockShape(heads=block.heads, ffn=block.ffn) for block in describe(model).blocks)
    plain = len({(shape.heads, shape.ffn) for shape in shapes}) == 1 and _is_plain(model, shapes[0])
    extras = CheckpointExtras(blocks=() if plain else shapes, plan=plan, lineage=tuple(lineage))
    text = json.dumps(extras.model_dump(mode="json"), indent=1, ensure_ascii=False)
    (out / EXTRAS_FILE).write_text(text + "\n", encoding="utf-8")
    if scales:
        save_file(dict(scales), out / SCALES_FILE)


def _is_plain(model: Any, shape: BlockShape) -> bool:
    wanted = family(model.config.model_type).shape(model.config)
    return (shape.heads, shape.ffn) == (wanted.heads, wanted.ffn)


def _load_reshaped(checkpoint: Checkpoint, config: Any) -> Any:
    """A pruned model: made by its configuration, cut to its blocks' shapes, then filled."""
    from safetensors.torch import load_file
    from transformers import AutoModelForSequenceClassification

    model = AutoModelForSequenceClassification.from_config(config)
    reshape(model, checkpoint.extras.blocks)
    model.load_state_dict(load_file(checkpoint.path / "model.safetensors"), strict=True)
    return model.eval()


def _fetch(source: str, revision: str | None) -> Path:
    """Download a hub id's configuration, tokenizer and safetensors; nothing else."""
    if source.count("/") > 1 or source.startswith((".", "/", "~")) or not source:
        raise NotFoundError(f"{source!r} does not exist", advice="give a checkpoint folder or a hub id (owner/name)")
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(source, revision=revision, allow_patterns=_HUB_FILES))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        raise NotFoundError(
            f"{source!r} is no folder here, and cannot be fetched from the hub: {_first_line(error)}",
            advice="check the path, or the hub id and the connection",
        ) from None


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
