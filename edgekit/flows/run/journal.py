"""The journal of a run: which stages are done, from what, so that the next call goes on where this one stopped."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pydantic

from edgekit.agent.inference.bundle import open_bundle
from edgekit.bundle.manifest import is_bundle
from edgekit.devices.lock import Lock
from edgekit.errors import DeviceError, EdgekitError, UsageError, agent_errors
from edgekit.flows.lineage import options_and_inputs
from edgekit.io.atomic import write_text
from edgekit.io.hashing import folder_sha256, value_sha256
from edgekit.schema.base_model import Strict, read_mapping

FILE = ".journal.json"
_LOCK = ".lock"
INPUT_CHANGES = "its input changes"
# of a hash that a person is shown
_SHOWN = 12


class Entry(Strict):
    """What is known of a stage.

    key:     a hash of everything it depends on
    made:    the identity of what it made; empty while it is under way
    before:  the identity of what lay in that place when it began
    options: what it was told, to say what has changed
    """

    key: str
    made: str = ""
    before: str = ""
    options: dict[str, object] = pydantic.Field(default_factory=dict)


_ENTRIES = pydantic.TypeAdapter(dict[str, Entry])


class Journal:
    """Stage name -> its entry, written before a stage begins and when it has ended."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._entries: dict[str, Entry] = {}
        # a journal that cannot be read: a run was here, and every stage is done again
        self.damaged = False
        if self._path.is_file():
            try:
                self._entries = _ENTRIES.validate_python(read_mapping(self._path))
            except (UsageError, pydantic.ValidationError):
                self.damaged = True

    def knows(self, stage: str) -> bool:
        """Whether this run has ever begun the stage, as far as its journal tells."""
        return self.damaged or stage in self._entries

    def is_done(self, stage: str, key: str, *outputs: Path) -> bool:
        """Whether this stage was done with this key, and what it made is still there as it was."""
        return self.reason_to_run(stage, key, {}, *outputs) is None

    def reason_to_run(self, stage: str, key: str, options: dict[str, object], *outputs: Path) -> str | None:
        """Why this stage has to be done; None when it was done with this key, and what it made is there as it was."""
        entry = self._entries.get(stage)
        if entry is None:
            return "never run"
        if entry.key != key:
            changed = _changes(entry.options, options)
            return f"options changed: {changed}" if changed else INPUT_CHANGES
        if not all(path.exists() for path in outputs):
            return "what it made is gone" if entry.made else "was interrupted"
        here = identity(*outputs)
        # outputs take their name whole: another one than when it began means that it came to its end
        if here == entry.made or (not entry.made and here != entry.before):
            return None
        return "what it made was changed since" if entry.made else "was interrupted"

    def forget(self, stages: Iterable[str]) -> None:
        """The recipe has these stages no more; what they made stays on disk, and is no longer this run's."""
        known = [stage for stage in stages if stage in self._entries]
        for stage in known:
            del self._entries[stage]
        if known:
            self._write()

    def begin(self, stage: str, key: str, options: dict[str, object], *outputs: Path) -> None:
        """The stage is about to be done; it may be killed before, or just after, its output has taken its name."""
        self._entries[stage] = Entry(key=key, before=identity(*outputs), options=options)
        self._write()

    def record(self, stage: str, key: str, options: dict[str, object], *outputs: Path) -> None:
        """The stage is done."""
        entry = Entry(key=key, made=identity(*outputs), options=options)
        if self._entries.get(stage) != entry:
            self._entries[stage] = entry
            self._write()

    def _write(self) -> None:
        write_text(self._path, json.dumps(_ENTRIES.dump_python(self._entries, mode="json"), indent=1) + "\n")


def journal_options(options: Strict) -> dict[str, object]:
    """Options as the journal keeps them, with the content of the files that they name."""
    values, contents = options_and_inputs(options)
    return values | {f"{name} (content)": sha256[:_SHOWN] for name, sha256 in contents.items()}


def _changes(before: dict[str, object], now: dict[str, object]) -> str:
    """`epochs 3 -> 4`, for each value that differs; nothing where nothing was written down."""
    old, new = _flat(before), _flat(now)
    names = [name for name in {**old, **new} if old.get(name) != new.get(name)] if old else []
    return ", ".join(f"{name} {_shown(old.get(name))} -> {_shown(new.get(name))}" for name in names)


def _flat(values: dict[str, object], prefix: str = "") -> dict[str, object]:
    flat: dict[str, object] = {}
    for name, value in values.items():
        flat |= _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {f"{prefix}{name}": value}
    return flat


def _shown(value: object) -> str:
    if isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value):
        return value[:_SHOWN]
    return "none" if value is None else str(value)


def identity(*paths: Path) -> str:
    """A hash of what lies at these paths.

    Of a bundle it is the content hash, as its manifest grows with measuring; of a damaged one, which then equals
    nothing recorded, a hash of its files as they are.
    """
    return value_sha256([_content_hash(path) or folder_sha256(path) for path in paths])


def _content_hash(path: Path) -> str | None:
    if not is_bundle(path):
        return None
    try:
        with agent_errors():
            return str(open_bundle(path).content_hash)
    except EdgekitError:
        return None


def stage_key(*parts: object) -> str:
    """One key for everything that a stage depends on, made of plain values."""
    return value_sha256(list(parts))


@contextmanager
def lock_run(folder: Path) -> Iterator[None]:
    """Hold the run's folder; a folder made for nothing is gone again at the end.

    Raises `UsageError` where another run has it, and says who, or where it cannot be written.
    """
    new_folders = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = Lock(folder / _LOCK, str(folder)).acquire()
    except DeviceError as error:
        raise UsageError(error.message, advice="wait for it to end, or give another -o") from None
    except OSError as error:
        raise UsageError(f"{folder} cannot be written: {error.strerror}") from None
    try:
        yield
    finally:
        if new_folders and [path.name for path in folder.iterdir()] == [_LOCK]:
            _remove(folder / _LOCK, new_folders)
        lock.release()


def _remove(lock: Path, folders: Sequence[Path]) -> None:
    """The lock, and of the folders, the innermost first, those that hold nothing."""
    with contextlib.suppress(OSError):
        lock.unlink()
        for folder in folders:
            folder.rmdir()
