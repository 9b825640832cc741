"""The host's side of the agent's protocol (`edgekit.agent.protocol`), over the pipes of a process on a device."""

from __future__ import annotations

import os
import queue
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self, TypeVar

import pydantic

from edgekit.agent.json_object import JsonObject
from edgekit.agent.protocol import MAX_LINE, PROTOCOL, LineTooLong, read_lines, write_line
from edgekit.devices.exit_status import ending
from edgekit.devices.heartbeat import Heartbeat
from edgekit.devices.messages import ErrorReply, Hello, ProgressMessage, ProgressReply, ResultReply, reply_type
from edgekit.devices.sanitize import plain
from edgekit.devices.transport import RemoteProcess
from edgekit.errors import DeviceError, agent_error
from edgekit.schema.base_model import Strict

T = TypeVar("T", bound=Strict)

START_SECONDS = 60.0
SILENCE_SECONDS = 600.0
_GOODBYE_SECONDS = 2.0
_ROOM_SECONDS = 0.1
_MOST_WAITING = 4
# bytes of all the lines that answer one request
_MOST_ANSWER = 2 * MAX_LINE
# characters of an error that the agent reports
_MOST_SAID = 2000
_STDERR_LINES = 20
# how the agent begins to say that its Python lacks what it needs
LACKS = "cannot run the agent: No module named"
_STDERR_PIECE = 2000


class AgentClient:
    """A running agent. Leaving it ends the agent's process group.

    process: the agent's, which is this channel's from now on
    where:   the device, for messages
    beating: whether the agent was told to end by itself when it hears nothing; it is sent an empty line now and then
    """

    def __init__(self, process: RemoteProcess, where: str, *, beating: bool = False) -> None:
        self._process = process
        self._where = where
        self._writing = threading.Lock()
        self._heartbeat = Heartbeat(self._beat) if beating else None
        self._last_id = 0
        self._received = 0
        self._waiting = False
        self._closed = False
        # a reply that nobody asked for waits in the pipe, not in our memory
        self._lines: queue.Queue[bytes | str | None] = queue.Queue(_MOST_WAITING)
        self._stderr: deque[str] = deque(maxlen=_STDERR_LINES)
        self._threads = [
            threading.Thread(target=self._read_replies, daemon=True),
            threading.Thread(target=self._read_stderr, daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def greet(self, timeout: float = START_SECONDS) -> Hello:
        """Check that an agent of this protocol answers; `DeviceError` when not."""
        return self.request("hello", Hello, timeout=timeout, protocol=PROTOCOL)

    def request(
        self,
        do: str,
        reply: type[T],
        *,
        timeout: float = SILENCE_SECONDS,
        progress: Callable[[ProgressMessage], None] | None = None,
        **fields: object,
    ) -> T:
        """Send a request and wait for its result.

        timeout: seconds of silence after which the agent counts as hung, and is killed
        Raises what `errors.agent_error` makes of an error that the agent reports; `DeviceError` when the agent ends,
        hangs, or answers what the protocol does not allow, with the end of its stderr.
        """
        self._last_id += 1
        self._waiting = True
        self._received = 0
        self._send({"id": self._last_id, "do": do, **fields})
        while True:
            answer = self._receive(timeout)
            if isinstance(answer, ProgressReply):
                if progress is not None:
                    progress(answer.progress)
                continue
            self._waiting = False
            if isinstance(answer, ErrorReply):
                raise self._reported(answer)
            return self._checked(answer, reply)

    def close(self) -> None:
        """End the agent: by closing its stdin when it is idle, else by killing it. Safe to call again."""
        if self._closed:
            return
        self._closed = True
        if self._heartbeat is not None:
            self._heartbeat.stop()
        try:
            self._process.end_input()
            if not self._waiting:
                with suppress(DeviceError):
                    self._process.wait(_GOODBYE_SECONDS)
        finally:
            self._process.kill()
        for thread in self._threads:
            thread.join(_GOODBYE_SECONDS)
        # a thread that waits for an answer, while another closes, learns that none will come
        with suppress(queue.Full):
            self._lines.put_nowait(None)
        self._process.let_go()

    def _beat(self) -> None:
        with self._writing:
            os.write(self._process.stdin, b"\n")

    def _send(self, message: JsonObject) -> None:
        if self._closed:
            raise DeviceError(f"{self._where}: the agent was ended before this request")
        try:
            with self._writing:
                write_line(self._process.stdin, message)
        except OSError:
            raise self._ended("the agent ended before it took a request") from None

    def _receive(self, timeout: float) -> ProgressReply | ResultReply | ErrorReply:
        try:
            line = None if self._closed else self._lines.get(timeout=timeout)
        except queue.Empty:
            raise self._broken(f"the agent said nothing for {timeout:g} s") from None
        if self._closed:
            raise DeviceError(f"{self._where}: the agent was ended before it answered")
        if line is None:
            raise self._ended("the agent ended")
        if isinstance(line, str):
            raise self._broken(line)
        self._received += len(line)
        if self._received > _MOST_ANSWER:
            raise self._broken(f"the agent answered more than {_MOST_ANSWER // 10**6} MB")
        try:
            answer = reply_type.validate_json(line)
        except pydantic.ValidationError:
            shown = line[:80].decode(errors="replace")
            raise self._broken(f"the agent answered something that is not in the protocol: {shown!r}") from None
        if answer.id != self._last_id and not (isinstance(answer, ErrorReply) and answer.id is None):
            raise self._broken(f"the agent answered request {answer.id} instead of {self._last_id}")
        return answer

    def _checked(self, answer: ResultReply, reply: type[T]) -> T:
        try:
            return reply.model_validate(answer.result)
        except pydantic.ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(str(part) for part in first["loc"])
            raise self._broken(f"the agent's result is no {reply.__name__}: {place}: {first['msg']}") from None

    def _reported(self, answer: ErrorReply) -> Exception:
        failure = answer.error
        if failure.kind in ("protocol", "internal"):
            return self._broken(f"the agent failed: {plain(failure.message, _MOST_SAID)}")
        advice = plain(failure.advice, _MOST_SAID) if failure.advice is not None else None
        return agent_error(failure.kind, f"{self._where}: {plain(failure.message, _MOST_SAID)}", advice)

    def _ended(self, what: str) -> DeviceError:
        """The agent is gone, or its link: say how it ended, as far as anyone knows."""
        try:
            code = self._process.wait(_GOODBYE_SECONDS)
        except DeviceError as error:
            self._waiting = True
            self.close()
            return DeviceError(f"{error.message}; nothing was kept of what it was doing", advice=error.advice)
        how, advice = ending(code)
        if any(LACKS in line for line in self._stderr):
            advice = "bring there what it needs: edgekit devices setup"
        return self._broken(f"{what} ({how})", advice)

    def _broken(self, what: str, advice: str | None = None) -> DeviceError:
        """The agent cannot be trusted any more: end it, and say what its stderr said last."""
        self._waiting = True
        self.close()
        tail = plain(" / ".join(line for line in self._stderr if line))
        return DeviceError(f"{self._where}: {what}" + (f"; its last words: {tail}" if tail else ""), advice=advice)

    def _read_replies(self) -> None:
        try:
            for line in read_lines(self._process.stdout):
                if not self._put(line):
                    return
        except LineTooLong:
            self._put(f"the agent sent a line of more than {MAX_LINE // 10**6} MB")
        except OSError as error:
            self._put(f"reading from the agent failed: {error}")
        self._put(None)

    def _put(self, line: bytes | str | None) -> bool:
        """Whether there was room for a line before the channel was closed."""
        while not self._closed:
            try:
                self._lines.put(line, timeout=_ROOM_SECONDS)
            except queue.Full:
                continue
            return True
        return False

    def _read_stderr(self) -> None:
        # bounded, as a runtime may print megabytes without a line's end
        rest = ""
        with suppress(OSError):
            while piece := os.read(self._process.stderr, _STDERR_PIECE):
                *lines, rest = (rest + piece.decode(errors="replace")).split("\n")
                self._stderr.extend(line.strip() for line in lines)
                rest = rest[-_STDERR_PIECE:]
        self._stderr.append(rest.strip())
