"""The command `scripts/emulated-pi`."""

from __future__ import annotations

import argparse
import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from edgekit.devices.emulation.boards import BOARDS
from emulated_pi.build import packed_root
from emulated_pi.counter import install_counter, missing_for_counting
from emulated_pi.failure import Failure
from emulated_pi.place import Place, base_folder, make_key, ssh_config, write_ssh_files
from emulated_pi.root import restore_root, write_board
from emulated_pi.running import answers, running, start, stop

_EXAMPLES = """examples:
  scripts/emulated-pi up --model pi5            build it, where it is not yet, and start it
  scripts/emulated-pi ssh --model pi5 uname -a  run a command there
  scripts/emulated-pi status                    what runs
  scripts/emulated-pi down                      end all of them

Needs root on Linux, and: apt-get install qemu-user-static binfmt-support mmdebstrap openssh-client,
for instructions also: qemu-user gcc
Everything is kept in ~/.cache/edgekit/emulated-pi, or in the folder that EDGEKIT_EMULATED_PI names.
"""


_ENVIRONMENT = Path(__file__).parents[2] / ".venv"
_ADBUTILS = "lib/python3*/site-packages/adbutils/binaries/adb"


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse, do, say; the exit status."""
    options = _parser().parse_args(arguments)
    base = base_folder()
    places = {name: Place(base, board) for name, board in BOARDS.items()}
    chosen = [places[options.model]] if options.model else list(places.values())
    try:
        if options.action == "up":
            _up(chosen[0] if options.model else places["pi4"], list(places.values()), options.fresh)
        elif options.action == "down":
            _down(chosen)
        elif options.action == "status":
            return _status(chosen)
        else:
            place = chosen[0] if options.model else _only_running(chosen)
            (_ssh if options.action == "ssh" else _adb)(place, options.command)
    except (Failure, OSError, subprocess.CalledProcessError) as failure:
        print(f"emulated-pi: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("emulated-pi: interrupted; nothing half-built is kept", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="emulated-pi",
        description="A Raspberry Pi for people without one: real ARM code behind a real SSH server, on this machine.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = parser.add_subparsers(dest="action", required=True)
    helps = {
        "up": "build (once) and start a board; pi4 unless --model names another",
        "down": "end a board, or all; their files stay",
        "status": "what is built and what runs; 0 when a board runs",
        "ssh": "a shell on the board that runs, or a command",
        "adb": "connect adb to the board that runs, and call it: shell by default",
    }
    for name, text in helps.items():
        action = actions.add_parser(name, help=text, description=text)
        action.add_argument("--model", choices=BOARDS)
        if name == "up":
            action.add_argument("--fresh", action="store_true", help="as new: forget what was written on it")
        if name in ("ssh", "adb"):
            action.add_argument("command", nargs=argparse.REMAINDER)
    return parser


def _up(place: Place, places: list[Place], fresh: bool) -> None:
    _check_host(place)
    with _locked(place.base):
        if running(place) is not None and (fresh or not answers(place)):
            stop(place)
        if running(place) is None:
            packed = packed_root(place.board.arch, place.base)
            place.folder.mkdir(parents=True, exist_ok=True)
            if fresh:
                shutil.rmtree(place.root, ignore_errors=True)
            if not place.root.exists():
                restore_root(packed, place.root)
            public_key = make_key(place.key, "emulated-pi")
            make_key(place.host_key, place.board.host)
            write_board(place.root, place.board, place.host_key, public_key)
            _add_counter(place)
            start(place)
            write_ssh_files(places)
    _say_how(place)


def _add_counter(place: Place) -> None:
    if not place.board.wide:
        return
    if missing := missing_for_counting():
        print(f"instructions cannot be counted: apt-get install {missing}", file=sys.stderr)
        return
    install_counter(place.root)


def _say_how(place: Place) -> None:
    board = place.board
    include = f'Include "{ssh_config(place.base)}"'
    user_config = Path.home() / ".ssh" / "config"
    print(f"{board.host} is up: {place.url} (port {place.ports[0]}, {board.qemu_cpu})")
    if not user_config.exists() or include not in user_config.read_text(encoding="utf-8", errors="replace"):
        print(f"  put this line first in ~/.ssh/config: {include}")
    print(f"  edgekit devices add {board.host} {place.url} --target {board.target}")
    if place.has_adb:
        print(f"  by adb: adb connect {place.adb_serial}, then adb://{place.adb_serial}")


def _down(places: list[Place]) -> None:
    if not places[0].base.exists():
        return
    _check_root()
    with _locked(places[0].base):
        for place in places:
            if stop(place):
                print(f"{place.board.host} is down")


def _status(places: list[Place]) -> int:
    ups = 0
    for place in places:
        if running(place) is None:
            said = "down" if place.root.exists() else "not built"
        elif answers(place):
            ups += 1
            said = f"up: {place.url}, port {place.ports[0]}, {place.board.qemu_cpu}"
        else:
            said = f"started, but its SSH server does not answer; see {place.log}"
        print(f"{place.board.host}: {said}")
    return 0 if ups else 1


def _only_running(places: list[Place]) -> Place:
    found = [place for place in places if running(place) is not None]
    if len(found) != 1:
        raise Failure(
            "no board runs; scripts/emulated-pi up" if not found else "several boards run: name one, --model"
        )
    return found[0]


def _ssh(place: Place, command: list[str]) -> None:
    if running(place) is None:
        raise Failure(f"{place.board.host} is down; scripts/emulated-pi up --model {place.board.name}")
    sys.stdout.flush()
    config = str(ssh_config(place.base))
    os.execvp("ssh", ["ssh", "-F", config, place.board.host, *command])  # noqa: S606


def _adb(place: Place, command: list[str]) -> None:
    if running(place) is None or not place.has_adb:
        raise Failure(f"{place.board.host} has no adbd that runs; scripts/emulated-pi up --model {place.board.name}")
    adb = shutil.which("adb") or next((str(path) for path in _ENVIRONMENT.glob(_ADBUTILS)), None)
    if adb is None:
        raise Failure("adb is not installed: apt-get install adb")
    subprocess.run([adb, "connect", place.adb_serial], check=True, stdout=subprocess.DEVNULL)
    os.execv(adb, [adb, "-s", place.adb_serial, *(command or ["shell"])])  # noqa: S606


def _check_host(place: Place) -> None:
    _check_root()
    if not sys.platform.startswith("linux"):
        raise Failure("needs Linux: its kernel runs the ARM programs through QEMU")
    for program, package in (("unshare", "util-linux"), ("ssh-keygen", "openssh-client"), ("tar", "tar")):
        if shutil.which(program) is None:
            raise Failure(f"{program} is not installed: apt-get install {package}")
    if shutil.which(f"{place.board.qemu}-static") is None:
        raise Failure("QEMU is not installed: apt-get install qemu-user-static binfmt-support")


def _check_root() -> None:
    if os.geteuid() != 0:
        raise Failure("needs root, for its mounts and for binfmt: sudo scripts/emulated-pi ...")


@contextmanager
def _locked(base: Path) -> Iterator[None]:
    """One at a time: a second `up` waits for the first, and finds the board up."""
    base.mkdir(parents=True, exist_ok=True)
    with (base / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
