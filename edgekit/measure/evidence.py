"""What a verdict rests on: what is known of a bundle, and the cases that a metric finds in it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from datetime import datetime, timedelta

from edgekit.bundle.manifest import Manifest
from edgekit.bundle.records import Records
from edgekit.measure.statistics.estimate import Estimate
from edgekit.schema.budget import Budget
from edgekit.schema.target import Target


@dataclass(frozen=True)
class Allowed:
    """What a verdict may rest on.

    throttled:   samples that were taken while the device was throttled or under voltage
    busy:        samples that were taken while other work slowed the device down
    max_age:     older measurements do not count; None for any age
    data_sha256: of the rows that count where a budget names none; None where nothing but the lineage says it
    """

    throttled: bool = False
    busy: bool = False
    max_age: timedelta | None = None
    data_sha256: str | None = None


@dataclass(frozen=True)
class Evidence:
    """A bundle's manifest and the records that it keeps, as they were read.

    now:     the moment of the judgement, which ages are counted from
    allowed: which of them count
    """

    manifest: Manifest
    records: Records
    now: datetime
    allowed: Allowed = Allowed()

    @property
    def model_sha256(self) -> str:
        """The hash of the model file."""
        return self.manifest.files[self.manifest.model_file].sha256


@dataclass(frozen=True)
class Question:
    """A budget, with the target that it is asked for and the bundle's path.

    device: what `--device` takes for a machine of that target, `local` for this one; None where none is known
    """

    budget: Budget
    target: Target
    bundle: str
    device: str | None = None

    @property
    def path(self) -> str:
        """The bundle's path as a shell takes it."""
        return shlex.quote(self.bundle)

    def on_device(self, command: str) -> str:
        """A command that measures, with all that has to be done so that it does not measure another machine."""
        if self.device is not None:
            return command if self.device == "local" else f"{command} --device {shlex.quote(self.device)}"
        url = "adb://SERIAL" if self.target.os == "android" else "ssh://USER@HOST"
        add = f"edgekit devices add NAME {url} --target {shlex.quote(self.target.name)}"
        return f"{add} && {command} --device NAME"


@dataclass(frozen=True)
class Basis:
    """How much a figure rests on; None for what it does not rest on.

    samples:   timed runs; processes: that took them; seconds: that the device was watched meanwhile
    age_days:  since it was measured, on `day` (ISO 8601), which stays true in a report
    rows:      rows or tokens of a data set
    """

    samples: int | None = None
    processes: int | None = None
    seconds: float | None = None
    age_days: float | None = None
    rows: int | None = None
    day: str = ""

    @property
    def describe(self) -> str:
        """As `2,014 runs in 3 processes, watched for 5.1 s, of 2026-11-28 (2 days old)`; nothing for what is exact."""
        processes = f" in {_plural(self.processes, 'process', 'processes')}" if self.processes else ""
        parts = [
            f"{_plural(self.samples, 'run', 'runs')}{processes}" if self.samples else "",
            f"watched for {self.seconds:.3g} s" if self.seconds is not None else "",
            f"of {self.day} ({_age(self.age_days)} old)" if self.age_days is not None else "",
        ]
        return ", ".join(part for part in parts if part)


# a size, and whatever else is counted and not sampled
EXACT = Basis()


@dataclass(frozen=True)
class Case:
    """One measured case of a metric: its figure, and what it holds for.

    conditions: in words, as `length 128, 4 threads`
    doubts:     why nothing can be decided by it, whatever the figure is
    notes:      what a reader should know of it, which decides nothing
    advice:     what helps where nothing can be decided
    named:      the conditions by which a budget names this case alone
    """

    figure: Estimate
    conditions: str
    basis: Basis = EXACT
    doubts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    advice: str = ""
    named: str = ""


@dataclass(frozen=True)
class Missing:
    """Why there is no case to judge by, and the command that makes one."""

    reason: str
    advice: str = ""
    conditions: str = ""


# of each question at least one case, or why there is none
Cases = tuple[Case, ...] | Missing


def _plural(count: int | None, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"


def _age(days: float) -> str:
    """`40 minutes`, `5 hours`, `12 days`."""
    for size, one in ((1.0, "day"), (1 / 24, "hour"), (1 / 1440, "minute")):
        count = int(max(days, 0.0) / size)
        if count >= 1:
            return _plural(count, one, f"{one}s")
    return "seconds"
