"""Silent fall-backs: where a runtime ran something slower than the file or the request says, without a word."""

from __future__ import annotations

from collections.abc import Mapping

from edgekit.agent.runtimes.base import FLOAT_WEIGHTS, OF_WEIGHTS
from edgekit.schema.measurement import Fingerprint, TimedRecord

# schemes whose dense layers multiply integers
INTEGER_SCHEMES = frozenset({"int8-dynamic", "int8-static"})
# a plan may leave a few layers as floats, as the last one: only where most are, the file is not run as it was meant
MOST = 0.5
_INTEGER_PRODUCTS = frozenset(
    {
        *("MatMulInteger", "MatMulIntegerToFloat", "DynamicQuantizeMatMul", "QLinearMatMul", "QGemm", "QAttention"),
        *("MatMulNBits", "FULLY_CONNECTED"),
    }
)


def fallbacks(record: TimedRecord, scheme: str) -> tuple[str, ...]:
    """Sentences on what ran slower than it was meant to; none where the runtime tells nothing.

    scheme: of the file, as in its bundle's manifest; empty for a file that has none
    """
    ran = record.ran
    found = [_float_kernels(ran.operators) if scheme in INTEGER_SCHEMES else "", _weights_only(record)]
    if ran.threads is not None and ran.threads < record.threads:
        found.append(f"{ran.threads} of {record.threads} threads worked for the model")
    if ran.delegate and ran.nodes and ran.delegated is not None and ran.delegated < MOST * ran.nodes:
        found.append(f"{ran.delegate} took over {ran.delegated} of {ran.nodes} nodes; plain kernels ran the others")
    if ran.nodes and ran.delegate is None:
        found.append(f"no delegate took over any of {ran.nodes} nodes: plain kernels ran all of them")
    return tuple(sentence for sentence in found if sentence)


def _float_kernels(operators: Mapping[str, int]) -> str:
    """Whether floats are multiplied where the file holds integers."""
    floats = {name: count for name, count in operators.items() if name.endswith((FLOAT_WEIGHTS, OF_WEIGHTS))}
    number = sum(floats.values())
    dense = number + sum(count for name, count in operators.items() if name in _INTEGER_PRODUCTS)
    if not number or number < MOST * dense:
        return ""
    kinds = " and ".join(sorted({name.removesuffix(FLOAT_WEIGHTS).removesuffix(OF_WEIGHTS) for name in floats}))
    return f"float {kinds} kernels run an int8 file: {number} of {dense}"


def _weights_only(record: TimedRecord) -> str:
    """onnxruntime has no integer kernel for MatMulNBits on ARM cores without dot products (`matmul_nbits.cc`)."""
    number = record.ran.operators.get("MatMulNBits", 0)
    if not number or not _lacks_dot_products(record.fingerprint):
        return ""
    return f"the processor has no dot products: {number} MatMulNBits kernels turn their weights into floats"


def _lacks_dot_products(machine: Fingerprint) -> bool:
    return machine.arch == "aarch64" and "asimd" in machine.features and "asimddp" not in machine.features
