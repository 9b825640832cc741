"""Wheels for another machine, fetched by this one's pip and kept by content."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pydantic

from edgekit.devices.provision.python_facts import PythonFacts
from edgekit.errors import ToolError, UsageError
from edgekit.io.atomic import write_text
from edgekit.io.disk import disk_errors
from edgekit.io.hashing import file_sha256, value_sha256
from edgekit.schema.base_model import Strict

DOWNLOAD_SECONDS = 1800
# the name of a wheel (PEP 427), of which the first two parts are project and version
_NAME = r"(?P<project>[A-Za-z0-9_.]+)-(?P<version>[A-Za-z0-9_.!+]+)(-[A-Za-z0-9_.]+){3,4}\.whl"
_NO_NETWORK = re.compile(r"Retrying \(|Max retries|NewConnectionError|Temporary failure in name resolution|timed out")
_NO_MATCH = re.compile(r"from versions: (?P<versions>[^)]*)\)|No matching distribution found")


@dataclass(frozen=True)
class Archive:
    """A file that is unpacked on a device as wheels are: a wheel, or a zip that is laid out like one.

    project, version: what it holds
    """

    path: Path
    sha256: str
    project: str
    version: str

    @property
    def unpacked_bytes(self) -> int:
        """Of all that is in it."""
        with zipfile.ZipFile(self.path) as archive:
            return sum(member.file_size for member in archive.infolist())


class NoWheelError(UsageError):
    """There is no wheel of this for that machine."""


class _CachedWheel(Strict):
    """Which file pip chose for a requirement on a machine, the last time that it was asked."""

    name: str = pydantic.Field(pattern=f"^{_NAME}$")
    sha256: str = pydantic.Field(pattern=r"^[0-9a-f]{64}$")


def cache_folder() -> Path:
    """Where wheels are kept on this machine."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "edgekit" / "wheels"


def fetch_wheel(requirement: str, facts: PythonFacts) -> Archive:
    """The wheel of one requirement, its dependencies left out, that the Python of `facts` takes.

    One of an exact version is fetched once; of any other pip is asked each time, and without a connection the one of
    the last time is taken. Raises `NoWheelError` where there is none, `ToolError` when it cannot be fetched.
    """
    cached = cached_archive(requirement, facts)
    if cached is not None and "==" in requirement:
        return cached
    with fresh_folder() as fresh:
        try:
            _download([requirement], facts, fresh)
        except ToolError:
            if cached is None:
                raise
            return cached
        return cache_archive(requirement, facts, fresh)


def fetch_together(requirements: Sequence[str], facts: PythonFacts) -> dict[str, Archive]:
    """As `fetch_wheel` for several, by one call of pip; nothing where that fails, as each says best by itself why."""
    missing = [requirement for requirement in requirements if "==" not in requirement]
    missing += [each for each in requirements if "==" in each and cached_archive(each, facts) is None]
    if len(missing) < 2:
        return {}
    with fresh_folder() as fresh:
        try:
            _download(missing, facts, fresh)
        except (NoWheelError, ToolError):
            return {}
        found = {}
        for requirement in missing:
            project = re.split("[<=]", requirement)[0].replace("-", "_")
            alone = fresh / project
            alone.mkdir()
            for wheel in fresh.glob(f"{project}-*.whl"):
                wheel.rename(alone / wheel.name)
            found[requirement] = cache_archive(requirement, facts, alone)
        return found


@contextmanager
def fresh_folder() -> Iterator[Path]:
    """A folder to fetch into, beside what is kept, and gone at the end."""
    folder = cache_folder()
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".fetch-") as fresh:
            yield Path(fresh)


def cached_archive(requirement: str, facts: PythonFacts) -> Archive | None:
    """What is kept for a requirement on such a machine, if its content still is what it was."""
    try:
        cached = _CachedWheel.read(_index(requirement, facts))
    except UsageError:
        return None
    path = cache_folder() / "files" / cached.sha256 / cached.name
    return _archive(path, cached.sha256) if path.is_file() and file_sha256(path) == cached.sha256 else None


def cache_archive(requirement: str, facts: PythonFacts, fresh: Path) -> Archive:
    """Move the one wheel in `fresh` into the cache, and note what it was fetched for; `ToolError` if it is not one."""
    found = sorted(path.name for path in fresh.iterdir())
    if len(found) != 1 or not re.fullmatch(_NAME, found[0]):
        raise ToolError(f"{', '.join(found) or 'nothing'} was fetched where one wheel of {requirement} was asked for")
    sha256 = file_sha256(fresh / found[0])
    path = cache_folder() / "files" / sha256 / found[0]
    path.parent.mkdir(parents=True, exist_ok=True)
    (fresh / found[0]).replace(path)
    write_text(_index(requirement, facts), _CachedWheel(name=path.name, sha256=sha256).model_dump_json())
    return _archive(path, sha256)


def _index(requirement: str, facts: PythonFacts) -> Path:
    inputs = [requirement, facts.identity, facts.platforms[0]]
    return cache_folder() / "index" / f"{value_sha256(inputs)[:24]}.json"


def _archive(path: Path, sha256: str) -> Archive:
    parts = re.fullmatch(_NAME, path.name)
    if parts is None:
        raise ValueError(f"{path.name} is no wheel")
    return Archive(path, sha256, parts["project"].replace("_", "-").lower(), parts["version"])


def _download(requirements: Sequence[str], facts: PythonFacts, into: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check"]
    command += ["--progress-bar", "off", "--retries", "1", "--no-deps", "--only-binary", ":all:"]
    command += [argument for tag in facts.platforms for argument in ("--platform", tag)]
    command += ["--python-version", facts.short, "--implementation", "cp", "--abi", facts.abi]
    try:
        done = subprocess.run(
            [*command, "--dest", str(into), "--", *requirements],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=DOWNLOAD_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ToolError(f"fetching {requirements[0]} took more than {DOWNLOAD_SECONDS} s") from None
    if done.returncode:
        raise _failed(requirements[0], facts, done.stdout + done.stderr)


def _failed(requirement: str, facts: PythonFacts, output: str) -> UsageError | ToolError:
    """Why pip fetched nothing."""
    if "No module named pip" in output:
        return ToolError(f"{sys.executable} has no pip to fetch wheels with", advice="python -m ensurepip")
    if _NO_NETWORK.search(output):
        return ToolError(
            f"{requirement} cannot be fetched: the package index is not reached",
            advice="connect this machine, or name a folder that holds the wheels: PIP_FIND_LINKS",
        )
    no_match = _NO_MATCH.search(output)
    if no_match:
        where = f"Python {facts.short}, {facts.arch}, glibc {facts.libc_version}"
        versions = [version.strip() for version in (no_match["versions"] or "").split(",")]
        listed = [version for version in versions if version not in ("", "none")][-8:]
        advice = f"there are: {', '.join(listed)}" if listed else None
        return NoWheelError(f"there is no wheel of {requirement} for {where}", advice=advice)
    lines = [line for line in output.splitlines() if line.startswith("ERROR")] or output.strip().splitlines()
    return ToolError(f"pip cannot fetch {requirement}: {lines[-1] if lines else 'it output nothing'}"[:1000])
