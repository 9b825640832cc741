"""The worker as the front sees it: a process that is started, told, heard, and ended."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from edgekit.agent.json_object import JsonObject

# of one line: the scores of many texts over many labels
_LINE_BYTES = 64_000_000
_END_SECONDS = 5.0


class WorkerProcess:
    """One worker. What it prints on stderr goes where the front's goes."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._hearing: asyncio.Task[bytes] | None = None
        self.ended = asyncio.ensure_future(process.wait())

    @classmethod
    async def start(cls, command: Sequence[str]) -> WorkerProcess:
        """Start one."""
        pipe = asyncio.subprocess.PIPE
        return cls(await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, limit=_LINE_BYTES))

    def tell(self, message: JsonObject) -> None:
        """Send one message; that there is nobody any more shows when listening."""
        stdin = self._process.stdin
        if stdin is not None and not stdin.is_closing():
            stdin.write(json.dumps(message).encode() + b"\n")

    async def hear(self, seconds: float) -> JsonObject | None:
        """The next message; None when none came in time. Raises `EOFError` once the worker has ended."""
        if self._hearing is None:
            if self._process.stdout is None:
                raise EOFError
            self._hearing = asyncio.ensure_future(self._process.stdout.readline())
        # not cancelled when the time is over: the next call goes on with it
        done, _ = await asyncio.wait({self._hearing}, timeout=seconds)
        if not done:
            return None
        line, self._hearing = self._hearing.result(), None
        if not line.endswith(b"\n"):
            raise EOFError
        message: JsonObject = json.loads(line)
        return message

    async def end(self) -> None:
        """Let it end by itself for a moment, then end it."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        done, _ = await asyncio.wait({self.ended}, timeout=_END_SECONDS)
        if not done:
            self.kill()
        await self.ended
        if self._hearing is not None:
            self._hearing.cancel()

    def kill(self) -> None:
        """End it at once."""
        with suppress(ProcessLookupError):
            self._process.kill()

    @property
    def ending(self) -> str:
        """How it ended."""
        code = self._process.returncode
        if code is None:
            return "it still runs"
        return signal.Signals(-code).name if code < 0 else f"exit status {code}"

    @property
    def rss_bytes(self) -> float:
        """The memory that it holds; 0 where the kernel does not tell."""
        with suppress(OSError):
            for line in Path(f"/proc/{self._process.pid}/status").read_text(errors="replace").splitlines():
                if line.startswith("VmRSS:"):
                    return int(line.split()[1]) * 1024.0
        return 0.0
