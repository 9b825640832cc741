"""Folders named by their content, in the folder that edgekit owns: `files/HASH`, `agents/HASH`.

    compare  which files of a folder are not there as they should be; makes room for those, beside its place
    finish   take apart what came in one piece, check what arrived, then let it take its place; forget the folders that
             were not used for longest

What arrives is beside its place under one name until it is whole, so that a push that was cut off goes on from there.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

# what the host asks, and what it is answered
JsonObject = dict[str, Any]

_PIECE = 1 << 20
# small files arrive as one, end to end
_PACK = ".pack"


class TransferFailed(Exception):
    """What cannot be done here, as a sentence."""


def main(request: JsonObject) -> JsonObject:
    """Do what `request` asks: `home`, `parent` and `name` give the folder, `files` its files' sizes and sha256."""
    os.umask(0o077)
    parent = Path(request["home"]) / request["parent"]
    operations = {"compare": compare, "finish": finish}
    try:
        return operations[request["do"]](parent, request["name"], request["files"], request)
    except TransferFailed as error:
        return {"failed": str(error)}
    except OSError as error:
        return {"failed": f"{error.filename or parent}: {error.strerror or error}"}


def compare(parent: Path, name: str, files: list[list[Any]], request: JsonObject) -> JsonObject:
    """The positions in `files` of those that have to be sent to the folder `.NAME.partial`; none: all is there."""
    parent.mkdir(parents=True, exist_ok=True)
    folder, partial = parent / name, parent / f".{name}.partial"
    for left in parent.glob(".*.partial"):
        if left != partial:
            shutil.rmtree(left, ignore_errors=True)
    if folder.is_dir():
        if not _missing(folder, files) and _names(folder) == {path for path, _, _ in files}:
            shutil.rmtree(partial, ignore_errors=True)
            os.utime(folder)
            return {"missing": []}
        # changed, or damaged: what is left of it need not be sent again
        shutil.rmtree(partial, ignore_errors=True)
        folder.rename(partial)
    partial.mkdir(exist_ok=True)
    for path in _names(partial) - {path for path, _, _ in files}:
        (partial / path).unlink()
    missing = _missing(partial, files)
    for position in missing:
        path = partial / files[position][0]
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.exists() or path.is_symlink():
            path.unlink()
    _check_room(parent, sum(files[position][1] for position in missing))
    return {"missing": missing}


def finish(parent: Path, name: str, files: list[list[Any]], request: JsonObject) -> JsonObject:
    """Check every file, give the folder its name, and keep `request["keep"]` of its siblings.

    Raises `TransferFailed` for a file that is not as it was sent.
    """
    partial = parent / f".{name}.partial"
    if request["packed"]:
        _unpack(partial, [files[position] for position in request["packed"]])
    wrong = _missing(partial, files)
    for position in wrong:
        if (partial / files[position][0]).exists():
            (partial / files[position][0]).unlink()
    if wrong:
        raise TransferFailed(f"{files[wrong[0]][0]} did not arrive as it was sent: its sha256 differs")
    partial.rename(parent / name)
    others = sorted((path for path in parent.iterdir() if path.is_dir()), key=lambda path: path.stat().st_mtime)
    for old in others[: -request["keep"]]:
        if old.name != name:
            shutil.rmtree(old, ignore_errors=True)
    return {"missing": []}


def _unpack(partial: Path, files: list[list[Any]]) -> None:
    with (partial / _PACK).open("rb") as pack:
        for path, size, _ in files:
            (partial / path).write_bytes(pack.read(size))
    (partial / _PACK).unlink()


def _missing(folder: Path, files: list[list[Any]]) -> list[int]:
    """The positions of the files that are not there, or not with this content."""
    return [position for position, (path, size, sha256) in enumerate(files) if not _is(folder / path, size, sha256)]


def _is(path: Path, size: int, sha256: str) -> bool:
    if path.is_symlink() or not path.is_file() or path.stat().st_size != size:
        return False
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest() == sha256


def _names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_symlink() or path.is_file()}


def _check_room(parent: Path, size: int) -> None:
    free = shutil.disk_usage(parent).free
    if free < size:
        raise TransferFailed(f"{parent} has {free / 1e6:.1f} MB free, and {size / 1e6:.1f} MB are to be written")


if __name__ == "__main__":
    print(json.dumps(main(json.loads(sys.argv[1]))))  # noqa: T201
