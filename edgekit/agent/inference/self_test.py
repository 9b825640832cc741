"""Running the golden cases of a bundle, whatever its task, and saying where that was done."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..benchmark.profile_request import occasion
from .bundle import GENERATION, Bundle, open_bundle, read_golden
from .classifier import load_classifier
from .decoder_golden import read_decoder_golden, run_decoder_golden
from .generator import load_generator
from .golden import run_golden


def self_test(folder: Path, runtime: str | None = None, threads: int = 1) -> dict[str, Any]:
    """Check every file and the content hash of a bundle, then reproduce its golden cases.

    runtime: as in `sessions.open_session`
    Gives the keys of `devices.replies.Golden`: the content hash is the one that was checked here.
    Raises `BadInput` for a bundle that is not what its manifest says, `RuntimeMissing` and `RuntimeFailed` as
    `open_session` does, and `GoldenMismatch` for wrong answers.
    """
    bundle = open_bundle(folder)
    result, name = _run(bundle, runtime, threads)
    where = {key: value for key, value in occasion("golden").items() if key in _STAMP}
    return {**where, **asdict(result), "runtime": name, "content_hash": bundle.content_hash}


_STAMP = ("fingerprint", "taken_at", "agent_version")


def _run(bundle: Bundle, runtime: str | None, threads: int) -> tuple[Any, str]:
    if bundle.task == GENERATION:
        prompts = read_decoder_golden(bundle)
        generator = load_generator(bundle, runtime, threads)
        return run_decoder_golden(generator, prompts), generator.session.runtime
    cases = read_golden(bundle)
    classifier = load_classifier(bundle, runtime, threads)
    return run_golden(classifier, cases), classifier.session.runtime
