"""Dense layers in ONNX: one lowering for each way of storing a weight.

All weights are stored transposed, [in, out], as MatMul reads them; several layers that read the same input are
packed side by side into one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from edgekit.compress.quantization.grid import Floats, Integers
from edgekit.export.activation_range import ActivationRange
from edgekit.export.onnx.graph_builder import MICROSOFT, OnnxGraph
from edgekit.export.quantized_weights import QuantizedTensor, QuantizedWeights, block_size, decoder_block_size
from edgekit.models.decoder import Decoder
from edgekit.models.encoder import Encoder
from edgekit.schema.plan import Plan, TensorPlan

if TYPE_CHECKING:
    from torch import nn

# Kernels for AVX2 without VNNI add two products uint8 * int8 in 16 bits, which saturates. Stored as uint8 with
# zero point 128 the same integers take the uint8 * uint8 kernel, which is exact on every core.
_UNSIGNED_ZERO = 128


@dataclass
class DenseLowering:
    """Adds dense layers to a graph as the plan stores them.

    ranges: state-dict name of a weight -> the calibrated range of its layer's input, for static activations.
    inputs: filled while building: state-dict name of a weight -> the graph's names for its layer's inputs, one for
            each time that the layer is run.
    matrices: filled while building: name of a layer of integers -> its matrix in float.
    row_block: as `row_block` gives it; None leaves such layers to the operators for whole matrices, which are faster
               for long texts and slower for one token.
    signed: whether whole matrices of integers stay int8, for a target that multiplies them faster than uint8.
    """

    graph: OnnxGraph
    weights: QuantizedWeights
    ranges: Mapping[str, ActivationRange]
    inputs: dict[str, list[str]] = field(default_factory=dict)
    matrices: dict[str, str] = field(default_factory=dict)
    row_block: Callable[[int], int] | None = None
    signed: bool = False

    def add(self, x: str, layers: Sequence[nn.Linear], name: str, *, bias: bool = True) -> str:
        """x [batch, tokens, in] through layers side by side: [batch, tokens, sum of out].

        The same layers under the same name once more are run again on the same constants.
        """
        for layer in layers:
            self.inputs.setdefault(self.weights.name(layer.weight), []).append(x)
        tensors = [self.weights.quantized(layer.weight) for layer in layers]
        if len({tensor.plan if tensor else None for tensor in tensors}) > 1:
            parts = [self.add(x, [layer], f"{name}_{i}", bias=bias) for i, layer in enumerate(layers)]
            return self.graph.add("Concat", parts, name, axis=-1)
        offset = self._bias(layers, name) if bias else None
        quantized = [tensor for tensor in tensors if tensor is not None]
        if not quantized:
            matrix = np.concatenate([self.weights.values(layer.weight) for layer in layers]).T
            return self._plain(x, self.graph.constant(f"{name}.weight", matrix), name, offset)
        return self._integers(x, quantized, name, offset)

    def _integers(self, x: str, tensors: list[QuantizedTensor], name: str, bias: str | None) -> str:
        integers = np.concatenate([tensor.integers for tensor in tensors])
        scales = np.concatenate([tensor.scales for tensor in tensors])
        block = block_size(tensors[0].plan)
        if block is None and self.row_block is not None:
            block = self.row_block(integers.shape[1])
        if block is not None:
            return self._blocks(x, integers, scales, tensors[0].plan, block, name, bias)
        activations = self.weights.plan.activations if self.weights.plan else "float"
        if activations == "int8-dynamic":
            return self._dynamic(x, integers, scales, name, bias)
        if activations == "int8-static":
            return self._static(x, integers, scales, self.ranges[tensors[0].name], name, bias)
        return self._weight_only(x, integers, scales, name, bias)

    def _dynamic(self, x: str, integers: Integers, scales: Floats, name: str, bias: str | None) -> str:
        """Activations quantized at run time, one uint8 range a tensor."""
        operands = [x, *self._matrix(integers, scales, name)]
        return self.graph.add("DynamicQuantizeMatMul", operands + ([bias] if bias else []), name, domain=MICROSOFT)

    def _static(
        self, x: str, integers: Integers, scales: Floats, range: ActivationRange, name: str, bias: str | None
    ) -> str:
        """Activations quantized with a range calibrated beforehand."""
        scale, zero = range.parameters()
        a_scale, a_zero = self.graph.constant(f"{name}.in_scale", scale), self.graph.constant(f"{name}.in_zero", zero)
        quantized = self.graph.add("QuantizeLinear", [x, a_scale, a_zero], f"{name}_in")
        weight, b_scale, b_zero = self._matrix(integers, scales, name)
        operands = [quantized, weight, a_scale, b_scale, a_zero, b_zero]
        return self.graph.add("MatMulIntegerToFloat", operands + ([bias] if bias else []), name, domain=MICROSOFT)

    def _weight_only(self, x: str, integers: Integers, scales: Floats, name: str, bias: str | None) -> str:
        """Cast * scale of constants: small on disk, folded to a float matrix when the file is opened.

        DequantizeLinear would stay in the graph and run at every inference. Layers that are run several times read
        the same matrix.
        """
        if name not in self.matrices:
            weight = self.graph.constant(f"{name}.weight", integers.T)
            cast = self.graph.add("Cast", [weight], f"{name}_weight", to=1)
            scale = self.graph.constant(f"{name}.scale", scales)
            self.matrices[name] = self.graph.add("Mul", [cast, scale], f"{name}_matrix")
        return self._plain(x, self.matrices[name], name, bias)

    def _blocks(
        self, x: str, integers: Integers, scales: Floats, plan: TensorPlan, block: int, name: str, bias: str | None
    ) -> str:
        """MatMulNBits, in float where the core has no fast integer products."""
        rows, columns = integers.shape
        unsigned, steps = nbits_weight(integers, scales, plan, block)
        operands = [
            x,
            self.graph.constant(f"{name}.weight", unsigned),
            self.graph.constant(f"{name}.scale", steps.reshape(-1)),
        ]
        return self.graph.add(
            "MatMulNBits",
            operands + (["", "", bias] if bias else []),
            name,
            domain=MICROSOFT,
            K=columns,
            N=rows,
            bits=plan.bits,
            block_size=block,
            accuracy_level=4,  # integer products where the core has them; else onnxruntime falls back to float
        )

    def _plain(self, x: str, matrix: str, name: str, bias: str | None) -> str:
        product = self.graph.add("MatMul", [x, matrix], name)
        return self.graph.add("Add", [product, bias], f"{name}_sum") if bias else product

    def _matrix(self, integers: Integers, scales: Floats, name: str) -> tuple[str, str, str]:
        """A whole matrix of integers with the scale and the zero point of each column."""
        zero, dtype = (0, np.int8) if self.signed else (_UNSIGNED_ZERO, np.uint8)
        return (
            self.graph.constant(f"{name}.weight", (integers.T.astype(np.int16) + zero).astype(dtype)),
            self.graph.constant(f"{name}.scale", scales),
            self.graph.constant(f"{name}.zero", np.full(len(scales), zero, dtype)),
        )

    def _bias(self, layers: Sequence[nn.Linear], name: str) -> str | None:
        if all(layer.bias is None for layer in layers):
            return None
        parts = [
            np.zeros(layer.out_features, np.float32) if layer.bias is None else self.weights.values(layer.bias)
            for layer in layers
        ]
        return self.graph.constant(f"{name}.bias", np.concatenate(parts))


def row_block(parts: Encoder | Decoder, plan: Plan | None) -> Callable[[int], int] | None:
    """How many columns of so many are multiplied at a time where a weight has one 8-bit scale a row; None for all.

    Decoders round token by token, for one range over all tokens destroys GPT-2. In a classifier with float activations
    the matrices of integers are made float when the file is opened.
    """
    if isinstance(parts, Encoder) or (parts.classifies and (plan is None or plan.activations != "int8-dynamic")):
        return None
    return decoder_block_size


def nbits_weight(
    integers: Integers, scales: Floats, plan: TensorPlan, block: int
) -> tuple[npt.NDArray[np.uint8], Floats]:
    """A weight [rows, columns] as MatMulNBits stores it: unsigned bytes [rows, blocks, bytes], scales [rows, blocks].

    The zero point is the middle of the unsigned range. The scale of a row is repeated for its blocks.
    """
    rows, columns = integers.shape
    count = -(-columns // block)
    middle = 1 << (plan.bits - 1)
    unsigned = np.full((rows, count * block), middle, np.uint8)
    unsigned[:, :columns] = integers.astype(np.int16) + middle
    if plan.bits == 4:
        unsigned = unsigned[:, 0::2] | (unsigned[:, 1::2] << 4)
    steps = scales if plan.block else np.repeat(scales[:, None], count, axis=1)
    return unsigned.reshape(rows, count, -1), steps
