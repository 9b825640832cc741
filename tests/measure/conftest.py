"""A bundle that is judged by records that a test gives."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from edgekit.bundle.manifest import Manifest
from edgekit.bundle.records import Records
from edgekit.measure.evidence import Allowed, Evidence, Question
from edgekit.measure.verdicts import verdict_on
from edgekit.schema.budget import Budget


@pytest.fixture
def judged(onnx_bundle):
    """The verdict on a budget by records that the test gives."""
    manifest = Manifest.of(onnx_bundle)

    def judged(text, *records, accuracies=(), lineage=(), **rules):
        known = manifest.model_copy(update={"accuracy": tuple(accuracies), "lineage": tuple(lineage)})
        evidence = Evidence(known, Records.of(records), datetime.now(UTC), Allowed(**rules))
        return verdict_on(Question(Budget.from_text(text), known.target_facts, "out/onnx"), evidence)

    judged.manifest = manifest
    return judged
