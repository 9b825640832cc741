"""The record of a run of a bundle's golden cases: how closely they were reproduced, where and when."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from ..inference.bundle import open_bundle
from ..inference.tasks import prove
from .record import Fields, circumstances

_CIRCUMSTANCES = ("fingerprint", "taken_at", "agent_version")


def run_golden_cases(folder: Path, runtime: str | None = None, threads: int = 1) -> Fields:
    """Check every file and the content hash of a bundle, then reproduce its golden cases.

    runtime: as in `registry.open_session`
    Gives the keys of `devices.messages.Golden`: the content hash is the one that was checked here.
    Raises `BadInput` for a bundle that is not what its manifest says, `RuntimeMissing` and `RuntimeFailed` as
    `open_session` does, and `GoldenMismatch` for wrong answers.
    """
    bundle = open_bundle(folder)
    proof = prove(bundle, runtime, threads)
    where = {key: value for key, value in circumstances("golden").items() if key in _CIRCUMSTANCES}
    return {
        **where,
        **asdict(proof.golden),
        "runtime": proof.model.session.runtime,
        "content_hash": bundle.content_hash,
    }
