"""A Python of a board's architecture that QEMU runs and counts: made in a folder of one's own, without root.

QEMU looks for every file in the board's root first, then on this machine: Python, its libraries and what a kernel says
of the board are those of the root; bundles and edgekit's own folder are where they are.
"""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from importlib import resources
from pathlib import Path

from edgekit.devices.emulation.apt import unpack
from edgekit.devices.emulation.boards import BOARDS, Board, cpuinfo, kernel_files
from edgekit.errors import ToolError, UsageError
from edgekit.io.atomic import new_folder

# runs Python on the board and counts what that executes; PYTHON runs it without counting
COUNTER, PYTHON = "edgekit-count-instructions", "python3"
_PACKAGES = ("python3", "libstdc++6", "libgomp1")
_QEMU = "qemu-aarch64"
_COMPILERS = (("cc",), ("gcc",), ("clang",), (sys.executable, "-m", "ziglang", "cc"))
_COMPILE = ("-O2", "-shared", "-fPIC")
_SHADOWED = ("home", "root", "tmp", "dev")
_WRAPPER = """#!/bin/sh
# Python of {title}, as QEMU plays it{what}.
# it starts itself by this program, and takes no package of this machine's Python
{counts}LD_LIBRARY_PATH={libraries} exec {qemu} -0 {itself} -U LD_LIBRARY_PATH -L {root} -cpu {cpu}{plugin} \\
    -E PYTHONHOME={root}/usr -E PYTHONNOUSERSITE=1 {root}/usr/bin/python3 "$@"
"""
_COUNTS = """file=$(mktemp) && exec 9<>"$file" && rm "$file" || exit 1
EDGEKIT_COUNTS_FD=9
export EDGEKIT_COUNTS_FD
"""


def board_of(target: str) -> Board:
    """The board of a target; `UsageError` for a target that no board is emulated for, or not so that it counts."""
    boards = {board.target: board for board in BOARDS.values() if board.wide}
    if target not in boards:
        raise UsageError(
            f"no board of target {target} is emulated to count instructions",
            advice=f"those are: {', '.join(boards)}; QEMU's counts are those of 64-bit ARM",
        )
    return boards[target]


def make_counting_python(board: Board, folder: Path, say: Callable[[str], object]) -> None:
    """Fill `folder` with the board's Python, QEMU and its counter: `bin/python3`, `bin/edgekit-count-instructions`.

    Some 350 MB with the runtimes, of which apt fetches 30. Raises `UsageError` for a machine that cannot, `ToolError`
    where apt or the compiler fails; `folder` is there whole or not at all.
    """
    with new_folder(folder) as partial:
        scratch, root = partial / "packages", partial / "root"
        say("compile the counter")
        _compile(partial / "count.so")
        say(f"fetch {board.arch} packages")
        unpack(_PACKAGES, root, scratch, board.arch)
        _complete(root, board)
        qemu = _with_plugins(shutil.which(_QEMU))
        if qemu is None:
            say("fetch QEMU")
            unpack(["qemu-user"], partial / "qemu", scratch)
            qemu = f"{folder.resolve()}/qemu/usr/bin/{_QEMU}"
        shutil.rmtree(scratch)
        _write_programs(partial / "bin", folder.resolve(), qemu, board)
    try:
        _prove(folder)
    except ToolError:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _complete(root: Path, board: Board) -> None:
    """What packages unpacked without their scripts lack, and what the board's kernel says of it."""
    for name in ("bin", "lib", "sbin"):
        if not (root / name).exists() and (root / "usr" / name).exists():
            (root / name).symlink_to(f"usr/{name}")
    for name in _SHADOWED:
        shutil.rmtree(root / name, ignore_errors=True)
    for path, text in ({"proc/cpuinfo": cpuinfo(board)} | kernel_files(board)).items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")


def _with_plugins(program: str | None) -> str | None:
    """This QEMU if it takes plugins: a static one does not."""
    if program is None:
        return None
    done = subprocess.run([program, "--help"], capture_output=True, text=True, check=False)
    return program if "-plugin" in done.stdout else None


def _compile(out: Path) -> None:
    source = str(resources.files("edgekit.devices.emulation").joinpath("count.c"))
    said = ""
    for compiler in _COMPILERS:
        if shutil.which(compiler[0]) is None:
            continue
        done = subprocess.run(
            [*compiler, *_COMPILE, "-o", str(out), source], capture_output=True, text=True, check=False
        )
        if done.returncode == 0:
            return
        said = said or f": {done.stderr.strip()[-200:]}"
    raise UsageError(
        f"there is no C compiler that makes QEMU's counter{said}",
        advice=f"apt-get install gcc or, without root, {shlex.quote(sys.executable)} -m pip install ziglang",
    )


def _write_programs(out: Path, folder: Path, qemu: str, board: Board) -> None:
    out.mkdir()
    libraries = sorted({path.parent for path in (out.parent / "qemu").rglob("*.so*")})
    places = [f"{folder}/{path.relative_to(out.parent)}" for path in libraries]
    values = {
        "title": board.title,
        "libraries": shlex.quote(":".join(places)),
        "qemu": shlex.quote(qemu),
        "root": shlex.quote(f"{folder}/root"),
        "cpu": board.qemu_cpu,
        "itself": shlex.quote(f"{folder}/bin/{PYTHON}"),
    }
    plugin = shlex.quote(f"{folder}/count.so,fd=9")
    _write_program(out / PYTHON, _WRAPPER.format(**values, what="", counts="", plugin=""))
    counting = {"what": ", which counts", "counts": _COUNTS, "plugin": f" -plugin {plugin}"}
    _write_program(out / COUNTER, _WRAPPER.format(**values, **counting))


def _write_program(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


def _prove(folder: Path) -> None:
    """Raise `ToolError` where the Python does not run, or does not count."""
    read = "import os, platform; print(platform.machine(), int(os.pread(9, 100, 4096).split()[0]))"
    said = _output([str(folder / "bin" / COUNTER), "-c", read])
    machine, _, count = said.strip().partition(" ")
    if machine != "aarch64" or not count.isdigit() or int(count) < 1:
        raise ToolError(f"{folder / 'bin' / COUNTER} does not count: it said {said[:200]!r}")


def _output(command: Sequence[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode:
        raise ToolError(f"{command[0]} does not run: {done.stderr.strip()[-300:]}")
    return done.stdout
