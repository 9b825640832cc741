"""Waiting between measurements until a device is about as cool as it was at first."""

from __future__ import annotations

import time

from edgekit.devices.agent_client import AgentClient
from edgekit.devices.base import ConnectedDevice
from edgekit.devices.messages import Facts
from edgekit.io.progress import Progress
from edgekit.options.profile_options import ProfileOptions

# a board that has worked does not come back to the very temperature that it had after a night
NEAR_C = 2.0
_ASK_EVERY_SECONDS = 2.0


class Cooling:
    """Remembers how warm a device was when it was made, and waits for that. Does nothing unless it was asked for."""

    def __init__(self, device: ConnectedDevice, options: ProfileOptions) -> None:
        self._device = device
        self._options = options
        self._began_c = self._once() if options.cool_down else None
        self._worked = False

    def wait(self, progress: Progress) -> tuple[str, ...]:
        """Wait before a measurement that is not the first, `cool_down` seconds at most; what is to be said of it."""
        worked, self._worked = self._worked, True
        if not worked or self._options.cool_down is None:
            return ()
        if self._began_c is None:
            return ("not cooled down before: the device does not tell its temperature",)
        with self._device.start_agent(self._options.python) as agent:
            return (self._cool(agent, self._began_c, self._options.cool_down, progress),)

    def _cool(self, agent: AgentClient, began_c: float, longest: float, progress: Progress) -> str:
        started = time.monotonic()
        with progress.task(f"cool down to {began_c:.1f} °C", int(longest)) as advance:
            while True:
                now, waited = _temperature_c(agent), time.monotonic() - started
                cool = now is None or now <= began_c + NEAR_C
                if cool or waited >= longest:
                    break
                advance(int(waited), f"{now:.1f} °C")
                time.sleep(min(_ASK_EVERY_SECONDS, longest - waited))
        if now is None:
            return "not cooled down before: the device no longer tells its temperature"
        if cool:
            return f"cooled down before for {waited:.0f} s, to {now:.1f} °C"
        return f"still at {now:.1f} °C after {waited:.0f} s of cooling down; it began at {began_c:.1f} °C"

    def _once(self) -> float | None:
        with self._device.start_agent(self._options.python) as agent:
            return _temperature_c(agent)


def _temperature_c(agent: AgentClient) -> float | None:
    return agent.request("facts", Facts).conditions.temperature_c
