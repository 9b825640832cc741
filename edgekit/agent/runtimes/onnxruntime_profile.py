"""The profile that onnxruntime writes of a session's runs: events by node, read into counts and times of operators."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from ..errors import RuntimeFailed
from ..json_object import JsonObject
from .base import FLOAT_WEIGHTS, OF_WEIGHTS

_PRODUCTS = frozenset({"MatMul", "FusedMatMul", "Gemm", "FusedGemm"})
_NODE_RUN = "_kernel_time"

Event = JsonObject


class OnnxProfile:
    """The events of one profile; see `base.Profile`."""

    def __init__(self, events: list[Event]) -> None:
        self._nodes = [event for event in events if event.get("cat") == "Node" and event["name"].endswith(_NODE_RUN)]
        self.run_starts = sorted(event["ts"] for event in events if event.get("name") == "model_run")

    @classmethod
    def read(cls, path: Path) -> OnnxProfile:
        """The profile in a file.

        Raises `RuntimeFailed` where it tells of no run, OSError or ValueError where it cannot be read.
        """
        profile = cls(json.loads(path.read_text(encoding="utf-8")))
        if not profile.run_starts:
            raise RuntimeFailed("onnxruntime's profile tells of no run")
        return profile

    def operators(self) -> dict[str, int]:
        """See `base.Profile.operators`.

        Products of a weight that is not an integer are named apart, and so are weights that every run makes floats of.
        """
        counts: dict[str, int] = {}
        for event in self._nodes_since(self.run_starts[-1]):
            name = _kind(event["args"])
            counts[name] = counts.get(name, 0) + 1
        return counts

    def operator_times(self, warmup: int, runs: int) -> list[JsonObject]:
        """See `base.Profile.operator_times`; profiling costs time itself, so the shares count more than the sum.

        Raises `RuntimeFailed` for a profile of too few runs.
        """
        if len(self.run_starts) < warmup + runs:
            raise RuntimeFailed(f"onnxruntime's profile tells of {len(self.run_starts)} runs of {warmup + runs}")
        micros: dict[str, float] = {}
        calls: dict[str, int] = {}
        for event in self._nodes_since(self.run_starts[warmup]):
            operator = event["args"]["op_name"]
            micros[operator] = micros.get(operator, 0.0) + event["dur"]
            calls[operator] = calls.get(operator, 0) + 1
        whole = sum(micros.values()) or 1.0
        return [
            {
                "operator": operator,
                "calls": max(1, round(calls[operator] / runs)),
                "ms": spent / runs / 1e3,
                "share": 100 * spent / whole,
            }
            for operator, spent in sorted(micros.items(), key=lambda item: -item[1])
        ]

    def _nodes_since(self, start: float) -> Iterable[Event]:
        return (event for event in self._nodes if event["ts"] >= start)


def _kind(node: JsonObject) -> str:
    """The operator of a node; a weight is an input that is not computed, and is not shown once it is packed."""
    name = str(node["op_name"])
    shapes = [shape for entry in node.get("input_type_shape", ()) for shape in entry.values()]
    matrices = [shape for shape in shapes if len(shape) >= 2]
    parameters = int(node.get("parameter_size", 0))
    if name in _PRODUCTS and (len(matrices) < 2 or parameters >= _elements(matrices[1])):
        return name + FLOAT_WEIGHTS
    if name == "DequantizeLinear" and matrices and parameters >= _elements(matrices[0]):
        return name + OF_WEIGHTS
    return name


def _elements(shape: Iterable[int]) -> int:
    count = 1
    for size in shape:
        count *= size
    return count
