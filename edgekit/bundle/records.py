"""Records that a bundle keeps in `measurements/`: each sealed with its own hash, each file read once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from edgekit.agent.inference.content_hash import SEAL, is_whole, seal_of
from edgekit.bundle.older_formats import MEASURE_AGAIN, check_record_version
from edgekit.errors import UsageError
from edgekit.io.atomic import write_text
from edgekit.io.hashing import value_sha256
from edgekit.schema.base_model import read_mapping
from edgekit.schema.measurement import (
    Count1,
    GenerationMeasurement,
    InstructionCounts,
    Measurement,
    NonNegative,
    Stamped,
)
from edgekit.schema.tool_measurement import ToolMeasurement

MEASUREMENTS = "measurements"


class GoldenRun(Stamped):
    """The golden cases of a bundle, reproduced: on which machine, by which runtime, and how closely.

    content_hash: of the bundle, which covers its cases and the tolerance that they were checked against
    """

    kind: Literal["golden"] = "golden"
    content_hash: str
    runtime: str
    cases: Count1
    max_abs_difference: NonNegative


Record = Measurement | GenerationMeasurement | InstructionCounts | ToolMeasurement | GoldenRun
_KINDS: dict[str, type[Record]] = {
    "latency": Measurement,
    "generation": GenerationMeasurement,
    "instructions": InstructionCounts,
    "tool": ToolMeasurement,
    "golden": GoldenRun,
}


@dataclass(frozen=True)
class Records:
    """What was measured of a bundle, by kind, in the order of the files' names."""

    latency: tuple[Measurement, ...] = ()
    generation: tuple[GenerationMeasurement, ...] = ()
    instructions: tuple[InstructionCounts, ...] = ()
    tools: tuple[ToolMeasurement, ...] = ()
    golden: tuple[GoldenRun, ...] = ()

    @classmethod
    def of(cls, records: tuple[Record, ...]) -> Records:
        """The records sorted by their kind."""
        return cls(
            latency=tuple(record for record in records if isinstance(record, Measurement)),
            generation=tuple(record for record in records if isinstance(record, GenerationMeasurement)),
            instructions=tuple(record for record in records if isinstance(record, InstructionCounts)),
            tools=tuple(record for record in records if isinstance(record, ToolMeasurement)),
            golden=tuple(record for record in records if isinstance(record, GoldenRun)),
        )


def record_files(bundle: Path) -> list[Path]:
    """The files in which a bundle keeps what was measured of it."""
    return sorted((bundle / MEASUREMENTS).glob("*.json"))


def write_record(bundle: Path, record: Record, conditions: Mapping[str, object]) -> Path:
    """Keep a record, in place of one of its kind under the same conditions; its path.

    Raises `UsageError` where the bundle cannot be written.
    """
    path = bundle / MEASUREMENTS / f"{record.kind}-{value_sha256(dict(conditions))[:12]}.json"
    write_text(path, dumped(record) + "\n")
    return path


def dumped(record: Record) -> str:
    """A record as the text of its file, with its seal."""
    value = record.dump()
    return json.dumps(value | {SEAL: seal_of(value)}, ensure_ascii=False)


def read_record(path: Path) -> Record:
    """The record in a file; `UsageError` for one that is not valid, or was changed since it was written."""
    value = read_mapping(path)
    kind = _KINDS.get(str(value.get("kind")))
    if kind is None:
        raise UsageError(f"{path} is no record that this edgekit reads", advice=MEASURE_AGAIN)
    check_record_version(value, path)
    if not is_whole(value):
        raise UsageError(
            f"{path} was changed since it was measured: its sha256 does not follow from it", advice=MEASURE_AGAIN
        )
    del value[SEAL]
    return kind.parse(value, str(path))


def age_of(record: Stamped, now: datetime) -> float:
    """How old a record is, in days."""
    return (now - record.moment).total_seconds() / 86_400
