"""A lowering: all that a class of device decides about a model file, resolved from its target once."""

from __future__ import annotations

from dataclasses import dataclass, replace

from edgekit.schema.runtimes import RUNTIMES
from edgekit.schema.schemes import FormatName, RuntimeName, Scheme
from edgekit.schema.target import Target


@dataclass(frozen=True)
class Lowering:
    """How a model file is written.

    lengths:  sequence lengths in tokens, ascending; the last is the longest input. Formats without dynamic shapes
              have a signature for each
    signed:   whether products with int8 weights take fewer instructions than with the same integers as uint8
    explicit: whether 8-bit weights must be dequantized in the graph, for a runtime without dynamic int8 products
    """

    format: FormatName
    runtime: RuntimeName
    scheme: Scheme
    lengths: tuple[int, ...]
    signed: bool
    explicit: bool

    @property
    def max_length(self) -> int:
        """The longest input in tokens; of a decoder, prompt and new tokens together."""
        return self.lengths[-1]

    def up_to(self, max_length: int) -> Lowering:
        """The same for inputs of up to `max_length` tokens."""
        return replace(self, lengths=(*(length for length in self.lengths if length < max_length), max_length))


def resolve(target: Target, format: FormatName, scheme: Scheme) -> Lowering:
    """The lowering for a target; `UsageError` where none of its runtimes reads `format` and executes `scheme`."""
    runtime = target.runtime_for(format, scheme)
    return Lowering(
        format=format,
        runtime=runtime.name,
        scheme=scheme,
        lengths=target.lengths,
        signed=target.multiplies_signed,
        explicit=not RUNTIMES[runtime.name].dynamic_int8,
    )
