"""A device over SSH, by asyncssh: `~/.ssh/config`, known hosts, agents, keys and jump hosts as `ssh` takes them."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import suppress
from io import FileIO
from typing import Any, TypeVar

import asyncssh

from edgekit.devices.process_group import FED, START_SECONDS, GroupedProcess, fed, killing, learn_group
from edgekit.devices.ssh import connect
from edgekit.devices.ssh.connect import Connector
from edgekit.devices.ssh.errors import FOREIGN, ssh_errors
from edgekit.devices.ssh.hop import Hop
from edgekit.devices.ssh.pumps import into_pipe, out_of_pipe
from edgekit.devices.transport import RemoteProcess, Transport
from edgekit.errors import DeviceError

T = TypeVar("T")

_CLOSE_SECONDS = 5.0
# seconds that a killed command's end is waited for
_KILLED_SECONDS = 2.0
# a task that is cancelled may begin another, to clean up
_SWEEPS = 3


class SshTransport(Transport):
    """A device over SSH; see `devices.transport.Transport`.

    host: a name or an address, or a `Host` of `~/.ssh/config`
    user: None takes what the configuration says, else this user's own name
    port: None takes what the configuration says, else 22

    Nothing is ever asked: a key that needs a passphrase has to be in the SSH agent, and a host's key in known_hosts.
    """

    def __init__(self, host: str, user: str | None = None, port: int | None = None) -> None:
        self._target = Hop(host, user, port)
        shown = f"[{host}]" if ":" in host else host
        super().__init__()
        self.where = f"ssh://{f'{user}@' if user else ''}{shown}{f':{port}' if port else ''}"
        self._loop: asyncio.AbstractEventLoop | None = None
        self._links: list[asyncssh.SSHClientConnection] = []

    def _connect(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, args=[self._loop], name=self.where, daemon=True)
        self._thread.start()
        try:
            self.finish(self._log_in(), connect.CONNECT_SECONDS + connect.LOGIN_SECONDS, "connecting")
        except BaseException:
            self._disconnect()
            raise

    def start(self, command: Sequence[str], environment: Mapping[str, str]) -> RemoteProcess:
        """Start a command, in a process group of its own, with these variables beside the device's own."""
        ours, theirs = _pipes()
        try:
            process = self.finish(self._open(fed(command, environment)), START_SECONDS, f"starting {command[0]}")
        except BaseException:
            for file in (*ours, *theirs):
                file.close()
            raise
        started = _SshProcess(ours, theirs, process, self, self._links[-1])
        learn_group(started, self.where, START_SECONDS)
        return self._keep(started)

    def finish(self, work: Coroutine[Any, Any, T], seconds: float, what: str) -> T:
        """Have the thread of the link do something, and wait for it; a foreign error becomes a `DeviceError`."""
        if self._loop is None:
            work.close()
            raise DeviceError(f"{self.where}: not connected")
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            with ssh_errors(self.where, what):
                return future.result(seconds)
        finally:
            future.cancel()

    async def _open(self, script: bytes) -> asyncssh.SSHClientProcess[bytes]:
        process = await self._links[-1].create_process(FED, encoding=None, request_pty=False)
        # one that has ended already, as of an account without a shell, says why
        with suppress(*FOREIGN):
            process.stdin.write(script)
        return process

    async def _log_in(self) -> None:
        await Connector(self.where, self._links).reach(self._target)

    def _disconnect(self) -> None:
        """Have the thread close the links; an interrupt while that lasts does not keep it from doing so."""
        loop, self._loop = self._loop, None
        if loop is None:
            return
        loop.call_soon_threadsafe(loop.stop)
        self._thread.join(_CLOSE_SECONDS)

    def _serve(self, loop: asyncio.AbstractEventLoop) -> None:
        """The thread of the link: all of asyncssh happens in it, until nothing is left of that."""
        loop.run_forever()
        # what the device says to the end no longer matters
        with suppress(*FOREIGN):
            loop.run_until_complete(self._close_links())
        loop.close()

    async def _close_links(self) -> None:
        for link in reversed(self._links):
            link.close()
            try:
                await asyncio.wait_for(link.wait_closed(), 1)
            except TimeoutError:
                link.abort()
        self._links.clear()
        for _ in range(_SWEEPS):
            left = asyncio.all_tasks() - {asyncio.current_task()}
            if not left:
                return
            for task in left:
                task.cancel()
            await asyncio.wait(left, timeout=1)


class _SshProcess(GroupedProcess):
    """A command over SSH."""

    def __init__(
        self,
        ours: Sequence[FileIO],
        theirs: Sequence[FileIO],
        process: asyncssh.SSHClientProcess[bytes],
        transport: SshTransport,
        link: asyncssh.SSHClientConnection,
    ) -> None:
        super().__init__(*ours)
        self._process = process
        self._transport = transport
        self._link = link
        self._ended = False
        self._over = transport.finish(self._carry(theirs), START_SECONDS, "starting a command")

    @property
    def ended(self) -> bool:
        """See `devices.transport.RemoteProcess`: known once somebody has waited for it."""
        return self._ended

    def wait(self, timeout: float) -> int | None:
        """See `devices.transport.RemoteProcess`."""
        if not self._transport.finish(self._waited(timeout), timeout + _CLOSE_SECONDS, "waiting for a command"):
            return None
        self._ended = True
        if self._process.exit_signal is not None:
            name = f"SIG{self._process.exit_signal[0]}"
            return -getattr(signal, name, signal.SIGKILL)
        if self._process.exit_status is None:
            raise DeviceError(f"{self._transport.where}: the link was lost while a command ran")
        return self._process.exit_status

    def _kill(self) -> None:
        with suppress(DeviceError):
            self._transport.finish(self._end_group(), _CLOSE_SECONDS, "ending a command")

    async def _carry(self, theirs: Sequence[FileIO]) -> asyncio.Task[None]:
        return asyncio.create_task(self._carried(*theirs))

    async def _carried(self, stdin: FileIO, stdout: FileIO, stderr: FileIO) -> None:
        """Carry the three streams until the command has ended."""
        feeding = asyncio.create_task(self._feed(stdin))
        outputs = (into_pipe(self._process.stdout.read, stdout), into_pipe(self._process.stderr.read, stderr))
        # a link that is lost ends the streams; wait() says so
        await asyncio.gather(*outputs, return_exceptions=True)
        with suppress(*FOREIGN):
            await self._process.wait_closed()
        feeding.cancel()
        await asyncio.wait({feeding})

    async def _feed(self, stdin: FileIO) -> None:
        with suppress(*FOREIGN):
            await out_of_pipe(stdin, self._give)
            self._process.stdin.write_eof()

    async def _give(self, piece: bytes) -> None:
        self._process.stdin.write(piece)
        await self._process.stdin.drain()

    async def _waited(self, timeout: float) -> bool:
        return bool((await asyncio.wait({self._over}, timeout=timeout))[0])

    async def _end_group(self) -> None:
        try:
            if self.group is not None:
                await self._link.run(killing(self.group), encoding=None, request_pty=False, stdin=asyncssh.DEVNULL)
                # how it ended is still to come
                await self._waited(_KILLED_SECONDS)
        finally:
            self._process.close()


def _pipes() -> tuple[tuple[FileIO, FileIO, FileIO], tuple[FileIO, FileIO, FileIO]]:
    """Pipes for stdin, stdout and stderr: our ends, and those for the link."""
    pairs = [os.pipe() for _ in range(3)]
    (in_read, in_write), (out_read, out_write), (err_read, err_write) = pairs
    ours = (FileIO(in_write, "wb"), FileIO(out_read, "rb"), FileIO(err_read, "rb"))
    return ours, (FileIO(in_read, "rb"), FileIO(out_write, "wb"), FileIO(err_write, "wb"))
