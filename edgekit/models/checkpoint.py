"""Checkpoints: opening a folder or a hub id, loading its model and tokenizer, saving a new one.

Weights are read from safetensors only, and no code from a checkpoint is ever run.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.agent.capture_stderr import captured_output
from edgekit.agent.inference.text_growth import check_growth
from edgekit.agent.inference.tokenizer import is_fault
from edgekit.bundle.manifest import BlockShape, CheckpointExtras, Step
from edgekit.bundle.training_record import TrainingRecord
from edgekit.data.label_order import label_order
from edgekit.data.tokenizer import Tokenizer
from edgekit.errors import EdgekitWarning, NotFoundError, UsageError, agent_errors
from edgekit.io.printable import visible_name
from edgekit.models.checkpoint_checks import (
    check_finite,
    check_folder,
    check_layers,
    check_tokenizer_files,
    check_truncation,
    check_vocabulary,
)
from edgekit.models.configuration import answer_by_name, configured_labels, configured_problem, take_pruned_heads
from edgekit.models.configuration_keys import check_keys, keys_of_class
from edgekit.models.decoder_classifier import pad_as, read_as_trained
from edgekit.models.encoder import rarer_attention
from edgekit.models.head import name_labels, order_logits, renew_head, set_problem_type
from edgekit.models.identity import EXTRAS_FILE, READ_FILES, content_hashes
from edgekit.models.library_logs import drop_known_warnings
from edgekit.models.loaded_model import LoadedModel, ModelConfig
from edgekit.models.registry import describe, family, family_of, is_decoder, require_decoder
from edgekit.models.rotary import complete_older
from edgekit.models.token_types import give_own_types, gives_types, named_inputs, reads_types_of
from edgekit.models.tokenizer.saved_tokenizer import open_saved
from edgekit.models.typed_model import note_types
from edgekit.models.weights import SCALES_FILE, load_plain, load_reshaped, weight_files
from edgekit.options.model_ref import ModelRef
from edgekit.schema.base_model import read_mapping
from edgekit.schema.families import DECODERS, ENCODERS, FAMILIES, usual_task
from edgekit.schema.plan import Plan
from edgekit.tasks import text_classification, text_generation
from edgekit.tasks.problem_type import PROBLEMS, REGRESSION, SINGLE_LABEL, ProblemType
from edgekit.tasks.registry import task_of_class
from edgekit.tasks.task import Task, TaskName

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Checkpoint:
    """A Hugging Face model folder, opened but not loaded; `reference` is how it was named.

    labels:       in the order of the logits, as its configuration names them
    classifies:   whether it is of a classifier: a body alone may have labels, but no logits that they name
    problem_type: what the logits of a classifier mean
    """

    path: Path
    family: str
    labels: tuple[str, ...]
    classifies: bool
    extras: CheckpointExtras
    reference: ModelRef
    problem_type: ProblemType = SINGLE_LABEL

    @property
    def task(self) -> TaskName | None:
        """The task that was named with it, if any."""
        return self.reference.task


def open_checkpoint(model: str | Path | ModelRef) -> Checkpoint:
    """Open a folder, or fetch a hub id (`owner/name`) into the Hugging Face cache and open that.

    Raises `NotFoundError` where there is neither, `UsageError` where the folder is no checkpoint.
    """
    drop_known_warnings()
    reference = ModelRef.of(model)
    path = reference.path if reference.path.is_dir() else _fetch(reference.source, reference.revision)
    if not (path / "config.json").is_file():
        raise UsageError(
            f"{path} is not a checkpoint: it has no config.json",
            advice="give a Hugging Face model folder with config.json, model.safetensors and tokenizer files",
        )
    check_folder(path)
    config = read_mapping(path / "config.json")
    extras, labels = path / EXTRAS_FILE, configured_labels(path, config, classifies=_has_labels(config))
    return Checkpoint(
        path=path,
        family=str(config.get("model_type", "")),
        labels=labels,
        classifies=_has_labels(config),
        extras=CheckpointExtras.read(extras) if extras.is_file() else CheckpointExtras(),
        reference=reference,
        problem_type=configured_problem(path, config, labels) if _has_labels(config) else SINGLE_LABEL,
    )


def class_name(config: Mapping[str, object]) -> str:
    """The model class that a configuration names first; empty where it names none."""
    named = config.get("architectures")
    return str(named[0]) if isinstance(named, list) and named else ""


def _has_labels(config: Mapping[str, object]) -> bool:
    task = task_of_class(class_name(config))
    return task is not None and task.labels


def load_tokenizer(checkpoint: Checkpoint) -> Tokenizer:
    """The checkpoint's own fast tokenizer; that of a decoder's classifier pads, as the model was trained with it.

    Texts that are classified are padded on the right: behind what is read, whatever the tokenizer says.
    Raises `UsageError` where its files are missing or no tokenizer's, where it has tokens for which the model has no
    embedding, or other ids than its own `tokenizer.json`, and for a classifier whose texts are cut on the left.
    """
    check_tokenizer_files(checkpoint.path)
    # a DistilBERT is often saved with BERT's tokenizer, whose token types it does not read; GPT-2 takes them for words
    kind, config = checkpoint.family, read_mapping(checkpoint.path / "config.json")
    inputs = named_inputs(checkpoint.path, config)
    known = {"model_input_names": list(inputs)} if inputs is not None else {}
    try:
        tokenizer = open_saved(checkpoint.path, **known)
        empty = tokenizer("")["input_ids"]
    except UsageError:
        raise
    except BaseException as error:  # transformers raises anything at all on files that are not as it wrote them
        if not is_fault(error):
            raise
        raise UsageError(f"{checkpoint.path}: no usable tokenizer: {_one_line(error)}") from error
    if hasattr(tokenizer, "backend_tokenizer"):
        with agent_errors():
            check_growth(tokenizer.backend_tokenizer, checkpoint.path / "tokenizer.json")
    rows = config.get("vocab_size") or getattr(_config(checkpoint), "vocab_size", None)
    check_vocabulary(checkpoint.path, rows, tokenizer)
    if not usual_task(kind).generates or checkpoint.classifies:
        check_truncation(checkpoint.path, tokenizer)
        tokenizer.padding_side = "right"
        if inputs is None:
            give_own_types(tokenizer, gives_types(checkpoint.path, config), _config(checkpoint))
    # decoders of families that are not known here show themselves by an empty text without a token
    if checkpoint.classifies and (kind in DECODERS or not empty):
        read_as_trained(tokenizer, config.get("pad_token_id"))
    return tokenizer


def load_classifier(
    checkpoint: Checkpoint,
    labels: Sequence[str] | None = None,
    task: Task = text_classification.TASK,
    *,
    problem_type: ProblemType | None = None,
) -> LoadedModel:
    """The sequence classifier in evaluation mode, its logits in the order of `labels` where they are given.

    Labels that are not the checkpoint's own, or another problem type than its own, get a new head, and where it had a
    trained one, an `EdgekitWarning`.
    Raises `UsageError` where the checkpoint is for another task, has no trained head and is given no labels, or
    where weights are missing, corrupt or of another shape.
    """
    _check_task(checkpoint, task)
    weight_files(checkpoint.path)
    config = _config(checkpoint)
    own = checkpoint.labels if checkpoint.classifies else ()
    wanted = problem_type or checkpoint.problem_type
    others = labels is not None and (label_order(own, labels) is None or wanted != checkpoint.problem_type)
    if labels is not None and others:
        name_labels(config, labels)
    if wanted != SINGLE_LABEL or others:
        set_problem_type(config, wanted)
    model = _with_weights(checkpoint, config, labels is not None, task)
    if labels is not None and not others:
        order_logits(model, labels)
    elif labels is not None and own:
        renew_head(model)
        _warn_of_new_head(checkpoint, labels, wanted)
    note_types(model, reads_types_of(checkpoint.path, config))
    unlike = labels is None and rarer_attention(config.to_dict()) is not None
    if checkpoint.family in ENCODERS and not unlike:
        describe(model)  # refuses what cannot be taken apart now, and not after a training
    if is_decoder(model) and model.config.pad_token_id is None:
        pad_as(model, load_tokenizer(checkpoint))
    return model.eval()


def _warn_of_new_head(checkpoint: Checkpoint, labels: Sequence[str], wanted: ProblemType) -> None:
    trained, requested = (
        "a number" if problem == REGRESSION else _listed(names)
        for problem, names in ((checkpoint.problem_type, checkpoint.labels), (wanted, labels))
    )
    if wanted != checkpoint.problem_type and wanted != REGRESSION:
        requested = f"{requested}, a {PROBLEMS[wanted]}"
    warnings.warn(
        f"{checkpoint.path} was trained for other labels ({trained}) than are asked of it "
        f"({requested}): it gets a new head",
        EdgekitWarning,
        stacklevel=3,
    )


def _listed(labels: Sequence[str]) -> str:
    return f"{len(labels)}: {', '.join(map(visible_name, labels[:4]))}{', ...' if len(labels) > 4 else ''}"


def load_model(checkpoint: Checkpoint, task: Task) -> LoadedModel:
    """The classifier or the language model of a checkpoint, whichever the task asks for."""
    return load_decoder(checkpoint) if task.generates else load_classifier(checkpoint, task=task)


def load_decoder(checkpoint: Checkpoint, *, any_family: bool = False) -> LoadedModel:
    """The language model in evaluation mode and float32, every dense layer of it an ordinary one.

    any_family: take one of a family that edgekit cannot take apart as it is, to run it and no more
    Raises `UsageError` where the checkpoint is for another task or of a family that is not known, or where weights
    are missing, corrupt or of another shape.
    """
    _check_task(checkpoint, text_generation.TASK)
    if not any_family:
        require_decoder(checkpoint.family)
    weight_files(checkpoint.path)
    return _with_weights(checkpoint, _config(checkpoint), False, text_generation.TASK).float().eval()


def decoder_outline(checkpoint: Checkpoint) -> LoadedModel:
    """The modules of a language model of any family, in the shapes of its configuration; no weights are read.

    Raises `UsageError` where the checkpoint is for another task.
    """
    import torch
    from transformers import AutoModelForCausalLM

    _check_task(checkpoint, text_generation.TASK)
    config = _config(checkpoint)
    try:
        with torch.device("meta"):
            outline: LoadedModel = AutoModelForCausalLM.from_config(config, trust_remote_code=False)
    except Exception as error:  # as of `_config`
        raise UsageError(f"{checkpoint.path} cannot be used as a language model: {_one_line(error)}") from error
    return outline


def _check_task(checkpoint: Checkpoint, task: Task) -> None:
    if checkpoint.task not in (None, task.name):
        raise UsageError(f"{checkpoint.path} was said to be for {checkpoint.task}: it is no {task.noun}")


def _with_weights(checkpoint: Checkpoint, config: ModelConfig, new_head: bool, task: Task) -> LoadedModel:
    """The model of a configuration with the checkpoint's weights, all finite, in the shapes that pruning left."""
    cut = take_pruned_heads(config)
    try:
        if checkpoint.extras.blocks:
            model = load_reshaped(checkpoint.path, config, checkpoint.extras.blocks, new_head, task)
        else:
            model = _with_pruned_heads(checkpoint.path, config, cut, new_head, task)
    except UsageError:
        raise
    except Exception as error:  # as of tokenizers; safetensors' own error derives from Exception alone
        raise UsageError(f"{checkpoint.path}: the weights cannot be loaded: {_one_line(error)}") from error
    check_finite(checkpoint.path, model)
    return model


def _with_pruned_heads(
    folder: Path, config: ModelConfig, cut: Sequence[BlockShape], new_head: bool, task: Task
) -> LoadedModel:
    """The model in the shapes that its configuration's `pruned_heads` left.

    The key outlives what it tells of, where blocks were dropped or other heads cut since: then the weights are whole.
    """
    if cut:
        with suppress(UsageError, RuntimeError):  # torch refuses weights of other shapes with a RuntimeError
            return load_reshaped(folder, config, cut, new_head, task)
    return load_plain(folder, config, new_head, task)


def _config(checkpoint: Checkpoint) -> ModelConfig:
    """The configuration; `UsageError` for one that says what edgekit, or transformers, does not know."""
    from transformers import AutoConfig

    path = checkpoint.path / "config.json"
    raw, kind = read_mapping(path), family(checkpoint.family) if checkpoint.family in FAMILIES else None
    if kind is not None:
        kind.check_config(path, raw)
    try:
        # of a key that it cannot set it prints the whole configuration before it raises
        with captured_output():
            config: ModelConfig = AutoConfig.from_pretrained(checkpoint.path, trust_remote_code=False)
    except Exception as error:  # transformers raises anything at all on values that are not as it wrote them
        raise UsageError(f"{checkpoint.path}: config.json cannot be used: {_one_line(error)}") from error
    check_layers(checkpoint.path, config)
    answer_by_name(config)
    if kind is not None:
        kind.complete_config(path, raw, config)
    else:
        known = keys_of_class(type(config))
        if complete_older(path, raw, config, known):
            known |= {"rope_parameters"}
        check_keys(path, raw, checkpoint.family, known)
    return config


def load_scales(checkpoint: Checkpoint) -> dict[str, Tensor]:
    """The scales of a quantized checkpoint by tensor name: [rows] or, in blocks, [rows, blocks]; else empty."""
    from safetensors.torch import load_file

    path = checkpoint.path / SCALES_FILE
    return dict(load_file(path)) if path.is_file() else {}


def save_checkpoint(
    model: LoadedModel,
    tokenizer: Tokenizer,
    out: Path,
    *,
    lineage: Sequence[Step],
    plan: Plan | None = None,
    scales: Mapping[str, Tensor] | None = None,
    training: TrainingRecord | None = None,
) -> None:
    """Write model, tokenizer and `edgekit.json`, and for a quantized model its scales, into the folder `out`.

    The hashes of what was written go into the last step of the lineage.
    scales:   by the name of a weight, [rows] or [rows, blocks], as `plan` stores it
    training: how the stage went that made it
    """
    from safetensors.torch import save_file

    model.save_pretrained(out, state_dict=family_of(model).plain_state(model), safe_serialization=True)
    tokenizer.save_pretrained(out)
    shapes = block_shapes(model)
    plain = len({(shape.heads, shape.ffn) for shape in shapes}) == 1 and _is_plain(model, shapes[0])
    if scales:
        save_file(dict(scales), out / SCALES_FILE)
    extras = CheckpointExtras(blocks=() if plain else shapes, plan=plan, training=training)
    if lineage:
        *before, last = lineage
        hashed = last.model_copy(update={"output": content_hashes(out, extras)})
        extras = extras.model_copy(update={"lineage": (*before, hashed)})
    text = json.dumps(extras.model_dump(mode="json"), indent=1, ensure_ascii=False)
    (out / EXTRAS_FILE).write_text(text + "\n", encoding="utf-8")


def block_shapes(model: LoadedModel) -> tuple[BlockShape, ...]:
    """Heads and FFN width of each distinct block of a loaded model."""
    return tuple(BlockShape(heads=block.heads, ffn=block.ffn) for block in describe(model).blocks)


def _is_plain(model: LoadedModel, shape: BlockShape) -> bool:
    wanted = family_of(model).shape(model.config)
    return (shape.heads, shape.ffn) == (wanted.heads, wanted.ffn)


def _fetch(source: str, revision: str | None) -> Path:
    """Download a hub id's configuration, tokenizer and safetensors; nothing else."""
    if source.count("/") > 1 or source.startswith((".", "/", "~")) or not source:
        raise NotFoundError(f"{source!r} does not exist", advice="give a checkpoint folder or a hub id (owner/name)")
    from huggingface_hub import errors, snapshot_download

    missing = f"{source!r} is no folder here, and"
    try:
        return Path(snapshot_download(source, revision=revision, allow_patterns=list(READ_FILES)))
    except errors.GatedRepoError:
        raise NotFoundError(
            f"{missing} the hub gives the model of that name only to those who accepted its terms",
            advice="accept them on its page, and log in: hf auth login",
        ) from None
    except errors.RevisionNotFoundError:
        raise NotFoundError(f"the hub has {source!r}, but not its revision {revision!r}") from None
    except (errors.RepositoryNotFoundError, errors.HFValidationError):
        raise NotFoundError(
            f"{missing} the hub has no such model", advice="check the path, or the hub id (owner/name)"
        ) from None
    except (errors.HfHubHTTPError, OSError):  # LocalEntryNotFoundError, and every fault of the connection
        raise NotFoundError(
            f"{missing} the hub could not be reached", advice="check the path, or the hub id and the connection"
        ) from None


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
