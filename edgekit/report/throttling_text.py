"""What became of a device while it measured: heat, throttling, other work, sustained speed, energy; in sentences."""

from __future__ import annotations

from collections.abc import Iterable

from edgekit.measure.performance.energy import energy_mj
from edgekit.measure.performance.sustained import sustained
from edgekit.measure.performance.throttling import disturbances_of_parts
from edgekit.report.figures import number
from edgekit.schema.measurement import Energy, GenerationMeasurement, Measurement

DISTURBED = "DISTURBED"
# the load of a machine that nobody uses
_QUIET_LOAD = 0.5


def over_time(record: Measurement | GenerationMeasurement) -> list[str]:
    """What a table of percentiles does not show."""
    named = {"infer": "", "first_token": "first token: ", "token": "token: ", "sustained": "sustained: "}
    disturbed = disturbances_of_parts(record)
    found = [f"{DISTURBED}: {named[part]}{disturbance.describe}" for part, disturbance in disturbed.items()]
    found += _heat([moment.temperature_c for moment in record.during])
    found += _sustained(record)
    if record.energy is not None:
        found.append(_energy(record.energy, "token" if isinstance(record, GenerationMeasurement) else "inference"))
    return found


def spoilers(record: Measurement | GenerationMeasurement) -> dict[str, str]:
    """The conditions by name that could have spoiled a measurement, each with a word on why.

    A load is high that was there before and left the timed threads without cores of their own.
    """
    states = (record.before, record.after)
    found: dict[str, str] = {}
    load, spare = record.before.load_1min, max(record.fingerprint.cores - record.threads, 0)
    if load is not None and load > spare + _QUIET_LOAD:
        found["load"] = "high"
    if any(state.throttled for state in states):
        found["throttled"] = "slowed down"
    if any(state.under_voltage for state in states):
        found["under-voltage"] = "slowed down"
    return found


def _heat(degrees: Iterable[float | None]) -> list[str]:
    known = [value for value in degrees if value is not None]
    return [f"{min(known):.1f} to {max(known):.1f} °C while measuring"] if known else []


def _sustained(record: Measurement | GenerationMeasurement) -> list[str]:
    long = sustained(record.sustained_ms)
    if long is None:
        return []
    first, last, drift = long.first, long.last, long.drift_pct
    return [
        f"sustained for {long.seconds:.0f} s, {long.runs:,} runs; p50, p95, p99 of the last third: "
        f"{number(last.p50.value)}, {number(last.p95.value)}, {number(last.p99.value)} ms, of the first: "
        f"{number(first.p50.value)}, {number(first.p95.value)}, {number(first.p99.value)} ms",
        f"drift of the median {drift.value:+.1f} % (95 %: {drift.low:+.1f} to {drift.high:+.1f})",
    ]


def _energy(energy: Energy, unit: str) -> str:
    found = energy_mj(energy)
    watts = [sum(values) / len(values) for values in (energy.idle_w, energy.load_w)]
    return (
        f"energy {number(found.value)} mJ for each {unit} (95 %: {number(found.low)} to {number(found.high)}), "
        f"above {watts[0]:.2f} W idle; {watts[1]:.2f} W under load, of {len(energy.rails)} rails"
    )
