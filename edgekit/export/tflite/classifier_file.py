"""The TFLite model file of a classifier: one signature for each length, all of them sharing their weights."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.bundle.manifest import ModelTensor
from edgekit.errors import UsageError
from edgekit.export.model_file import ModelFile
from edgekit.export.quantized_weights import QuantizedWeights
from edgekit.export.tflite.convert import TFLITE_FILE, write_signatures
from edgekit.models.decoder import Decoder
from edgekit.models.loaded_model import LoadedModel
from edgekit.models.registry import describe

if TYPE_CHECKING:
    from edgekit.export.tflite.decoder_module import DecoderClassifierModule
    from edgekit.export.tflite.encoder_module import EncoderModule


def write_tflite_classifier(
    model: LoadedModel, weights: QuantizedWeights, out: Path, *, lengths: Sequence[int], explicit: bool
) -> ModelFile:
    """Write `model.tflite` into `out`: batch 1, signatures `s16`, `s32`, ... of static lengths, inputs int32.

    explicit: as of `write_signatures`
    Raises `UsageError` for more positions than the model has, `ToolError` where the conversion fails.
    """
    import torch

    longest = describe(model).max_length
    if lengths[-1] > longest:
        raise UsageError(f"max_length {lengths[-1]} is more than the model's {longest}")
    module, names = _module(model, weights, lengths[-1])
    samples = [{name: torch.ones(1, length, dtype=torch.int32) for name in names} for length in lengths]
    signatures = [(f"s{length}", module, sample) for length, sample in zip(lengths, samples, strict=True)]
    write_signatures(signatures, out / TFLITE_FILE, module.matrices, explicit=explicit)
    return ModelFile(
        file=TFLITE_FILE,
        inputs=tuple(ModelTensor(name=name, dtype="int32", shape=(1, None)) for name in names),
        outputs=(ModelTensor(name="logits", dtype="float32", shape=(1, model.config.num_labels)),),
        lengths=tuple(lengths),
    )


def _module(
    model: LoadedModel, weights: QuantizedWeights, max_length: int
) -> tuple[EncoderModule | DecoderClassifierModule, list[str]]:
    """The module to convert, and the names of what it reads."""
    parts, names = describe(model), ["input_ids", "attention_mask"]
    if isinstance(parts, Decoder):
        from edgekit.export.tflite.decoder_module import DecoderClassifierModule

        return DecoderClassifierModule(parts, weights, max_length, model.config.pad_token_id).eval(), names
    from edgekit.export.tflite.encoder_module import EncoderModule

    if parts.token_type_embedding is not None:
        names.append("token_type_ids")
    return EncoderModule(parts, weights, max_length).eval(), names
