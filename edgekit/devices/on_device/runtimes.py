"""Runtimes in the folder that edgekit owns: `runtimes/NAME`, each unpacked from archives that were pushed before.

    imports  which runtimes import, of this Python itself and of each folder; nothing is written
    begin    make a folder for archives, unless the runtime is there already; sweep what an earlier try left
    install  check the archives, unpack them beside the place, try the imports, then take the place
    list     what is there
    remove   one runtime, or all of them with the agent and the pushed files; what was deployed stays

A runtime is a folder for PYTHONPATH. `runtime.json` in it says what it was made of; it is written last.
"""

from __future__ import annotations

import hashlib
import importlib.machinery
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

# what the host asks, and what it is answered
JsonObject = dict[str, Any]

RECORD = "runtime.json"
IMPORT_SECONDS = 300
MOST_RUNTIMES = 20
# what one archive may unpack to, and how many files it may hold: a runtime is far below
MOST_BYTES, MOST_FILES = 1_000_000_000, 20_000
_OWN = ("runtimes", "agents", "files")
_MARK = "edgekit-version "
_CHILD = """
import importlib, sys
from importlib.metadata import PackageNotFoundError, version
module = importlib.import_module(sys.argv[1])
try:
    found = version(sys.argv[2])
except PackageNotFoundError:
    found = getattr(module, "__version__", "unknown")
print("\\n" + sys.argv[3] + str(found))
"""


class InstallFailed(Exception):
    """What cannot be done here, as a sentence."""


def main(request: JsonObject) -> JsonObject:
    """Do what `request` asks, in the folder that it names `home`."""
    operations = {"imports": imports, "begin": begin, "install": install, "list": listed, "remove": remove}
    os.umask(0o077)
    try:
        return operations[request["do"]](Path(request["home"]), request)
    except InstallFailed as error:
        return {"failed": str(error)}
    except OSError as error:
        return {"failed": f"{error.filename or request['home']}: {error.strerror or error}"}


def imports(home: Path, request: JsonObject) -> JsonObject:
    """What imports, by the runtime's folder; the first, without a name, is this Python's own."""
    folder = home / "runtimes"
    names = sorted(path.parent.name for path in folder.glob(f"*/{RECORD}"))[:MOST_RUNTIMES]
    projects: dict[str, str] = request["projects"]
    own = {"runtime": None, "modules": _tried(projects, None)}
    return {"places": [own] + [{"runtime": name, "modules": _tried(projects, folder / name)} for name in names]}


def begin(home: Path, request: JsonObject) -> JsonObject:
    """Make the folder `incoming` for the archives, unless the runtime is there already, made of the same.

    Raises `InstallFailed` where there is no room for them.
    """
    folder = home / "runtimes"
    folder.mkdir(parents=True, exist_ok=True)
    _sweep(folder)
    record = _record(folder / request["name"])
    if record is not None and record["archives"] == request["archives"] and record["made_for"] == request["made_for"]:
        return {"there": True}
    free = shutil.disk_usage(folder).free
    if free < request["bytes"]:
        raise InstallFailed(f"{folder} has {free // 10**6} MB free, and {request['bytes'] // 10**6 + 1} MB are needed")
    (folder / request["incoming"]).mkdir()
    return {"there": False}


def install(home: Path, request: JsonObject) -> JsonObject:
    """Unpack the pushed archives into a runtime; what was there under its name stays until all of it has worked."""
    incoming, target = home / "runtimes" / request["incoming"], home / "runtimes" / request["name"]
    unpacked = target.with_name(f".{target.name}-{uuid.uuid4().hex[:8]}.tmp")
    try:
        unpacked.mkdir()
        for name, sha256 in request["archives"].items():
            _check(incoming / name, sha256)
            _unpack(incoming / name, unpacked)
            (incoming / name).unlink()
        for module in request["modules"]:
            _try(module, unpacked)
        record = {key: request[key] for key in ("archives", "packages", "made_for")}
        _write(unpacked / RECORD, json.dumps({**record, "bytes": _size(unpacked)}))
        _take_the_place(unpacked, target)
    finally:
        shutil.rmtree(unpacked, ignore_errors=True)
        shutil.rmtree(incoming, ignore_errors=True)
    return {}


def listed(home: Path, request: JsonObject) -> JsonObject:
    """The runtimes that are there, by name."""
    folder = home / "runtimes"
    names = (
        sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith(".")) if folder.is_dir() else []
    )
    found = {name: _record(folder / name) for name in names}
    return {"runtimes": {name: record for name, record in found.items() if record is not None}}


def remove(home: Path, request: JsonObject) -> JsonObject:
    """Remove one runtime, or everything but what was deployed; how many bytes that freed.

    Raises `InstallFailed` for a runtime that is not there.
    """
    if request["name"] is not None:
        gone = home / "runtimes" / request["name"]
        if not gone.is_dir():
            raise InstallFailed(f"there is no runtime {request['name']}")
        targets = [gone]
    else:
        targets = [home / name for name in _OWN if (home / name).is_dir()]
    freed = sum(_size(target) for target in targets)
    for target in targets:
        # out of its place at once, so that half a runtime is never found
        doomed = target.with_name(f".{target.name}-{uuid.uuid4().hex[:8]}.tmp")
        target.rename(doomed)
        shutil.rmtree(doomed)
    return {"freed_bytes": freed}


def _check(archive: Path, sha256: str) -> None:
    digest = hashlib.sha256()
    with archive.open("rb") as file:
        for piece in iter(lambda: file.read(1 << 20), b""):
            digest.update(piece)
    if digest.hexdigest() != sha256:
        raise InstallFailed(f"{archive.name} was changed on the way: its sha256 is {digest.hexdigest()}, not {sha256}")


def _unpack(archive: Path, target: Path) -> None:
    """Unpack a wheel's importable part. Members that are links, or lead out of the folder, are refused."""
    try:
        with zipfile.ZipFile(archive) as wheel:
            members = [member for member in wheel.infolist() if not member.is_dir()]
            total = sum(member.file_size for member in members)
            if total > MOST_BYTES or len(members) > MOST_FILES:
                raise InstallFailed(f"{archive.name} unpacks to {len(members)} files, {total // 10**6} MB: too much")
            for member in members:
                name = _place(member)
                if name is not None:
                    path = target / name
                    path.parent.mkdir(parents=True, exist_ok=True)
                    with wheel.open(member) as source, path.open("wb") as copy:
                        shutil.copyfileobj(source, copy, 1 << 20)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise InstallFailed(f"{archive.name} cannot be unpacked: {error}") from None


def _place(member: zipfile.ZipInfo) -> PurePosixPath | None:
    """Where a member of a wheel belongs, by PEP 427; None for scripts and data, which no agent needs."""
    name = PurePosixPath(member.filename)
    outside = name.is_absolute() or ".." in name.parts or "\\" in member.filename or "\0" in member.filename
    if outside or stat.S_ISLNK(member.external_attr >> 16):
        raise InstallFailed(f"an archive holds {member.filename!r}, which is no file inside it")
    if name.parts[0].endswith(".data"):
        return PurePosixPath(*name.parts[2:]) if name.parts[1:2] in (("purelib",), ("platlib",)) else None
    return name


def _tried(projects: dict[str, str], place: Path | None) -> JsonObject:
    """What each project that is there gives: in `place`, or (None) wherever this Python looks.

    projects: the module that is imported of each
    """
    path = None if place is None else [str(place)]
    variables = {} if place is None else {"PYTHONPATH": str(place)}
    return {
        project: _import(module, project, variables)
        for project, module in projects.items()
        if importlib.machinery.PathFinder.find_spec(module.partition(".")[0], path)
    }


def _try(module: str, folder: Path) -> None:
    """Import a module from a runtime; `InstallFailed` where it does not import."""
    tried = _import(module, module, {"PYTHONPATH": str(folder), "PYTHONNOUSERSITE": "1"})
    if tried.get("signal") == signal.SIGILL:
        raise InstallFailed(f"importing {module} ends in an illegal instruction: it was not made for this processor")
    if "signal" in tried:
        raise InstallFailed(f"importing {module} is ended by {signal.Signals(tried['signal']).name}")
    if "message" in tried:
        raise InstallFailed(f"{module} does not import: {tried['message']}")


def _import(module: str, project: str, variables: dict[str, str]) -> JsonObject:
    """Import a module in a process of its own: an instruction that this processor lacks ends no more than that.

    The answer is its `version`, or the `signal` that ended it, or the `message` that it ended with.
    """
    command = [sys.executable, "-c", _CHILD, module, project, _MARK]
    try:
        done = subprocess.run(
            command,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "ORT_DISABLE_TELEMETRY": "1", **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=IMPORT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"message": f"importing it took more than {IMPORT_SECONDS} s"}
    if done.returncode < 0:
        return {"signal": -done.returncode}
    lines = done.stdout.decode(errors="replace").splitlines()
    if done.returncode == 0 and lines and lines[-1].startswith(_MARK):
        return {"version": lines[-1][len(_MARK) :].strip()[:100]}
    lines = [line for line in done.stderr.decode(errors="replace").splitlines() if line.strip()]
    return {"message": lines[-1].strip()[:500] if lines else f"exit status {done.returncode}"}


def _take_the_place(unpacked: Path, target: Path) -> None:
    if not target.exists():
        unpacked.rename(target)
        return
    before = target.with_name(f".{target.name}.before")
    target.rename(before)
    unpacked.rename(target)
    shutil.rmtree(before, ignore_errors=True)


def _sweep(folder: Path) -> None:
    """Remove what a try that was cut off left, and give its place back to a runtime that was being replaced."""
    for left in list(folder.glob(".*.before")):
        place = folder / left.name[1 : -len(".before")]
        if not place.exists():
            left.rename(place)
    for left in folder.glob(".*"):
        shutil.rmtree(left, ignore_errors=True)


def _record(folder: Path) -> JsonObject | None:
    try:
        record = json.loads((folder / RECORD).read_bytes())
    except (OSError, ValueError):
        return None
    return (
        record if isinstance(record, dict) and {"archives", "packages", "made_for", "bytes"} <= record.keys() else None
    )


def _write(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _size(folder: Path) -> int:
    return sum(path.lstat().st_size for path in _files(folder))


def _files(folder: Path) -> Iterator[Path]:
    for root, _, names in os.walk(folder):
        yield from (Path(root) / name for name in names)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(json.loads(sys.argv[1]))) + "\n")
