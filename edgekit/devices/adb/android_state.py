"""What Android says of its heat and its battery: `dumpsys thermalservice` and `dumpsys battery`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from edgekit.devices.transport import Transport
from edgekit.errors import DeviceError
from edgekit.schema.measurement import Conditions
from edgekit.schema.tool_measurement import Battery

# PowerManager.THERMAL_STATUS_LIGHT: from here on the system slows itself down
_LIGHT = 1
# Temperature.TYPE_CPU and TYPE_SKIN
_CPU, _SKIN = 0, 3
_STATUS = re.compile(r"^\s*Thermal Status: (\d{1,2})\s*$", re.MULTILINE)
_TEMPERATURE = re.compile(
    r"Temperature\{mValue=(-?\d{1,4}(?:\.\d{1,9})?), mType=(-?\d{1,3}), mName=([^,{}\n]{1,80}), "
)
_NOW = "Current temperatures from HAL:"
_BATTERY = re.compile(r"^  ([A-Za-z ]{1,40}): (\S{1,40})\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Thermal:
    """status: 0 (none) to 6 (shutdown), None where it is not told; temperatures in degrees Celsius by sensor."""

    status: int | None
    cpu_c: float | None
    skin_c: float | None


def read_thermal(answer: str) -> Thermal:
    """The state in the answer to `dumpsys thermalservice`.

    The temperatures are those of now, not those that the service remembers, which may be minutes old.
    """
    found = _STATUS.search(answer)
    _, _, now = answer.partition(_NOW)
    # the sections behind it list thresholds and cooling devices
    section = re.split(r"\n(?=\S[^\n]*:)", now)[0]
    known = [(int(kind), float(value)) for value, kind, _ in _TEMPERATURE.findall(section)]
    return Thermal(int(found[1]) if found else None, _hottest(known, _CPU), _hottest(known, _SKIN))


def read_battery(answer: str) -> Battery:
    """The state in the answer to `dumpsys battery`, whose temperature is in tenths of a degree."""
    values = {key.lower(): value for key, value in _BATTERY.findall(answer)}
    level, scale, tenths = (_whole(values.get(key)) for key in ("level", "scale", "temperature"))
    plugs = [values[key] == "true" for key in values if key.endswith(" powered")]
    return Battery(
        level_pct=100 * level / scale if level is not None and scale and 0 <= level <= scale else None,
        temperature_c=None if tenths is None else tenths / 10,
        charging=any(plugs) if plugs else None,
    )


def android_state(transport: Transport) -> tuple[Conditions, Battery]:
    """The heat and the battery of a device; what it does not tell is None."""
    thermal = read_thermal(_dump(transport, "thermalservice"))
    battery = read_battery(_dump(transport, "battery"))
    throttled = None if thermal.status is None else thermal.status >= _LIGHT
    temperature = thermal.skin_c if thermal.cpu_c is None else thermal.cpu_c
    return Conditions(temperature_c=temperature, throttled=throttled), battery


def _dump(transport: Transport, service: str) -> str:
    try:
        done = transport.run(["dumpsys", service], timeout=30.0)
    except DeviceError:
        return ""
    return done.stdout.decode(errors="replace") if done.code == 0 else ""


def _hottest(known: list[tuple[int, float]], kind: int) -> float | None:
    return max((value for found, value in known if found == kind), default=None)


def _whole(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"-?\d{1,9}", text) else None
