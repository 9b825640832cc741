"""The TFLite model file of a decoder: one signature for a token, one for a piece of a text, one for its logits.

    decode       input_ids int32 [1, 1], start int32 [1], caches -> logits float32 [1, vocabulary], new keys, values;
                 the first, so that its caches can be written in place
    prefill_N    input_ids int32 [1, N], start, caches -> hidden float32 [N, width], new keys, values
    head_N       hidden -> logits float32 [N, vocabulary]

caches: key_0, value_0, key_1... float32 [1, kv_heads, capacity, head_size]; new_key_0... [1, kv_heads, N, head_size].
The file holds the weights once, but the runtime packs them anew for each signature: there are as few as can be.
"""

from __future__ import annotations

from pathlib import Path

from edgekit.bundle.manifest import ModelTensor
from edgekit.errors import UsageError
from edgekit.export.model_file import ModelFile
from edgekit.export.quantized_weights import QuantizedWeights
from edgekit.export.tflite.convert import TFLITE_FILE, write_signatures
from edgekit.models.decoder import Decoder

# tokens of a piece, unless the cache holds fewer
_PIECE = 64


def write_tflite_decoder(
    decoder: Decoder, weights: QuantizedWeights, out: Path, *, max_length: int, explicit: bool
) -> ModelFile:
    """Write `model.tflite` into `out`, with a cache for `max_length` tokens.

    explicit: as of `write_signatures`
    Raises `UsageError` for more positions than the model has, `ToolError` where the conversion fails.
    """
    import torch

    from edgekit.export.tflite.decoder_module import Decode, DecoderModule, Head, Prefill

    if decoder.position_embedding is not None and max_length > decoder.position_embedding.num_embeddings:
        raise UsageError(
            f"max_length {max_length} is more than the model's {decoder.position_embedding.num_embeddings}"
        )
    module = DecoderModule(decoder, weights, max_length)
    caches = {spec.name: torch.zeros(*(size or 1 for size in spec.shape)) for spec in _caches(decoder, max_length)}
    caches["start"] = torch.zeros(1, dtype=torch.int32)
    piece = min(_PIECE, max_length)
    one, many = (torch.ones(1, tokens, dtype=torch.int32) for tokens in (1, piece))
    signatures = [
        ("decode", Decode(module).eval(), {"input_ids": one} | caches),
        (f"prefill_{piece}", Prefill(module).eval(), {"input_ids": many} | caches),
        (f"head_{piece}", Head(module).eval(), {"hidden": torch.zeros(piece, decoder.hidden)}),
    ]
    write_signatures(signatures, out / TFLITE_FILE, module.matrices, explicit=explicit)
    first = (
        ModelTensor(name="input_ids", dtype="int32", shape=(1, None)),
        ModelTensor(name="start", dtype="int32", shape=(1,)),
    )
    logits_spec = ModelTensor(name="logits", dtype="float32", shape=(None, decoder.head.out_features))
    new = [ModelTensor(name=f"new_{spec.name}", dtype=spec.dtype, shape=spec.shape) for spec in _caches(decoder, None)]
    return ModelFile(
        file=TFLITE_FILE, inputs=(*first, *_caches(decoder, max_length)), outputs=(logits_spec, *new), lengths=()
    )


def _caches(decoder: Decoder, tokens: int | None) -> list[ModelTensor]:
    return [
        ModelTensor(name=f"{kind}_{index}", dtype="float32", shape=(1, block.kv_heads, tokens, block.head_size))
        for index, block in enumerate(decoder.blocks)
        for kind in ("key", "value")
    ]
