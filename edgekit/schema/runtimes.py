"""What is known of each runtime before it runs anything: one row for one runtime.

A further runtime is a name in `schemes.RuntimeName`, a row here, and its file in `agent.runtimes`; the agent, which
imports nothing of edgekit, lists by format which runtime opens a file. The schemes that a runtime executes correctly
are facts of a processor as well, and stand in each target.
"""

from __future__ import annotations

from dataclasses import dataclass

from edgekit.schema.schemes import FormatName, RuntimeName


@dataclass(frozen=True)
class RuntimeFacts:
    """What one runtime reads and runs, and which Pythons there are wheels of it for.

    format:        of the files that it reads
    module:        that a Python with this runtime can import
    bits:          how wide the pointers of a Python are that it has wheels for
    usual_on:      the width where `devices setup` brings it unless told otherwise
    newest_python: the last Python that it has wheels for; None where it has some for each
    numpy_2_since: the first version that was built for numpy 2 as well, () where all are; None where none is
    dynamic_int8:  whether it runs dynamic int8 products; one that does not answers with zeros and says nothing
    """

    format: FormatName
    module: str
    bits: frozenset[int]
    usual_on: int
    newest_python: tuple[int, int] | None = None
    numpy_2_since: tuple[int, ...] | None = ()
    dynamic_int8: bool = True


RUNTIMES: dict[RuntimeName, RuntimeFacts] = {
    "onnxruntime": RuntimeFacts(
        format="onnx", module="onnxruntime", bits=frozenset({64}), usual_on=64, numpy_2_since=(1, 19)
    ),
    "ai-edge-litert": RuntimeFacts(
        format="tflite", module="ai_edge_litert.interpreter", bits=frozenset({64}), usual_on=64
    ),
    "tflite-runtime": RuntimeFacts(
        format="tflite",
        module="tflite_runtime.interpreter",
        bits=frozenset({32, 64}),
        usual_on=32,
        newest_python=(3, 11),
        numpy_2_since=None,
        dynamic_int8=False,
    ),
}


def usual_runtimes(bits: int) -> tuple[RuntimeName, ...]:
    """The runtimes that `devices setup` brings to a Python of this width."""
    return tuple(name for name, facts in RUNTIMES.items() if facts.usual_on == bits)


def only_runtime(bits: int) -> RuntimeName | None:
    """The one runtime that there are wheels of for a Python of this width; None where there are several."""
    names = [name for name, facts in RUNTIMES.items() if bits in facts.bits]
    return names[0] if len(names) == 1 else None


def too_new(runtime: RuntimeName, python: tuple[int, ...]) -> str | None:
    """The last Python that a runtime has wheels for, as `3.11`, where `python` is newer; else None."""
    newest = RUNTIMES[runtime].newest_python
    if newest is None or python[:2] <= newest:
        return None
    return f"{newest[0]}.{newest[1]}"
