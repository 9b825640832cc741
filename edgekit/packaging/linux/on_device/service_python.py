"""Whether a systemd service could run a Python: what it loads is looked at, and it is started as another user."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Optional

from edgekit.packaging.linux.on_device.service_paths import obstacle

# who has no rights but those of everybody, as the user that systemd makes for a service
_NOBODY = 65534
# of the standard library, what a service or its runtime loads by itself, with the libraries behind it
_STANDARD: tuple[str, ...] = (
    "encodings.idna",
    "asyncio",
    "json",
    "ssl",
    "hashlib",
    "ctypes",
    "multiprocessing.pool",
    "logging.config",
)
_STANDARD += ("concurrent.futures", "email.utils", "http.client", "importlib.metadata", "urllib.request", "uuid")
_STANDARD += ("zipfile", "zoneinfo", "decimal", "lzma", "bz2", "zlib", "sqlite3", "unittest.mock")
# what no service loads
_LEFT_OUT = {"__pycache__", "site-packages", "dist-packages", "test", "tests", "idlelib", "tkinter", "turtledemo"}
_LEFT_OUT |= {"lib2to3", "ensurepip", "pydoc_data"}
_SECONDS = 300
_PROBE = """
import importlib, json, sys
found = []
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except Exception:
        continue
    found.append(name)
files = [str(module.__file__) for module in list(sys.modules.values()) if getattr(module, "__file__", None)]
try:
    with open("/proc/self/maps") as maps:
        # what is mapped to be run: libraries, and no caches
        parts = [line.split(None, 5) for line in maps if "/" in line]
        files += [part[5].rstrip() for part in parts if "x" in part[1]]
except OSError:
    pass
print(json.dumps([found, files]))
"""


def python_trouble(modules: Sequence[str] = ()) -> Optional[str]:  # noqa: UP045
    """What keeps a service from running the Python that runs this with these modules, as a sentence's end.

    Every file that it loads counts, its shared libraries too, and every module of the standard library. Then it is
    started as a user without rights, where this may be done.
    """
    names = [*_STANDARD, *modules]
    as_root = _Probe(names)
    why = _first_obstacle((*as_root.files, *_library()))
    if why is not None:
        return f"a service cannot read {why}"
    if as_root.failure is not None:
        return f"{sys.executable} does not start without the variables of this shell: {as_root.failure}"
    try:
        as_nobody = _Probe(names, user=_NOBODY, group=_NOBODY, extra_groups=[])
    except (OSError, ValueError):
        # this root may not become another user, as in some containers: the files were looked at
        return None
    if as_nobody.failure is not None:
        return f"{sys.executable} does not start as a service's user: {as_nobody.failure}"
    lost = next((name for name in as_root.found if name not in as_nobody.found), None)
    return None if lost is None else f"{sys.executable} cannot import {lost} as a service's user"


class _Probe:
    """A Python that was started as a service starts it: what it could import, from which files, or why it failed."""

    def __init__(self, names: Sequence[str], **user: object) -> None:
        # nothing is written, compiled modules neither
        command = [sys.executable, "-I", "-B", "-c", _PROBE, *names]
        output = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "timeout": _SECONDS}
        self.failure: Optional[str] = f"it took more than {_SECONDS} s"  # noqa: UP045
        self.found: list[str] = []
        self.files: list[str] = []
        try:
            done = subprocess.run(command, cwd="/", env={}, check=False, **output, **user)  # type: ignore[call-overload]
        except subprocess.TimeoutExpired:
            return
        said = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        self.failure = said[-1][:300] if done.returncode else None
        if self.failure is None:
            self.found, self.files = json.loads(done.stdout.splitlines()[-1])


def _first_obstacle(files: Iterable[str]) -> Optional[str]:  # noqa: UP045
    found = (obstacle(Path(file)) for file in dict.fromkeys(files) if file.startswith("/"))
    return next((why for why in found if why is not None), None)


def _library() -> Iterator[str]:
    """The modules of the standard library, each folder before what is in it."""
    for root in dict.fromkeys((sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"))):
        waiting = [Path(root).absolute()]
        while waiting:
            folder = waiting.pop()
            yield str(folder)
            for path in sorted(folder.iterdir()):
                if path.is_dir():
                    waiting += [] if path.name in _LEFT_OUT else [path]
                elif path.suffix in (".py", ".so"):
                    yield str(path)
