"""The hidden folder in which a training stage keeps its checkpoints, so that a killed run can go on."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edgekit.spec.hashing import value_sha256
from edgekit.spec.manifest import Step


@contextmanager
def training_folder(out: Path, step: Step) -> Iterator[Path]:
    """A folder beside `out` named by what is trained from what; gone when the stage has ended well.

    An interrupted stage leaves it, and finds it again only if nothing that it depends on has changed.
    """
    folder = out.with_name(f".{out.name}.training-{value_sha256(step.model_dump(mode='json'))[:12]}")
    for stale in out.parent.glob(f".{out.name}.training-*"):
        if stale != folder:
            shutil.rmtree(stale, ignore_errors=True)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
