"""Activations as operators of ONNX, and of onnxruntime where it has a faster one."""

from __future__ import annotations

import numpy as np

from edgekit.errors import UsageError
from edgekit.export.onnx.graph_builder import MICROSOFT, OnnxGraph
from edgekit.models.activations import ACTIVATIONS

# operator, its domain, its attributes
_OPERATORS: dict[str, tuple[str, str, dict[str, float]]] = {
    "gelu": ("Gelu", MICROSOFT, {}),
    "gelu_tanh": ("FastGelu", MICROSOFT, {}),
    "relu": ("Relu", "", {}),
    # x * sigmoid(alpha * x)
    "silu": ("QuickGelu", MICROSOFT, {"alpha": 1.0}),
    "quick_gelu": ("QuickGelu", MICROSOFT, {"alpha": 1.702}),
    "tanh": ("Tanh", "", {}),
    "sigmoid": ("Sigmoid", "", {}),
    "leaky_relu": ("LeakyRelu", "", {"alpha": 0.01}),
}
# those that add the bias of the dense layer before them in the same pass
FUSED_BIAS = {"gelu": "BiasGelu", "gelu_tanh": "FastGelu"}


def add_activation(graph: OnnxGraph, activation: str, x: str, name: str) -> str:
    """The activation of x [any shape], as a value called `name`; `UsageError` for one without an operator."""
    if activation in _OPERATORS:
        operator, domain, attributes = _OPERATORS[activation]
        return graph.add(operator, [x], name, domain=domain, **attributes)
    if activation == "relu6":
        limits = [graph.constant(f"limit_{limit}", np.float32(limit)) for limit in (0, 6)]
        return graph.add("Clip", [x, *limits], name)
    if activation == "mish":
        soft = graph.add("Tanh", [graph.add("Softplus", [x], f"{name}_softplus")], f"{name}_tanh")
        return graph.add("Mul", [x, soft], name)
    raise UsageError(f"the activation {activation!r} has no ONNX lowering", advice=", ".join(ACTIVATIONS))
