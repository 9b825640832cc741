"""What libraries log while edgekit is used from Python: nothing that nobody can change, and all else."""

from __future__ import annotations

import subprocess
import sys

import pytest

SCRIPT = """
import logging, sys
from edgekit.models.checkpoint import open_checkpoint
open_checkpoint(sys.argv[1])
import torchao.quantization
logging.getLogger("torchao").warning("of torchao's own")
logging.getLogger("torch.utils._pytree").warning("of pytree's own")
"""


def test_nothing_is_logged_that_nobody_can_change(tiny_checkpoint):
    """In a process of its own, as libraries log once: importing torch takes some seconds."""
    pytest.importorskip("torchao")
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tiny_checkpoint)], capture_output=True, text=True, check=True
    )
    lines = [line for line in done.stderr.splitlines() if "own" in line]
    assert len(lines) == 2
    assert done.stderr.splitlines() == lines
