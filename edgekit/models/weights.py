"""Filling a classifier with a checkpoint's weights, and saying which of them are not there.

Transformers makes anew, at random, whatever a file lacks; here that is allowed to a head that will be trained alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from edgekit.models.shrink import reshape
from edgekit.spec.errors import UsageError
from edgekit.spec.manifest import BlockShape

SCALES_FILE = "scales.safetensors"


def weight_files(folder: Path) -> list[Path]:
    """The safetensors files that hold the model, or `UsageError` where there are none."""
    files = sorted(path for path in folder.glob("*.safetensors") if path.name != SCALES_FILE)
    if not files:
        raise UsageError(f"{folder} holds no .safetensors weights; edgekit reads no other kind")
    return files


def load_plain(folder: Path, config: Any, new_head: bool) -> Any:
    """A model of the shape that its configuration says, the body complete, and unless `new_head` the head too."""
    from transformers import AutoModelForSequenceClassification

    model, found = AutoModelForSequenceClassification.from_pretrained(
        folder, config=config, use_safetensors=True, ignore_mismatched_sizes=new_head, output_loading_info=True
    )
    # a name, or in other releases of transformers a name and two shapes
    misshapen = [key if isinstance(key, str) else key[0] for key in found["mismatched_keys"]]
    _require(folder, model, [*found["missing_keys"], *misshapen], new_head)
    return model


def load_reshaped(folder: Path, config: Any, blocks: Sequence[BlockShape], new_head: bool) -> Any:
    """A pruned model: made by its configuration, cut to its blocks' shapes, then filled.

    With `new_head` the weights of a head that fits no longer are left as they were made.
    """
    from transformers import AutoModelForSequenceClassification

    model = AutoModelForSequenceClassification.from_config(config)
    reshape(model, blocks)
    own, state = model.state_dict(), _read(folder)
    if new_head:
        old = [
            name for name in state if _in_head(model, name) and name in own and state[name].shape != own[name].shape
        ]
        for name in old:
            del state[name]
    _require(folder, model, own.keys() - state.keys(), new_head)
    model.load_state_dict(own | state, strict=True)
    return model


def _read(folder: Path) -> dict[str, Any]:
    from safetensors.torch import load_file

    state: dict[str, Any] = {}
    for path in weight_files(folder):
        state |= load_file(path)
    return state


def _require(folder: Path, model: Any, absent: Iterable[str], new_head: bool) -> None:
    """Refuse a model of which these weights were not found."""
    names = list(absent)
    body = sorted(name for name in names if not _in_head(model, name))
    if body:
        others = f" and {len(body) - 1} more" if len(body) > 1 else ""
        raise UsageError(f"{folder}: the weights lack {body[0]}{others} in the shape that config.json says")
    if not new_head and names:
        raise UsageError(
            f"{folder} has no trained classification head: fine-tune it first", advice="edgekit finetune MODEL"
        )


def _in_head(model: Any, name: str) -> bool:
    """Whether a weight is of the head; a pooler is, for it is trained with the head and often left out."""
    return not name.startswith(f"{model.base_model_prefix}.") or ".pooler." in name
