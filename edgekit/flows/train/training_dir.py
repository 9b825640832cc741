"""The hidden folder in which a training stage keeps its checkpoints, so that a killed run can go on."""

from __future__ import annotations

import glob
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from edgekit.bundle.manifest import Step
from edgekit.compress.training.distributed import is_main, wait_for_all
from edgekit.compress.training.resume import drop_unsealed
from edgekit.io.disk import disk_errors
from edgekit.io.hashing import value_sha256
from edgekit.io.signals import defer_signals


@contextmanager
def training_folder(out: Path, step: Step) -> Iterator[Path]:
    """A folder beside `out` named by what is trained from what; gone when the stage has ended well.

    An interrupted stage leaves what is whole in it, and finds that again only if nothing that it depends on has
    changed. Of several processes that train together the main one makes and removes it, when all of them have ended.
    Raises `UsageError` where the disk is full or read-only.
    """
    folder = out.with_name(f".{out.name}.training-{value_sha256(step.model_dump(mode='json'))[:12]}")
    if not is_main():
        yield folder
        wait_for_all()
        return
    drop_training(out, but=folder)
    try:
        with disk_errors(out):
            yield folder
    except BaseException:
        with defer_signals():
            drop_unsealed(folder)
            with suppress(OSError):  # it holds something that is worth keeping, or was never made
                folder.rmdir()
        raise
    wait_for_all()
    drop_training(out)


def drop_training(out: Path, but: Path | None = None) -> None:
    """Remove what trainings of `out` have left beside it, all or all but one."""
    for left in out.parent.glob(f".{glob.escape(out.name)}.training-*"):
        if left != but:
            shutil.rmtree(left, ignore_errors=True)
