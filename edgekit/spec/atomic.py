"""Outputs that appear whole or not at all: written to a temporary sibling, renamed at the end."""

from __future__ import annotations

import errno
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edgekit.spec.errors import UsageError

# what edgekit leaves in a folder of its own; only such a folder is ever replaced
_MARKERS = ("edgekit.json", "manifest.json")
_CANNOT_WRITE = {errno.EACCES, errno.EDQUOT, errno.ENOSPC, errno.ENOTDIR, errno.EPERM, errno.EROFS}


def check_output(out: Path, *, force: bool, source: Path | None = None) -> None:
    """Raise `UsageError` if `out` may not be written: it exists, is not edgekit's to replace, or holds `source`."""
    if source is not None and source.resolve().is_relative_to(out.resolve()):
        raise UsageError(f"{out} holds the model that this starts from", advice="give another -o")
    if not out.exists():
        return
    if not force:
        raise UsageError(f"{out} exists", advice="give another -o, or --force to replace it")
    if not _is_ours(out):
        raise UsageError(f"{out} exists and edgekit did not make it, so it is not replaced", advice="give another -o")


@contextmanager
def new_folder(out: Path, *, force: bool = False) -> Iterator[Path]:
    """A temporary folder beside `out` that becomes `out` when the block ends well, and vanishes when it does not."""
    check_output(out, force=force)
    out = out.resolve()
    temporary = _sibling(out)
    try:
        temporary.mkdir(parents=True)
        yield temporary
        _take_the_name(temporary, out)
    except OSError as error:
        if error.errno not in _CANNOT_WRITE:
            raise
        raise UsageError(f"{out} cannot be written: {error.strerror}") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 file through a temporary sibling, flushed to disk before it takes the name."""
    temporary = _sibling(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        temporary.unlink(missing_ok=True)


def _take_the_name(temporary: Path, out: Path) -> None:
    """Rename; what had the name before comes back if that fails."""
    if not out.exists():
        temporary.rename(out)
        return
    before = _sibling(out)
    out.rename(before)
    try:
        temporary.rename(out)
    except OSError:
        before.rename(out)
        raise
    shutil.rmtree(before)


def _is_ours(folder: Path) -> bool:
    """Whether edgekit made this folder, or nobody put anything into it."""
    if not folder.is_dir():
        return False
    entries = list(folder.iterdir())
    return not entries or any((place / marker).is_file() for place in (folder, *entries) for marker in _MARKERS)


def _sibling(path: Path) -> Path:
    return path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.tmp")
