"""What a benchmark program measured, in sentences."""

from __future__ import annotations

from edgekit.measure.performance.benchmark_tool import tool_latency
from edgekit.measure.performance.throttling import ever_disturbed
from edgekit.measure.statistics.proportions import Estimate
from edgekit.report.figures import clean, listed, machine, number, plural
from edgekit.schema.tool_measurement import Battery, ToolMeasurement


def tool_lines(taken: ToolMeasurement) -> list[str]:
    """The figures with their intervals over the program's runs, and under what they were taken."""
    figures = {"p50": tool_latency(taken, "p50_ms"), "p95": tool_latency(taken, "p95_ms")}
    known = [f"{name} {_figure(value)}" for name, value in figures.items() if value is not None]
    mean = tool_latency(taken, "mean_ms")
    runs = sum(run.runs for run in taken.invocations)
    bound = f", cores {taken.affinity}" if taken.affinity else ""
    first = f"{taken.tool}, length {taken.length}, {plural(taken.threads, 'thread')}{bound}"
    degrees = [state.temperature_c for state in (taken.before, taken.after) if state.temperature_c is not None]
    return [
        f"{first}: {listed([*known, f'mean {_figure(mean)}' if mean else ''])}",
        *(["it tells a mean and no percentiles, so no latency budget can be decided"] if not known else []),
        f"{runs:,} runs in {plural(len(taken.invocations), 'run')} of the program",
        machine(taken.fingerprint),
        *(["EMULATED: these times hold for no target"] if taken.fingerprint.emulated else []),
        *([f"DISTURBED: {found.describe}"] if (found := ever_disturbed(taken)) else []),
        *([f"{degrees[0]:.1f} °C before, {degrees[-1]:.1f} °C after"] if degrees else []),
        *([_battery(taken.battery_after)] if taken.battery_after != Battery() else []),
        *(clean(note) for note in taken.notes),
    ]


def _figure(value: Estimate) -> str:
    return f"{number(value.value)} ms ({number(value.low)} to {number(value.high)})"


def _battery(battery: Battery) -> str:
    level = "" if battery.level_pct is None else f"{battery.level_pct:.0f} %"
    charging = "" if battery.charging is None else "charging" if battery.charging else "not charging"
    degrees = "" if battery.temperature_c is None else f"{battery.temperature_c:.1f} °C"
    return f"battery {listed([level, charging, degrees])}"
