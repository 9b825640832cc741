"""Training checkpoints: whole or not there, found again after an interruption, and no more of them than that needs."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

from edgekit.io.atomic import write_text
from edgekit.io.hashing import file_sha256, value_sha256
from edgekit.io.progress import SILENT, Progress

# written into a training checkpoint when everything else in it is on disk: the sha256 of each file by its name
_SEAL = "complete"
_STATE = "trainer_state.json"
_NAME = re.compile(r"checkpoint-(\d+)")


def seal(root: Path, step: int, best: int | None) -> None:
    """The training checkpoint of `step` is written; all others but that of the best step are needed no more."""
    newest = root / f"checkpoint-{step}"
    files = sorted(path for path in newest.iterdir() if path.is_file() and path.name != _SEAL)
    for path in files:
        _flush(path)
    write_text(newest / _SEAL, json.dumps({path.name: _sha256(path) for path in files}, indent=1) + "\n")
    _flush(newest)
    for number, folder in _numbered(root):
        if number not in (step, best):
            _remove(folder)


def newest_checkpoint(root: Path, progress: Progress = SILENT) -> Path | None:
    """The newest training checkpoint in `root` that is as it was sealed, or None; the others after it are removed.

    What was half-written goes without a word, what was damaged since with a line. One whose best sibling is gone
    could not end by loading that, and goes too. Its state names that sibling by where it lies now, as the folder may
    have been moved.
    """
    drop_unsealed(root)
    for _, folder in sorted(_numbered(root), reverse=True):
        damaged = _damaged(folder)
        if damaged is not None:
            progress.say(
                f"{folder} is damaged ({damaged}): it is dropped, and training goes on from what is before it"
            )
            _remove(folder)
            continue
        state = _state(folder)
        best = state.get("best_global_step")
        sibling = folder if best is None else root / f"checkpoint-{best}"
        if sibling != folder and (not sibling.is_dir() or _damaged(sibling) is not None):
            progress.say(f"{folder} is dropped: {sibling.name}, whose weights were the best, is damaged or gone")
            _remove(folder)
            continue
        if best is not None and state["best_model_checkpoint"] != str(sibling):
            write_text(folder / _STATE, json.dumps(state | {"best_model_checkpoint": str(sibling)}, indent=2))
        return folder
    return None


def _damaged(checkpoint: Path) -> str | None:
    """The first file of a sealed training checkpoint that is not what was sealed; None where all are."""
    try:
        sealed = json.loads((checkpoint / _SEAL).read_bytes())
    except (ValueError, RecursionError):
        return _SEAL
    if not isinstance(sealed, dict) or _STATE not in sealed:
        return _SEAL
    present = {path.name: path for path in checkpoint.iterdir() if path.is_file()}
    return next((str(name) for name, sha256 in sealed.items() if _sha256_of(present.get(name)) != sha256), None)


def _sha256_of(path: Path | None) -> str | None:
    return None if path is None else _sha256(path)


def _sha256(path: Path) -> str:
    """The hash of a file; of the state without the place of its best sibling, which moves with the folder."""
    if path.name == _STATE:
        try:
            state = json.loads(path.read_bytes())
        except (ValueError, RecursionError):
            return ""
        if isinstance(state, dict):
            return value_sha256({name: value for name, value in state.items() if name != "best_model_checkpoint"})
    return file_sha256(path)


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
