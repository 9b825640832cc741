"""The processes of one training, as `accelerate launch` and torchrun start them: who writes, and who waits.

They name themselves by the environment: RANK, LOCAL_RANK and WORLD_SIZE. Without these there is one process. The
main one alone writes; where there are several machines, the folder that it writes to must be one that all of them see.
"""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

# the others wait while the main process asks a teacher about every row
TIMEOUT = timedelta(days=2)


def is_main() -> bool:
    """Whether this process is the one that writes and speaks."""
    return os.environ.get("RANK", "0") == "0"


def world_size() -> int:
    """How many processes train together."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def uses_cpu() -> bool:
    """Whether there is nothing but a CPU to train on, or it was chosen."""
    import torch

    chosen = os.environ.get("ACCELERATE_USE_CPU", "").lower() in ("1", "true", "yes", "y", "on", "t")
    return chosen or not torch.accelerator.is_available()


def device() -> Any:
    """Where a model runs beside training: the first accelerator, or the CPU."""
    import torch

    return torch.device("cpu") if uses_cpu() else torch.accelerator.current_accelerator()


def wait_for_all() -> None:
    """Go on when every process has come here."""
    if world_size() > 1:
        import torch

        _join()
        torch.distributed.barrier()


def from_main(flag: bool) -> bool:
    """What the main process found; of one process its own."""
    if world_size() == 1:
        return flag
    import torch

    _join()
    flags = [flag]
    torch.distributed.broadcast_object_list(flags, src=0)
    return bool(flags[0])


def _join() -> None:
    import torch
    from accelerate import PartialState

    if not torch.distributed.is_initialized():
        PartialState(cpu=uses_cpu(), timeout=TIMEOUT)
