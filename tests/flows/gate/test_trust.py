"""Whether a figure can be trusted: throttled samples, sustained speed, cooling down, energy; through the commands."""

from __future__ import annotations

import json
import os
import subprocess
from contextlib import contextmanager

import pytest
from click.testing import CliRunner
from smooth_records import smooth

from edgekit.agent.machine.contention import thread_times
from edgekit.bundle.bundle_folder import BundleFolder
from edgekit.bundle.manifest import Manifest
from edgekit.cli import cli
from edgekit.devices.messages import Facts
from edgekit.errors import UsageError
from edgekit.flows.profile import cooldown
from edgekit.flows.profile.cooldown import Cooling
from edgekit.flows.profile.measured_model import MeasuredModel
from edgekit.io.progress import SILENT
from edgekit.measure.performance.measurement_summary import summarise_measurement
from edgekit.options.profile_options import ProfileOptions
from edgekit.schema.measurement import Conditions, Energy

pytestmark = pytest.mark.usefixtures("device_home")
QUICK = ("--min-seconds", "0", "--min-runs", "8", "--warmup", "1", "--processes", "1")
# as long and as often as a verdict needs
ENOUGH = ("--min-seconds", "1.2", "--min-runs", "300", "--warmup", "1")


def run(*words):
    return CliRunner().invoke(cli, [str(word) for word in words], standalone_mode=False)


def outcome(bundle, budget, *options):
    found = json.loads(run("gate", bundle, "--budget", budget, "--json", *options).stdout)
    return found["exit_code"], found["verdicts"][0]["verdict"]


@pytest.fixture
def firmware(tmp_path, monkeypatch):
    """What `vcgencmd` answers on the device, whatever it is asked."""

    def answering(text):
        program = tmp_path / "bin" / "vcgencmd"
        program.parent.mkdir(exist_ok=True)
        (program.parent / "answer").write_text(text)
        program.write_text(f"#!/bin/sh\ncat '{program.parent}/answer'\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")

    return answering


def test_throttled_samples_decide_nothing(onnx_bundle, firmware):
    """Neither a pass, as the device may have been faster before, nor a fail, as it may be faster when it is cool."""
    decided = {"latency_p95_ms=5000,target=x86-64": "pass", "latency_p95_ms=0.0000001,target=x86-64": "fail"}
    firmware("throttled=0x50005\n")
    assert run("profile", onnx_bundle, *ENOUGH).exit_code == 0
    smooth(onnx_bundle)
    (taken,) = BundleFolder(onnx_bundle).records.latency
    runs = f"{len(taken.samples_ms['total']):,}"
    for budget, expected in decided.items():
        code, verdict = outcome(onnx_bundle, budget)
        assert (code, verdict["outcome"]) == (3, "inconclusive")
        assert f"{runs} of {runs} samples were taken while throttled and under voltage" in verdict["reason"]
        assert "--allow-throttled" in verdict["advice"]
        # this very machine may have other work while tests run
        assert outcome(onnx_bundle, budget, "--allow-throttled", "--allow-busy")[1]["outcome"] == expected
    # memory is what it is, however slow
    assert outcome(onnx_bundle, "peak_memory_mb=100000,target=x86-64")[0] == 0
    # measured again on a cool device that once was hot
    firmware("throttled=0x50000\n")
    assert run("profile", onnx_bundle, *ENOUGH).exit_code == 0
    smooth(onnx_bundle)
    for budget, expected in decided.items():
        assert outcome(onnx_bundle, budget, "--allow-busy")[1]["outcome"] == expected


def test_the_table_says_that_samples_were_disturbed(onnx_bundle, firmware):
    firmware("throttled=0x4\n")
    assert "DISTURBED: 8 of 8 samples were taken while throttled" in run("profile", onnx_bundle, *QUICK).stdout


@contextmanager
def busy_machine():
    """Three busy loops on each core of this machine, but for the loops' names all that it takes to spoil a figure."""
    # each in a session of its own: all together in one would have no more of the cores than the agent's session has
    loop = ["sh", "-c", "while :; do :; done"]
    loops = [subprocess.Popen(loop, start_new_session=True) for _ in range(3 * (os.cpu_count() or 1))]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


@pytest.mark.skipif(thread_times() is None, reason="this kernel does not tell how long a thread waited")
def test_a_busy_machine_says_so_in_the_table_and_decides_nothing(onnx_bundle):
    short = ("--min-seconds", "0.5", "--min-runs", "100", "--warmup", "1", "--processes", "1")
    with busy_machine():
        shown = " ".join(run("profile", onnx_bundle, *short).stdout.split())
    assert "DISTURBED: the machine was busy, which delayed about " in shown
    assert "threads waited for a core up to " in shown
    for budget in ("latency_p95_ms=5000", "latency_p95_ms=0.0000001"):
        code, verdict = outcome(onnx_bundle, f"{budget},target=x86-64")
        assert (code, verdict["outcome"]) == (3, "inconclusive")
        assert "the machine was busy" in verdict["reason"]
        assert "--allow-busy" in verdict["advice"]
    (taken,) = BundleFolder(onnx_bundle).records.latency
    assert summarise_measurement(taken).disturbed["infer"].delayed > 0


def test_sustained_speed_stands_apart(onnx_bundle):
    shown = run("profile", onnx_bundle, *QUICK, "--sustained", "1.5s")
    assert "sustained for 1 s" in shown.stdout or "sustained for 2 s" in shown.stdout
    assert "drift of the median" in shown.stdout
    (taken,) = BundleFolder(onnx_bundle).records.latency
    assert len(taken.samples_ms["total"]) == 8
    assert len(taken.sustained_ms) > 8
    assert len(taken.during) >= 5


@pytest.mark.parametrize(("text", "seconds"), [("60s", 60), ("2m", 120), ("90", 90), ("1.5 min", 90), (45, 45)])
def test_times_as_people_write_them(text, seconds):
    assert ProfileOptions.parse({"sustained": text}, "options").sustained == seconds


@pytest.mark.parametrize("text", ["soon", "-5", "0s", "1h", "nan", "", "inf"])
def test_times_that_are_none(text):
    with pytest.raises(UsageError, match="sustained"):
        ProfileOptions.parse({"sustained": text}, "options")
    assert run("profile", "x.onnx", "--sustained", text).exception.exit_code == 2


class Oven:
    """A device that has a temperature; each question cools it by 4 degrees."""

    def __init__(self, began, hot):
        self.degrees = [began, *hot]
        self.asked = 0

    def start_agent(self, python=None, runtime_folder=None):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def request(self, do, reply):
        now = self.degrees[min(self.asked, len(self.degrees) - 1)]
        self.asked += 1
        return Facts.model_construct(conditions=Conditions(temperature_c=now))


def test_cooling_down_waits_until_it_is_as_at_first(monkeypatch):
    monkeypatch.setattr(cooldown, "_ASK_EVERY_SECONDS", 0.01)
    oven = Oven(45.0, [70.0, 60.0, 50.0, 46.5, 45.0])
    waiting = Cooling(oven, ProfileOptions(cool_down=60))
    assert waiting.wait(SILENT) == ()
    assert oven.asked == 1
    (note,) = waiting.wait(SILENT)
    assert note.startswith("cooled down before for 0 s, to 46.5 °C")
    assert oven.asked == 5


def test_cooling_down_is_bounded(monkeypatch):
    monkeypatch.setattr(cooldown, "_ASK_EVERY_SECONDS", 0.02)
    waiting = Cooling(Oven(45.0, [70.0]), ProfileOptions(cool_down=0.2))
    waiting.wait(SILENT)
    (note,) = waiting.wait(SILENT)
    assert note.startswith("still at 70.0 °C after 0 s of cooling down; it began at 45.0 °C")


def test_a_device_without_a_thermometer_is_not_waited_for():
    oven = Oven(None, [None])
    waiting = Cooling(oven, ProfileOptions(cool_down=60))
    waiting.wait(SILENT)
    assert waiting.wait(SILENT) == ("not cooled down before: the device does not tell its temperature",)
    unasked = Cooling(oven, ProfileOptions())
    assert (unasked.wait(SILENT), unasked.wait(SILENT)) == ((), ())


def test_cool_down_takes_a_time_or_none(onnx_bundle):
    assert run("profile", onnx_bundle, *QUICK, "--threads", "1,2", "--cool-down").exit_code == 0
    assert run("profile", onnx_bundle, *QUICK, "--threads", "1,2", "--cool-down", "3s").exit_code == 0
    first, second = sorted(BundleFolder(onnx_bundle).records.latency, key=lambda taken: taken.threads)
    assert not [note for note in first.notes if "cool" in note]
    assert [note for note in second.notes if "cool" in note]


def test_energy_is_never_guessed(onnx_bundle, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    shown = run("profile", onnx_bundle, *QUICK, "--energy")
    assert "energy is not measurable here" in " ".join(shown.stdout.split())
    assert outcome(onnx_bundle, "energy_mj=10,target=x86-64")[1]["outcome"] == "unmeasured"


@pytest.mark.parametrize(("limit", "expected"), [(200, (0, "pass")), (100, (1, "fail"))])
def test_an_energy_budget(onnx_bundle, limit, expected):
    run("profile", onnx_bundle, *QUICK)
    (taken,) = BundleFolder(onnx_bundle).records.latency
    # 3 W above idle for 10 s in 200 inferences: 150 mJ each
    idle, load = [2.0, 2.01, 1.99] * 20, [5.0, 5.01, 4.99] * 20
    energy = Energy(idle_w=idle, load_w=load, runs=200, seconds=10.0, rails=("VDD_CORE",))
    calm = [moment.model_copy(update={"waited": 0.0, "others": 0.0}) for moment in taken.during]
    MeasuredModel.of(onnx_bundle).keep(taken.model_copy(update={"energy": energy, "during": tuple(calm)}))
    code, verdict = outcome(onnx_bundle, f"energy_mj={limit},target=x86-64")
    assert (code, verdict["outcome"]) == expected
    assert verdict["measured"] == pytest.approx(150)


def test_the_moment_is_the_hosts(onnx_bundle):
    """A board whose clock stands at 1970 after a power cut would else have the oldest measurement for ever."""
    run("profile", onnx_bundle, *QUICK)
    (taken,) = BundleFolder(onnx_bundle).records.latency
    assert taken.moment.year >= Manifest.of(onnx_bundle).format_version + 2000


def test_the_json_holds_every_figure_with_its_interval(onnx_bundle):
    shown = json.loads(run("profile", onnx_bundle, *QUICK, "--sustained", "0.2", "--json").stdout)
    (figures,), (measured,) = shown["figures"], shown["measurements"]
    for name in ("p50", "p90", "p95", "p99"):
        found = figures["burst"]["latency"][name]
        # of eight runs some percentiles have no bound
        assert found["low"] is None or found["low"] <= found["value"]
        assert found["high"] is None or found["value"] <= found["high"]
        assert found["doubt"] or found["low"] is not None
    assert figures["burst"]["runs"] == 8 == len(measured["samples_ms"]["total"])
    assert figures["sustained"]["runs"] == len(measured["sustained_ms"])
    assert figures["energy_mj"] is None
    # nothing is throttled here; other tests may keep this machine busy
    assert [found["causes"] for found in figures["disturbed"].values() if found["causes"]] == []
