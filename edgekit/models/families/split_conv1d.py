"""Three dense layers in the place of GPT-2's packed one.

A class of torch's cannot be made without torch: import this module inside a function.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class PackedDense(nn.Module):
    """Query, key and value side by side, as one layer gave them: [..., hidden] -> [..., query + key + value]."""

    def __init__(self, query: nn.Linear, key: nn.Linear, value: nn.Linear) -> None:
        super().__init__()
        self.query, self.key, self.value = query, key, value

    def forward(self, x: Tensor) -> Tensor:
        """The three outputs, concatenated."""
        return torch.cat([self.query(x), self.key(x), self.value(x)], dim=-1)
