"""A bundle that is opened and has reproduced its golden cases, before anybody is answered with it."""

from __future__ import annotations

from pathlib import Path

from edgekit.agent.inference.bundle import Bundle, open_bundle
from edgekit.agent.inference.problem_type import SINGLE_LABEL
from edgekit.agent.inference.tasks import ProvenModel, prove
from edgekit.agent.json_object import JsonObject


def open_proven(folder: Path, threads: int) -> ProvenModel:
    """Open a bundle and run its golden cases.

    Raises the agent's errors: `BadInput` for a file that is not the manifest's, `GoldenMismatch` that names the first
    token, logit or label that differs.
    """
    return prove(open_bundle(folder), threads=threads)


def facts_of(proven: ProvenModel) -> JsonObject:
    """What the service says of a model."""
    bundle, session = proven.model.bundle, proven.model.session
    return {
        "runtime": f"{session.runtime} {session.version}",
        "threads": session.threads,
        "golden_cases": proven.golden.cases,
        "max_abs_difference": proven.golden.max_abs_difference,
        "model_sha256": bundle.model_sha256,
        "max_length": bundle.max_length,
        **_head_facts(bundle),
    }


def _head_facts(bundle: Bundle) -> JsonObject:
    """Of a model that gives no single label: what it gives instead, and from which score on each label holds."""
    head = bundle.head
    facts: JsonObject = {}
    if head.problem_type != SINGLE_LABEL:
        facts["problem_type"] = head.problem_type
    if head.thresholds:
        facts["thresholds"] = dict(zip(head.labels, head.thresholds))
    return facts
