"""The activations of feed-forward layers: by how many names transformers calls one function."""

from __future__ import annotations

# one function, computed in several ways there; the approximations of gelu by a tanh differ in no digit that counts
_OTHER_NAMES = {
    "gelu_python": "gelu",
    "gelu_new": "gelu_tanh",
    "gelu_fast": "gelu_tanh",
    "gelu_accurate": "gelu_tanh",
    "gelu_pytorch_tanh": "gelu_tanh",
    "gelu_python_tanh": "gelu_tanh",
    "swish": "silu",
}
# those that both formats have a lowering for
ACTIVATIONS = ("gelu", "gelu_tanh", "relu", "silu", "quick_gelu", "mish", "tanh", "sigmoid", "relu6", "leaky_relu")


def activation_of(name: str) -> str:
    """The activation that transformers calls `name`, by its name here; one that is not known here keeps its own."""
    return _OTHER_NAMES.get(name, name)
