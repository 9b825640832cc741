"""edgekit: compress text models, put them on your device, measure, and gate on the verdict.

Each name here is also a command (`edgekit export`) and a recipe stage (`export:`): one function for all three.
They are imported when first used, so that `import edgekit` costs nothing.
"""

from __future__ import annotations

import importlib
import os
from typing import Any

__version__ = "0.1.0"

# no telemetry: these are read when onnxruntime and the hub's client are imported
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

_HOMES = {
    "finetune": "edgekit.flows.train.train",
    "distill": "edgekit.flows.train.train",
    "prune": "edgekit.flows.train.prune",
    "quantize": "edgekit.flows.quantize",
    "export": "edgekit.flows.export",
    "evaluate": "edgekit.flows.evaluate.evaluate",
    "profile": "edgekit.flows.profile.profile",
    "gate": "edgekit.flows.gate.gate",
    "package": "edgekit.flows.package",
    "inspect": "edgekit.flows.inspect",
    "predict": "edgekit.flows.predict",
    "generate": "edgekit.flows.generate",
    "run": "edgekit.flows.run.run",
}

__all__ = ["__version__", *_HOMES]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'edgekit' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
