"""Training checkpoints: whole or not there, found again after an interruption, and no more of them than that needs."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

from edgekit.io.atomic import write_text

# written into a training checkpoint when everything else in it is on disk
_SEAL = "complete"
_STATE = "trainer_state.json"
_NAME = re.compile(r"checkpoint-(\d+)")


def seal(root: Path, step: int, best: int | None) -> None:
    """The training checkpoint of `step` is written; all others but that of the best step are needed no more."""
    newest = root / f"checkpoint-{step}"
    for path in sorted(newest.iterdir()):
        _flush(path)
    (newest / _SEAL).touch()
    _flush(newest)
    for number, folder in _numbered(root):
        if number not in (step, best):
            _remove(folder)


def newest_checkpoint(root: Path) -> Path | None:
    """The newest complete training checkpoint in `root`, or None; what was half-written is removed.

    Its state names its best sibling by where that lies now, as the folder may have been moved.
    """
    drop_unsealed(root)
    for _, folder in sorted(_numbered(root), reverse=True):
        state = _state(folder)
        best = state.get("best_global_step")
        if best is None:
            return folder
        sibling = root / f"checkpoint-{best}"
        if sibling.is_dir():
            if state["best_model_checkpoint"] != str(sibling):
                write_text(folder / _STATE, json.dumps(state | {"best_model_checkpoint": str(sibling)}, indent=2))
            return folder
    return None


def has_ended(checkpoint: Path, steps: int, patience: int) -> bool:
    """Whether the training that left this checkpoint had taken its last step, or had run out of patience."""
    state = _state(checkpoint)
    waited = state["stateful_callbacks"].get("EarlyStoppingCallback", {}).get("attributes", {})
    out_of_patience = patience > 0 and waited.get("early_stopping_patience_counter", 0) >= patience
    return bool(state["global_step"] >= steps or out_of_patience)


def drop_unsealed(root: Path) -> None:
    """Remove what an interruption left half-written."""
    for _, folder in _numbered(root):
        if not (folder / _SEAL).is_file():
            _remove(folder)


def _numbered(root: Path) -> list[tuple[int, Path]]:
    """The training checkpoints in `root`, by their step."""
    if not root.is_dir():
        return []
    found = [(_NAME.fullmatch(path.name), path) for path in root.iterdir()]
    return [(int(match[1]), path) for match, path in found if match]


def _state(checkpoint: Path) -> dict[str, Any]:
    state: dict[str, Any] = json.loads((checkpoint / _STATE).read_text(encoding="utf-8"))
    return state


def _remove(folder: Path) -> None:
    """The seal goes first: a folder half removed is no checkpoint."""
    (folder / _SEAL).unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
