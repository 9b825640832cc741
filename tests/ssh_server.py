"""A real SSH server in this process, that runs real commands on this machine: a device whose link can be spoiled."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path

import asyncssh
import pytest
from process_table import process_folders

from edgekit.devices.process_group import FED
from edgekit.devices.ssh.pumps import into_pipe, out_of_pipe

START_SECONDS = 10

# bytes of the line that a server begins with (RFC 4253, 4.2); behind it comes what it offers
_LONGEST_VERSION = 255


class SshServer:
    """An SSH server on loopback. Commands run by `shell`, in `home`, with `environment` alone.

    home:        the device user's home folder, which holds all that edgekit puts there
    shell:       the login shell: a program that takes `-c COMMAND`
    commands:    what was run, where it came by stdin that
    environment: of every command; a test may change it: a `PATH` with programs that lie, for instance
    port:        of the link, a proxy before the server, by which a test may spoil the way
    """

    def __init__(self, home: Path, authorized: Path) -> None:
        self.home = home
        home.mkdir(parents=True, exist_ok=True)
        self.environment = {"HOME": str(home), "PATH": os.environ["PATH"], "LC_ALL": "C"}
        # threads that numpy would start when it is loaded, as wherever tests run
        self.environment |= {name: value for name, value in os.environ.items() if name == "OMP_NUM_THREADS"}
        self.shell = "/bin/sh"
        self.host_key = asyncssh.generate_private_key("ssh-ed25519")
        self.authorized = authorized
        self.commands: list[str] = []
        self.groups: list[int] = []
        # hosts that were gone on to from here
        self.jumps: list[str] = []
        self.port = 0
        # bytes from the host after which the link is cut
        self.cut_after: int | None = None
        # seconds until the end is told of a command that is started now
        self.late = 0.0
        self._stalled = False
        self._writers: list[asyncio.StreamWriter] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    @property
    def url(self) -> str:
        return f"ssh://tester@127.0.0.1:{self.port}"

    def start(self) -> None:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(START_SECONDS)

    def stop(self) -> None:
        self.cut()
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(START_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(START_SECONDS)
        self._loop.close()
        for group in self.groups:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(group, signal.SIGKILL)

    def cut(self) -> None:
        """Break every connection at once, as a pulled cable would in the end."""
        self._loop.call_soon_threadsafe(self._cut)

    def stall(self) -> None:
        """From now on nothing passes either way, and nobody is told: the radio is gone, or a machine sleeps."""
        self._stalled = True

    def living(self) -> list[int]:
        """The process groups started here in which something still runs."""
        alive = running_groups()
        return [group for group in self.groups if group in alive]

    def _cut(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def _listen(self) -> None:
        self._server = await asyncssh.listen(
            "127.0.0.1",
            0,
            server_host_keys=[self.host_key],
            authorized_client_keys=str(self.authorized),
            process_factory=self._run,
            server_factory=lambda: _Door(self),
            encoding=None,
            gss_host=None,
            allow_scp=False,
            config=None,
        )
        self._inner = self._server.sockets[0].getsockname()[1]
        self._proxy = await asyncio.start_server(self._pass_on, "127.0.0.1", 0)
        self.port = self._proxy.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        self._proxy.close()
        self._server.close()
        await self._server.wait_closed()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await asyncio.sleep(0.05)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", self._inner)
        self._writers += [writer, inner_writer]
        # that this is cancelled at the end is nobody's error, as asyncio would have it
        greeted = asyncio.Event()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(
                self._copy(reader, inner_writer, greeted, up=True), self._copy(inner_reader, writer, greeted, up=False)
            )

    async def _copy(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, greeted: asyncio.Event, *, up: bool
    ) -> None:
        passed = 0
        with suppress(OSError):
            # a client's first line alone, with which its offer may arrive
            while piece := await (reader.readline() if up and not passed else reader.read(1 << 16)):
                while self._stalled:
                    await asyncio.sleep(0.05)
                # a server that refuses what a client offers hangs up, and what it said itself may be lost with that
                if up and passed:
                    await greeted.wait()
                passed += len(piece)
                if up and self.cut_after is not None:
                    self.cut_after -= len(piece)
                    if self.cut_after < 0:
                        self._cut()
                        return
                writer.write(piece)
                await writer.drain()
                if not up and passed > _LONGEST_VERSION:
                    greeted.set()
        greeted.set()
        with suppress(OSError):
            writer.close()

    async def _run(self, process: asyncssh.SSHServerProcess[bytes]) -> None:
        """Run a command as sshd does: in a session of its own, its pipes closed when the link goes."""
        command, late = process.command or "", self.late
        # what starts a command by any shell reads it as its first line
        first = await process.stdin.readline() if command == FED else b""
        self.commands.append(first.decode() or command)
        pairs = [os.pipe() for _ in range(3)]
        (in_read, in_write), (out_read, out_write), (err_read, err_write) = pairs
        popen = subprocess.Popen(
            [self.shell, "-c", command],
            stdin=in_read,
            stdout=out_write,
            stderr=err_write,
            cwd=self.home,
            env=self.environment,
            start_new_session=True,
        )
        self.groups.append(popen.pid)
        for descriptor in (in_read, out_write, err_write):
            os.close(descriptor)
        feeding = asyncio.create_task(self._feed(process, FileIO(in_write, "wb"), first))
        outputs = (
            out_of_pipe(FileIO(out_read), _writing(process.stdout)),
            out_of_pipe(FileIO(err_read), _writing(process.stderr)),
        )
        await asyncio.gather(*outputs, return_exceptions=True)
        while popen.poll() is None:
            await asyncio.sleep(0.01)
        # its number may soon be that of a process of somebody else, which must not be ended in its place
        if not runs(popen.pid):
            self.groups.remove(popen.pid)
        await asyncio.sleep(late)
        with suppress(OSError, asyncssh.Error):
            if popen.returncode < 0:
                process.exit_with_signal(signal.Signals(-popen.returncode).name.removeprefix("SIG"))
            else:
                process.exit(popen.returncode)
        feeding.cancel()

    async def _feed(self, process: asyncssh.SSHServerProcess[bytes], pipe: FileIO, first: bytes) -> None:
        left = first

        async def read(most: int) -> bytes:
            nonlocal left
            piece, left = left, b""
            return piece or await process.stdin.read(most)

        with suppress(OSError, asyncssh.Error):
            await into_pipe(read, pipe)


def _writing(stream: asyncssh.SSHWriter[bytes]) -> Callable[[bytes], Awaitable[None]]:
    async def write(piece: bytes) -> None:
        stream.write(piece)
        await stream.drain()

    return write


class _Door(asyncssh.SSHServer):
    """Lets whoever comes in go on to other hosts, as a jump host does."""

    def __init__(self, server: SshServer) -> None:
        self._server = server

    def connection_requested(self, dest_host: str, dest_port: int, orig_host: str, orig_port: int) -> bool:
        """Yes, and take note."""
        self._server.jumps.append(f"{dest_host}:{dest_port}")
        return True


class ClientHome:
    """A home folder with keys and known hosts, for the side that connects."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.ssh = home / ".ssh"
        self.ssh.mkdir(parents=True, mode=0o700)
        self.key = asyncssh.generate_private_key("ssh-ed25519")
        self.key.write_private_key(self.ssh / "id_ed25519")
        (self.ssh / "id_ed25519").chmod(0o600)
        self.public = self.ssh / "id_ed25519.pub"
        self.key.write_public_key(self.public)

    def trust(self, server: SshServer, names: str = "") -> None:
        """Put a server's key into known_hosts."""
        names = names or f"[127.0.0.1]:{server.port}"
        with (self.ssh / "known_hosts").open("ab") as file:
            file.write(names.encode() + b" " + server.host_key.export_public_key())


def runs(group: int) -> bool:
    """Whether anything in a process group still runs; what has ended and was not yet collected does not."""
    return group in running_groups()


def running_groups() -> set[int]:
    """All process groups of this machine in which something runs."""
    found = set()
    for process in process_folders():
        with suppress(OSError):
            state, _, group = (process / "stat").read_text().rpartition(")")[2].split()[:3]
            if state != "Z":
                found.add(int(group))
    return found


@contextmanager
def serving(home: Path, authorized: Path) -> Iterator[SshServer]:
    server = SshServer(home, authorized)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def client_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ClientHome:
    """The connecting side's home folder, in place of the real one."""
    client = ClientHome(tmp_path / "client")
    monkeypatch.setenv("HOME", str(client.home))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return client


@pytest.fixture
def ssh_server(tmp_path: Path, client_home: ClientHome) -> Iterator[SshServer]:
    """A device over SSH that lets this user in, and whose key is known."""
    with serving(tmp_path / "device", client_home.public) as server:
        client_home.trust(server)
        yield server
