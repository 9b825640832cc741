"""Outputs that appear whole or not at all: written to a temporary sibling, renamed at the end."""

from __future__ import annotations

import fcntl
import glob
import json
import os
import shutil
import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from edgekit.errors import UsageError
from edgekit.io.disk import disk_errors
from edgekit.io.rename_exchange import exchange
from edgekit.io.signals import defer_signals

# what edgekit leaves in a folder of its own, and keys that it holds; only such a folder is ever replaced
_MARKERS = {"edgekit.json": {"format_version", "lineage"}, "manifest.json": {"format_version", "content_hash"}}
# folders inside a bundle
_OWN_FOLDERS = ("measurements",)
# in a package for apps: names every other file of it
PACKAGE_FILE = "edgekit-package.json"


def check_output(out: Path, *, force: bool, sources: Collection[Path] = ()) -> None:
    """Raise `UsageError` if `out` may not be written: it exists, is not edgekit's to replace, or is an input.

    sources: the folders and files that are read; none may hold `out`, nor lie in it
    """
    place = follow_links(out)
    for source in sources:
        _check_apart(place, source.resolve(), out)
    _recover(place)
    if not out.exists():
        return
    if not force:
        raise UsageError(f"{out} exists", advice="give another -o, or --force to replace it")
    stranger = _not_of_the_package(out)
    if stranger is not None:
        raise UsageError(
            f"{out} holds {stranger}, which edgekit did not write, so it is not replaced",
            advice="move it away, or give another -o",
        )
    if not _is_ours(out):
        raise UsageError(f"{out} exists and edgekit did not make it, so it is not replaced", advice="give another -o")


def package_around(folder: Path) -> Path | None:
    """The package that a folder lies in, whatever is written there would be built into an app; None for any other."""
    return next((each for each in folder.resolve().parents if (each / PACKAGE_FILE).is_file()), None)


def check_output_file(path: Path, *, sources: Collection[Path]) -> None:
    """Raise `UsageError` if the file `path` is an input or lies in one."""
    for source in sources:
        if path.resolve().is_relative_to(source.resolve()):
            what = "is" if path.resolve() == source.resolve() else f"lies in {source}, which is"
            raise UsageError(f"{path} {what} read, and is not written over", advice="give another file")


def _check_apart(out: Path, source: Path, named: Path) -> None:
    if source.is_relative_to(out):
        what = "the model that this starts from" if source.is_dir() else f"{source.name}, which is read"
        raise UsageError(f"{named} holds {what}", advice="give another -o")
    if out.is_relative_to(source):
        raise UsageError(f"{named} lies in {source}, which is read", advice="give another -o")


@contextmanager
def new_folder(out: Path, *, force: bool = False) -> Iterator[Path]:
    """A temporary folder beside `out` that becomes `out` when the block ends well, and vanishes when it does not.

    Where `out` is replaced, the old one and the new one change places at once. What a killed process left beside
    `out` is removed. Raises `UsageError` where `out` cannot be written.
    """
    check_output(out, force=force)
    out = out.resolve()
    with disk_errors(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        with _temporary(out, folder=True) as temporary:
            yield temporary
            with defer_signals():
                _commit(temporary, out)


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 file through a temporary sibling, flushed to disk before it takes the name, a link's too.

    Raises `UsageError` where `path` cannot be written.
    """
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with _temporary(path, folder=False) as temporary:
            with temporary.open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)


def write_named_text(path: Path, text: str) -> None:
    """Write a file that a person names, as `write_text`, but where a link leads, and into a pipe or a device."""
    with disk_errors(path):
        if _is_stream(path):
            path.write_text(text, encoding="utf-8")
        else:
            write_text(follow_links(path), text)


def append_named_text(path: Path, text: str) -> None:
    """Put text at the end of a file that a person names, which need not be there yet."""
    with disk_errors(path), path.open("a", encoding="utf-8") as file:
        file.write(text)


def follow_links(path: Path) -> Path:
    """The place that `path` leads to, where nothing need be yet; `UsageError` for links in a circle and bad names."""
    try:
        place = path.resolve()
    except (RuntimeError, OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be written: {error}") from None
    # from Python 3.13 on that is no error
    if place.is_symlink():
        raise UsageError(f"{path} cannot be written: its links lead in a circle")
    return place


def _is_stream(path: Path) -> bool:
    """Whether this is a pipe, a terminal or `/dev/stdout`, also where that leads to a file that a shell has open."""
    return path.absolute().is_relative_to("/dev") or (path.exists() and not path.is_file() and not path.is_dir())


@contextmanager
def _temporary(path: Path, *, folder: bool) -> Iterator[Path]:
    """A sibling that is gone at the end under this name; its lock says that its maker lives."""
    _sweep(path)
    temporary = _sibling(path, "tmp")
    descriptor = None
    try:
        while descriptor is None:
            _make(temporary, folder=folder)
            descriptor = _locked(temporary)
        yield temporary
    finally:
        with defer_signals():
            _remove(temporary)
            if descriptor is not None:
                os.close(descriptor)


def _make(temporary: Path, *, folder: bool) -> None:
    try:
        temporary.mkdir(exist_ok=True) if folder else temporary.touch()
    except FileNotFoundError:  # the folder is there, and takes nothing, as /proc
        raise UsageError(f"{temporary.parent} takes no files", advice="give another place: -o") from None


def _locked(temporary: Path) -> int | None:
    """A descriptor that holds a lock on what was just made; None if a sweeping process was faster and removed it."""
    try:
        descriptor = os.open(temporary, os.O_RDONLY)
    except FileNotFoundError:
        return None
    # a file system without locks has no sweeping either
    with suppress(OSError):
        fcntl.flock(descriptor, fcntl.LOCK_SH)
    if os.fstat(descriptor).st_nlink and temporary.exists():
        return descriptor
    os.close(descriptor)
    return None


def _sweep(path: Path) -> None:
    """Remove the temporary siblings that a killed process left; those of a living one are locked."""
    for left in _siblings(path, "tmp"):
        # what is gone by now, or is not ours to open, is not ours to remove
        with suppress(OSError):
            descriptor = os.open(left, os.O_RDONLY)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _remove(left)
            finally:
                os.close(descriptor)


def _commit(temporary: Path, out: Path) -> None:
    """Rename; where something has the name, the two change places, so that it always stands for one of them."""
    if not out.exists():
        temporary.rename(out)
    elif not exchange(temporary, out):
        before = _sibling(out, "before")
        out.rename(before)
        try:
            temporary.rename(out)
        except OSError:
            before.rename(out)
            raise
        _remove(before)


def _recover(out: Path) -> None:
    """Give the name back to what had it, if a process was killed just when it was being replaced."""
    with disk_errors(out):
        for before in _siblings(out, "before"):
            if out.exists():
                _remove(before)
            else:
                before.rename(out)


def _remove(path: Path) -> None:
    """Remove a folder or a file, as far as the disk lets us."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


def _is_ours(out: Path) -> bool:
    """Whether edgekit made this folder or all that is in it, and nobody put a folder of theirs into it."""
    if not out.is_dir():
        return False
    entries = list(out.iterdir())
    return (
        _package_files(out) is not None
        or _is_marked(out)
        or all(entry.is_dir() and _is_marked(entry) for entry in entries)
    )


def _is_marked(folder: Path) -> bool:
    """Whether the folder says of itself that it is edgekit's; others write files of these names too."""
    if any(entry.is_dir() and entry.name not in _OWN_FOLDERS for entry in folder.iterdir()):
        return False
    return any(_has_keys(folder / name, keys) for name, keys in _MARKERS.items()) or _is_damaged(folder)


def _is_damaged(folder: Path) -> bool:
    """Whether the folder was edgekit's until its marker was damaged; it could never be made anew otherwise.

    Others write a `manifest.json` too, but no golden cases beside it.
    """
    markers = [folder / "edgekit.json"]
    if (folder / "golden.jsonl").is_file():
        markers.append(folder / "manifest.json")
    return any(marker.is_file() and not _read(marker) and marker.read_bytes().strip() != b"{}" for marker in markers)


def _not_of_the_package(out: Path) -> str | None:
    """A file in a package that is none of the package's, as one that a person or a build put there."""
    listed = _package_files(out)
    if listed is None:
        return None
    names = (path.relative_to(out).as_posix() for path in sorted(out.rglob("*")) if not path.is_dir())
    return next((name for name in names if name != PACKAGE_FILE and name not in listed), None)


def _package_files(out: Path) -> dict[str, str] | None:
    """What a package says that it holds; None where `out` is no package."""
    value = _read(out / PACKAGE_FILE)
    known = {"format_version", "platform", "files"} <= value.keys() and isinstance(value["files"], dict)
    return value["files"] if known else None


def _has_keys(marker: Path, keys: set[str]) -> bool:
    return keys <= _read(marker).keys()


def _read(marker: Path) -> dict[str, Any]:
    """The object in a JSON file; an empty one for anything else."""
    try:
        value = json.loads(marker.read_bytes()) if marker.is_file() else None
    except (OSError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _sibling(path: Path, kind: str) -> Path:
    return path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.{kind}")


def _siblings(path: Path, kind: str) -> list[Path]:
    return sorted(path.parent.glob(f".{glob.escape(path.name)}.{'[0-9a-f]' * 8}.{kind}"))
