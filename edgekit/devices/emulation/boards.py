"""The boards that can be emulated: what each one's kernel says of it, and the processor that QEMU plays."""

from __future__ import annotations

from dataclasses import dataclass, replace

CORES = 4
# a mild day: files of the root, which a test may overwrite to make the board hot
_TEMPERATURE_MILLIC = 48_000


@dataclass(frozen=True)
class Core:
    """The cores, as the board's kernel lists them. features: without those that QEMU's processor lacks"""

    implementer: str
    variant: str
    part: str
    revision: str
    features: str
    khz: int


@dataclass(frozen=True)
class Board:
    """One model.

    name:      what `--model` calls it
    arch:      Debian's name of its architecture
    qemu_cpu:  the processor that QEMU plays; its default one gives wrong results of int8 kernels
    target:    edgekit's target for the board
    port, adb_port: where it listens on loopback, unless they are taken; adb keeps 5555 to 5585 for emulated phones
    revision, compatible: of the board, as `/proc/cpuinfo` and the device tree say it
    """

    name: str
    title: str
    arch: str
    qemu_cpu: str
    target: str
    port: int
    adb_port: int
    core: Core
    revision: str
    compatible: str

    @property
    def host(self) -> str:
        """Its name for ssh, and of the machine itself."""
        return f"emulated-{self.name}"

    @property
    def qemu(self) -> str:
        """Which of QEMU's emulators runs its programs."""
        return "qemu-aarch64" if self.wide else "qemu-arm"

    @property
    def wide(self) -> bool:
        """Whether its programs are of 64 bits."""
        return self.arch == "arm64"


_V8 = "fp asimd evtstrm crc32 cpuid"
_V82 = "fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm lrcpc dcpop asimddp"
# QEMU's emulator for 32 bits plays no ARMv8 core, so this one shows the features of ARMv7 alone: a program that asked
# /proc/cpuinfo and then used an instruction of ARMv8 would stop
_V7 = "half thumb fastmult vfp edsp neon vfpv3 tls vfpv4 idiva idivt vfpd32 lpae evtstrm"

PI3 = Board(
    name="pi3",
    title="Raspberry Pi 3 Model B Plus Rev 1.3",
    arch="arm64",
    qemu_cpu="cortex-a53",
    target="rpi3",
    port=2223,
    adb_port=5623,
    core=Core("0x41", "0x0", "0xd03", "4", _V8, 1_400_000),
    revision="a020d3",
    compatible="raspberrypi,3-model-b-plus brcm,bcm2837",
)
PI4 = Board(
    name="pi4",
    title="Raspberry Pi 4 Model B Rev 1.4",
    arch="arm64",
    qemu_cpu="cortex-a72",
    target="rpi4",
    port=2224,
    adb_port=5624,
    core=Core("0x41", "0x0", "0xd08", "3", _V8, 1_800_000),
    revision="c03114",
    compatible="raspberrypi,4-model-b brcm,bcm2711",
)
PI5 = Board(
    name="pi5",
    title="Raspberry Pi 5 Model B Rev 1.0",
    arch="arm64",
    qemu_cpu="cortex-a76",
    target="rpi5",
    port=2225,
    adb_port=5625,
    core=Core("0x41", "0x4", "0xd0b", "1", _V82, 2_400_000),
    revision="c04170",
    compatible="raspberrypi,5-model-b brcm,bcm2712",
)
PI4_32BIT = replace(
    PI4,
    name="pi4-32bit",
    arch="armhf",
    qemu_cpu="cortex-a15",
    target="rpi4-32bit",
    port=2226,
    adb_port=5626,
    core=replace(PI4.core, features=_V7),
)
BOARDS = {board.name: board for board in (PI3, PI4, PI5, PI4_32BIT)}


def cpuinfo(board: Board) -> str:
    """`/proc/cpuinfo` as the board's kernel writes it: QEMU shows that of its host, which crashes libraries."""
    core = board.core
    lines = []
    if not board.wide:
        lines += [f"model name\t: ARMv7 Processor rev {core.revision} (v7l)"]
    lines += [
        "BogoMIPS\t: 108.00",
        f"Features\t: {core.features}",
        f"CPU implementer\t: {core.implementer}",
        f"CPU architecture: {8 if board.wide else 7}",
        f"CPU variant\t: {core.variant}",
        f"CPU part\t: {core.part}",
        f"CPU revision\t: {core.revision}",
    ]
    cores = ["\n".join([f"processor\t: {number}", *lines]) for number in range(CORES)]
    tail = f"Revision\t: {board.revision}\nSerial\t\t: 00000000ed9e0001\nModel\t\t: {board.title}"
    return "\n\n".join([*cores, tail]) + "\n"


def kernel_files(board: Board) -> dict[str, str]:
    """What is read of a board under `/sys`, by path, and the mark of an emulated device in `/run`."""
    frequency = {
        "scaling_governor": "ondemand",
        "scaling_cur_freq": f"{board.core.khz}",
        "scaling_max_freq": f"{board.core.khz}",
        "cpuinfo_max_freq": f"{board.core.khz}",
        "cpuinfo_min_freq": "600000",
    }
    cpus = "sys/devices/system/cpu"
    files = {f"{cpus}/{name}": f"0-{CORES - 1}\n" for name in ("possible", "present", "online")}
    for number in range(CORES):
        files |= {f"{cpus}/cpu{number}/cpufreq/{name}": f"{value}\n" for name, value in frequency.items()}
    files |= {
        "sys/class/thermal/thermal_zone0/type": "cpu-thermal\n",
        "sys/class/thermal/thermal_zone0/temp": f"{_TEMPERATURE_MILLIC}\n",
        "sys/devices/platform/soc/soc:firmware/get_throttled": "0\n",
        "sys/firmware/devicetree/base/model": f"{board.title}\0",
        "sys/firmware/devicetree/base/compatible": board.compatible.replace(" ", "\0") + "\0",
        "run/edgekit-emulated": f"QEMU, {board.qemu_cpu}\n",
    }
    return files
