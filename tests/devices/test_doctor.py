"""The doctor: each problem is found on a machine that has it, graded by what it does, and told with its cure."""

from __future__ import annotations

import json
import signal
import sys
import venv
from pathlib import Path

import pytest
from fake_machine import ARMV7, PI1, PI4, PI5, pi

from edgekit.devices.doctor.examine import Examined, Place, Tried, examine
from edgekit.devices.doctor.software import software_problems
from edgekit.devices.doctor.state import state_problems
from edgekit.devices.local_transport import LocalTransport

NUMPY = {"numpy": Tried(version="1.26.4"), "tokenizers": Tried(version="0.21.0")}
WORKS = NUMPY | {"onnxruntime": Tried(version="1.20.1")}
# microsoft/onnxruntime#24112: 1.21.0 on a Raspberry Pi 4
ILLEGAL = NUMPY | {"onnxruntime": Tried(signal=signal.SIGILL)}


def found(machine, *places, **more) -> Examined:
    probe = machine.probe()
    python = probe.pythons[0] if probe.pythons else None
    return Examined("ssh://pi@raspberrypi", probe, python, places=places, **more)


def own(modules):
    return Place(runtime=None, modules=modules)


def software(examined):
    return list(software_problems(examined, "pi4"))


def state(examined):
    return list(state_problems(examined))


@pytest.fixture
def machine(tmp_path):
    return pi(tmp_path / "root", PI4, "Raspberry Pi 4 Model B Rev 1.5")


def test_a_sound_machine_has_no_problem(machine):
    examined = found(machine, own(WORKS))
    assert software(examined) == state(examined) == []
    assert examined.runnable == [(None, "onnxruntime 1.20.1")]


def test_a_runtime_of_ours_takes_numpy_from_the_python(machine):
    ours = Place(runtime="onnxruntime-1.20.1", modules={"onnxruntime": Tried(version="1.20.1")})
    examined = found(machine, own(NUMPY), ours)
    assert examined.runnable == [("onnxruntime-1.20.1", "onnxruntime 1.20.1")]
    assert software(examined) == []


def test_an_illegal_instruction_is_called_one_and_stops_a_run(machine):
    [problem] = software(found(machine, own(ILLEGAL)))
    assert problem.grade == "stops"
    assert problem.what == "onnxruntime does not import"
    assert "illegal instruction: it was made for processors with more than Cortex-A72 has" in problem.why
    assert problem.cure == "edgekit devices setup pi4"


def test_an_illegal_instruction_beside_a_runtime_that_works_is_a_note(machine):
    newer = Place(runtime="onnxruntime-1.21.0", modules=ILLEGAL)
    [problem] = software(found(machine, own(WORKS), newer))
    assert (problem.grade, problem.what) == ("note", "onnxruntime in runtimes/onnxruntime-1.21.0 does not import")
    assert problem.cure == "edgekit devices setup pi4 --runtime onnxruntime==1.23.2"


def test_an_older_runtime_than_files_need_is_said_to_be_one(machine):
    """Files of decoders with integers are of an operator's version that came with 1.23."""
    careful = Place(runtime="onnxruntime-1.23.2", modules=ILLEGAL)
    [problem] = software(found(machine, own(WORKS), careful))
    advice = (
        "edgekit devices setup pi4 --runtime onnxruntime==1.20.1, which opens all but decoders with integer weights"
    )
    assert problem.cure == advice


@pytest.mark.parametrize(
    ("message", "why", "cure"),
    [
        # hacksider/Deep-Live-Cam#412
        ("AttributeError: _ARRAY_API not found", "needs numpy < 2", "edgekit devices setup pi4"),
        (
            "ImportError: libatomic.so.1: cannot open shared object file: No such file or directory",
            "libatomic",
            "install what brings libatomic.so.1 on the device",
        ),
        ("ImportError: /x.so: failed to map segment from shared object", "noexec", "EDGEKIT_DEVICE_HOME"),
        ("ImportError: /lib/libc.so.6: version `GLIBC_2.38' not found (required by x)", "GLIBC_2.38", "upgrade"),
        ("ValueError: whatever", "ValueError: whatever", "edgekit devices setup pi4"),
    ],
)
def test_a_failed_import_has_its_cure(machine, message, why, cure):
    [problem] = software(found(machine, own(NUMPY | {"onnxruntime": Tried(message=message)})))
    assert why in problem.why
    assert cure in problem.cure


def test_nothing_installed_is_set_up(machine):
    [problem] = software(found(machine, own({})))
    assert (problem.grade, problem.what, problem.cure) == (
        "stops",
        "no runtime is installed",
        "edgekit devices setup pi4",
    )


def test_where_no_wheel_is_made_for_it_setup_is_no_cure(machine):
    machine.programs_for(ARMV7)
    machine.python("python3", "3.13.1 32")
    why = "ssh://pi@raspberrypi: tflite-runtime, which alone serves 32 bits, stops at Python 3.11, and this is 3.13"
    examined = found(machine, own({}), no_wheels=(why, "use 64-bit Raspberry Pi OS"))
    note, stops = software(examined)
    assert (note.grade, note.what) == ("note", "it is a 64-bit kernel with 32-bit programs")
    assert (stops.grade, stops.cure) == ("stops", "use 64-bit Raspberry Pi OS")
    assert stops.why.startswith("tflite-runtime, which alone")


def test_without_python_nothing_runs(machine):
    (machine.root / "bin/python3").unlink()
    [problem] = software(found(machine))
    assert (problem.grade, problem.what, problem.cure) == ("stops", "there is no Python", "sudo apt install python3")
    machine.python("python3.11", "3.11.2 64")
    [problem] = software(Examined("ssh://pi@raspberrypi", machine.probe(), None))
    assert (problem.what, "--python python3.11" in problem.cure) == ("there is no python3", True)


def test_an_old_python_is_told_with_another_that_is_there(machine):
    machine.python("python3", "3.7.3 64")
    [problem] = software(found(machine))
    assert (problem.grade, problem.what) == ("stops", "its Python is 3.7")
    assert "Bookworm" in problem.cure
    machine.python("python3.9", "3.9.2 64")
    [problem] = software(found(machine))
    assert "--python python3.9" in problem.cure


def test_the_first_raspberry_pi_cannot_serve(tmp_path):
    machine = pi(tmp_path, PI1, "Raspberry Pi Model B Rev 2")
    machine.programs_for(ARMV7)
    machine.uname("Linux 6.1.21+", "armv6l")
    problems = software(found(machine, own({})))
    assert (problems[0].grade, "ARMv6" in problems[0].what) == ("stops", True)


def test_old_glibc_and_musl_are_named(machine):
    machine.libc("glibc 2.24")
    assert "its C library is glibc 2.24" in [problem.what for problem in software(found(machine, own({})))]
    assert software(found(machine, own(WORKS))) == [], "what works needs no cure"
    machine.libc("")
    machine.program("ldd", "echo 'musl libc (aarch64)'; echo 'Version 1.2.4'")
    assert "its C library is musl 1.2.4" in [problem.what for problem in software(found(machine, own({})))]


def test_a_full_disk_stops_a_run(machine):
    machine.program(
        "df", "echo 'Filesystem 1024-blocks Used Available Capacity Mounted'; echo '/dev/root 100 50 51200 1% /'"
    )
    [problem] = software(found(machine, own(WORKS)))
    assert (problem.grade, problem.what) == ("stops", "its disk has 52 MB free")


def test_power_now_and_since_the_start(machine):
    machine.program("vcgencmd", "echo throttled=0x50005")
    under, throttled = state(found(machine, own(WORKS)))
    assert (under.grade, under.what) == ("spoils", "it is under voltage")
    assert "5.1 V, 3 A" in under.cure
    assert (throttled.grade, throttled.what) == ("spoils", "it is throttled")
    machine.program("vcgencmd", "echo throttled=0x50000")
    [past] = state(found(machine, own(WORKS)))
    assert (past.grade, past.what) == ("note", "since it was started it has been under voltage and throttled")


def test_a_pi_5_is_told_of_its_own_power_supply(tmp_path):
    machine = pi(tmp_path, PI5, "Raspberry Pi 5 Model B Rev 1.0")
    machine.program("vcgencmd", "echo throttled=0x1")
    assert "5 V, 5 A" in state(found(machine, own(WORKS)))[0].cure


def test_bits_that_may_not_be_read(machine):
    # MichaIng/DietPi#5970
    machine.program("vcgencmd", "echo 'VCHI initialization failed'; exit 255")
    [problem] = state(found(machine, own(WORKS)))
    assert problem.grade == "note"
    assert "VCHI initialization failed" in problem.why
    assert "usermod -aG video" in problem.cure
    # a kernel without the firmware's file has a sensor that rings
    machine.write("sys/class/hwmon/hwmon1/name", "rpi_volt\n")
    machine.write("sys/class/hwmon/hwmon1/in0_lcrit_alarm", "1\n")
    assert state(found(machine, own(WORKS)))[0].what == "it is under voltage"


@pytest.mark.parametrize(
    ("path", "text", "grade", "what"),
    [
        ("sys/class/thermal/thermal_zone0/temp", "82300", "spoils", "it is at 82 °C"),
        ("sys/class/thermal/thermal_zone0/temp", "71000", "note", "it is at 71 °C"),
        ("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "ondemand", "note", "its governor is ondemand+perf"),
        ("proc/loadavg", "3.10 2.00 1.00 5/210 4242", "spoils", "other work keeps it busy: load 3.10 on 4 cores"),
        ("proc/meminfo", "MemTotal: 443000 kB\nMemAvailable: 90000 kB\n", "spoils", "92 MB of its memory are free"),
        (
            "proc/meminfo",
            "MemTotal: 4000000 kB\nMemAvailable: 3000000 kB\nSwapTotal: 500000 kB\nSwapFree: 100000 kB\n",
            "note",
            "410 MB are swapped out",
        ),
    ],
)
def test_a_state_that_spoils_what_is_measured(machine, path, text, grade, what):
    machine.write(path, f"{text}\n")
    [problem] = state(found(machine, own(WORKS)))
    assert problem.grade == grade
    assert problem.what.startswith(what)
    assert problem.cure


def test_a_clock_that_was_limited(machine):
    for core in range(4):
        machine.write(f"sys/devices/system/cpu/cpu{core}/cpufreq/scaling_max_freq", "600000\n")
    [problem] = state(found(machine, own(WORKS)))
    assert (problem.grade, problem.what) == ("spoils", "its clock is limited to 600 of 1500 MHz")


def test_a_wrong_date_is_a_note(machine):
    [problem] = state(found(machine, own(WORKS), clock_skew=-400 * 86_400.0))
    assert (problem.grade, problem.what) == ("note", "its clock is wrong by 400 days")


def test_this_machine_imports_what_it_has(monkeypatch, tmp_path):
    monkeypatch.setenv("EDGEKIT_DEVICE_HOME", str(tmp_path))
    with LocalTransport() as transport:
        examined = examine(transport)
    [place] = examined.places
    import numpy
    import onnxruntime

    assert place.modules["numpy"].version == numpy.__version__
    assert place.modules["onnxruntime"].version == onnxruntime.__version__
    assert (None, f"onnxruntime {onnxruntime.__version__}") in examined.runnable
    assert abs(examined.clock_skew) < 60


@pytest.fixture
def bare(tmp_path) -> Path:
    """A Python without packages, and a folder of edgekit's for it."""
    venv.create(tmp_path / "venv", with_pip=False)
    return tmp_path / "venv/bin/python"


def runtime(home: Path, name: str, **modules: str) -> None:
    for module, body in modules.items():
        file = home / "runtimes" / name / module / "__init__.py"
        file.parent.mkdir(parents=True)
        file.write_text(body)
    (home / "runtimes" / name / "runtime.json").write_text(json.dumps({}))


def test_each_import_is_tried_for_real_and_none_ends_the_doctor(monkeypatch, tmp_path, bare):
    home = tmp_path / "home"
    monkeypatch.setenv("EDGEKIT_DEVICE_HOME", str(home))
    sound = '__version__ = "9.9"\nprint("chatter")'
    runtime(home, "default", numpy=sound, tokenizers=sound, onnxruntime=sound)
    runtime(home, "illegal", onnxruntime="import os, signal\nos.kill(os.getpid(), signal.SIGILL)")
    runtime(home, "broken", onnxruntime="raise ImportError('no\\x1b[31m way')")
    runtime(home, "silent", onnxruntime="import os\nos._exit(0)")
    with LocalTransport() as transport:
        examined = examine(transport, str(bare))
    tried = {place.runtime: place.modules.get("onnxruntime") for place in examined.places}
    assert tried[None] is None, "the bare Python has nothing"
    assert tried["default"] == Tried(version="9.9")
    assert tried["illegal"] == Tried(signal=signal.SIGILL)
    assert tried["broken"].message.startswith("ImportError: no")
    assert tried["silent"] == Tried(message="exit status 0")
    assert examined.runnable == [("default", "onnxruntime 9.9")]


def test_a_bare_python_is_told_how_to_be_set_up(monkeypatch, tmp_path, bare):
    monkeypatch.setenv("EDGEKIT_DEVICE_HOME", str(tmp_path / "home"))
    with LocalTransport() as transport:
        examined = examine(transport, str(bare))
    assert (examined.runnable, examined.no_wheels) == ([], None)
    assert [problem.cure for problem in software(examined)] == ["edgekit devices setup pi4"]
    assert examined.python.version == sys.version_info[:3]


def test_a_python_that_answers_rubbish(monkeypatch, tmp_path):
    liar = tmp_path / "python3"
    liar.write_text('#!/bin/sh\ncase "$1" in -c) echo "3.11.2 64";; *) echo "[1, 2"; esac\n')
    liar.chmod(0o755)
    monkeypatch.setenv("EDGEKIT_DEVICE_HOME", str(tmp_path / "home"))
    with LocalTransport() as transport:
        examined = examine(transport, str(liar))
    [problem] = software(examined)
    assert (problem.grade, problem.what) == ("stops", "its Python does not work")
    assert "answered something that was not asked for" in problem.why
