"""Emulate: a device on this machine whose Python is a board's, so that its instructions are counted without root."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from edgekit.devices.emulation.counting import PYTHON, board_of, make_counting_python
from edgekit.devices.registry import add_device, known_devices
from edgekit.errors import UsageError
from edgekit.flows.devices.setup import SetUp, setup
from edgekit.io.progress import SILENT, Progress
from edgekit.schema.device import KnownDevice

_FOLDER = "EDGEKIT_EMULATED"


@dataclass(frozen=True)
class Emulated:
    """An emulated device, by its name, and what was set up on it."""

    name: str
    device: KnownDevice
    set_up: SetUp


def emulate(target: str, name: str | None = None, *, force: bool = False, progress: Progress = SILENT) -> Emulated:
    """Make a device that counts instructions of a target, by default named `emulated-TARGET`; bring runtimes to it.

    It lies in `~/.cache/edgekit/emulated/TARGET`, or in the folder that `EDGEKIT_EMULATED` names; what is there is
    taken as it is. force: make it anew, and replace a device of this name
    Raises `UsageError` for a target without an emulated board, a machine without apt or a compiler, and a name that
    is another device's; `ToolError` where something cannot be fetched.
    """
    board = board_of(target)
    name = name or f"emulated-{target}"
    base = Path(os.environ.get(_FOLDER) or Path.home() / ".cache" / "edgekit" / "emulated")
    folder = (base / target).absolute()
    device = KnownDevice(
        url="local:", target=target, python=str(folder / "made" / "bin" / PYTHON), home=str(folder / "home")
    )
    if known_devices().get(name, device) != device and not force:
        raise UsageError(f"{name} is another device already", advice="give another name, or --force to replace it")
    if force or not (folder / "made").is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        with progress.task(f"make {board.title}") as advance:
            # with the runtimes, which may be for another Python
            for part in ("made", "home"):
                shutil.rmtree(folder / part, ignore_errors=True)
            make_counting_python(board, folder / "made", lambda what: advance(0, what))
    add_device(name, device, force=True)
    return Emulated(name, device, setup([name], progress=progress)[name])
