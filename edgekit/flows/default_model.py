"""The model that is meant when none is named: the current folder, else what the newest run made last."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from edgekit.agent.inference.bundle import GOLDEN
from edgekit.bundle.manifest import is_bundle
from edgekit.errors import UsageError
from edgekit.flows.run.journal import FILE, Journal

RUNS = Path("runs")
_CHECKPOINTS = ("quantized", "pruned", "student", "teacher")


def newest_model(kind: Literal["checkpoint", "bundle", "either"]) -> Path:
    """The current folder if it is of this kind, else the newest run's; `UsageError` that says what to give."""
    here = Path()
    if (kind != "bundle" and _is_checkpoint(here)) or (kind != "checkpoint" and _is_bundle(here)):
        return here
    for run in _newest_runs():
        found = _checkpoint_of(run) if kind == "checkpoint" else _bundle_of(run)
        if found is not None:
            return found
    noun = "checkpoint" if kind == "checkpoint" else "bundle"
    raise UsageError(
        f"no {noun} was given, the current folder is none, and {RUNS}/ holds no run that made one",
        advice="give a folder with config.json and model.safetensors, or a hub id: edgekit COMMAND MODEL"
        if noun == "checkpoint"
        else "give a bundle folder; `edgekit export` makes one",
    )


def _newest_runs() -> list[Path]:
    journals = sorted(RUNS.glob(f"*/{FILE}"), key=lambda path: path.stat().st_mtime, reverse=True)
    return [journal.parent for journal in journals]


def _checkpoint_of(run: Path) -> Path | None:
    journal = Journal(run)
    return next((run / name for name in _CHECKPOINTS if journal.knows(name) and _is_checkpoint(run / name)), None)


def _bundle_of(run: Path) -> Path | None:
    return next((path.parent for path in sorted(run.glob("bundles/*/manifest.json"))), None)


def _is_bundle(path: Path) -> bool:
    return is_bundle(path) and (path / GOLDEN).is_file()


def _is_checkpoint(path: Path) -> bool:
    return (path / "config.json").is_file() and any(path.glob("*.safetensors"))
