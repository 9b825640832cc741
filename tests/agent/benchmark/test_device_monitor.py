"""What is seen of the machine while it measures."""

import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgekit.agent.benchmark import device_monitor
from edgekit.agent.benchmark.device_monitor import DeviceMonitor
from edgekit.agent.benchmark.tasks import measure
from edgekit.agent.benchmark.timing import Stopping, sustain
from edgekit.agent.benchmark.workload import ProfileRequest
from edgekit.agent.machine import throttling
from edgekit.measure.performance.throttling import disturbances
from edgekit.schema.measurement import Measurement, Moment

QUICK = Stopping(min_seconds=0, min_runs=5, max_runs=100, warmup=0)


def silent(stage, runs, seconds):
    pass


@pytest.fixture
def firmware(tmp_path, monkeypatch):
    """A `vcgencmd` that gives one answer after the other, the last one for ever."""

    def answering(*answers):
        (tmp_path / "answers").write_text("".join(f"{answer}\n" for answer in answers))
        program = tmp_path / "vcgencmd"
        program.write_text(
            f'#!/bin/sh\nf="{tmp_path}/answers"\nhead -1 "$f"\n[ "$(wc -l < "$f")" -gt 1 ] && sed -i 1d "$f"\nexit 0\n'
        )
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    return answering


def wait_for_moments(monitor, count):
    """A busy machine may take its time for them."""
    deadline = time.monotonic() + 60
    while len(monitor.moments) < count:
        assert time.monotonic() < deadline, "no moment is noted any more"
        time.sleep(0.01)


def test_moments_count_the_runs_that_were_done(monkeypatch):
    monkeypatch.setattr(device_monitor, "EVERY_SECONDS", 0.05)
    with DeviceMonitor() as monitor:
        step = monitor.counting(lambda run: (0, time.sleep(0.01) or 1))
        runs = 0
        while runs < 20 or len(monitor.moments) < 3:
            step(runs)
            runs += 1
    moments = [Moment.model_validate(moment) for moment in monitor.moments]
    assert len(moments) >= 4
    assert (moments[0].runs, moments[-1].runs) == (0, runs)
    assert [moment.runs for moment in moments] == sorted(moment.runs for moment in moments)
    assert 0.2 <= moments[-1].seconds < 60
    assert moments[0].rss_mb > 5
    assert moments[0].available_mb > 5


def test_throttling_in_the_middle_is_seen_and_then_over(monkeypatch, firmware):
    """Bit 18 says that it happened since the moment before, even though it is over; that it once was is no news."""
    monkeypatch.setattr(device_monitor, "EVERY_SECONDS", 0.05)
    monkeypatch.setattr(device_monitor, "STATE_EVERY_SECONDS", 0.0)
    # asked before, and by the state before; then once a moment
    firmware(*["throttled=0x0"] * 3, "throttled=0x0", "throttled=0x40000", *["throttled=0x40000"] * 2)
    with DeviceMonitor() as monitor:
        wait_for_moments(monitor, 7)
    seen = [moment["throttled"] for moment in monitor.moments]
    assert seen.count(True) == 1
    assert 0 < seen.index(True) < len(seen) - 1
    assert monitor.states()["after"]["throttled"] is True
    assert not any(moment["under_voltage"] for moment in monitor.moments)


def test_what_happened_between_two_answers_of_the_firmware_holds_for_every_moment_between(monkeypatch, firmware):
    """The firmware is a program: it is asked once a second, and the other moments take its next answer."""
    monkeypatch.setattr(device_monitor, "EVERY_SECONDS", 0.05)
    monkeypatch.setattr(device_monitor, "STATE_EVERY_SECONDS", 0.3)
    # asked before, by the state before, and by the first moment; then it happens, and is over
    firmware(*["throttled=0x0"] * 3, *["throttled=0x40000"] * 9)
    with DeviceMonitor() as monitor:
        time.sleep(0.7)
        wait_for_moments(monitor, 9)
    seen = [moment["throttled"] for moment in monitor.moments]
    assert seen[0] is False
    assert None not in seen
    # all moments up to that answer, which is one of them; none behind it
    marked = seen.count(True)
    assert marked >= 3
    assert seen[1 : 1 + marked] == [True] * marked
    asked = [moment.load_1min is not None for moment in map(Moment.model_validate, monitor.moments)]
    assert asked[0]
    assert asked[-1]
    assert 3 <= sum(asked) < len(asked) - 2


def test_a_measurement_says_which_samples_are_throttled(onnx_bundle, firmware):
    firmware("throttled=0x50005")
    taken = Measurement.model_validate(measure(ProfileRequest(onnx_bundle, 1, QUICK), silent))
    found = disturbances(taken, "infer")
    assert (found.samples, found.of) == (5, 5)
    assert found.describe.startswith("5 of 5 samples were taken while throttled and under voltage")
    firmware("throttled=0x50000")
    found = disturbances(Measurement.model_validate(measure(ProfileRequest(onnx_bundle, 1, QUICK), silent)), "infer")
    assert not (found and found.throttled)


def test_the_kernel_is_asked_without_vcgencmd(tmp_path, monkeypatch):
    """The file has no 0x: `80008` was read off a Pi 3B+ (github.com/custom-components/sensor.rpi_power, issue 6)."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(throttling, "_PLATFORM", tmp_path)
    assert throttling.throttle_bits() is None
    folder = tmp_path / "soc" / "soc:firmware"
    folder.mkdir(parents=True)
    (folder / "get_throttled").write_text("80008\n")
    assert throttling.throttle_bits() == 0x80008
    (folder / "get_throttled").write_text("nonsense\n")
    assert throttling.throttle_bits() is None


@pytest.mark.parametrize("jump", [3600.0, -1e9])
def test_a_clock_that_jumps_is_told_and_spoils_no_time(monkeypatch, jump):
    clock, real = itertools.count(), time.time
    monkeypatch.setattr(device_monitor, "EVERY_SECONDS", 0.02)
    # from the fourth time that it is asked, the wall clock is another one
    monkeypatch.setattr(time, "time", lambda: real() + (jump if next(clock) > 3 else 0))
    with DeviceMonitor() as monitor:
        samples = sustain(monitor.counting(lambda run: (0, time.sleep(0.001) or 1_000_000)), 0.2, silent)
    assert [note for note in monitor.notes if "wall clock jumped by" in note] == monitor.notes
    assert len(monitor.notes) == 1
    assert monitor.notes[0].startswith(f"the wall clock jumped by {jump:+.1f} s")
    assert set(samples) == {1.0}
    assert 0.2 <= monitor.moments[-1]["seconds"] < 60


def test_long_measurements_keep_few_moments(monkeypatch):
    monkeypatch.setattr(device_monitor, "EVERY_SECONDS", 0.0005)
    monkeypatch.setattr(device_monitor, "MOST_MOMENTS", 16)
    with DeviceMonitor() as monitor:
        time.sleep(0.3)
        wait_for_moments(monitor, 3)
    assert 3 <= len(monitor.moments) <= 17
    assert [moment["seconds"] for moment in monitor.moments] == sorted(moment["seconds"] for moment in monitor.moments)


@pytest.mark.parametrize("hot", range(9))
@pytest.mark.parametrize("size", [8, 9])
def test_no_moment_that_is_dropped_takes_its_news_along(size, hot):
    moments = [
        {"seconds": float(place), "throttled": place == hot, "under_voltage": None, "runs": place}
        for place in range(size)
    ]
    device_monitor._thin(moments)
    assert (moments[0]["runs"], moments[-1]["runs"]) == (0, size - 1)
    assert len(moments) <= size // 2 + 1
    assert any(moment["throttled"] for moment in moments) == (hot < size)


shares = st.none() | st.floats(0, 8)


@given(st.lists(st.tuples(st.floats(0.01, 100), shares, st.none() | st.integers(0, 99)), min_size=1, max_size=40))
def test_moments_that_are_dropped_lose_no_time_and_no_page(stretches):
    """What was lost is a share of the time: its sum over the stretches that are known stays."""
    moments, seconds = [{"seconds": 0.0, "runs": 0, "waited": None, "major_faults": None}], 0.0
    for length, waited, faults in stretches:
        seconds += length
        moments.append({"seconds": seconds, "runs": len(moments), "waited": waited, "major_faults": faults})
    before = [moment["seconds"] for moment in moments]
    faults = sum(moment["major_faults"] or 0 for moment in moments)
    known = all(waited is not None for _, waited, _ in stretches)
    lost = sum(length * (waited or 0) for length, waited, _ in stretches)
    device_monitor._thin(moments)
    assert sum(moment["major_faults"] or 0 for moment in moments) == faults
    assert (moments[0]["seconds"], moments[-1]["seconds"]) == (before[0], before[-1])
    if known:
        kept = sum(
            (later["seconds"] - earlier["seconds"]) * later["waited"] for earlier, later in itertools.pairwise(moments)
        )
        assert kept == pytest.approx(lost)


def test_a_moment_that_is_dropped_leaves_the_temperature_to_the_next():
    moments = [{"seconds": float(place), "temperature_c": 40.0 if place == 1 else None} for place in range(4)]
    device_monitor._thin(moments)
    assert moments[1]["temperature_c"] == 40.0


def test_sustained_runs_stand_apart(onnx_bundle):
    order = ProfileRequest(onnx_bundle, 1, QUICK, sustained_seconds=0.2)
    taken = Measurement.model_validate(measure(order, silent))
    assert len(taken.samples_ms["total"]) == 5
    assert 20 < sum(taken.sustained_ms) < 60_000
    assert taken.during[-1].runs == 5 + len(taken.sustained_ms)
    assert taken.energy is None
