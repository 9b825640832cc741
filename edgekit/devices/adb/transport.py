"""A device over adb, by adbutils: a phone with Android or a board that runs adbd, by USB or by the network."""

from __future__ import annotations

import re
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from edgekit.devices.adb.errors import PASSING, READY, adb_errors, not_ready, server_error
from edgekit.devices.adb.shell import ShellStreams
from edgekit.devices.process_group import GroupedProcess, killing, learn_group, wrapped
from edgekit.devices.transport import RemoteProcess, Transport
from edgekit.errors import DeviceError, UsageError
from edgekit.schema.device import DeviceUrl

CONNECT_SECONDS = 20.0
# for a device that is just coming up
_STATE_SECONDS = 5.0
_SERVER_SECONDS = 20.0
_ANSWER_SECONDS = 30.0
_CLOSE_SECONDS = 5.0
# what adb's protocol has four hexadecimal digits for
_MOST_LINE = 0xFFFF
# adb's server calls a device of the network by its address, one on USB or paired by the air by a name without a port
_ADDRESS = re.compile(r".+:[0-9]{1,5}")
_SHELL_V2 = "shell_v2"


class AdbTransport(Transport):
    """A device over adb; see `devices.transport.Transport`.

    serial: as `adb devices` lists it; an address with its port is connected to

    Files are written by `Transport.push`, through a command: adb's own way gives every user what the owner is given,
    so that a file meant as 0600 is 0666 (`file_sync_service.cpp` of adbd), and it is no faster.
    """

    def __init__(self, serial: str) -> None:
        super().__init__()
        self._serial = serial
        self.where = f"adb://{serial}"
        self._client: Any = None

    def _connect(self) -> None:
        with adb_errors(self.where, "connecting"):
            client = _client()
            answer = _connect(client, self._serial) if _ADDRESS.fullmatch(self._serial) else ""
            state = _settled(client, self._serial)
            if state != READY:
                raise not_ready(self.where, state, [serial for serial, _ in _listed(client)], answer)
            features = client.device(self._serial).get_features()
        if _SHELL_V2 not in features.split(","):
            raise DeviceError(
                f"{self.where}: its adb does not say how a command ended", advice="it takes Android 7 or newer"
            )
        self._client = client

    def _disconnect(self) -> None:
        # the adb server stays, and its link to the device, as for every program that uses adb
        self._client = None

    def start(self, command: Sequence[str], environment: Mapping[str, str]) -> RemoteProcess:
        """Start a command, in a process group of its own, with these variables beside the device's own."""
        # adbd has every file made writable for all
        line = f"umask 077 && {wrapped(command, environment)}"
        started = _AdbProcess(ShellStreams(self.open_shell(line, command[0], _ANSWER_SECONDS)), self)
        learn_group(started, self.where)
        return self._keep(started)

    def open_shell(self, line: str, what: str, seconds: float) -> socket.socket:
        """A connection on which the device's shell runs a line, by the protocol of `adb.shell`.

        Raises `DeviceError` where the device is not connected, or refuses.
        """
        if self._client is None:
            raise DeviceError(f"{self.where}: not connected")
        with adb_errors(self.where, what):
            service = f"shell,v2,raw:{line}"
            if "\0" in service or len(service.encode()) > _MOST_LINE:
                raise DeviceError(f"{self.where}: adb can take no such command: {what[:100]!r} with its arguments")
            link = self._client.device(self._serial).open_transport(timeout=seconds)
            link.send_command(service)
            link.check_okay()
            connection: socket.socket = link.conn
            connection.settimeout(None)
            return connection


class _AdbProcess(GroupedProcess):
    """A command over adb."""

    def __init__(self, streams: ShellStreams, transport: AdbTransport) -> None:
        super().__init__(*streams.ours)
        self._streams = streams
        self._transport = transport

    @property
    def ended(self) -> bool:
        """See `devices.transport.RemoteProcess`."""
        return self._streams.ended.is_set()

    def wait(self, timeout: float) -> int | None:
        """See `devices.transport.RemoteProcess`. It has ended when nobody holds its outputs open any more."""
        if not self._streams.ended.wait(timeout):
            return None
        if self._streams.status is None:
            raise DeviceError(
                f"{self._transport.where}: the link was lost while a command ran",
                advice="is the device on and plugged in? see: adb devices",
            )
        return self._streams.status

    def _kill(self) -> None:
        self._streams.drop()
        if self.group is not None:
            with suppress(DeviceError):
                self._end_group(killing(self.group))
        self._streams.cut()

    def _end_group(self, line: str) -> None:
        killer = ShellStreams(self._transport.open_shell(line, "ending a command", _CLOSE_SECONDS))
        killer.ended.wait(_CLOSE_SECONDS)
        killer.cut()
        for file in killer.ours:
            file.close()
        self._streams.ended.wait(_CLOSE_SECONDS)


def adb_serials() -> list[tuple[str, str]]:
    """The devices that adb lists, each with its state: `device` when it can be used. No network is scanned.

    The adb server is started where none runs. Raises `DeviceError` where there is no adb.
    """
    with adb_errors("adb", "listing devices"):
        return [(serial, state) for serial, state in _listed(_client()) if _is_serial(serial)]


def adb_server_runs() -> bool:
    """Whether an adb server listens; none is started. Raises `DeviceError` where there is no adb."""
    with adb_errors("adb", "looking for its server"):
        import adbutils

        return _listens(adbutils.AdbClient(socket_timeout=_ANSWER_SECONDS))


def _client() -> Any:
    """A client of the adb server, which is started where none listens."""
    # not before `adb_errors` has, which knows how that may fail
    import adbutils

    client = adbutils.AdbClient(socket_timeout=_ANSWER_SECONDS)
    if not _listens(client):
        # adbutils would start it as well, and have it write to our terminal
        _start_server(adbutils.adb_path())
    return client


def _listens(client: Any) -> bool:
    try:
        socket.create_connection((client.host, client.port), _CLOSE_SECONDS).close()
    except OSError:
        return False
    return True


def _start_server(program: str) -> None:
    done = subprocess.run(
        [program, "start-server"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        timeout=_SERVER_SECONDS,
        check=False,
        # Ctrl-C is meant for edgekit
        start_new_session=True,
    )
    if done.returncode != 0:
        raise server_error(done.stderr)


def _listed(client: Any) -> list[tuple[str, str]]:
    """Serials and states. Of a state of several words adbutils has the first alone: `no permissions (...)`."""
    return [(each.serial, {"no": "no permissions"}.get(each.state, each.state)) for each in client.list()]


def _connect(client: Any, address: str) -> str:
    """Have the server connect to a device of the network, anew where its link is dead; what it said."""
    state = dict(_listed(client)).get(address)
    if state == READY:
        return ""
    if state is not None:
        client.disconnect(address)
    answer: str = client.connect(address, timeout=CONNECT_SECONDS)
    return " ".join(answer.split())[:300]


def _settled(client: object, serial: str) -> str | None:
    """The state of a device, once it is one that lasts; None for one that is not listed."""
    deadline = time.monotonic() + _STATE_SECONDS
    while True:
        state = dict(_listed(client)).get(serial)
        if state not in PASSING or time.monotonic() > deadline:
            return state
        time.sleep(0.1)


def _is_serial(text: str) -> bool:
    try:
        DeviceUrl.parse(f"adb://{text}")
    except UsageError:
        return False
    return True
