"""Every command block of README and guides, run as it stands in one folder after the other, as a reader would.

Stand-ins are what a reader has: data, a pretrained checkpoint in a folder of its hub name, a decoder, and a board,
which is this machine behind OpenSSH's server.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import asyncssh
import pytest

from tests.real_sshd import needs_sshd, real_sshd
from tests.stand_ins import encoder
from tests.tiny_decoder import decoder_checkpoints  # noqa: F401
from tests.tiny_recipe import rows

ROOT = Path(__file__).parent.parent
GUIDES = ROOT / "edgekit" / "guides"
PAGES = [
    ROOT / "README.md",
    *(GUIDES / name for name in re.findall(r"\((.+\.md)\)", (GUIDES / "README.md").read_text(encoding="utf-8"))),
]
BLOCK = re.compile(r"```bash\n(.*?)```", re.DOTALL)
# what a command starts with that is run elsewhere, and where
ELSEWHERE = {
    "scripts/demo": "continuous integration",
    "scripts/test": "continuous integration",
    "git clone": "needs the network",
    "pip install": "tests/test_wheel.py",
    "sudo scripts/emulated-pi": "tests/devices/test_emulated_road.py",
}
MARK = re.compile(r"http://127\.0\.0\.1:\d+")
SPLITS = {"train": 200, "dev": 60, "test": 120}

pytestmark = [pytest.mark.slow, needs_sshd]


@pytest.fixture(scope="module")
def place(tmp_path_factory, decoder_checkpoints):  # noqa: F811
    """The reader's folder; its environment has `edgekit`, and a home of its own with the key to the board."""
    folder = tmp_path_factory.mktemp("reader")
    home = folder / "home"
    encoder(folder / "distilbert-base-uncased", hidden=288, heads=9, ffn=512)
    shutil.copytree(decoder_checkpoints["gpt2"], folder / "my-gpt2")
    (folder / "my-data").mkdir()
    for seed, (split, count) in enumerate(SPLITS.items()):
        lines = ["text\tlabel", *(f"{text}\t{label}" for text, label in rows(count, seed))]
        (folder / "my-data" / f"{split}.tsv").write_text("\n".join(lines) + "\n")
    texts = [text for text, _ in rows(400, 9)]
    (folder / "stories.txt").write_text("\n\n".join(f"Once upon a time {text}." for text in texts) + "\n")
    programs = folder / "bin"
    programs.mkdir()
    (programs / "edgekit").write_text(f'#!/bin/sh\nexec {sys.executable} -m edgekit "$@"\n')
    (programs / "edgekit").chmod(0o755)
    key = asyncssh.generate_private_key("ssh-ed25519")
    (home / ".ssh").mkdir(parents=True, mode=0o700)
    key.write_private_key(home / ".ssh" / "id_ed25519")
    (home / ".ssh" / "id_ed25519").chmod(0o600)
    key.write_public_key(home / ".ssh" / "authorized")
    with real_sshd(folder / "sshd", home / ".ssh" / "authorized") as board:
        known = f"[127.0.0.1]:{board.port} {board.keys['ed25519']}\n"
        (home / ".ssh" / "known_hosts").write_text(known)
        environment = {
            **os.environ,
            "HOME": str(home),
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "BROWSER": "true",
        }
        yield folder, environment, board.url()


@pytest.mark.parametrize(
    "page", [page for page in PAGES if BLOCK.search(page.read_text(encoding="utf-8"))], ids=lambda path: path.stem
)
def test_every_command(page, place):
    folder, environment, board = place
    # a reader of one page alone has no device yet
    environment = {**environment, "XDG_CONFIG_HOME": str(folder / "config" / page.stem)}
    for line in commands(page):
        if any(line.startswith(words) for words in ELSEWHERE):
            continue
        if made := re.search(r"(?:-o|--name|>) (\S+)", line):
            shutil.rmtree(folder / made[1], ignore_errors=True)
        line = line.replace("ssh://pi@raspberrypi", board)
        code, out = (until_served if line.startswith("edgekit demo") else run)(line, folder, environment)
        # an untrained stand-in need not hold the budgets that stand there, nor this machine be a Raspberry Pi
        allowed = {0, 1, 3} if re.match(r"edgekit (gate|run|devices doctor)\b", line) else {0}
        assert code in allowed, f"{page.name}: {line}\nended with {code}\n{out}"


def commands(page: Path) -> list[str]:
    """The commands of its blocks, each on a line, without comments."""
    blocks = BLOCK.findall(page.read_text(encoding="utf-8"))
    lines = (line for block in blocks for line in block.replace("\\\n", " ").splitlines())
    return [bare for line in lines if (bare := re.sub(r"(^|\s)#.*", "", line).strip())]


def run(line: str, folder: Path, environment: dict[str, str]) -> tuple[int, str]:
    """Exit code of a line in a shell, and all that it printed."""
    shell = ["bash", "-o", "pipefail", "-c", line]
    done = subprocess.run(
        shell, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    return done.returncode, done.stdout


def until_served(line: str, folder: Path, environment: dict[str, str]) -> tuple[int, str]:
    """As `run`, of a command that is ended by Ctrl-C once it has told its address."""
    words = ["bash", "-c", f"exec {line}"]
    with subprocess.Popen(
        words, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout
        told = ""
        for said in process.stdout:
            told += said
            if MARK.search(said):
                process.send_signal(signal.SIGINT)
        return process.wait(), told
