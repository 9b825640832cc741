"""The host's side of the agent's protocol (`edgekit.agent.protocol`), over the pipes of a process."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TypeVar

import pydantic

from edgekit.agent.protocol import MAX_LINE, PROTOCOL, LineTooLong, read_lines, write_line
from edgekit.devices.replies import ErrorReply, Hello, News, ProgressReply, ResultReply, reply_type
from edgekit.spec.agent_errors import agent_error
from edgekit.spec.errors import DeviceError
from edgekit.spec.strict import Strict

T = TypeVar("T", bound=Strict)

START_SECONDS = 60.0
SILENCE_SECONDS = 600.0
_GOODBYE_SECONDS = 2.0
_STDERR_LINES = 20


class Channel:
    """A running agent. Leaving it ends the agent's process group.

    process: started with pipes for stdin, stdout and stderr, in a process group of its own
    where:   the device, for messages
    """

    def __init__(self, process: subprocess.Popen[bytes], where: str) -> None:
        self._process = process
        self._where = where
        self._last_id = 0
        self._waiting = False
        self._closed = False
        self._lines: queue.Queue[bytes | str | None] = queue.Queue()
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
        progress: Callable[[News], None] | None = None,
        **fields: Any,
    ) -> T:
        """Send a request and wait for its result.

        timeout: seconds of silence after which the agent counts as hung, and is killed
        Raises what `spec.agent_errors` makes of an error that the agent reports; `DeviceError` when the agent ends,
        hangs, or answers what the protocol does not allow, with the end of its stderr.
        """
        self._last_id += 1
        self._waiting = True
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
        if self._process.stdin is not None and not self._process.stdin.closed:
            self._process.stdin.close()
        try:
            self._process.wait(0 if self._waiting else _GOODBYE_SECONDS)
        except subprocess.TimeoutExpired:
            pass
        finally:
            self._kill()
        for thread in self._threads:
            thread.join(_GOODBYE_SECONDS)
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()

    def _kill(self) -> None:
        # the group outlives its first process when that started others; when all are gone there is no such group
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        except PermissionError:
            self._process.kill()
        self._process.wait()

    def _send(self, message: dict[str, Any]) -> None:
        stdin = self._process.stdin
        if stdin is None or stdin.closed:
            raise DeviceError(f"{self._where}: the agent was ended before this request")
        try:
            write_line(stdin.fileno(), message)
        except OSError:
            raise self._broken("the agent ended before it took a request") from None

    def _receive(self, timeout: float) -> ProgressReply | ResultReply | ErrorReply:
        try:
            line = self._lines.get(timeout=timeout)
        except queue.Empty:
            raise self._broken(f"the agent said nothing for {timeout:g} s") from None
        if line is None:
            raise self._broken(f"the agent ended ({self._exit_status()})")
        if isinstance(line, str):
            raise self._broken(line)
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
            return self._broken(f"the agent failed: {failure.message}")
        return agent_error(failure.kind, f"{self._where}: {failure.message}", failure.advice)

    def _broken(self, what: str) -> DeviceError:
        """The agent cannot be trusted any more: end it, and say what its stderr said last."""
        self._waiting = True
        self.close()
        tail = " / ".join(line for line in self._stderr if line)[-500:]
        return DeviceError(f"{self._where}: {what}" + (f"; its last words: {tail}" if tail else ""))

    def _exit_status(self) -> str:
        deadline = time.monotonic() + _GOODBYE_SECONDS
        while self._process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        code = self._process.returncode
        if code is None:
            return "it closed its stdout"
        return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"

    def _read_replies(self) -> None:
        if self._process.stdout is None:
            raise ValueError("a channel needs the pipes of its process")
        try:
            for line in read_lines(self._process.stdout.fileno()):
                self._lines.put(line)
        except LineTooLong:
            self._lines.put(f"the agent sent a line of more than {MAX_LINE // 10**6} MB")
        except OSError as error:
            self._lines.put(f"reading from the agent failed: {error}")
        self._lines.put(None)

    def _read_stderr(self) -> None:
        if self._process.stderr is None:
            raise ValueError("a channel needs the pipes of its process")
        # bounded, as a runtime may print megabytes without a line's end
        while piece := self._process.stderr.readline(2000):
            self._stderr.append(piece.decode(errors="replace").strip())
