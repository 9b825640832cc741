"""A way to a device: run a command there, start one with pipes, write a file. One module for each way."""

from __future__ import annotations

import os
import selectors
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Self

from edgekit.devices.sanitize import plain
from edgekit.errors import DeviceError, NotFoundError

# of what a command prints, bytes that are read at most: a device may answer anything
OUTPUT_LIMIT = 1_000_000
# seconds in which a push must get on by a piece
PUSH_SECONDS = 60.0
# what pieces are written in
_PIECE = 1 << 16
# seconds that a process whose pipes are closed may take to end
_END_SECONDS = 5.0
# characters in the path of a folder
_MOST_HOME = 1000
# Android's shell has no home of its own, and one place to write to. A folder that a person named has to be empty at
# first, of which its lock tells later: everything in it may be removed one day
_HOME = """
umask 077
home=${1:-${EDGEKIT_DEVICE_HOME:-}}
if [ -n "$1" ] && [ -d "$1" ] && [ ! -e "$1/lock" ]; then
    for entry in "$1"/* "$1"/.[!.]*; do
        case ${entry##*/} in '*' | '.[!.]*' | lost+found) continue ;; esac
        echo "$1 holds other files (${entry##*/}), and everything in edgekit's folder is edgekit's alone" >&2
        exit 1
    done
fi
if [ -z "$home" ] && [ "${HOME:-/}" != / ] && [ -w "$HOME" ]; then home=$HOME/.cache/edgekit/device; fi
if [ -z "$home" ] && [ -d /data/local/tmp ]; then home=/data/local/tmp/edgekit; fi
if [ -z "$home" ]; then
    echo "the home folder ${HOME:-of its user} is not there, or cannot be written" >&2
    exit 1
fi
mkdir -p -- "$home" && cd -- "$home" && { [ -z "$1" ] || : >>lock; } && pwd -P
"""


@dataclass(frozen=True)
class Finished:
    """How a command on the device ended. code: its exit status, negative where a signal ended it."""

    code: int
    stdout: bytes
    stderr: bytes

    def complaint(self) -> str:
        """The end of what it said on stderr, on one line; how it ended where it said nothing."""
        output = plain(self.stderr, 300)
        return output or (f"signal {-self.code}" if self.code < 0 else f"exit status {self.code}")


class RemoteProcess(ABC):
    """A command that runs on the device; its three streams are pipes of this process.

    stdin, stdout, stderr: their descriptors. They are this object's: `end_input` and `close` close them, nobody else
    """

    def __init__(self, stdin: FileIO, stdout: FileIO, stderr: FileIO) -> None:
        self._files = (stdin, stdout, stderr)
        self.stdin, self.stdout, self.stderr = (file.fileno() for file in self._files)

    @property
    @abstractmethod
    def ended(self) -> bool:
        """Whether nothing of it is left to end, as far as anyone was told."""

    @abstractmethod
    def wait(self, timeout: float) -> int | None:
        """Its exit status, negative for a signal; None when it still runs after `timeout` seconds.

        Raises `DeviceError` when the link to the device is gone, so that nobody knows how it ended.
        """

    @abstractmethod
    def kill(self) -> None:
        """End it and everything that it started. Safe to call again, and when the link is gone."""

    def end_input(self) -> None:
        """Close its stdin. Safe to call again."""
        with suppress(OSError):
            self._files[0].close()

    def let_go(self) -> None:
        """Close its streams, which nobody may be reading any more. Safe to call again."""
        for file in self._files:
            with suppress(OSError):
                file.close()

    def close(self) -> None:
        """Kill it and close its streams, as `let_go`. Safe to call again."""
        self.end_input()
        try:
            self.kill()
        finally:
            self.let_go()


class Transport(ABC):
    """A link to one device. Entering it connects, leaving it disconnects and ends what was started over it.

    Commands are lists of arguments: whatever is in them reaches the program as it is. Every method raises
    `DeviceError` when the device cannot be reached or breaks, and nothing of a library's own. A way to a device has
    to say how to connect and how to start a command; the rest follows.

    where:  the device in messages, as `ssh://pi@raspberrypi`
    folder: of edgekit's there, as a person named it; None for the usual place
    """

    where: str
    folder: str | None = None

    def __init__(self) -> None:
        self._processes: list[RemoteProcess] = []
        self._left = False
        self._starting = threading.Lock()

    def __enter__(self) -> Self:
        """Connect."""
        with self._starting:
            self._left = False
        self._connect()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End what was started, and disconnect. Another thread may still use the link: it can start nothing more."""
        try:
            self._end_all()
        finally:
            self._disconnect()

    @abstractmethod
    def _connect(self) -> None:
        """Reach the device."""

    @abstractmethod
    def _disconnect(self) -> None:
        """Give back what connecting took."""

    @abstractmethod
    def start(self, command: Sequence[str], environment: Mapping[str, str]) -> RemoteProcess:
        """Start a command, in a process group of its own, with these variables beside the device's own."""

    def run(
        self, command: Sequence[str], *, stdin: bytes = b"", timeout: float = 60.0, limit: int = OUTPUT_LIMIT
    ) -> Finished:
        """Run a command to its end. One that prints more than `limit` bytes, or takes longer, is a `DeviceError`."""
        return self._converse(command, _pieces(stdin), _Patience(timeout), limit)

    def push(self, source: Path, destination: str, advance: Callable[[int], None] = lambda _: None) -> None:
        """Write one file, readable by its owner alone; `advance` is told the bytes written so far.

        Nothing here checks what arrived. Raises `NotFoundError` for a source that cannot be read.
        """
        patience = _Patience(PUSH_SECONDS)

        def pieces() -> Iterator[bytes]:
            done = 0
            with source.open("rb") as file:
                while piece := file.read(_PIECE):
                    yield piece
                    done += len(piece)
                    patience.renew()
                    advance(done)

        command = ["sh", "-c", 'umask 077 && exec cat > "$1"', "edgekit-push", destination]
        try:
            ended = self._converse(command, pieces(), patience, OUTPUT_LIMIT)
        except OSError as error:
            raise NotFoundError(f"{source} cannot be read: {error.strerror or error}") from None
        if ended.code != 0:
            raise DeviceError(f"{self.where}: {destination} cannot be written: {ended.complaint()}")

    def home(self) -> str:
        """The folder on the device that edgekit owns, made where it is missing.

        It is `folder`, or what `EDGEKIT_DEVICE_HOME` names there, else `~/.cache/edgekit/device`, or
        `/data/local/tmp/edgekit` on Android. Raises `DeviceError` where it cannot be made.
        """
        done = self.run(["sh", "-c", _HOME, "edgekit-home", self.folder or ""])
        folder = done.stdout.decode(errors="replace").removesuffix("\n")
        if done.code != 0 or not folder.startswith("/") or len(folder) > _MOST_HOME or not folder.isprintable():
            raise DeviceError(
                f"{self.where}: there is no folder that can be used: {done.complaint()}",
                advice="name an empty or new one that its user may write to: edgekit devices add NAME URL --home DIR",
            )
        return folder

    def _keep(self, process: RemoteProcess) -> RemoteProcess:
        """Note what was started, for `_end_all`; where that was called already, end it now."""
        with self._starting:
            if not self._left:
                self._processes = [*(other for other in self._processes if not other.ended), process]
                return process
        process.close()
        raise DeviceError(f"{self.where}: not connected")

    def _end_all(self) -> None:
        """End what was started and still runs."""
        with self._starting:
            self._left = True
            processes, self._processes = self._processes, []
        for process in processes:
            if not process.ended:
                process.close()

    def _converse(self, command: Sequence[str], pieces: Iterable[bytes], patience: _Patience, limit: int) -> Finished:
        process = self.start(command, {})
        try:
            finished = _Conversation(process, f"{self.where}: {command[0]}", patience, limit).hold(iter(pieces))
        except BaseException:
            process.close()
            raise
        process.let_go()
        return finished


class _Patience:
    """A deadline that can be put off."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.renew()

    def renew(self) -> None:
        self._end = time.monotonic() + self.seconds

    def left(self) -> float:
        return max(0.0, self._end - time.monotonic())


class _Conversation:
    """Writes a process's input and reads both of its outputs at once, so that none waits for another."""

    def __init__(self, process: RemoteProcess, what: str, patience: _Patience, limit: int) -> None:
        self._process = process
        self._what = what
        self._patience = patience
        self._limit = limit
        self._read: dict[int, list[bytes]] = {process.stdout: [], process.stderr: []}
        self._size = 0

    def hold(self, pieces: Iterator[bytes]) -> Finished:
        """Until both outputs are closed and the process has ended."""
        with selectors.DefaultSelector() as selector:
            for descriptor in self._read:
                selector.register(descriptor, selectors.EVENT_READ)
            os.set_blocking(self._process.stdin, False)
            selector.register(self._process.stdin, selectors.EVENT_WRITE)
            waiting = memoryview(b"")
            while selector.get_map():
                ready = selector.select(self._patience.left())
                if not ready:
                    raise self._late()
                for key, _ in ready:
                    if key.fd in self._read:
                        self._take(key.fd, selector)
                    else:
                        waiting = self._give(waiting, pieces, selector)
        code = self._process.wait(max(self._patience.left(), _END_SECONDS))
        if code is None:
            raise self._late()
        return Finished(code, *(b"".join(parts) for parts in self._read.values()))

    def _take(self, descriptor: int, selector: selectors.BaseSelector) -> None:
        piece = os.read(descriptor, _PIECE)
        if not piece:
            selector.unregister(descriptor)
        self._read[descriptor].append(piece)
        self._size += len(piece)
        if self._size > self._limit:
            raise DeviceError(f"{self._what} printed more than {self._limit} bytes")

    def _give(self, waiting: memoryview, pieces: Iterator[bytes], selector: selectors.BaseSelector) -> memoryview:
        waiting = waiting or memoryview(next(pieces, b""))
        if waiting:
            try:
                return waiting[os.write(self._process.stdin, waiting) :]
            except BlockingIOError:
                return waiting
            except BrokenPipeError:  # it ended before it took all; its exit status says whether that was wrong
                pass
        selector.unregister(self._process.stdin)
        self._process.end_input()
        return waiting

    def _late(self) -> DeviceError:
        return DeviceError(f"{self._what} did not end within {self._patience.seconds:g} s")


def readable(descriptor: int, seconds: float) -> bool:
    """Whether a pipe has something to read, or is closed, within so many seconds."""
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        return bool(selector.select(max(0.0, seconds)))


def _pieces(data: bytes) -> Iterator[bytes]:
    for start in range(0, len(data), _PIECE):
        yield data[start : start + _PIECE]
