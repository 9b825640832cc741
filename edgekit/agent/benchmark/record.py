"""What every record of the agent says of its circumstances: where and when, of which file, in which process."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import NamedTuple

from .. import AGENT_VERSION
from ..inference.bundle import Bundle
from ..json_object import JsonObject
from ..machine.conditions import fingerprint
from ..runtimes.base import ModelSession


class ModelHashes(NamedTuple):
    """The sha256 of a model file, and the hash of its bundle's content, None for a bare file."""

    model_sha256: str
    content_hash: str | None

    @classmethod
    def of(cls, bundle: Bundle) -> ModelHashes:
        """Those of a bundle."""
        return cls(bundle.model_sha256, bundle.content_hash)


def circumstances(kind: str) -> JsonObject:
    """Where and when something is measured."""
    return {
        "format_version": 2,
        "kind": kind,
        "fingerprint": fingerprint(),
        "taken_at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "agent_version": AGENT_VERSION,
    }


def model_fields(kind: str, session: ModelSession, hashes: ModelHashes) -> JsonObject:
    """The fields that measurements of one file share, whatever their kind."""
    return {
        **circumstances(kind),
        **hashes._asdict(),
        "runtime": session.runtime,
        "runtime_version": session.version,
        "threads": session.threads,
    }


def process_fields(
    samples: dict[str, int], seconds: float, load_ms: float, first_ms: float, peak_mb: float
) -> JsonObject:
    """The figures of the one process that this is, alone and as those of the whole.

    samples: how many of each part that is not a sum; seconds: that they took
    """
    figures = {"cold_load_ms": load_ms, "first_inference_ms": first_ms, "peak_rss_mb": peak_mb}
    return {"processes": [{"samples": samples, "seconds": seconds, **figures}], **figures}
