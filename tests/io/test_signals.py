"""A signal at the wrong moment is not lost: it comes a moment later."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from abc import ABC

import pytest

from edgekit.io.signals import Stopped, defer_signals, raise_stopped

OTHER = {signal.SIGINT: signal.SIGTERM, signal.SIGTERM: signal.SIGINT}


@pytest.fixture
def stopping():
    before = signal.signal(signal.SIGTERM, raise_stopped)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGTERM, before)


class Asked(ABC):  # noqa: B024 - isinstance asks it through Python's own code, as native modules do
    @classmethod
    def __subclasshook__(cls, other):
        signal.raise_signal(signal.SIGTERM)
        return NotImplemented


def test_inside_of_isinstance_it_waits(stopping):
    assert not isinstance(object(), Asked)
    with pytest.raises(Stopped, match="SIGTERM"):
        time.sleep(5)


def test_elsewhere_it_ends_at_once(stopping):
    with pytest.raises(Stopped, match="SIGTERM"):
        signal.raise_signal(signal.SIGTERM)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_held_back_signals_come_after_the_block_and_the_first_is_delivered(number):
    came = []
    before = {kind: signal.signal(kind, lambda kind, frame: came.append(kind)) for kind in (number, OTHER[number])}
    try:
        with defer_signals():
            os.kill(os.getpid(), number)
            os.kill(os.getpid(), number)
            os.kill(os.getpid(), OTHER[number])
            assert came == []
        assert came == [number]
        os.kill(os.getpid(), OTHER[number])
        assert came == [number, OTHER[number]], "both handlers are what they were"
        with defer_signals():
            pass
        assert len(came) == 2, "none is delivered twice"
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)


def test_a_block_that_fails_gives_the_handlers_back_and_the_signal_comes(stopping):
    with pytest.raises(Stopped) as ended, defer_signals():
        signal.raise_signal(signal.SIGTERM)
        raise RuntimeError
    assert isinstance(ended.value.__context__, RuntimeError)
    assert signal.getsignal(signal.SIGTERM) is raise_stopped
    with pytest.raises(RuntimeError), defer_signals():
        raise RuntimeError
    assert signal.getsignal(signal.SIGTERM) is raise_stopped


def test_one_block_in_another_waits_for_the_outer_one(stopping):
    done = []
    with pytest.raises(Stopped), defer_signals():
        with defer_signals():
            signal.raise_signal(signal.SIGTERM)
        done.append("the outer one")
    assert done == ["the outer one"]


def test_a_thread_holds_nothing_back():
    """Handlers belong to the main thread: only it may set them, and only it is disturbed."""
    done = []

    def work():
        with defer_signals():
            done.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [signal.getsignal(signal.SIGTERM)]


def test_after_leaving_a_signal_ends_the_process_by_itself():
    script = (
        "import os, signal, sys\n"
        "from edgekit.io.signals import Stopped, leave_signals, pending_signal, stop_on_signals\n"
        "stop_on_signals()\n"
        "try:\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "except Stopped as stopped:\n"
        "    assert pending_signal() == stopped.number == signal.SIGINT\n"
        "stop_on_signals()\n"
        "assert pending_signal() is None\n"
        "leave_signals()\n"
        "os.kill(os.getpid(), signal.SIGTERM)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (-signal.SIGTERM, b"")


def test_an_ignored_interrupt_stays_ignored():
    script = (
        "import os, signal\n"
        "from edgekit.io.signals import stop_on_signals\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "stop_on_signals()\n"
        "os.kill(os.getpid(), signal.SIGINT)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
