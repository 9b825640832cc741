"""What a benchmark program measured, in sentences."""

from __future__ import annotations

from edgekit.measure.performance.benchmark_tool import tool_latency
from edgekit.measure.performance.throttling import ever_disturbed
from edgekit.measure.statistics.estimate import Estimate
from edgekit.report.figures import clean, listed, machine, number, plural
from edgekit.schema.tool_measurement import Battery, ToolMeasurement


def tool_lines(record: ToolMeasurement) -> list[str]:
    """The figures with their intervals over the program's runs, and under what they were taken."""
    figures = {"p50": tool_latency(record, "p50_ms"), "p95": tool_latency(record, "p95_ms")}
    known = [f"{name} {_figure(value)}" for name, value in figures.items() if value is not None]
    mean = tool_latency(record, "mean_ms")
    runs = sum(run.runs for run in record.invocations)
    bound = f", cores {record.affinity}" if record.affinity else ""
    first = f"{record.tool}, length {record.length}, {plural(record.threads, 'thread')}{bound}"
    degrees = [state.temperature_c for state in (record.before, record.after) if state.temperature_c is not None]
    return [
        f"{first}: {listed([*known, f'mean {_figure(mean)}' if mean else ''])}",
        *(["it tells a mean and no percentiles, so no latency budget can be decided"] if not known else []),
        f"{runs:,} runs in {plural(len(record.invocations), 'run')} of the program",
        machine(record.fingerprint),
        *(["EMULATED: these times hold for no target"] if record.fingerprint.emulated else []),
        *([f"DISTURBED: {found.describe}"] if (found := ever_disturbed(record)) else []),
        *([f"{degrees[0]:.1f} °C before, {degrees[-1]:.1f} °C after"] if degrees else []),
        *([_battery(record.battery_after)] if record.battery_after != Battery() else []),
        *(clean(note) for note in record.notes),
    ]


def _figure(value: Estimate) -> str:
    return f"{number(value.value)} ms ({number(value.low)} to {number(value.high)})"


def _battery(battery: Battery) -> str:
    level = "" if battery.level_pct is None else f"{battery.level_pct:.0f} %"
    charging = "" if battery.charging is None else "charging" if battery.charging else "not charging"
    degrees = "" if battery.temperature_c is None else f"{battery.temperature_c:.1f} °C"
    return f"battery {listed([level, charging, degrees])}"
