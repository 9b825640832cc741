"""What counts instructions on a board of 64 bits: QEMU with a plugin, in the root, behind a name that runs Python."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from emulated_pi.failure import Failure

_SOURCE = Path(__file__).parents[2] / "edgekit" / "devices" / "emulation" / "count.c"
_FOLDER, _PROGRAM = "opt/edgekit-count", "usr/local/bin/edgekit-count-instructions"
_LIBRARY = re.compile(r"(?:=> |^\s*)(/\S+) \(0x", re.MULTILINE)
# QEMU itself is a program of this machine: its loader and its libraries go along
_WRAPPER = """#!/bin/sh
# As python3, but counting what is executed: programs read the counts from descriptor EDGEKIT_COUNTS_FD at 4096.
here=/{folder}
file=$(mktemp) && exec 9<>"$file" && rm "$file" || exit 1
EDGEKIT_COUNTS_FD=9
export EDGEKIT_COUNTS_FD
exec "$here/{loader}" --library-path "$here" "$here/qemu-aarch64" -cpu "$QEMU_CPU" \\
    -plugin "$here/count.so,fd=9" /usr/bin/python3 "$@"
"""


def missing_for_counting() -> str:
    """What this machine lacks to count; nothing where it lacks nothing."""
    packages = {"qemu-aarch64": "qemu-user", "gcc": "gcc", "ldd": "libc-bin"}
    return " ".join(package for program, package in packages.items() if shutil.which(program) is None)


def install_counter(root: Path) -> None:
    """Put the counter into a root, anew."""
    folder, program = root / _FOLDER, root / _PROGRAM
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    qemu = Path(shutil.which("qemu-aarch64") or "")
    libraries = [Path(found) for found in _LIBRARY.findall(_output(["ldd", str(qemu)]))]
    loaders = [path.name for path in libraries if path.name.startswith("ld-")]
    if not loaders:
        raise Failure(f"{qemu} cannot be copied: ldd names no loader")
    for path in (qemu, *libraries):
        shutil.copy(path, folder / path.name)
    options = ["-O2", "-shared", "-fPIC", "-Wall", "-Wextra", "-Wno-unused-parameter"]
    _output(["gcc", *options, "-o", str(folder / "count.so"), str(_SOURCE)])
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(_WRAPPER.format(folder=_FOLDER, loader=loaders[0]), encoding="ascii")
    program.chmod(0o755)


def _output(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failure(f"{command[0]} failed: {done.stderr.strip()[-500:]}")
    return done.stdout
