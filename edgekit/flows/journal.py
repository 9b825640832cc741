"""The journal of a run: which stages are done, from what, so that the next call goes on where this one stopped."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pydantic

from edgekit.agent.bundle import open_bundle
from edgekit.devices.lock import Lock
from edgekit.spec.agent_errors import agent_errors
from edgekit.spec.atomic import write_text
from edgekit.spec.errors import DeviceError, EdgekitError, UsageError
from edgekit.spec.hashing import folder_sha256, value_sha256
from edgekit.spec.strict import read_mapping

FILE = ".journal.json"
_ENTRIES = pydantic.TypeAdapter(dict[str, dict[str, str]])


class Journal:
    """Stage name -> its key (a hash of everything it depends on) and the identity of what it made."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._done: dict[str, dict[str, str]] = {}
        if self._path.is_file():
            # a journal that cannot be read knows nothing, and every stage is done again
            with contextlib.suppress(UsageError, pydantic.ValidationError):
                self._done = _ENTRIES.validate_python(read_mapping(self._path))

    def knows(self, stage: str) -> bool:
        """Whether this run has ever done the stage."""
        return stage in self._done

    def is_done(self, stage: str, key: str, *made: Path) -> bool:
        """Whether this stage was done with this key, and what it made is still there as it was."""
        entry = self._done.get(stage, {})
        return entry.get("key") == key and all(path.exists() for path in made) and entry.get("made") == identity(*made)

    def forget(self, stages: Iterable[str]) -> None:
        """The recipe has these stages no more; what they made stays on disk, and is no longer this run's."""
        for stage in stages:
            self._done.pop(stage, None)
        self._write()

    def record(self, stage: str, key: str, *made: Path) -> None:
        """The stage is done."""
        self._done[stage] = {"key": key, "made": identity(*made)}
        self._write()

    def _write(self) -> None:
        write_text(self._path, json.dumps(self._done, indent=1) + "\n")


def identity(*paths: Path) -> str:
    """A hash of what lies at these paths.

    Of a bundle it is the content hash, as its manifest grows with measuring; of a damaged one, which then equals
    nothing recorded, a hash of its files as they are.
    """
    return value_sha256([_content_hash(path) or folder_sha256(path) for path in paths])


def _content_hash(path: Path) -> str | None:
    if not (path / "manifest.json").is_file():
        return None
    try:
        with agent_errors():
            return str(open_bundle(path).content_hash)
    except EdgekitError:
        return None


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
