"""Several devices at once: in parallel, each with its own fate, and all ended by an interrupt."""

from __future__ import annotations

import signal
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from edgekit.devices.registry import add_device
from edgekit.errors import DeviceError, ParityError, UsageError, worst_exit_code
from edgekit.flows.devices import device_pool
from edgekit.flows.devices.device_pool import SomeDevicesFailed, look_at_each, on_each
from edgekit.schema.device import KnownDevice


class Device:
    """A device whose link a test controls: `gone` is set once it was left."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.entered = 0
        self.gone = threading.Event()

    def __enter__(self):
        self.entered += 1
        return self

    def __exit__(self, *error):
        self.gone.set()


@pytest.fixture
def devices(monkeypatch, tmp_path: Path):
    monkeypatch.setenv("EDGEKIT_DEVICES", str(tmp_path / "devices.yaml"))
    made: dict[str, Device] = {}

    def opened(name: str) -> Device:
        return made.setdefault(name, Device(name))

    monkeypatch.setattr(device_pool, "open_device", opened)
    monkeypatch.setattr(device_pool, "open_transport", opened)
    for name in "abc":
        add_device(name, KnownDevice(url=f"ssh://{name}"))
    return made


def test_different_devices_work_at_the_same_time(devices):
    met = threading.Barrier(3, timeout=60)
    assert on_each(["all"], lambda device, progress: met.wait() * 0 + len(device.url)) == {"a": 1, "b": 1, "c": 1}
    assert all(device.gone.is_set() for device in devices.values())


def test_one_that_fails_loses_nothing_of_the_others(devices):
    def work(device, progress):
        if device.url == "a":
            raise DeviceError("the link broke", advice="plug it in")
        if device.url == "b":
            raise ParityError("golden case 1 differs")
        return "fine"

    with pytest.raises(SomeDevicesFailed) as caught:
        on_each(["a", "b", "c"], work)
    assert caught.value.results == {"c": "fine"}
    assert caught.value.message == "2 of 3 devices failed: a: the link broke; b: golden case 1 differs"
    assert (caught.value.exit_code, caught.value.advice) == (5, "plug it in")


def test_the_only_device_fails_with_its_own_error(devices):
    def work(device, progress):
        raise ParityError("wrong")

    with pytest.raises(ParityError, match=r"^wrong$"):
        on_each(["a"], work)


def test_an_unknown_name_stops_all_before_any_is_reached(devices):
    with pytest.raises(UsageError):
        on_each(["a", "nobody"], lambda device, progress: 1)
    assert not any(device.entered for device in devices.values())


def test_a_fault_of_ours_is_no_failure_of_a_device(devices):
    def work(device, progress):
        if device.url == "b":
            raise KeyError("a bug")
        return 1

    with pytest.raises(KeyError):
        on_each(["a", "b"], work)


def test_an_interrupt_leaves_every_device(devices):
    """What a worker waits for ends when its device is left; the interrupt is not kept waiting."""

    def work(device, progress):
        if device.url == "b":
            signal.raise_signal(signal.SIGINT)
        assert device.gone.wait(30), "nobody ended it"
        raise DeviceError("the agent ended")

    started = time.monotonic()
    # a command line that ran in this process before may have left the signal to the system
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            on_each(["a", "b"], work)
    finally:
        signal.signal(signal.SIGINT, before)
    assert time.monotonic() - started < 25
    assert all(devices[name].gone.is_set() for name in "ab")


def test_looks_are_outcomes(devices):
    def look(name, transport):
        if name == "b":
            raise DeviceError("no route to host")
        return name.upper()

    outcomes = look_at_each(["a", "b"], look)
    assert [(each.name, each.result, each.error and each.error.message) for each in outcomes] == [
        ("a", "A", None),
        ("b", None, "no route to host"),
    ]
    assert look_at_each(["b"], look)[0].error is not None


def test_progress_says_whose_it_is(devices):
    lines: list[str] = []

    class Lines:
        @contextmanager
        def task(self, title, total=None):
            lines.append(title)
            yield lambda done, note="": None

        def say(self, text):
            lines.append(text)

    def work(device, progress):
        with progress.task("profile"):
            progress.say("warm")
        return 1

    on_each(["a"], work, Lines())
    assert lines == ["profile", "warm"]
    lines.clear()
    on_each(["a", "b"], work, Lines())
    assert sorted(lines) == ["a: profile", "a: warm", "b: profile", "b: warm"]


@pytest.mark.parametrize(
    ("codes", "worst"), [([], 0), ([0, 0], 0), ([3, 0], 3), ([1, 3], 1), ([4, 1], 4), ([4, 5, 3], 5), ([5, 2, 4], 2)]
)
def test_of_several_exit_codes_the_design_says_which(codes, worst):
    assert worst_exit_code(codes) == worst
