"""The processes of one training, as `accelerate launch` and torchrun start them: who writes, and who waits.

They name themselves by the environment: RANK, LOCAL_RANK and WORLD_SIZE. Without these there is one process. The
main one alone writes; where there are several machines, the folder that it writes to must be one that all of them see.
"""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

# the others wait while the main process asks a teacher about every row
PATIENCE = timedelta(days=2)


def is_main() -> bool:
    """Whether this process is the one that writes and speaks."""
    return os.environ.get("RANK", "0") == "0"


def count() -> int:
    """How many processes train together."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def on_cpu() -> bool:
    """Whether there is nothing but a CPU to train on, or it was said to be used."""
    import torch

    told = os.environ.get("ACCELERATE_USE_CPU", "").lower() in ("1", "true", "yes", "y", "on", "t")
    return told or not torch.accelerator.is_available()


def device() -> Any:
    """Where a model runs beside training: the first accelerator, or the CPU."""
    import torch

    return torch.device("cpu") if on_cpu() else torch.accelerator.current_accelerator()


def wait_for_all() -> None:
    """Go on when every process has come here."""
    if count() > 1:
        import torch

        _join()
        torch.distributed.barrier()


def as_main_says(flag: bool) -> bool:
    """What the main process found; of one process its own."""
    if count() == 1:
        return flag
    import torch

    _join()
    said = [flag]
    torch.distributed.broadcast_object_list(said, src=0)
    return bool(said[0])


def _join() -> None:
    import torch
    from accelerate import PartialState

    if not torch.distributed.is_initialized():
        PartialState(cpu=on_cpu(), timeout=PATIENCE)
