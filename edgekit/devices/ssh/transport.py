"""A device over SSH, by asyncssh: `~/.ssh/config`, known hosts, agents, keys and jump hosts as `ssh` takes them."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import Any, TypeVar, cast

import asyncssh

from edgekit.devices.process_group import FED, START_SECONDS, GroupedProcess, fed, killing, learn_group
from edgekit.devices.ssh.errors import FOREIGN, Seen, ssh_errors
from edgekit.devices.ssh.known_hosts import KnownHosts
from edgekit.devices.ssh.pumps import into_pipe, out_of_pipe
from edgekit.devices.transport import RemoteProcess, Transport
from edgekit.errors import DeviceError

T = TypeVar("T")

CONNECT_SECONDS = 15
LOGIN_SECONDS = 60
# a link on which nothing comes back is given up after three of these
KEEPALIVE_SECONDS = 10
_CLOSE_SECONDS = 5.0
_MOST_JUMPS = 8
# seconds that a killed command's end is waited for
_KILLED_SECONDS = 2.0
# a task that is cancelled may begin another, to clean up
_SWEEPS = 3
# where ssh looks for the keys of hosts when its configuration names no file
_USER_KNOWN_HOSTS = ("~/.ssh/known_hosts", "~/.ssh/known_hosts2")
_GLOBAL_KNOWN_HOSTS = ("/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2")


class SshTransport(Transport):
    """A device over SSH; see `devices.transport.Transport`.

    host: a name or an address, or a `Host` of `~/.ssh/config`
    user: None takes what the configuration says, else this user's own name
    port: None takes what the configuration says, else 22

    Nothing is ever asked: a key that needs a passphrase has to be in the SSH agent, and a host's key in known_hosts.
    """

    def __init__(self, host: str, user: str | None = None, port: int | None = None) -> None:
        self._host, self._user, self._port = host, user, port
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
            self.finish(self._log_in(), CONNECT_SECONDS + LOGIN_SECONDS, "connecting")
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
        link = await self._link(self._host, self._user, self._port, self._links[-1:])
        self._links.append(link)

    async def _link(
        self,
        host: str,
        user: str | None,
        port: int | None,
        through: Sequence[asyncssh.SSHClientConnection],
        jumps: int = 0,
    ) -> asyncssh.SSHClientConnection:
        """Connect to one host, by way of its jump hosts; those stay in `_links`, to be closed in the end."""
        address: dict[str, Any] = {"host": host, "username": user or (), "port": port or ()}
        # once without keys, for what the configuration says: a key file or a list of hosts that it names may be absent
        plain = await asyncssh.SSHClientConnectionOptions.construct(client_keys=None, config=(), **address)
        if isinstance(plain.tunnel, str) and not through:
            through = await self._jump(plain.tunnel, jumps)
        aliased = plain.host_key_alias is not None
        seen = Seen(_known_hosts(plain), plain.host, plain.port, plain.username, aliased)
        with ssh_errors(self.where, "connecting", seen):
            return await asyncssh.connect(
                **address,
                tunnel=through[-1] if through else (),
                client_factory=lambda: _Client(seen),
                client_keys=_key_files(plain),
                ignore_encrypted=True,
                known_hosts=seen.look_up,
                # nothing but known_hosts says whose key a host's is: no X.509 certificates, no key exchange without it
                x509_trusted_certs=None,
                gss_kex=False,
                connect_timeout=plain.connect_timeout or CONNECT_SECONDS,
                login_timeout=LOGIN_SECONDS,
                keepalive_interval=KEEPALIVE_SECONDS,
                keepalive_count_max=2,
                agent_forwarding=False,
                x11_forwarding=False,
            )

    async def _jump(self, names: str, jumps: int) -> list[asyncssh.SSHClientConnection]:
        """Connect to the hosts of a ProxyJump, one by way of the other."""
        for name in names.split(","):
            jumps += 1
            if jumps > _MOST_JUMPS:
                raise DeviceError(f"{self.where}: its ProxyJump goes over more than {_MOST_JUMPS} hosts")
            user, _, place = name.strip().rpartition("@")
            host, _, port = place.rpartition(":") if place.count(":") == 1 else (place, "", "")
            link = await self._link(host, user or None, int(port) if port else None, self._links[-1:], jumps)
            self._links.append(link)
        return self._links

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


class _Client(asyncssh.SSHClient):
    """Notes the key that a host shows when it is not the one known; never takes it."""

    def __init__(self, seen: Seen) -> None:
        self._seen = seen

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        """Refuse it."""
        self._seen.show(key)
        return False


def _pipes() -> tuple[tuple[FileIO, FileIO, FileIO], tuple[FileIO, FileIO, FileIO]]:
    """Pipes for stdin, stdout and stderr: our ends, and those for the link."""
    pairs = [os.pipe() for _ in range(3)]
    (in_read, in_write), (out_read, out_write), (err_read, err_write) = pairs
    ours = (FileIO(in_write, "wb"), FileIO(out_read, "rb"), FileIO(err_read, "rb"))
    return ours, (FileIO(in_read, "rb"), FileIO(out_write, "wb"), FileIO(err_write, "wb"))


def _key_files(options: asyncssh.SSHClientConnectionOptions) -> list[str]:
    """The key files that the configuration names and that are there; none means ssh's usual ones."""
    named = cast(Sequence[str], options.config.get("IdentityFile", ()))
    return [name for name in named if Path(name).expanduser().is_file()]


def _known_hosts(options: asyncssh.SSHClientConnectionOptions) -> KnownHosts:
    """The known hosts, from the files that the configuration names or from ssh's usual ones, as far as they exist."""
    users = cast(Sequence[str], options.config.get("UserKnownHostsFile", _USER_KNOWN_HOSTS))
    everybodys = cast(Sequence[str], options.config.get("GlobalKnownHostsFile", _GLOBAL_KNOWN_HOSTS))
    paths = (Path(name).expanduser() for name in [*users, *everybodys])
    return KnownHosts([path for path in paths if path.is_file()])
