"""How a program on a device ended, in words, and what to do about it."""

from __future__ import annotations

import signal

_SIGNALS = {
    signal.SIGKILL: (
        "killed, perhaps because the device ran out of memory",
        "see `dmesg` there; a smaller or quantized model needs less",
    ),
    signal.SIGILL: (
        "an illegal instruction: the runtime was not made for this CPU",
        "see edgekit devices doctor; bring a version that was: edgekit devices setup --runtime NAME==VERSION",
    ),
    signal.SIGSEGV: (
        "the runtime crashed",
        "try another version of it: edgekit devices setup --runtime NAME==VERSION",
    ),
    signal.SIGBUS: ("the runtime crashed, or the device's disk is full or failing", None),
    signal.SIGABRT: ("the runtime gave up", None),
}


def ending(code: int | None) -> tuple[str, str | None]:
    """Words for an exit status, negative for a signal and None for what still runs, and advice."""
    if code is None:
        return "it closed its stdout", None
    if code >= 0:
        return f"exit status {code}", None
    try:
        number = signal.Signals(-code)
    except ValueError:
        return f"signal {-code}", None
    words, advice = _SIGNALS.get(number, ("", None))
    return f"signal {number.name}" + (f": {words}" if words else ""), advice
