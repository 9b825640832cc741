"""What a machine says of itself: files that real devices showed, run through the real program."""

from __future__ import annotations

import contextlib

import pytest
from fake_machine import ARMV7, PI1, PI3, PI4, PI4_32, PI5, FakeMachine, pi
from hypothesis import given
from hypothesis import strategies as st

from edgekit.agent.machine.conditions import fingerprint
from edgekit.devices.doctor.probe import Probe, probe, read_probe
from edgekit.devices.local_transport import LocalTransport
from edgekit.devices.transport import Finished
from edgekit.errors import DeviceError
from edgekit.schema.resources import load_target


@pytest.mark.parametrize(
    ("cpuinfo", "board", "cpu", "target", "flags"),
    [
        (PI5, "Raspberry Pi 5 Model B Rev 1.0", "Cortex-A76", "rpi5", {"asimd", "asimdhp", "asimddp"}),
        (PI4, "Raspberry Pi 4 Model B Rev 1.5", "Cortex-A72", "rpi4", {"asimd"}),
        (PI3, "Raspberry Pi 3 Model B Rev 1.2", "Cortex-A53", "rpi3", {"asimd"}),
    ],
)
def test_a_pi_is_known_by_what_it_says(tmp_path, cpuinfo, board, cpu, target, flags):
    found = pi(tmp_path, cpuinfo, board).probe()
    assert (found.board, found.cpu, found.arch, found.bits, found.kernel_bits) == (board, cpu, "aarch64", 64, 64)
    assert found.flags == flags
    assert load_target(target).matches(found.fingerprint())
    assert not found.emulated
    assert (found.system, found.c_library) == ("Debian GNU/Linux 12 (bookworm)", "glibc 2.36")
    assert (found.cores, found.governor, found.clock_khz) == (4, "performance", 1_500_000)
    assert (found.temperature_millic, found.bits_of_throttling, found.load) == (44303, 0, 0.08)
    assert (found.ram_kb, found.swap_kb) == (3885396, 102396)
    [python] = found.pythons
    assert (python.name, python.version, python.bits) == ("python3", (3, 11, 2), 64)


def test_32_bit_programs_on_a_64_bit_kernel(tmp_path):
    machine = pi(tmp_path, PI4, "Raspberry Pi 4 Model B Rev 1.5")
    machine.programs_for(ARMV7)
    found = machine.probe()
    assert (found.arch, found.bits, found.kernel_bits) == ("armv7l", 32, 64)
    assert load_target("rpi4-32bit").matches(found.fingerprint())
    assert not load_target("rpi4").matches(found.fingerprint())


def test_a_32_bit_kernel(tmp_path):
    machine = pi(tmp_path, PI4_32, "Raspberry Pi 4 Model B Rev 1.1")
    machine.programs_for(ARMV7)
    machine.uname("Linux 4.19.66-v7l+", "armv7l")
    found = machine.probe()
    assert (found.arch, found.bits, found.kernel_bits) == ("armv7l", 32, 32)
    assert found.flags == {"neon", "vfpv4"}


def test_armv6_has_the_header_of_any_32_bit_arm(tmp_path):
    machine = pi(tmp_path, PI1, "Raspberry Pi Model B Rev 2")
    machine.programs_for(ARMV7)
    machine.uname("Linux 4.14.79+", "armv6l")
    assert machine.probe().arch == "armv6l"


@pytest.mark.parametrize(
    ("libc", "ldd", "said"),
    [
        ("glibc 2.31", "", "glibc 2.31"),
        ("", "ldd (GNU libc) 2.25", "glibc 2.25"),
        ("", "ldd (Debian GLIBC 2.36-9+deb12u14) 2.36", "glibc 2.36"),
        # sgerrand/alpine-pkg-glibc#46, scoutapp/scout_apm_elixir#99
        ("", "musl libc (x86_64)\nVersion 1.1.15\nDynamic Program Loader", "musl 1.1.15"),
        ("", "/lib/ld-musl-x86_64.so.1: cannot load --version: No such file or directory", "musl"),
        ("", "", "unknown"),
    ],
)
def test_the_c_library(tmp_path, libc, ldd, said):
    machine = FakeMachine(tmp_path)
    machine.libc(libc)
    machine.program("ldd", f"echo '{ldd}' >&2; exit 1")
    assert machine.probe().c_library == said


def test_android_says_its_level(tmp_path):
    machine = FakeMachine(tmp_path)
    machine.program("getprop", "case $1 in ro.build.version.sdk) echo 34;; esac")
    (tmp_path / "etc/os-release").unlink()
    machine.environment = {"HOME": "/"}
    machine.write("data/local/tmp/keep", "")
    found = machine.probe()
    assert (found.system, found.c_library) == ("Android, API level 34", "bionic")
    assert found.home == f"{tmp_path}/data/local/tmp/edgekit"


@pytest.mark.parametrize(
    ("vcgencmd", "sysfs", "bits"),
    [
        ("echo throttled=0x50005", None, 0x50005),
        ("echo throttled=0x0", "80008", 0),
        # custom-components/sensor.rpi_power#6: without 0x
        (None, "80008\n", 0x80008),
        # MichaIng/DietPi#5970
        ("echo 'VCHI initialization failed'; exit 255", "50000\n", 0x50000),
        ("echo 'VCHI initialization failed'; exit 255", None, None),
        (None, "a story", None),
        (None, None, None),
    ],
)
def test_the_bits_of_throttling(tmp_path, vcgencmd, sysfs, bits):
    machine = FakeMachine(tmp_path)
    if vcgencmd:
        machine.program("vcgencmd", vcgencmd)
    if sysfs:
        machine.write("sys/devices/platform/soc/soc:firmware/get_throttled", sysfs)
    assert machine.probe().bits_of_throttling == bits


def test_an_emulated_machine_says_so(tmp_path):
    machine = pi(tmp_path, PI4, "Raspberry Pi 4 Model B Rev 1.5")
    machine.environment["QEMU_CPU"] = "cortex-a72"
    assert machine.probe().emulated
    # a foreign processor behind an emulator that shows its host's
    machine.environment.pop("QEMU_CPU")
    machine.write(
        "proc/cpuinfo", "processor\t: 0\nvendor_id\t: GenuineIntel\nmodel name\t: Xeon\nflags\t\t: fpu avx2\n"
    )
    assert machine.probe().emulated


def test_a_python_that_is_none_is_passed_over(tmp_path):
    machine = FakeMachine(tmp_path)
    machine.program("python3", "echo 'pyenv: python3: command not found'; exit 127")
    machine.python("python3.9", "3.9.2 64")
    assert [each.name for each in machine.probe().pythons] == ["python3.9"]


def test_a_machine_that_tells_nothing(tmp_path):
    machine = FakeMachine(tmp_path)
    for name in ("getconf", "python3"):
        (tmp_path / "bin" / name).unlink()
    (tmp_path / "etc/os-release").unlink()
    (tmp_path / "sh-header").write_bytes(b"")
    machine.write("proc/cpuinfo", "processor : 0\nprocessor : 1\n")
    found = machine.probe()
    assert (found.arch, found.bits, found.cores) == ("aarch64", 64, 2)
    assert (found.board, found.cpu, found.c_library, found.pythons) == ("unnamed machine", "unknown", "unknown", ())
    assert found.governor is found.temperature_millic is found.ram_kb is found.load is None


def test_two_kinds_of_cores_have_only_what_both_can(tmp_path):
    machine = FakeMachine(tmp_path)
    machine.write(
        "proc/cpuinfo",
        "Features : fp asimd asimddp\nCPU implementer : 0x41\nCPU part : 0xd0b\n\n"
        "Features : fp asimd\nCPU implementer : 0x41\nCPU part : 0xd03\n",
    )
    found = machine.probe()
    assert (found.cpu, found.flags) == ("Cortex-A53 + Cortex-A76", {"asimd"})


def test_this_machine_says_what_the_agent_says(monkeypatch, tmp_path):
    monkeypatch.setenv("EDGEKIT_DEVICE_HOME", str(tmp_path / "a folder; with $(signs)"))
    with LocalTransport() as transport:
        found = probe(transport)
    theirs, ours = fingerprint(), found.fingerprint()
    for key in ("device", "arch", "cpu_model", "os", "libc", "emulated"):
        assert getattr(ours, key) == theirs[key], key
    assert list(ours.features) == theirs["features"]
    assert ours.ram_mb == pytest.approx(theirs["ram_mb"])
    assert found.home == str(tmp_path / "a folder; with $(signs)")
    assert found.home_writable
    assert list(tmp_path.iterdir()) == [], "the probe wrote something"


GOOD = b"edgekit-probe 1\nmachine=aarch64\nhome=/home/pi\nedgekit-probe end\n"


def test_a_greeting_before_the_answer_is_passed_over():
    assert read_probe(b"Welcome!\nkey=value\n" + GOOD).machine == "aarch64"


@pytest.mark.parametrize(
    "output",
    [
        b"",
        b"This service allows sftp connections only.\n",
        GOOD[:-5],
        GOOD.replace(b"machine=aarch64", b"machine=aarch64\nrubbish"),
        GOOD.replace(b"machine=aarch64", b"machine=aarch64\nunheard_of=1"),
        GOOD.replace(b"machine=aarch64", b"machine=aarch64\ncores=0"),
        GOOD.replace(b"machine=aarch64", b"machine=aarch64\ncores=many"),
        GOOD.replace(b"machine=aarch64", b"machine=aarch64\npart=0x41/0xd08; rm -rf /"),
        GOOD.replace(b"machine=aarch64", b"machine=aarch64\nload=nan"),
        GOOD.replace(b"machine=aarch64", b"machine=aarch64\nmodel=\x1b]0;title\x07"),
        GOOD.replace(b"machine=aarch64", b"machine=aarch64\n" + b"part=0x41/0xd08\n" * 1000),
        GOOD.replace(b"machine=aarch64", b"machine=" + b"a" * 1000),
    ],
)
def test_what_is_no_answer_is_refused(output):
    with pytest.raises(ValueError):
        read_probe(output)

    class Liar(LocalTransport):
        def run(self, command, **more):
            return Finished(0, output, b"sh: what?")

    with pytest.raises(DeviceError, match="local did not answer as a POSIX system does"):
        probe(Liar())


@given(st.binary(max_size=300))
def test_no_bytes_escape_as_anything_but_an_answer(noise):
    for output in (noise, b"edgekit-probe 1\n" + noise + b"\nedgekit-probe end\n"):
        with contextlib.suppress(ValueError):
            assert isinstance(read_probe(output), Probe)


def test_a_flood_is_cut_off():
    class Flood(LocalTransport):
        def start(self, command, environment):
            return super().start(["sh", "-c", "while :; do echo flood; done"], environment)

    with pytest.raises(DeviceError, match="printed more than 64000 bytes"):
        probe(Flood())
