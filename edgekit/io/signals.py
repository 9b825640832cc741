"""Ctrl-C, SIGTERM, a closed terminal: all end a command in the same orderly way; none disturbs the putting away."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# seconds until a signal that came at the wrong time is looked at again
_MOMENT = 0.02
# code of Python's own that native code calls, and which must not raise there
_CALLED_BACK = ("<frozen importlib", "<frozen abc>", "<frozen _collections_abc>")
_came: int | None = None


class Stopped(BaseException):
    """The person, or the system, wants this to end; `number` is the signal.

    No `Exception`, so that nothing that handles errors takes it for one.
    """

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


def pending_signal() -> int | None:
    """The signal that came since `stop_on_signals`, whatever became of the `Stopped` that it raised.

    Native code that calls back into Python may drop it and raise an error of its own: what fails from then on is
    taken for the interruption.
    """
    return _came


def raise_stopped(number: int, frame: FrameType | None) -> None:
    """A signal handler: end by `Stopped`, an exception, so that everything begun is put away on the way out.

    Not in the middle of an import: native modules (nanobind's, as onnx) call back into Python while they are loaded,
    and abort the process where that raises. Nor inside of `isinstance`: pydantic's core asks it, and swallows what it
    raises. The handler comes back a moment later then.
    """
    if _is_called_back(frame):
        signal.signal(signal.SIGALRM, lambda alarm, frame: raise_stopped(number, frame))
        signal.setitimer(signal.ITIMER_REAL, _MOMENT)
        return
    global _came
    _came = number
    raise Stopped(number)


def _is_called_back(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename.startswith(_CALLED_BACK):
            return True
        frame = frame.f_back
    return False


def stop_on_signals() -> None:
    """From now on these signals raise `Stopped` in the main thread; one that is ignored (`nohup`) stays ignored."""
    global _came
    _came = None
    for number in _STOPPING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, raise_stopped)


def leave_signals() -> None:
    """The program is about to end: a signal from now on ends it without a word, as the system does by default."""
    signal.setitimer(signal.ITIMER_REAL, 0)
    for number in _STOPPING:
        if signal.getsignal(number) is raise_stopped:
            signal.signal(number, signal.SIG_DFL)


@contextmanager
def defer_signals() -> Iterator[None]:
    """Hold these signals back until the block is through: it is short, and would leave something half done."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    held: list[int] = []
    before = {int(number): signal.getsignal(number) for number in _STOPPING}
    for number in _STOPPING:
        signal.signal(number, lambda number, frame: held.append(number))
    try:
        yield
    finally:
        for kind, handler in before.items():
            # None is a handler that was not set from Python, and that cannot be put back
            signal.signal(kind, signal.SIG_DFL if handler is None else handler)
        if held:
            signal.raise_signal(held[0])
