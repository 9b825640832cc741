"""The model as the front asks it: a bounded line before one worker, which is replaced when it dies."""

from __future__ import annotations

import asyncio
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence

from edgekit.agent.json_object import JsonObject

from .http_error import HttpError
from .limits import Limits
from .worker_process import WorkerProcess

# how often it is looked whether somebody still waits for what the worker does
_LOOK_SECONDS = 0.25
# before a worker that failed to start is tried again, doubled each time
_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.5, 30.0
# so many workers may die of one request
_TRIES = 2


class CannotServe(Exception):
    """The service cannot be: a file was changed, a golden case is not reproduced, a port is taken.

    kind: as the agent's errors have it
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class Job:
    """One request to the worker.

    piece: is told each piece of a text, and each of them once, however many workers it takes
    gone:  whether the client has left
    """

    def __init__(self, request: JsonObject, piece: Callable[[str], None], gone: Callable[[], bool]) -> None:
        self.request = request
        self.answer: asyncio.Future[JsonObject] = asyncio.get_running_loop().create_future()
        self.tries = 0
        self._piece, self._gone = piece, gone
        self._given, self._again = "", ""

    @property
    def wanted(self) -> bool:
        """Whether somebody still waits for the answer."""
        return not self.answer.done() and not self._gone()

    def begin(self) -> None:
        """A worker starts on it, from its beginning."""
        self.tries += 1
        self._again = ""

    def add(self, piece: str) -> None:
        """Pass a piece on, unless an earlier worker gave it: with the same seed a text is the same."""
        self._again += piece
        if self._again.startswith(self._given):
            new, self._given = self._again[len(self._given) :], self._again
            if new:
                self._piece(new)
        elif not self._given.startswith(self._again):
            self.fail(HttpError(503, "the model was restarted, and tells another text now", retry_after=1))

    def finish(self, result: JsonObject) -> None:
        """Answer, if somebody waits."""
        if not self.answer.done():
            self.answer.set_result(result)

    def fail(self, error: HttpError) -> None:
        """Refuse, if somebody waits."""
        if not self.answer.done():
            self.answer.set_exception(error)


class Model:
    """Asks a worker, one request after the other; `run` must be running.

    proven:   what the worker that runs now says of itself; None while there is none
    status:   why there is none
    working:  whether the worker has a request
    restarts: workers started after the first
    """

    def __init__(self, command: Sequence[str], limits: Limits, ready: Callable[[], None]) -> None:
        self._command, self._limits, self._ready = command, limits, ready
        self._jobs: deque[Job] = deque()
        self._news = asyncio.Event()
        self._worker: WorkerProcess | None = None
        self._number = 0
        self._served = False
        self.proven: JsonObject | None = None
        self.status = "the model is being loaded and proven"
        self.working = False
        self.restarts = 0

    @property
    def waiting(self) -> int:
        """Requests in the line."""
        return len(self._jobs)

    @property
    def rss_bytes(self) -> float:
        """The memory that the worker holds."""
        return self._worker.rss_bytes if self._worker is not None else 0.0

    async def ask(self, request: JsonObject, piece: Callable[[str], None], gone: Callable[[], bool]) -> JsonObject:
        """The worker's result; `HttpError` where the line is full, the time is over, or the worker refuses."""
        if len(self._jobs) >= self._limits.waiting:
            raise HttpError(503, f"{len(self._jobs)} requests wait already", retry_after=1)
        job = Job(request, piece, gone)
        self._jobs.append(job)
        self._news.set()
        try:
            return await asyncio.wait_for(job.answer, self._limits.request_seconds)
        except asyncio.TimeoutError:
            why = "the answer took" if self.proven is not None else f"{self.status}; this request waited"
            raise HttpError(503, f"{why} more than {self._limits.request_seconds:g} s", retry_after=5) from None
        finally:
            if job in self._jobs:
                self._jobs.remove(job)

    async def run(self) -> None:
        """Keep a worker and let it work, until cancelled. Raises `CannotServe` if the first one cannot serve."""
        pause = _PAUSE_SECONDS
        try:
            while True:
                self._worker = await WorkerProcess.start(self._command)
                if await self._prove(self._worker):
                    pause = _PAUSE_SECONDS
                    await self._serve(self._worker)
                self.proven = None
                await self._worker.end()
                self.status = f"the worker ended ({self._worker.ending}) and is started again"
                _log(self.status)
                self.restarts += 1
                # one that had worked is replaced at once; one that does not start is not tried without a pause
                if pause > _PAUSE_SECONDS:
                    await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
        finally:
            if self._worker is not None:
                await self._worker.end()

    async def _prove(self, worker: WorkerProcess) -> bool:
        """Wait until a worker has proven its golden cases; whether it has."""
        try:
            message = await worker.hear(self._limits.start_seconds)
        except EOFError:
            return False
        if message is None:
            _log(f"the worker was not ready after {self._limits.start_seconds:g} s")
            worker.kill()
            return False
        if "failed" in message:
            failed = message["failed"]
            _log(failed["message"])
            if not self._served:
                raise CannotServe(failed["kind"], failed["message"])
            return False
        self.proven, self._served = message["ready"], True
        self._ready()
        return True

    async def _serve(self, worker: WorkerProcess) -> None:
        """Work through the line until the worker ends."""
        while not worker.ended.done():
            job = await self._next(worker)
            if job is None:
                return
            if not job.wanted:
                job.fail(HttpError(503, "the client has gone"))
                continue
            self.working = True
            try:
                await self._work(worker, job)
            except EOFError:
                self._retry(job)
                return
            finally:
                self.working = False

    async def _next(self, worker: WorkerProcess) -> Job | None:
        """The next job; None when the worker ends before there is one."""
        while not self._jobs:
            self._news.clear()
            news = asyncio.ensure_future(self._news.wait())
            await asyncio.wait({news, worker.ended}, return_when=asyncio.FIRST_COMPLETED)
            news.cancel()
            if worker.ended.done():
                return None
        return self._jobs.popleft()

    async def _work(self, worker: WorkerProcess, job: Job) -> None:
        """Let the worker answer one job; `EOFError` when it dies of it, or has to."""
        self._number += 1
        job.begin()
        worker.tell({"id": self._number, **job.request})
        cancelled: float | None = None
        while True:
            message = await worker.hear(_LOOK_SECONDS)
            if cancelled is None and not job.wanted:
                cancelled = time.monotonic()
                worker.tell({"cancel": self._number})
            if message is not None and "piece" in message:
                job.add(message["piece"])
            elif message is not None:
                _answer(job, message)
                return
            elif cancelled is not None and time.monotonic() - cancelled > self._limits.cancel_seconds:
                _log("the worker does not let go of a request that nobody waits for")
                worker.kill()
                raise EOFError

    def _retry(self, job: Job) -> None:
        if job.tries < _TRIES:
            # before all others, as it has waited longest; it is not counted among those that wait
            self._jobs.appendleft(job)
        else:
            job.fail(HttpError(503, "the model was stopped twice while it worked on this", retry_after=5))


def _answer(job: Job, message: JsonObject) -> None:
    if "result" in message:
        job.finish(message["result"])
        return
    error = message["error"]
    job.fail(HttpError(400 if error["kind"] == "usage" else 500, error["message"]))


def _log(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()
