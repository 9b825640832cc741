"""Devices that could be named: what adb lists, and the hosts that ssh is configured with. No network is scanned."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from edgekit.devices.ssh.host_config import SYSTEM_FILE, USER_FILE
from edgekit.errors import DeviceError, UsageError
from edgekit.parts import missing_part
from edgekit.schema.device import DeviceUrl

# files that `Include` may lead through, and bytes of each that are read
_MOST_FILES, _MOST_BYTES = 100, 1_000_000
_LINE = re.compile(r"(?P<keyword>[A-Za-z]+)(?:\s*=\s*|\s+)(?P<rest>.*)")


@dataclass(frozen=True)
class Candidate:
    """A device that could be given a name. note: its state by adb, or where its host is from"""

    url: str
    note: str


@dataclass(frozen=True)
class FoundDevices:
    """notes: why a place was not looked into, and what looking has left behind"""

    candidates: tuple[Candidate, ...]
    notes: tuple[str, ...]


def find_devices() -> FoundDevices:
    """The devices that adb knows and the hosts that ssh knows, none of them reached."""
    notes = []
    try:
        from edgekit.devices.adb.transport import adb_serials, adb_server_runs

        ran = adb_server_runs()
        android = [Candidate(f"adb://{serial}", state) for serial, state in adb_serials()]
        if not ran:
            notes.append("the adb server was started, and stays for whatever uses adb: adb kill-server ends it")
    except (DeviceError, ModuleNotFoundError) as error:
        android = []
        told = error if isinstance(error, DeviceError) else missing_part(error)
        if told is None:
            raise
        notes.append(f"{told.message}" + (f"; {told.advice}" if told.advice else ""))
    # those of the machine's file after the user's, as ssh reads them
    configs = [Path(USER_FILE).expanduser(), Path(SYSTEM_FILE)]
    named: dict[str, Path] = {}
    for host, path in chain.from_iterable(map(_hosts, configs)):
        named.setdefault(host, path)
    hosts = [Candidate(f"ssh://{host}", f"{path}") for host, path in named.items()]
    return FoundDevices((*android, *hosts), tuple(notes))


def _hosts(config: Path) -> Iterator[tuple[str, Path]]:
    """The hosts that an ssh_config names one by one (ssh_config(5)), and the file that does; patterns are none."""
    seen: set[str] = set()
    left = [config]
    for _ in range(_MOST_FILES):
        if not left:
            return
        path = left.pop(0)
        for keyword, values in _lines(path):
            if keyword == "include":
                left += _included(values, config.parent)
            elif keyword == "host":
                for name in values:
                    if name not in seen and _is_host(name):
                        seen.add(name)
                        yield name, path


def _lines(path: Path) -> Iterator[tuple[str, list[str]]]:
    """Keyword, in small letters, and arguments of each line."""
    try:
        if not path.is_file():
            return
        with path.open("rb") as file:
            text = file.read(_MOST_BYTES).decode(errors="replace")
    except OSError:
        return
    for line in text.splitlines():
        found = _LINE.fullmatch(line.strip())
        if found is None:
            continue
        try:
            yield found["keyword"].lower(), shlex.split(found["rest"], comments=True)
        except ValueError:  # a quote without its end: ssh refuses the line as well
            continue


def _included(patterns: list[str], folder: Path) -> Iterator[Path]:
    for pattern in patterns:
        path = Path(pattern).expanduser()
        root, name = (
            (Path(path.anchor), str(path.relative_to(path.anchor))) if path.is_absolute() else (folder, pattern)
        )
        try:
            yield from sorted(root.glob(name))
        except (ValueError, NotImplementedError, OSError):
            continue


def _is_host(name: str) -> bool:
    if any(sign in name for sign in "*?!"):
        return False
    try:
        DeviceUrl.parse(f"ssh://{name}")
    except UsageError:
        return False
    return True
