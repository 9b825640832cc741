"""A small builder for ONNX graphs: nodes, constants and fresh names, nothing else."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from edgekit.errors import UsageError

if TYPE_CHECKING:
    from onnx import NodeProto, ValueInfoProto

ONNX_FILE = "model.onnx"
OPSET = 17
IR_VERSION = 9  # read by onnxruntime since 1.15; the contributed operators need 1.20
MICROSOFT = "com.microsoft"
# protobuf's limit of 2^31 bytes, with room for the graph itself
_LARGEST = 2**31 - 16_000_000


class OnnxGraph:
    """Nodes in the order in which they were added, and the constants that they read."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: dict[str, npt.NDArray[np.generic]] = {}
        self._used: set[str] = set()

    def add(self, operator: str, inputs: list[str], name: str, *, domain: str = "", **attributes: float) -> str:
        """Add a node with one output and return the output's name."""
        return self.add_many(operator, inputs, [name], domain=domain, **attributes)[0]

    def add_many(
        self, operator: str, inputs: list[str], outputs: list[str], *, domain: str = "", **attributes: float
    ) -> list[str]:
        """Add a node with several outputs and return their names; one that is not wanted is called ''."""
        from onnx import helper

        names = [self._unused(output) if output else "" for output in outputs]
        self.nodes.append(helper.make_node(operator, inputs, names, name=names[0], domain=domain, **attributes))
        return names

    def constant(self, name: str, value: npt.NDArray[np.generic] | np.generic) -> str:
        """Store an array [any shape] under a name, and return it; `AssertionError` for a name with another array."""
        if name in self.constants:
            if not np.array_equal(self.constants[name], value, equal_nan=True):
                raise AssertionError(f"two different constants are called {name}")
            return name
        self.constants[name] = np.ascontiguousarray(value) if np.ndim(value) else np.asarray(value)
        return name

    def save(self, path: Path, inputs: Sequence[ValueInfoProto], outputs: Sequence[ValueInfoProto]) -> None:
        """Write the graph. Raises `UsageError` for more than a file holds."""
        import onnx
        from onnx import helper, numpy_helper

        size = sum(value.nbytes for value in self.constants.values())
        if size > _LARGEST:
            raise UsageError(
                f"the model file would have {size / 1e6:,.0f} MB; an ONNX file holds {_LARGEST / 1e6:,.0f} MB",
                advice="a scheme with fewer bits: --scheme int8-weight",
            )
        constants = [numpy_helper.from_array(value, name) for name, value in self.constants.items()]
        graph = helper.make_graph(self.nodes, "edgekit", inputs, outputs, constants)
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(MICROSOFT, 1)]
        model = helper.make_model(graph, opset_imports=opsets, producer_name="edgekit")
        model.ir_version = IR_VERSION
        onnx.save(model, str(path))

    def _unused(self, name: str) -> str:
        numbered = (f"{name}_{count}" for count in itertools.count(1))
        unused = next(candidate for candidate in itertools.chain([name], numbered) if candidate not in self._used)
        self._used.add(unused)
        return unused
