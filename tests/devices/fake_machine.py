"""Machines to be probed: the real program, run by this machine's `sh`, on files that real devices showed."""

from __future__ import annotations

import subprocess
from importlib import resources
from pathlib import Path

from edgekit.devices.doctor.probe import Probe, read_probe

# as people pasted them, processors 1 to 3 shortened; hrw/arm-socs-table#96
PI5 = """\
processor\t: 0
BogoMIPS\t: 108.00
Features\t: fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm lrcpc dcpop asimddp
CPU implementer\t: 0x41
CPU architecture: 8
CPU variant\t: 0x4
CPU part\t: 0xd0b
CPU revision\t: 1

Hardware\t: BCM2835
Revision\t: d04170
Serial\t\t: 0000000000000000
Model\t\t: Raspberry Pi 5 Model B Rev 1.0
"""
# fastfetch-cli/fastfetch#1529
PI4 = """\
processor       : 0
BogoMIPS        : 108.00
Features        : fp asimd evtstrm crc32 cpuid
CPU implementer : 0x41
CPU architecture: 8
CPU variant     : 0x0
CPU part        : 0xd08
CPU revision    : 3

Revision        : d03115
Serial          : 0000000000000000
Model           : Raspberry Pi 4 Model B Rev 1.5
"""
# raspberrypi/linux#3201: a 32-bit kernel
PI4_32 = """\
processor\t: 0
model name\t: ARMv7 Processor rev 3 (v7l)
BogoMIPS\t: 108.00
Features\t: half thumb fastmult vfp edsp neon vfpv3 tls vfpv4 idiva idivt vfpd32 lpae evtstrm crc32
CPU implementer\t: 0x41
CPU architecture: 7
CPU variant\t: 0x0
CPU part\t: 0xd08
CPU revision\t: 3

Hardware\t: BCM2835
"""
# hrw/arm-socs-table#6
PI3 = """\
processor       : 0
model name      : ARMv8 Processor rev 4 (v8l)
BogoMIPS        : 38.40
Features        : fp asimd evtstrm crc32 cpuid
CPU implementer : 0x41
CPU architecture: 8
CPU variant     : 0x0
CPU part        : 0xd03
CPU revision    : 4

Hardware        : BCM2835
"""
# hyperion-project/hyperion#805
PI1 = """\
processor       : 0
model name      : ARMv6-compatible processor rev 7 (v6l)
BogoMIPS        : 697.95

Features        : half thumb fastmult vfp edsp java tls
CPU implementer : 0x41
CPU architecture: 7
CPU variant     : 0x0
CPU part        : 0xb76
CPU revision    : 7
"""
BOOKWORM = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\n'
AARCH64, ARMV7 = (2, 183), (1, 40)


class FakeMachine:
    """A root folder and programs; whatever a test does not set, the machine does not tell."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.environment: dict[str, str] = {"HOME": str(root / "home")}
        (root / "bin").mkdir(parents=True)
        (root / "home").mkdir()
        self.libc("glibc 2.36")
        self.uname("Linux 6.6.51+rpt-rpi-v8", "aarch64")
        self.programs_for(AARCH64)
        self.write("etc/os-release", BOOKWORM)
        self.python("python3", "3.11.2 64")

    def write(self, path: str, text: str | bytes) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode() if isinstance(text, str) else text)

    def program(self, name: str, body: str) -> None:
        self.write(f"bin/{name}", f"#!/bin/sh\n{body}\n")
        (self.root / "bin" / name).chmod(0o755)

    def uname(self, release: str, machine: str) -> None:
        self.program("uname", f'[ "$1" = -m ] && echo {machine} || echo "{release}"')

    def libc(self, text: str) -> None:
        libc = f'GNU_LIBC_VERSION) [ -n "{text}" ] && echo "{text}"'
        self.program("getconf", f"case $1 in {libc};; _NPROCESSORS_ONLN) echo 4;; *) exit 1;; esac")

    def programs_for(self, elf: tuple[int, int]) -> None:
        """The header of its shell: ELF class, and e_machine."""
        kind, machine = elf
        self.write("sh-header", b"\x7fELF" + bytes([kind]) + bytes(13) + bytes([machine, 0]))

    def python(self, name: str, answer: str) -> None:
        self.program(name, f'echo "{answer}"')

    def board(self, name: str) -> None:
        self.write("proc/device-tree/model", name.encode() + b"\0")

    def run(self) -> bytes:
        """What the program prints, its paths moved into the root, and the machine's own programs first."""
        script = resources.files("edgekit.devices.on_device").joinpath("probe.sh").read_text()
        for folder in ("/proc/", "/sys/", "/etc/", "/run/", "/data/"):
            script = script.replace(folder, f"{self.root}{folder}")
        script = script.replace("shell=$(command -v sh)", f"shell={self.root}/sh-header")
        path = f"{self.root}/bin:{self.root}/tools"
        tools = self.root / "tools"
        tools.mkdir(exist_ok=True)
        # nothing of this machine but what any POSIX system has
        for name in ["sh", "tr", "cut", "cat", "head", "tail", "sort", "grep", "sed", "od", "date", "df"]:
            link = tools / name
            if not link.exists():
                link.symlink_to(
                    next(f"/{place}/{name}" for place in ("usr/bin", "bin") if Path(f"/{place}/{name}").exists())
                )
        done = subprocess.run(
            ["/bin/sh", "-s", "--", ""],
            input=script.encode(),
            env={"PATH": path, **self.environment},
            capture_output=True,
            check=False,
            timeout=60,
        )
        assert done.stderr == b"", done.stderr
        return done.stdout

    def probe(self) -> Probe:
        return read_probe(self.run())


def pi(root: Path, cpuinfo: str, board: str) -> FakeMachine:
    """A healthy Raspberry Pi under 64-bit Raspberry Pi OS."""
    machine = FakeMachine(root)
    machine.board(board)
    machine.write("proc/cpuinfo", cpuinfo)
    machine.write(
        "proc/meminfo",
        "MemTotal: 3885396 kB\nMemAvailable: 3400000 kB\nSwapTotal: 102396 kB\nSwapFree: 102396 kB\n",
    )
    machine.write("proc/loadavg", "0.08 0.03 0.01 1/210 4242\n")
    for core in range(4):
        cpufreq = f"sys/devices/system/cpu/cpu{core}/cpufreq"
        machine.write(f"{cpufreq}/scaling_governor", "performance\n")
        # raspberrypi/linux#3991: 600 to 1500 MHz
        machine.write(f"{cpufreq}/scaling_cur_freq", "1500000\n")
        machine.write(f"{cpufreq}/scaling_max_freq", "1500000\n")
        machine.write(f"{cpufreq}/cpuinfo_max_freq", "1500000\n")
    machine.write("sys/class/thermal/thermal_zone0/temp", "44303\n")
    machine.program("vcgencmd", "echo throttled=0x0")
    return machine
