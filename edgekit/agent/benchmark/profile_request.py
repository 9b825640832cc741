"""What the host asks to be measured, and what every measurement says of its circumstances."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Optional

from .. import AGENT_VERSION
from ..machine.conditions import fingerprint
from .timing import Stopping

Text = tuple[str, Optional[str]]


@dataclass(frozen=True)
class Order:
    """What to measure.

    length:  tokens in every input; None takes the texts as they are, or for a bare file its own length, else 128.
             Of a decoder the tokens of the prompt
    texts:   texts to measure with, each with its pair or None; empty takes those of the golden cases
    runtime: as in `sessions.open_session`
    sustained_seconds: after the usual samples, run back to back for so long; 0 for not at all
    energy:  also measure the energy of a run, where the machine can
    trace:   also find out which kernels ran, which loads the file once more
    processes: so many take the samples of one measurement; `stopping` is this one's share
    """

    path: Path
    threads: int
    stopping: Stopping
    length: int | None = None
    texts: tuple[Text, ...] = ()
    runtime: str | None = None
    per_op: bool = False
    sustained_seconds: float = 0.0
    energy: bool = False
    trace: bool = False
    processes: int = 1


def report(kind: str, session: Any, hashes: tuple[str, str | None]) -> dict[str, Any]:
    """The fields that measurements of one file share, whatever their kind.

    session: what ran, with its `runtime`, `version` and `threads`
    hashes:  of the model file, and of the bundle's content, None for a bare file
    """
    return {
        **occasion(kind),
        "model_sha256": hashes[0],
        "content_hash": hashes[1],
        "runtime": session.runtime,
        "runtime_version": session.version,
        "threads": session.threads,
    }


def one_process(
    samples: dict[str, int], seconds: float, load_ms: float, first_ms: float, peak_mb: float
) -> dict[str, Any]:
    """The figures of the one process that this is, alone and as those of the whole.

    samples: how many of each part that is not a sum; seconds: that they took
    """
    figures = {"cold_load_ms": load_ms, "first_inference_ms": first_ms, "peak_rss_mb": peak_mb}
    return {"processes": [{"samples": samples, "seconds": seconds, **figures}], **figures}


def occasion(kind: str) -> dict[str, Any]:
    """Where and when something is measured."""
    return {
        "format_version": 2,
        "kind": kind,
        "fingerprint": fingerprint(),
        "taken_at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "agent_version": AGENT_VERSION,
    }
