"""What `--json` of a training stage prints: its checkpoint, the data as understood, the course, where time went."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from edgekit.bundle.manifest import CheckpointExtras


def training_result(checkpoint: Path) -> dict[str, Any]:
    """`checkpoint`, and what its `edgekit.json` says of how it was made (`bundle.training_record.TrainingRecord`)."""
    extras = CheckpointExtras.read(checkpoint / "edgekit.json")
    record = {} if extras.training is None else extras.training.model_dump(mode="json")
    vocabulary = extras.lineage[-1].vocabulary
    return {"checkpoint": checkpoint} | ({"vocabulary": vocabulary} if vocabulary is not None else {}) | record
