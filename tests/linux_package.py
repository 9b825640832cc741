"""A Linux package of a tiny bundle with the real wheels for this machine, installed offline, and its service."""

from __future__ import annotations

import http.client
import json
import os
import platform
import re
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from made_once import made_once
from tiny_bundle import make_bundle
from tiny_decoder import byte_level_bpe, save_decoder, tiny_gpt2

from edgekit.agent.inference.bundle import open_bundle
from edgekit.errors import ToolError
from edgekit.packaging.identity import Identity
from edgekit.packaging.linux.write import write

NAME = "tiny-lights"
IDENTITY = Identity(name=NAME, id="com.example.tinylights")
START_SECONDS = 120
# long enough that a text can be interrupted
LONG_CONTEXT = 1024
# the head of a request, without what says how long its body is, and a body
POST = b"POST /classify HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
BODY = b'{"text": "open"}'


def package(bundle: Path, folder: Path, **options) -> Path:
    """The unpacked tarball of a bundle's package, for this machine unless the options name another."""
    folder.mkdir(parents=True)
    here = {"arch": platform.machine(), "python": f"{sys.version_info[0]}.{sys.version_info[1]}"}
    write(open_bundle(bundle), IDENTITY, folder, **(here | options))
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    return folder / f"{NAME}-1.0.0"


def install(unpacked: Path, prefix: Path, *words, python=sys.executable, exits=0) -> str:
    """Run the installer where no network is, and with a pip that would reach none; what it said."""
    # root has a network of its own making, with nothing in it
    alone = ["unshare", "--net"] if os.geteuid() == 0 and shutil.which("unshare") else []
    command = [*alone, python, unpacked / "install.py", "--prefix", prefix, "--no-service", *words]
    environment = os.environ | {"PIP_NO_INDEX": "1", "no_proxy": "*"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == exits, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="session")
def linux_package(tmp_path_factory) -> Path:
    """The unpacked package of a tiny classifier, with wheels."""

    def make(folder):
        return package(make_bundle(folder / "bundle", "onnx"), folder / "out")

    try:
        return made_once(tmp_path_factory, "linux", make)
    except ToolError as error:
        pytest.skip(f"the wheels of the package cannot be fetched: {error.message}")


@pytest.fixture(scope="session")
def linux_home(linux_package, tmp_path_factory) -> Path:
    """Where it is installed; not to be changed."""

    def make(folder):
        install(linux_package, folder / "tiny lights")
        return folder / "tiny lights"

    return made_once(tmp_path_factory, "linux-home", make)


@pytest.fixture(scope="session")
def linux_python(linux_home, tmp_path_factory) -> Path:
    """A Python that has what the wheels brought, for packages that bring none."""
    folder = tmp_path_factory.mktemp("linux-python")
    venv.create(folder)
    (site,) = folder.glob("lib/python3*/site-packages")
    (site / "runtime.pth").write_text(f"{linux_home}/runtimes/default\n")
    return folder / "bin/python"


@pytest.fixture(scope="session")
def linux_decoder(linux_python, tmp_path_factory) -> Path:
    """Where the package of a tiny decoder, without wheels, is installed."""
    from edgekit.flows.export import export
    from edgekit.options.export_options import ExportOptions

    folder = tmp_path_factory.mktemp("linux-decoder")
    tokenizer = byte_level_bpe()
    tokenizer.model_max_length = LONG_CONTEXT
    model = tiny_gpt2(tokenizer, n_positions=LONG_CONTEXT)
    # so that it never ends a text by itself
    model.transformer.wte.weight.data[tokenizer.eos_token_id] = 0
    checkpoint = save_decoder(model, tokenizer, folder / "checkpoint")
    bundle = export(checkpoint, folder / "bundle", ExportOptions(target="x86-64", format="onnx", scheme="float"))[0]
    prefix = folder / "home"
    install(package(bundle, folder / "out", wheels=False), prefix, python=linux_python)
    return prefix


class Service:
    """A service that runs: its process, its port, and what it wrote on stderr."""

    def __init__(self, process: subprocess.Popen, port: int, log: Path) -> None:
        self.process, self.port, self.log = process, port, log

    def ask(self, method: str, path: str, body=None, headers=None):
        """Status, headers and body of one request on a connection of its own; JSON where it is JSON."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            return exchange(connection, method, path, body, headers)
        finally:
            connection.close()

    def classify(self, *texts: str):
        """What is said of a text, or of a text and its pair."""
        status, _, found = self.ask("POST", "/classify", dict(zip(("text", "pair"), texts, strict=False)))
        assert status == 200, found
        return found

    def connect(self) -> socket.socket:
        """A bare connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)

    def raw(self, *pieces: bytes) -> bytes:
        """All that is answered to these bytes until the service closes the connection."""
        with self.connect() as link:
            for piece in pieces:
                link.sendall(piece)
            return everything(link)

    @property
    def worker(self) -> int:
        """The process of the worker, once there is one."""
        return eventually(lambda: next(iter(children(self.process.pid)), None), "no worker")

    def metric(self, name: str) -> float:
        """The sum of a metric over its labels."""
        _, _, text = self.ask("GET", "/metrics")
        lines = [line for line in text.decode().splitlines() if line.split("{")[0].split(" ")[0] == name]
        return sum(float(line.rpartition(" ")[2]) for line in lines)

    def ready(self) -> bool:
        return self.ask("GET", "/healthz")[0] == 200


def exchange(connection, method, path, body=None, headers=None):
    """One request on a connection that may be kept."""
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    connection.request(method, path, data, {"Content-Type": "application/json"} | (headers or {}))
    answer = connection.getresponse()
    content = answer.read()
    kind = answer.headers.get("Content-Type")
    return answer.status, answer.headers, json.loads(content) if kind == "application/json" else content


def everything(link: socket.socket) -> bytes:
    """What comes until the other side closes."""
    pieces = []
    try:
        while piece := link.recv(65536):
            pieces.append(piece)
    except ConnectionResetError:
        pass
    return b"".join(pieces)


def eventually(found, why: str, seconds: float = START_SECONDS):
    """What `found` gives as soon as it is true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := found():
            return value
        time.sleep(0.02)
    raise AssertionError(why)


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def rss_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1000


@contextmanager
def serving(home: Path, log: Path, *options) -> Iterator[Service]:
    """The service of an installation on a free port, proven; it is ended, and leaves nothing."""
    words = [str(option) for option in options]
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [home / "bin" / NAME, "serve", "--port", "0", "--threads", "1", *words],
            stdout=subprocess.PIPE,
            stderr=errors,
        )
    try:
        line = process.stdout.readline().decode()
        assert line.startswith("listening on http://127.0.0.1:"), log.read_text()
        service = Service(process, int(line.rpartition(":")[2]), log)
        eventually(service.ready, "it is never ready")
        yield service
    finally:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()
    # whatever a client did, no fault of the service's own came of it
    assert "Traceback" not in log.read_text(), log.read_text()


def code_blocks(readme: str) -> list[tuple[str, str]]:
    """The blocks of code, each with its language."""
    return re.findall(r"```(\w+)\n(.*?)```", readme, re.DOTALL)


def run_blocks(blocks, service: Service) -> list[str]:
    """What blocks of code say that ask this service, which listens elsewhere than a README says."""
    said = []
    for kind, block in blocks:
        command = ["sh", "-euc"] if kind == "sh" else [sys.executable, "-c"]
        asked = block.replace("127.0.0.1:8756", f"127.0.0.1:{service.port}")
        done = subprocess.run([*command, asked], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        said.append(done.stdout)
    return said
