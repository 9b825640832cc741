"""What would spoil a measurement: power, heat, clocks, memory and other work."""

from __future__ import annotations

from collections.abc import Iterator

from edgekit.devices.doctor.examine import Examined
from edgekit.devices.doctor.probe import Probe
from edgekit.devices.doctor.problems import Problem

# degrees: a Raspberry Pi slows down from 80 on (raspberrypi/documentation, frequency-management.adoc)
HOT, WARM = 80.0, 70.0
# MB that a runtime and a model of some 10 MB take, with room
RAM_FOR_A_RUN = 200
SWAP_IN_USE = 100
# of its cores, the share that other work may keep busy
LOAD = 0.5
CLOCK_SECONDS = 86_400
_NOW = {1: "its clock is capped", 2: "it is throttled", 3: "it is at its soft temperature limit"}
_BEFORE = {16: "under voltage", 17: "capped in its clock", 18: "throttled", 19: "at its soft temperature limit"}
_SUPPLY = {
    "Raspberry Pi 5": "5 V, 5 A",
    "Raspberry Pi 4": "5.1 V, 3 A",
    "Raspberry Pi 3": "5.1 V, 2.5 A",
    "Raspberry Pi Zero 2": "5.1 V, 2.5 A",
}


def state_problems(found: Examined) -> Iterator[Problem]:
    """The problems of its state at this moment."""
    probe = found.probe
    if probe.emulated:
        yield Problem(
            "note",
            "it is emulated",
            "its times say nothing of a real device: a budget on them stays unmeasured",
            "measure on the real device; golden cases, sizes and accuracy hold here as well",
        )
    yield from _power(probe)
    yield from _heat(probe)
    yield from _clock(probe)
    yield from _memory(probe)
    if probe.load is not None and probe.load > LOAD * probe.cores:
        yield Problem(
            "spoils",
            f"other work keeps it busy: load {probe.load:.2f} on {probe.cores} cores",
            "a model would share its cores",
            "see what runs there: top",
        )
    if found.clock_skew is not None and abs(found.clock_skew) > CLOCK_SECONDS:
        yield Problem(
            "note",
            f"its clock is wrong by {abs(found.clock_skew) / 86_400:.0f} days",
            "its measurements carry a wrong date; durations are right",
            "sudo timedatectl set-ntp true, or sudo date --set",
        )


def _power(probe: Probe) -> Iterator[Problem]:
    bits = probe.bits_of_throttling
    if bits is None:
        if probe.under_voltage_alarm:
            yield _under_voltage(probe)
        if probe.board.startswith("Raspberry Pi") and not probe.emulated:
            refused = probe.throttled_refused
            yield Problem(
                "note",
                "its bits of throttling and under-voltage cannot be read",
                f"vcgencmd says {refused!r}" if refused else "it has no vcgencmd",
                "sudo usermod -aG video $USER, and log in again" if refused else "sudo apt install raspi-utils-core",
            )
        return
    if bits & 1:
        yield _under_voltage(probe)
    for bit, what in _NOW.items():
        if bits & 1 << bit:
            yield Problem("spoils", what, "it does not run at its full speed", _cooler(bits))
    before = [words for bit, words in _BEFORE.items() if bits & 1 << bit and not bits & 1 << bit - 16]
    if before:
        yield Problem(
            "note",
            f"since it was started it has been {' and '.join(before)}",
            "it may be again while it measures; samples taken then are marked",
            f"{_supply(probe) if bits & 1 << 16 else _cooler(bits)}; restarting the device clears this",
        )


def _under_voltage(probe: Probe) -> Problem:
    return Problem("spoils", "it is under voltage", "it lowers its clock to keep alive", _supply(probe))


def _supply(probe: Probe) -> str:
    rating = next((rating for board, rating in _SUPPLY.items() if probe.board.startswith(board)), None)
    return "use its official power supply" + (f" ({rating})" if rating else "") + " and a short, thick cable"


def _cooler(bits: int) -> str:
    return "mend the power supply first" if bits & 1 else "cool it: a heat sink, a fan, a pause"


def _heat(probe: Probe) -> Iterator[Problem]:
    if probe.temperature_millic is None:
        return
    degrees = probe.temperature_millic / 1000
    if degrees >= WARM:
        hot = degrees >= HOT
        yield Problem(
            "spoils" if hot else "note",
            f"it is at {degrees:.0f} °C",
            "it slows down at this heat" if hot else f"it slows down from {HOT:.0f} °C on",
            "cool it: a heat sink, a fan, a pause (edgekit profile --cool-down)",
        )


def _clock(probe: Probe) -> Iterator[Problem]:
    everywhere = "/sys/devices/system/cpu/cpu*/cpufreq"
    if probe.governor is not None and probe.governor != "performance":
        slow = "powersave" in probe.governor and probe.arch != "x86_64"
        yield Problem(
            "spoils" if slow else "note",
            f"its governor is {probe.governor}",
            "its cores keep to their lowest clock" if slow else "its cores change their clock with the load",
            f"echo performance | sudo tee {everywhere}/scaling_governor",
        )
    limit, most = probe.clock_limit_khz, probe.clock_max_khz
    if limit and most and limit < 0.95 * most:
        yield Problem(
            "spoils",
            f"its clock is limited to {limit / 1e3:.0f} of {most / 1e3:.0f} MHz",
            "what is measured holds for this clock alone",
            f"echo {most} | sudo tee {everywhere}/scaling_max_freq",
        )


def _memory(probe: Probe) -> Iterator[Problem]:
    if probe.ram_available_kb is not None and (free := probe.ram_available_kb * 1024 / 1e6) < RAM_FOR_A_RUN:
        yield Problem(
            "spoils",
            f"{free:.0f} MB of its memory are free",
            f"a runtime with a small model takes up to {RAM_FOR_A_RUN} MB: it may swap, or be ended",
            "end other programs there; a desktop takes most: sudo systemctl isolate multi-user.target",
        )
    if probe.swap_kb and probe.swap_free_kb is not None:
        used = (probe.swap_kb - probe.swap_free_kb) * 1024 / 1e6
        if used > SWAP_IN_USE:
            yield Problem(
                "note",
                f"{used:.0f} MB are swapped out",
                "memory that comes back from swap costs milliseconds",
                "end other programs there, or restart it",
            )
