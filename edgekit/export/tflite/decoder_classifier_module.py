"""A classifier on a decoder's body as a PyTorch module for one unbatched text, made for conversion to TFLite.

Padding lies on the right, and the answer is read at the last token before it; what follows the last attention is
computed for that token alone. Imports torch, so it is itself imported late.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from edgekit.export.quantized_weights import Weights
from edgekit.export.tflite.decoder_module import TfliteDecoder
from edgekit.export.tflite.layers import MASKED
from edgekit.models.decoder import Decoder


class TfliteDecoderClassifier(nn.Module):
    """input_ids, attention_mask int32 [1, length] -> logits float32 [1, labels].

    pad_id: the token at which no answer is read, if there is one
    """

    def __init__(self, decoder: Decoder, weights: Weights, max_length: int, pad_id: int | None) -> None:
        super().__init__()
        self.body = TfliteDecoder(decoder, weights, max_length)
        self.pad_id = pad_id
        self.matrices = self.body.matrices

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> dict[str, Tensor]:
        """One text, padded on the right."""
        # places and masks are counted from the input, so that the converter cannot fold them into each signature
        seen = torch.cumsum(attention_mask[0], 0, dtype=torch.int32)
        x, turn = self.body.embed(input_ids, (seen - 1).clamp(min=0))
        hidden = (seen[None] > seen[:, None]).to(torch.float32) + (1.0 - attention_mask.to(torch.float32))
        last = self._last_token(input_ids, attention_mask)
        final = len(self.body.blocks) - 1
        for index, block in enumerate(self.body.blocks):
            x, _ = block(x, None, turn, None, hidden * MASKED, last if index == final else None)
        return {"logits": self.body.head(self.body.norm(x))}

    def _last_token(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """The place of the last token that is neither masked nor the padding, int32 [1]; 0 where there is none."""
        real = attention_mask[0]
        if self.pad_id is not None:
            real = real * (input_ids[0] != self.pad_id).to(torch.int32)
        so_far = torch.cumsum(real, 0, dtype=torch.int32)
        return (so_far < so_far[-1:]).to(torch.int32).sum(dim=0, keepdim=True, dtype=torch.int32)
