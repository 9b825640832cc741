"""The record of a run of a bundle's golden cases: how closely they were reproduced, where and when."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from ..inference.bundle import Bundle, open_bundle
from ..inference.tasks import prove
from ..json_object import JsonObject
from .record import circumstances

_CIRCUMSTANCES = ("fingerprint", "taken_at", "agent_version")


def run_golden_cases(folder: Path, runtime: str | None = None, threads: int = 1) -> JsonObject:
    """Check every file and the content hash of a bundle, then reproduce its golden cases.

    runtime: as in `registry.open_session`
    Raises `BadInput` for a bundle that is not what its manifest says, and as `golden_record_of` does.
    """
    return golden_record_of(open_bundle(folder), runtime, threads)


def golden_record_of(bundle: Bundle, runtime: str | None = None, threads: int = 1) -> JsonObject:
    """Reproduce the golden cases of a bundle whose files are already checked.

    Gives the keys of `devices.messages.Golden`: the content hash is the one that was checked.
    Raises `RuntimeMissing` and `RuntimeFailed` as `open_session` does, and `GoldenMismatch` for wrong answers.
    """
    proof = prove(bundle, runtime, threads)
    where = {key: value for key, value in circumstances("golden").items() if key in _CIRCUMSTANCES}
    return {
        **where,
        **asdict(proof.golden),
        "runtime": proof.model.session.runtime,
        "content_hash": bundle.content_hash,
    }
