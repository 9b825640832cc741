"""A board of its own: built, started, used by ssh and adb, counted on, ended. Needs root, QEMU and mmdebstrap."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from process_table import process_folders

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "emulated-pi"
NEEDED = ("unshare", "mmdebstrap", "qemu-aarch64-static", "ssh", "ssh-keygen")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

# sdot, fmla, fmadd, subs, b.ne: five instructions a turn, as the processor's manual encodes them
_LOOP = """
import ctypes, mmap, os, struct, sys
fd = int(os.environ["EDGEKIT_COUNTS_FD"])
words = [int(word, 16) for word in sys.argv[1].split()] + [0xF1000400, 0x54FFFF81, 0xD65F03C0]
memory = mmap.mmap(-1, 4096, prot=7)
memory.write(struct.pack("<%dI" % len(words), *words))
loop = ctypes.CFUNCTYPE(ctypes.c_long, ctypes.c_long)(ctypes.addressof(ctypes.c_char.from_buffer(memory)))
def read():
    return [int(part) for part in os.pread(fd, 100, 4096).split()]
def turns(count):
    before = read()
    loop(count)
    return [late - early for early, late in zip(before, read())]
turns(1)
few, many = turns(1000), turns(1001000)
print(*[b - a for a, b in zip(few, many)])
"""


def run(*words: str, folder: Path, check: bool = True) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, SCRIPT, *words],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"EDGEKIT_EMULATED_PI": str(folder)},
    )
    assert not check or done.returncode == 0, done.stderr
    return done


def mounts() -> str:
    return Path("/proc/self/mounts").read_text()


def packs() -> list[Path]:
    """What was built before, which need not be built again."""
    usual = os.environ.get("EDGEKIT_EMULATED_PI") or Path.home() / ".cache" / "edgekit" / "emulated-pi"
    return list(Path(usual).glob("*.tar"))


@pytest.fixture(scope="module")
def board(tmp_path_factory):
    missing = [program for program in NEEDED if shutil.which(program) is None]
    if missing or os.geteuid() != 0:
        pytest.skip(f"an emulated board needs root and {', '.join(missing or NEEDED)}")
    folder = tmp_path_factory.mktemp("emulated pi")
    for pack in packs():
        (folder / pack.name).symlink_to(pack)
    done = run("up", "--model", "pi5", folder=folder, check=False)
    if done.returncode:
        pytest.skip(f"no emulated board can be built here: {done.stderr.strip()[-300:]}")
    yield folder
    run("down", folder=folder)


def test_real_arm_code_runs_behind_a_real_ssh_server(board):
    done = run(
        "ssh", "--model", "pi5", "uname -m; id -un; echo $QEMU_CPU; grep -c asimddp /proc/cpuinfo", folder=board
    )
    assert done.stdout.split() == ["aarch64", "pi", "cortex-a76", "4"]


def test_up_again_changes_nothing(board):
    run("ssh", "touch kept", folder=board)
    before = (board / "pi5" / "state.json").read_text()
    done = run("up", "--model", "pi5", folder=board)
    assert "ssh://emulated-pi5" in done.stdout
    assert "edgekit devices add emulated-pi5 ssh://emulated-pi5 --target rpi5" in done.stdout
    assert (board / "pi5" / "state.json").read_text() == before
    assert run("ssh", "ls", folder=board).stdout.split() == ["kept"]


def test_it_answers_edgekit_over_its_ssh_configuration(board, tmp_path, monkeypatch):
    from edgekit.devices.open_device import open_transport

    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "config").write_text(f'Include "{board / "ssh_config"}"\n')
    with open_transport("ssh://emulated-pi5") as transport:
        assert transport.run(["uname", "-m"]).stdout == b"aarch64\n"


def test_other_keys_are_refused(board, tmp_path):
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "other"], check=True)
    options = ["-F", "/dev/null", "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes", "-i", str(tmp_path / "other")]
    known = f'UserKnownHostsFile="{board / "known_hosts"}"'
    words = run("status", "--model", "pi5", folder=board).stdout
    port = words.partition("port ")[2].partition(",")[0]
    done = subprocess.run(
        ["ssh", *options, "-o", known, "-p", port, "pi@127.0.0.1", "true"], capture_output=True, check=False, text=True
    )
    assert done.returncode == 255
    assert "Permission denied" in done.stderr


def test_an_adbd_answers_on_loopback_alone_and_as_no_root(board, adb, monkeypatch):
    from edgekit.devices.open_device import open_transport

    serial = run("up", "--model", "pi5", folder=board).stdout.partition("adb://")[2].split()
    if not serial:
        pytest.skip("the root was built without adbd, as no mirror was known")
    monkeypatch.setenv("EDGEKIT_DEVICE_HOME", "")
    listening = subprocess.run(["ss", "-Hltn"], capture_output=True, text=True, check=False).stdout
    port = serial[0].rpartition(":")[2]
    assert [line.split()[3] for line in listening.splitlines() if line.split()[3].endswith(f":{port}")] == [serial[0]]
    with open_transport(f"adb://{serial[0]}") as transport:
        assert transport.run(["sh", "-c", "uname -m; id -un"]).stdout.split() == [b"aarch64", b"pi"]


@pytest.mark.parametrize(
    ("instructions", "expected"),
    [
        ("4E829420 4E22CC20 1F020020", (5, 1, 2)),  # sdot, fmla, fmadd
        ("6E829420 4F82E020 1F428020", (5, 2, 1)),  # udot, sdot by element, fmsub of doubles
        ("4EA2CC20 4F821020 5F825020", (5, 0, 3)),  # fmls, fmla by element, fmls of one lane
        ("0E228420 4F828020 D503201F", (5, 0, 0)),  # no kin of these: add and mul of vectors, nop
    ],
)
def test_instructions_are_counted_exactly(board, instructions, expected):
    if shutil.which("qemu-aarch64") is None or shutil.which("gcc") is None:
        pytest.skip("counting needs qemu-user and gcc")
    program = subprocess.run(
        [sys.executable, SCRIPT, "ssh", f"edgekit-count-instructions - '{instructions}'"],
        input=_LOOP,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"EDGEKIT_EMULATED_PI": str(board)},
    )
    assert program.returncode == 0, program.stderr
    counted = [int(part) / 1_000_000 for part in program.stdout.split()]
    # besides the loop, Python's own steps of the two calls, which differ by some hundred instructions
    assert counted[0] == pytest.approx(expected[0], rel=1e-3)
    assert counted[1:] == list(expected[1:])


def test_down_leaves_nothing_running_and_nothing_mounted(board):
    before = mounts()
    run("ssh", "nohup sleep 4321 >/dev/null 2>&1 & echo", folder=board)
    assert "sleep\x004321" in commands()
    assert "emulated-pi5 is down" in run("down", folder=board).stdout
    assert mounts() == before
    assert str(board) not in mounts()
    assert "sleep\x004321" not in commands()
    status = run("status", "--model", "pi5", folder=board, check=False)
    assert (status.returncode, status.stdout) == (1, "emulated-pi5: down\n")
    assert run("down", folder=board).stdout == ""


def test_a_board_whose_server_died_is_started_again_and_fresh_forgets(board):
    run("up", "--model", "pi5", folder=board)
    run("ssh", "touch written", folder=board)
    state = (board / "pi5" / "state.json").read_text()
    os.kill(int(state.partition('"pid": ')[2].partition(",")[0]), signal.SIGKILL)
    deadline = time.monotonic() + 20
    while "up" in (said := run("status", "--model", "pi5", folder=board, check=False).stdout):
        assert time.monotonic() < deadline, said
        time.sleep(0.2)
    run("up", "--model", "pi5", folder=board)
    assert "written" in run("ssh", "ls", folder=board).stdout
    run("up", "--model", "pi5", "--fresh", folder=board)
    assert "written" not in run("ssh", "ls", folder=board).stdout


def commands() -> str:
    """The command lines of all processes."""
    found = []
    for process in process_folders():
        with contextlib.suppress(OSError):
            found.append((process / "cmdline").read_bytes().decode(errors="replace"))
    return "\n".join(found)
