"""The journal of a run: which stages are done, from what, so that the next call goes on where this one stopped."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from edgekit.devices.lock import Lock
from edgekit.spec.atomic import write_text
from edgekit.spec.errors import DeviceError, UsageError
from edgekit.spec.hashing import folder_sha256, value_sha256
from edgekit.spec.manifest import Manifest

FILE = ".journal.json"


class Journal:
    """Stage name -> its key (a hash of everything it depends on) and the identity of what it made."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._done: dict[str, dict[str, str]] = {}
        if self._path.is_file():
            try:
                self._done = json.loads(self._path.read_text(encoding="utf-8"))
            except ValueError:
                self._done = {}

    def is_done(self, stage: str, key: str, *made: Path) -> bool:
        """Whether this stage was done with this key, and what it made is still there as it was."""
        entry = self._done.get(stage, {})
        return entry.get("key") == key and all(path.exists() for path in made) and entry.get("made") == identity(*made)

    def record(self, stage: str, key: str, *made: Path) -> None:
        """The stage is done."""
        self._done[stage] = {"key": key, "made": identity(*made)}
        write_text(self._path, json.dumps(self._done, indent=1) + "\n")


def identity(*paths: Path) -> str:
    """A hash of what lies at these paths; of a bundle its content hash, as its manifest grows with measuring."""
    found = []
    for path in paths:
        manifest = path / "manifest.json"
        found.append(Manifest.read(manifest).content_hash if manifest.is_file() else folder_sha256(path))
    return value_sha256(found)


def key_of(*parts: Any) -> str:
    """One key for everything that a stage depends on, made of plain values."""
    return value_sha256(list(parts))


@contextmanager
def claim(folder: Path) -> Iterator[None]:
    """Hold the run's folder; a second run learns who has it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = Lock(folder / ".lock", str(folder)).acquire()
    except DeviceError as error:
        raise UsageError(error.message, advice="wait for it to end, or give another -o") from None
    except OSError as error:
        raise UsageError(f"{folder} cannot be written: {error.strerror}") from None
    try:
        yield
    finally:
        lock.release()
