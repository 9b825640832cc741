"""The range of a quantized activation, and what it gives: a uint8 scale and zero point."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class ActivationRange:
    """The smallest and the largest value of an activation."""

    low: float
    high: float

    def parameters(self) -> tuple[np.float32, np.uint8]:
        """Scale and zero point of uint8, 0 included in the range, as ONNX defines them for DynamicQuantizeLinear."""
        low, high = np.float32(min(self.low, 0.0)), np.float32(max(self.high, 0.0))
        scale = np.float32((high - low) / np.float32(255)) if high > low else np.float32(1)
        return scale, np.uint8(np.clip(np.rint(-low / scale), 0, 255))

    def widened(self, other: ActivationRange) -> ActivationRange:
        """The range that holds both."""
        return ActivationRange(min(self.low, other.low), max(self.high, other.high))
