"""Telling a program on a device, every now and then, that its host is still there."""

from __future__ import annotations

import threading
from collections.abc import Callable

# seconds between two beats, and seconds of silence after which a program on a device ends by itself: a link may be
# gone without a word, and a host may sleep
BEAT_SECONDS = 15.0
PATIENCE_SECONDS = 60.0


class Heartbeat:
    """Calls `beat` every `BEAT_SECONDS`, in a thread of its own, until it is stopped or `beat` raises `OSError`."""

    def __init__(self, beat: Callable[[], object]) -> None:
        self._beat = beat
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._go_on, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """No beat comes after this. Safe to call again."""
        self._stopped.set()
        self._thread.join()

    def _go_on(self) -> None:
        while not self._stopped.wait(BEAT_SECONDS):
            try:
                self._beat()
            except OSError:
                return
