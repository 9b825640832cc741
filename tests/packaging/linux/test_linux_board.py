"""The Linux package on an emulated Raspberry Pi: copied, installed by a user without rights, proven, and asked.

`scripts/emulated-pi up --model pi4` first; skipped where that board is not up.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import uuid
from contextlib import contextmanager
from pathlib import Path

import pytest
from linux_package import IDENTITY, NAME, Service, eventually
from tiny_bundle import LABELS, make_bundle, reference_ids, reference_logits

from edgekit.agent.inference.bundle import open_bundle
from edgekit.agent.inference.generation import GenerationLimits
from edgekit.agent.inference.generator import open_generator
from edgekit.packaging.linux.write import write

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
SCRIPT = Path(__file__).parents[3] / "scripts" / "emulated-pi"
BOARD = "emulated-pi4"


class Board:
    """A shell on the board, and a folder of the tests in its home."""

    def __init__(self):
        home = os.environ.get("EDGEKIT_EMULATED_PI") or Path.home() / ".cache/edgekit/emulated-pi"
        self.ssh = ["ssh", "-F", str(Path(home) / "ssh_config")]
        self.folder = f"edgekit-test-{uuid.uuid4().hex[:8]}"

    def run(self, command: str, data: bytes = b"", exits=0) -> str:
        done = subprocess.run([*self.ssh, BOARD, command], input=data, capture_output=True, check=False)
        assert done.returncode == exits, (done.stdout + done.stderr).decode()
        return done.stdout.decode()

    def install(self, package: Path, name: str, python: str) -> str:
        """Copy a tarball, unpack it, install it into the folder `name`; what is said."""
        (archive,) = package.glob("*.tar.gz")
        (told,) = package.glob("*.sha256")
        place = f"{self.folder}/{name}-package"
        self.run(f"mkdir -p {place} && cat > {place}/{archive.name}", archive.read_bytes())
        self.run(f"cd {place} && sha256sum -c && tar -xzf {archive.name}", told.read_bytes())
        return self.run(f"{python} {place}/{NAME}-1.0.0/install.py --prefix {self.folder}/{name}")


@pytest.fixture(scope="module")
def board():
    status = subprocess.run([sys.executable, SCRIPT, "status"], capture_output=True, text=True, check=False).stdout
    if f"{BOARD}: up" not in status:
        pytest.skip("no emulated board runs: scripts/emulated-pi up --model pi4")
    found = Board()
    yield found
    found.run(f"rm -rf {found.folder}")


@pytest.fixture(scope="module")
def installed(board, tmp_path_factory):
    """What the installer said of a classifier's package, with wheels for the board."""
    folder = tmp_path_factory.mktemp("board")
    (folder / "out").mkdir()
    write(open_bundle(make_bundle(folder / "bundle", "onnx")), IDENTITY, folder / "out", arch="aarch64")
    return board.install(folder / "out", "classifier", "python3")


@contextmanager
def serving(board, name, log):
    """The service on the board, by a port of this machine that ssh passes on."""
    program = f"{board.folder}/{name}/bin/{NAME}"
    with log.open("wb") as errors, socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
        process = subprocess.Popen(
            [*board.ssh, BOARD, f"echo $$; exec {program} serve --port 0 --request-seconds 600"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
    pid = int(process.stdout.readline())
    there = int(process.stdout.readline().rpartition(b":")[2])
    link = subprocess.Popen([*board.ssh, "-N", "-L", f"127.0.0.1:{port}:127.0.0.1:{there}", BOARD])
    try:
        service = Service(process, port, log)
        eventually(lambda: _ready(service), "it is never ready", 600)
        yield service, pid
        board.run(f"kill {pid}")
        assert process.wait(60) == 0
        # the brackets keep the pattern from finding the shell that looks for it
        assert board.run(f"pgrep -f '{board.folder}/{name}/app/[r]un.py' || true") == ""
    finally:
        for each in (process, link):
            each.kill()
            each.wait()
        process.stdout.close()


def _ready(service) -> bool:
    try:
        return service.ready()
    except OSError:
        return False


def test_a_classifier_installs_proves_itself_and_answers(board, installed, tmp_path):
    assert "ok: 4 golden cases on onnxruntime" in installed
    with serving(board, "classifier", tmp_path / "log") as (service, pid):
        expected = LABELS[int(reference_logits(reference_ids("turn on the light")).argmax())]
        assert service.classify("turn on the light")["label"] == expected
        assert service.ask("POST", "/classify", b"{")[0] == 400
        worker = board.run(f"pgrep -P {pid}").strip()
        board.run(f"kill -9 {worker}")
        assert service.classify("turn on the light")["label"] == expected
        assert service.metric("edgekit_worker_restarts") == 1


def test_a_decoder_writes_what_it_writes_here(board, installed, decoder_bundles, tmp_path):
    (tmp_path / "out").mkdir()
    write(open_bundle(decoder_bundles["llama"]), IDENTITY, tmp_path / "out", wheels=False)
    # a Python with what the wheels of the other package brought
    python = f"{board.folder}/python"
    board.run(f"python3 -m venv --without-pip {python}")
    board.run(
        f"echo $PWD/{board.folder}/classifier/runtimes/default > {python}/lib/python3.11/site-packages/runtime.pth"
    )
    assert "golden cases on onnxruntime" in board.install(tmp_path / "out", "decoder", f"{python}/bin/python")
    generator = open_generator(decoder_bundles["llama"])
    text = "".join(generator.start("the fox and", limits=GenerationLimits(max_tokens=24)))
    with serving(board, "decoder", tmp_path / "log") as (service, _):
        status, _, body = service.ask("POST", "/generate", {"prompt": "the fox and", "max_tokens": 24})
        assert status == 200
        lines = [json.loads(line) for line in body.splitlines()]
        assert "".join(line.get("text", "") for line in lines) == text
        assert lines[-1]["done"] is True
