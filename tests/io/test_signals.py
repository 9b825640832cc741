"""A signal at the wrong moment is not lost: it comes a moment later."""

from __future__ import annotations

import signal
import time
from abc import ABC

import pytest

from edgekit.io.signals import Stopped, raise_stopped


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
