"""Deployed bundles in the folder that edgekit owns: `deployed/NAME/current` is a link to the bundle that runs.

    deployed/NAME/current -> releases/0007/bundle
    deployed/NAME/releases/0006/  bundle/, release.json

    stage     copy a bundle beside the others, where nothing looks for it yet
    switch    give it the next number, and turn `current` to it: one rename; keep the one before, remove older ones
    abandon   remove what was staged
    rollback  turn `current` back to the release before
    list      what is there
    remove    a name with all its releases

`current` alone says what runs, and it is only ever replaced by a rename, so that whatever is cut off leaves it whole.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import uuid
from pathlib import Path
from typing import Any

# what the host asks, and what it is answered
JsonObject = dict[str, Any]

RECORD = "release.json"
RECORD_BYTES = 100_000
_NUMBER = re.compile(r"[0-9]{4,9}")


class DeploymentFailed(Exception):
    """What cannot be done here, as a sentence."""


def main(request: JsonObject) -> JsonObject:
    """Do what `request` asks, in the folder that it names `home`."""
    operations = {
        "stage": stage,
        "switch": switch,
        "abandon": abandon,
        "rollback": rollback,
        "list": listed,
        "remove": remove,
    }
    os.umask(0o077)
    try:
        return operations[request["do"]](Path(request["home"]) / "deployed", request)
    except DeploymentFailed as error:
        return {"failed": str(error)}
    except OSError as error:
        return {"failed": f"{error.filename or request['home']}: {error.strerror or error}"}


def stage(deployed: Path, request: JsonObject) -> JsonObject:
    """Copy the files of a bundle; sweep what a try that was cut off has left."""
    folder, source = deployed / request["name"], Path(request["source"])
    folder.mkdir(parents=True, exist_ok=True)
    _sweep(folder)
    _sweep(deployed)
    staged = folder / request["incoming"]
    try:
        # files that edgekit itself has put on this device never change, so that a second name for them will do
        own = source.resolve().is_relative_to(deployed.resolve().parent / "files")
        for name in request["files"]:
            _copy(source / name, staged / "bundle" / name, link=own)
        _write(staged / RECORD, json.dumps(request["record"]))
    except BaseException:
        shutil.rmtree(staged, ignore_errors=True)
        raise
    return {}


def switch(deployed: Path, request: JsonObject) -> JsonObject:
    """Let `current` be what was staged."""
    folder = deployed / request["name"]
    releases = folder / "releases"
    releases.mkdir(exist_ok=True)
    before = _current(folder)
    number = max(_numbers(folder), default=0) + 1
    (folder / request["incoming"]).rename(releases / f"{number:04}")
    _sync(releases)
    _turn(folder, number)
    for old in _numbers(folder):
        if old not in (number, before):
            _discard(releases / f"{old:04}")
    return {}


def abandon(deployed: Path, request: JsonObject) -> JsonObject:
    """Remove what was staged, and a name that nothing was ever deployed under."""
    folder = deployed / request["name"]
    shutil.rmtree(folder / request["incoming"], ignore_errors=True)
    if not (folder / "releases").is_dir():
        shutil.rmtree(folder, ignore_errors=True)
    return {}


def rollback(deployed: Path, request: JsonObject) -> JsonObject:
    """Let `current` be the newest release that is older than it; `DeploymentFailed` where there is none."""
    folder = deployed / request["name"]
    current = _current(folder)
    if current is None:
        raise DeploymentFailed(f"nothing is deployed as {request['name']}")
    older = [number for number in _numbers(folder) if number < current]
    if not older:
        raise DeploymentFailed(f"{request['name']} has no release before the one that runs")
    _turn(folder, max(older))
    return {}


def listed(deployed: Path, request: JsonObject) -> JsonObject:
    """Every name with its releases and the number of the one that runs."""
    entries = sorted(deployed.iterdir()) if deployed.is_dir() else []
    names = [entry.name for entry in entries if entry.is_dir() and not entry.name.startswith(".")]
    return {"deployed": {name: _record_of(deployed / name) for name in names if _numbers(deployed / name)}}


def remove(deployed: Path, request: JsonObject) -> JsonObject:
    """Remove a name with all its releases; `DeploymentFailed` where there is no such name."""
    folder = deployed / request["name"]
    if not folder.is_dir():
        raise DeploymentFailed(f"nothing is deployed as {request['name']}")
    _discard(folder)
    return {}


def _record_of(folder: Path) -> JsonObject:
    releases = {}
    for number in _numbers(folder):
        record = folder / "releases" / f"{number:04}" / RECORD
        try:
            with record.open("rb") as file:
                releases[str(number)] = json.loads(file.read(RECORD_BYTES))
        except ValueError:
            raise DeploymentFailed(f"{record} is not what it was") from None
    return {"current": _current(folder), "releases": releases}


def _numbers(folder: Path) -> list[int]:
    """The numbers of the releases, ascending."""
    releases = folder / "releases"
    names = [entry.name for entry in releases.iterdir()] if releases.is_dir() else []
    return sorted(int(name) for name in names if _NUMBER.fullmatch(name))


def _current(folder: Path) -> int | None:
    """The number of the release that runs."""
    try:
        target = os.readlink(folder / "current")  # noqa: PTH115  Path.readlink is of the same Python
    except OSError:
        return None
    found = re.fullmatch(r"releases/([0-9]{4,9})/bundle", target)
    return int(found.group(1)) if found and (folder / target).is_dir() else None


def _turn(folder: Path, number: int) -> None:
    """Let `current` be a release, at once: the old link is there until the new one has its name."""
    link = folder / f".current-{uuid.uuid4().hex[:8]}"
    link.symlink_to(f"releases/{number:04}/bundle")
    link.replace(folder / "current")
    _sync(folder)


def _copy(source: Path, copy: Path, *, link: bool) -> None:
    copy.parent.mkdir(parents=True, exist_ok=True)
    if link:
        try:
            os.link(source, copy)
        except OSError:  # a file system that knows no second names
            link = False
    if not link:
        shutil.copyfile(source, copy)
    # a board that is switched off in a moment shall find whole files behind a link that names them
    with copy.open("rb") as file:
        os.fsync(file.fileno())


def _write(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _discard(folder: Path) -> None:
    """Out of its place at once, then gone: half a release is never found."""
    doomed = folder.with_name(f".{folder.name}-{uuid.uuid4().hex[:8]}.tmp")
    folder.rename(doomed)
    shutil.rmtree(doomed, ignore_errors=True)


def _sweep(folder: Path) -> None:
    for left in [*folder.glob(".*"), *folder.glob("releases/.*")]:
        if left.is_symlink() or not left.is_dir():
            left.unlink()
        else:
            shutil.rmtree(left, ignore_errors=True)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(json.loads(sys.argv[1]))) + "\n")
