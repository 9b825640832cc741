"""What other work takes from a measurement, from counters of the kernel."""

import os
import subprocess
import sys
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgekit.agent.machine import contention
from edgekit.agent.machine.contention import Contention, Counters, read_counters

# of a Raspberry Pi 4 under load, shortened
STAT = "cpu  1000 50 300 90000 20 7 3 400 11 0\ncpu0 250 12 75 22500 5 2 1 100 3 0\n"
PRESSURE = "some avg10=0.12 avg60=0.03 avg300=0.00 total=1500000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=900\n"


def counters(at, *, threads=None, cores=(0.0, 0.0), own=0.0, stalled=0.0, faults=0):
    return Counters(at, threads, cores, own, stalled, faults)


@pytest.fixture
def proc(tmp_path, monkeypatch):
    """A /proc of our own."""
    (tmp_path / "self" / "task").mkdir(parents=True)
    (tmp_path / "pressure").mkdir()
    monkeypatch.setattr(contention, "_PROC", tmp_path)
    return tmp_path


def test_the_kernels_files_are_read(proc):
    tick = 1 / os.sysconf("SC_CLK_TCK")
    (proc / "stat").write_text(STAT)
    (proc / "pressure" / "memory").write_text(PRESSURE)
    for thread, text in ((7, "3000000000 500000000 12"), (8, "1000000 0 3")):
        (proc / "self" / "task" / str(thread)).mkdir()
        (proc / "self" / "task" / str(thread) / "schedstat").write_text(f"{text}\n")
    found = read_counters()
    assert found.cores == pytest.approx(((1000 + 50 + 300 + 7 + 3) * tick, 400 * tick))
    assert found.stalled == 1.5
    assert found.threads == {7: (3.0, 0.5), 8: (0.001, 0.0)}


@pytest.mark.parametrize("text", ["", "cpu  1 2 3\n", "cpu  a b c d e f g h i j\n", "intr 1 2 3 4 5 6 7 8 9 10\n"])
def test_what_cannot_be_read_is_unknown(proc, text):
    (proc / "stat").write_text(text)
    (proc / "self" / "task" / "7").mkdir()
    # a kernel that does not count
    (proc / "self" / "task" / "7" / "schedstat").write_text("0 0 0\n")
    found = read_counters()
    assert (found.cores, found.threads, found.stalled) == (None, None, None)
    since = Contention(found).since_last(read_counters())
    assert (since["waited"], since["stolen"], since["others"], since["memory_stall"]) == (None,) * 4
    assert since["major_faults"] >= 0


def test_a_second_on_a_busy_machine():
    """Two cores: this process ran 0.6 s and was ready for 0.4 s more; others took 1.2 s, the hypervisor 0.2 s."""
    before = counters(10.0, threads={1: (5.0, 1.0)}, cores=(100.0, 3.0), own=5.0, stalled=2.0, faults=7)
    after = counters(11.0, threads={1: (5.6, 1.4)}, cores=(101.8, 3.2), own=5.6, stalled=2.25, faults=10)
    found = Contention(before).since_last(after)
    assert found == {
        "waited": pytest.approx(0.4),
        "stolen": pytest.approx(0.2 / 2.0),
        "others": pytest.approx(1.2),
        "memory_stall": pytest.approx(0.25),
        "major_faults": 3,
    }


def test_the_thread_that_waits_most_among_those_that_work_counts():
    """The second works as much as the first and gets half of it; the third is a service that hardly ever runs."""
    before = counters(0.0, threads={1: (0.0, 0.0), 2: (0.0, 0.0), 3: (0.0, 0.0)})
    after = counters(1.0, threads={1: (1.0, 0.0), 2: (0.5, 0.5), 3: (0.01, 0.09)})
    assert Contention(before).since_last(after)["waited"] == pytest.approx(0.5)
    alone = counters(1.0, threads={1: (1.0, 0.0), 2: (0.0, 0.0), 3: (0.01, 0.3)})
    assert Contention(before).since_last(alone)["waited"] == 0.0


def test_ticks_are_counted_over_a_time_that_they_can_tell():
    """One tick of 10 ms in 10 ms would be a whole core."""
    watched = Contention(counters(0.0))
    short = watched.since_last(counters(0.01, cores=(0.01, 0.0)))
    assert (short["others"], short["stolen"]) == (None, None)
    long = watched.since_last(counters(0.25, cores=(0.3, 0.0), own=0.25))
    assert long["others"] == pytest.approx(0.05 / 0.25)
    # counted from the moment before the last, which is long enough ago
    again = watched.since_last(counters(0.26, cores=(0.32, 0.0), own=0.26))
    assert again["others"] == pytest.approx(0.06 / 0.26)


seconds = st.floats(0, 1e6)


@given(st.tuples(*[seconds] * 8))
def test_figures_are_never_below_nothing(values):
    """Counters of several cores are not read at one moment, and some kernels' run backwards."""
    first = counters(0.0, threads={1: values[:2]}, cores=values[2:4], own=values[0], stalled=values[1])
    last = counters(1.0, threads={1: values[4:6]}, cores=values[6:8], own=values[4], stalled=values[5])
    found = Contention(first).since_last(last)
    assert all(value >= 0 for value in found.values())
    assert found["stolen"] <= 1


def test_a_real_thread_that_waits_for_a_core():
    """Two threads that want the one core that they may run on: each gets about half of it."""
    script = """
import os, sys, time, hashlib, threading
os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
from edgekit.agent.machine.contention import Contention
block = bytes(1 << 20)
def work(until):
    while time.monotonic() < until:
        hashlib.sha256(block)  # lets go of the interpreter
watched = Contention()
until = time.monotonic() + 0.6
threads = [threading.Thread(target=work, args=(until,)) for _ in range(2)]
[thread.start() for thread in threads]
time.sleep(0.3)
print(watched.since_last()["waited"])
[thread.join() for thread in threads]
"""
    if contention.thread_times() is None:
        pytest.skip("this kernel does not tell how long a thread waited")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert 0.25 < float(done.stdout) < 0.98


def test_a_thread_that_works_alone_is_seen_to_run():
    if contention.thread_times() is None:
        pytest.skip("this kernel does not tell what threads ran")
    began = time.monotonic()
    before, until = contention.thread_times(), time.monotonic() + 0.1
    while time.monotonic() < until:
        pass
    after, elapsed = contention.thread_times(), time.monotonic() - began
    ran = after[threading.get_native_id()][0] - before[threading.get_native_id()][0]
    waited = after[threading.get_native_id()][1] - before[threading.get_native_id()][1]
    # a busy machine lets it run past its end
    assert 0.07 < ran + waited < elapsed + 0.03
