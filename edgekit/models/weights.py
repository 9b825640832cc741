"""Filling a model with a checkpoint's weights, and saying which of them are not there.

Transformers makes anew, at random, whatever a file lacks; here that is allowed to a head that will be trained alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgekit.bundle.manifest import BlockShape
from edgekit.errors import UsageError
from edgekit.models.checkpoint_checks import check_weight_files
from edgekit.models.loaded_model import LoadedModel, ModelConfig
from edgekit.models.registry import family
from edgekit.models.resize import reshape
from edgekit.schema.families import FAMILIES
from edgekit.tasks.task import Task

if TYPE_CHECKING:
    from torch import Tensor

SCALES_FILE = "scales.safetensors"
# what older releases stored of a layer, and made of its configuration: no weights
_CONSTANTS = re.compile(r"\.(inv_freq|position_ids|masked_bias|attn\.bias|attention\.bias)$")


def weight_files(folder: Path) -> list[Path]:
    """The safetensors files that hold the model, or `UsageError` where there are none."""
    files = sorted(path for path in folder.glob("*.safetensors") if path.name != SCALES_FILE)
    if not files:
        raise UsageError(
            f"{folder} holds no .safetensors weights; edgekit reads no other kind", advice=_conversion(folder)
        )
    check_weight_files(folder, files)
    return files


def _conversion(folder: Path) -> str | None:
    """How to make safetensors of weights of another kind; None where there are none."""
    if not any(folder.glob("*.bin")):
        return None
    return (
        "convert them where they come from, and where you trust them: AutoModelForSequenceClassification (or "
        "AutoModelForCausalLM).from_pretrained(FOLDER).save_pretrained(FOLDER, safe_serialization=True)"
    )


def load_plain(folder: Path, config: ModelConfig, new_head: bool, task: Task) -> LoadedModel:
    """A model of the shape that its configuration says, the body complete, and unless `new_head` the head too.

    Every dense layer of a decoder is an ordinary one.
    """
    import torch

    model: LoadedModel
    model, found = _auto_class(task).from_pretrained(
        folder,
        config=config,
        use_safetensors=True,
        ignore_mismatched_sizes=new_head,
        output_loading_info=True,
        dtype=torch.float32,  # newer releases take the type of the file, and round constants to it
    )
    # a name, or in other releases of transformers a name and two shapes
    misshapen = [key if isinstance(key, str) else key[0] for key in found["mismatched_keys"]]
    _require(folder, model, [*found["missing_keys"], *misshapen], new_head, task)
    if config.model_type in FAMILIES:
        _refuse_others(folder, config, found["unexpected_keys"])
        family(config.model_type).unpack_fused(model)
    return model


def load_reshaped(
    folder: Path, config: ModelConfig, blocks: Sequence[BlockShape], new_head: bool, task: Task
) -> LoadedModel:
    """A pruned model: made by its configuration, cut to its blocks' shapes, then filled.

    With `new_head` the weights of a head that fits no longer are left as they were made.
    """
    model: LoadedModel = _auto_class(task).from_config(config)
    kind = family(config.model_type)
    kind.unpack_fused(model)
    state = kind.opened_state(_read(folder))
    reshape(model, blocks)
    own = model.state_dict()
    state |= _held_by_another_name(model, state)
    if new_head:
        old = [
            name for name in state if _in_head(model, name) and name in own and state[name].shape != own[name].shape
        ]
        for name in old:
            del state[name]
    _require(folder, model, own.keys() - state.keys(), new_head, task)
    model.load_state_dict(own | state, strict=True)
    return model


def _auto_class(task: Task) -> Any:
    import transformers

    return getattr(transformers, task.auto_class)


def _held_by_another_name(model: LoadedModel, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """What is in a state only under one of the names of a weight that the model holds once, as a tied head."""
    names: dict[int, list[str]] = {}
    for name, parameter in model.named_parameters(remove_duplicate=False):
        names.setdefault(id(parameter), []).append(name)
    found: dict[str, Tensor] = {}
    for alike in names.values():
        held = next((name for name in alike if name in state), None)
        found |= {name: state[held] for name in alike if held is not None and name not in state}
    return found


def _read(folder: Path) -> dict[str, Tensor]:
    from safetensors.torch import load_file

    state: dict[str, Tensor] = {}
    for path in weight_files(folder):
        state |= load_file(path)
    return state


def _require(folder: Path, model: LoadedModel, absent: Iterable[str], new_head: bool, task: Task) -> None:
    """Refuse a model of which these weights were not found."""
    names = list(absent)
    body = sorted(name for name in names if not task.labels or not _in_head(model, name))
    if body:
        others = f" and {len(body) - 1} more" if len(body) > 1 else ""
        raise UsageError(f"{folder}: the weights lack {body[0]}{others} in the shape that config.json says")
    if not new_head and names:
        raise UsageError(
            f"{folder} has no trained classification head: fine-tune it first", advice="edgekit finetune MODEL"
        )


def _refuse_others(folder: Path, config: ModelConfig, unread: Iterable[str]) -> None:
    """Refuse weights inside the layers that the model has no place for: it was trained with them."""
    others = sorted(name for name in unread if re.search(r"\.\d+\.", name) and not _CONSTANTS.search(name))
    if others:
        more = f" and {len(others) - 1} more" if len(others) > 1 else ""
        raise UsageError(
            f"{folder}: the weights hold {others[0]}{more}, which a {config.model_type} of this config.json lacks"
        )


def _in_head(model: LoadedModel, name: str) -> bool:
    """Whether a weight is of the head; a pooler is, for it is trained with the head and often left out."""
    return not name.startswith(f"{model.base_model_prefix}.") or ".pooler." in name
