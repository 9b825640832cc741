"""Everything that can be known of a device before anything of edgekit runs on it."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, replace
from typing import Annotated, get_args

import pydantic

from edgekit.devices.device_script import run_script
from edgekit.devices.doctor.probe import FoundPython, Probe, probe
from edgekit.devices.provision.python_facts import OLDEST, python_facts
from edgekit.devices.transport import Transport
from edgekit.errors import DeviceError
from edgekit.schema.base_model import Strict
from edgekit.schema.runtimes import RUNTIMES
from edgekit.schema.schemes import RuntimeName

# five modules in each of a few folders, each of them slow to load from an SD card, and slower under emulation
IMPORT_SECONDS = 1200.0
# what an agent needs beside a runtime
NEEDED = ("numpy", "tokenizers")
# the module that is imported of each project
_PROJECTS: dict[str, str] = {name: name for name in NEEDED}
_PROJECTS.update((name, facts.module) for name, facts in RUNTIMES.items())

Line = Annotated[str, pydantic.Field(max_length=500)]


class Tried(Strict):
    """What importing a module gave: its version, or the signal that ended it, or what it complained of."""

    version: Line | None = None
    signal: Annotated[int, pydantic.Field(ge=1, le=64)] | None = None
    message: Line | None = None


class Place(Strict):
    """The modules in one of edgekit's runtimes; without a name, those of the Python itself."""

    runtime: Line | None
    modules: Annotated[dict[Line, Tried], pydantic.Field(max_length=10)]


class _Places(Strict):
    places: Annotated[tuple[Place, ...], pydantic.Field(max_length=50)]


@dataclass(frozen=True)
class Examined:
    """A device as it was found.

    where:      the device in messages
    python:     the Python that an agent would run on; None where there is none that it runs on
    wanted:     the Python that was asked for by name
    places:     what imports
    refused:    why the imports could not be tried, where they could not
    no_wheels:  why there are no wheels for its Python, and what to do; None where there are, or a runtime imports
    clock_skew: seconds that its clock is ahead of ours
    """

    where: str
    probe: Probe
    python: FoundPython | None
    wanted: str | None = None
    places: tuple[Place, ...] = ()
    refused: str | None = None
    no_wheels: tuple[str, str | None] | None = None
    clock_skew: float | None = None

    @property
    def imports(self) -> dict[str, list[tuple[str | None, Tried]]]:
        """By project: each place that it was found in, and what importing it gave."""
        found: dict[str, list[tuple[str | None, Tried]]] = {}
        for place in self.places:
            for project, tried in place.modules.items():
                found.setdefault(project, []).append((place.runtime, tried))
        return found

    @property
    def runnable(self) -> list[tuple[str | None, str]]:
        """The runtimes that an agent can run with: the place, and `onnxruntime 1.31.1`."""
        own = next((place.modules for place in self.places if place.runtime is None), {})
        found = []
        for place in self.places:
            # a place is looked in first, then where the Python itself looks
            modules = own | place.modules
            if all(project in modules and modules[project].version for project in NEEDED):
                found += [
                    (place.runtime, f"{project} {place.modules[project].version}")
                    for project in get_args(RuntimeName)
                    if project in place.modules and place.modules[project].version
                ]
        return found


def examine(transport: Transport, python: str | None = None) -> Examined:
    """Ask the device what it is, then its Python what imports; `DeviceError` when it answers no question at all.

    python: the Python that the agent is to run on; None for what the agent takes by itself
    """
    if python is None and transport.where == "local":
        python = sys.executable
    asked_at = time.time()
    found = probe(transport, python)
    skew = found.time - asked_at if found.time is not None else None
    usable = next((each for each in found.pythons if each.name == (python or "python3")), None)
    if usable is None or usable.version[:2] < OLDEST:
        return Examined(transport.where, found, usable, python, clock_skew=skew)
    try:
        fields = {"do": "imports", "home": found.home, "projects": _PROJECTS}
        reply = run_script(transport, usable.name, "runtimes", _Places, timeout=IMPORT_SECONDS, **fields)
    except DeviceError as error:
        return Examined(transport.where, found, usable, python, refused=error.message, clock_skew=skew)
    examined = Examined(transport.where, found, usable, python, reply.places, clock_skew=skew)
    return examined if examined.runnable else replace(examined, no_wheels=_no_wheels(transport, usable.name))


def _no_wheels(transport: Transport, python: str) -> tuple[str, str | None] | None:
    try:
        python_facts(transport, python)
    except DeviceError as error:
        return error.message, error.advice
    return None
