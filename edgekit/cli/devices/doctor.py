"""`edgekit devices doctor`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from edgekit.cli.click_base import Command
from edgekit.cli.output import as_json, print_json, print_rich
from edgekit.cli.progress import progress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgekit.devices.doctor.examine import Examined
    from edgekit.devices.doctor.probe import Probe
    from edgekit.flows.devices.device_pool import DeviceResult
    from edgekit.flows.devices.doctor import Checkup

_GRADES = {"stops": ("stops a run", "red"), "spoils": ("spoils measurements", "yellow"), "note": ("note", "cyan")}


@click.command("doctor", cls=Command)
@click.argument("names", metavar="DEVICE...", nargs=-1, required=True)
@click.option("--python", metavar="PATH", help="Python there to look at. Default: what the device was added with.")
@as_json
@click.pass_context
def doctor(context: click.Context, names: tuple[str, ...], python: str | None, as_json: bool) -> None:
    """Say what a device is and how it fares, and the cure for each problem. Nothing is written on it.

    DEVICE is a name, a URL, or all. The exit code is 0 when a run would work, 3 when something would stop it, 4 when
    the device cannot be reached.

    \b
    Example:
      edgekit devices doctor pi4
      edgekit devices doctor local ssh://pi@raspberrypi --json
    """
    from edgekit.errors import worst_exit_code
    from edgekit.flows.devices.doctor import check_up

    with progress(as_json).task("examine"):
        outcomes = check_up(names, python)
    if as_json:
        print_json([_plain(each) for each in outcomes])
    else:
        for number, each in enumerate(outcomes):
            click.echo(nl=number > 0)
            _print(each)
    context.exit(worst_exit_code(_code(each) for each in outcomes))


def _code(outcome: DeviceResult[Checkup]) -> int:
    if outcome.error is not None:
        return outcome.error.exit_code
    return 0 if outcome.result is not None and outcome.result.runs else 3


def _plain(outcome: DeviceResult[Checkup]) -> dict[str, object]:
    """What `--json` says of one device."""
    found, error = outcome.result, outcome.error
    if found is None:
        failure = {"error": error.message, "advice": error.advice} if error else {}
        return {"name": outcome.name, "reached": False} | failure
    examined, probe = found.examined, found.examined.probe
    return {
        "name": found.name,
        "url": found.url,
        "reached": True,
        "target": found.target,
        "matches": found.matches,
        "runs": found.runs,
        "fingerprint": probe.fingerprint(),
        "kernel": {"release": probe.kernel, "bits": probe.kernel_bits},
        "bits": probe.bits,
        "python": examined.python,
        "pythons": probe.pythons,
        "runtimes": [place.model_dump(mode="json") for place in examined.places],
        "state": _state(probe),
        "home": probe.home,
        "problems": found.problems,
    }


def _state(probe: Probe) -> dict[str, object]:
    def mb(kib: int | None) -> float | None:
        return None if kib is None else kib * 1024 / 1e6

    def mhz(khz: int | None) -> float | None:
        return None if khz is None else khz / 1e3

    return {
        "governor": probe.governor,
        "clock_mhz": mhz(probe.clock_khz),
        "clock_max_mhz": mhz(probe.clock_max_khz),
        "temperature_c": None if probe.temperature_millic is None else probe.temperature_millic / 1e3,
        "throttling_bits": probe.bits_of_throttling,
        "load_1min": probe.load,
        "ram_mb": mb(probe.ram_kb),
        "ram_available_mb": mb(probe.ram_available_kb),
        "swap_mb": mb(probe.swap_kb),
        "swap_free_mb": mb(probe.swap_free_kb),
        "disk_free_mb": mb(probe.disk_free_kb),
    }


def _print(outcome: DeviceResult[Checkup]) -> None:
    from rich.text import Text

    from edgekit.report.figures import clean

    if outcome.error is not None:
        click.echo(f"{outcome.name}: {clean(outcome.error.message)}")
        if outcome.error.advice:
            click.echo(f"  {outcome.error.advice}")
    found = outcome.result
    if found is None:
        return
    click.echo(f"{found.name}  {found.url}" + (f"  registered as {found.target}" if found.target else ""))
    for label, text in _facts(found):
        click.echo(f"  {label:9}{clean(text)}")
    for problem in found.problems:
        words, colour = _GRADES[problem.grade]
        click.echo()
        print_rich(Text.assemble((words, f"bold {colour}"), f": {clean(problem.what)}"), soft_wrap=True)
        click.echo(f"  why   {clean(problem.why)}")
        click.echo(f"  cure  {clean(problem.cure)}")
    if not found.problems:
        click.echo("\nnothing is wrong with it")


def _facts(found: Checkup) -> Iterator[tuple[str, str]]:
    examined, probe = found.examined, found.examined.probe
    targets = ", ".join(found.matches) or "no target"
    yield "board", f"{probe.board}{', emulated' if probe.emulated else ''}: matches {targets}"
    kernel = f"{probe.kernel or probe.machine} ({probe.kernel_bits} bits)"
    yield "system", f"{probe.system}, {probe.arch} ({probe.bits} bits), kernel {kernel}, {probe.c_library}"
    yield "cpu", f"{probe.cores} x {probe.cpu}: {', '.join(sorted(probe.flags)) or 'features unknown'}"
    yield "clock", _clock(probe)
    yield "memory", _memory(probe)
    if probe.disk_free_kb is not None:
        yield "disk", f"{probe.disk_free_kb * 1024 / 1e9:.1f} GB free in {probe.home}"
    yield "heat", _heat(probe)
    others = [f"{each.name} {each.short}" for each in probe.pythons if each != examined.python]
    python = examined.python
    chosen = f"{python.name} {'.'.join(map(str, python.version))} ({python.bits} bits)" if python else "none"
    yield "python", chosen + (f"; also {', '.join(others)}" if others else "")
    yield "runtimes", "; ".join(_runtimes(examined)) or "none that works"


def _clock(probe: Probe) -> str:
    now = f"{probe.clock_khz / 1e3:.0f}" if probe.clock_khz else "unknown"
    most = f" of {probe.clock_max_khz / 1e3:.0f}" if probe.clock_max_khz else ""
    load = f", load {probe.load:.2f}" if probe.load is not None else ""
    return f"{now}{most} MHz, governor {probe.governor or 'unknown'}{load}"


def _memory(probe: Probe) -> str:
    def gb(kib: int | None) -> str:
        return "unknown" if kib is None else f"{kib * 1024 / 1e9:.1f}"

    swap = f"swap {gb(probe.swap_free_kb)} of {gb(probe.swap_kb)} GB free" if probe.swap_kb else "no swap"
    return f"{gb(probe.ram_available_kb)} of {gb(probe.ram_kb)} GB free, {swap}"


def _heat(probe: Probe) -> str:
    degrees = "unknown" if probe.temperature_millic is None else f"{probe.temperature_millic / 1e3:.0f} °C"
    bits = probe.bits_of_throttling
    if bits is None:
        return f"{degrees}; throttling and under-voltage unknown"

    def since(now: int, before: int) -> str:
        return "now" if bits & now else "since it was started" if bits & before else "never since it was started"

    return f"{degrees}; throttled: {since(0xE, 0xE0000)}; under voltage: {since(1, 1 << 16)}"


def _runtimes(examined: Examined) -> Iterator[str]:
    for place in examined.places:
        installed = [f"{project} {tried.version}" for project, tried in place.modules.items() if tried.version]
        if installed:
            yield f"{', '.join(installed)} (runtimes/{place.runtime})" if place.runtime else ", ".join(installed)
