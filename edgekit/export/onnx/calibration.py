"""Ranges of static activations: the exported float graph is run on calibration texts and watched."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from edgekit.compress.quantization.grid import Floats
from edgekit.data.tokenizer import Tokenizer
from edgekit.export.activation_range import ActivationRange
from edgekit.export.onnx.encoder_graph import write_encoder_graph
from edgekit.export.onnx.graph_builder import ONNX_FILE
from edgekit.export.quantized_weights import QuantizedWeights
from edgekit.export.source import TextInput
from edgekit.models.loaded_model import LoadedModel
from edgekit.models.registry import describe_encoder


def calibrate(
    model: LoadedModel, tokenizer: Tokenizer, texts: Sequence[TextInput], max_length: int
) -> dict[str, ActivationRange]:
    """The smallest and largest input of every dense layer over the texts, by the name of the layer's weight.

    A layer that is run several times has one range for all of its inputs. Min-max, as in onnxruntime's default
    calibrator. Unpadded, one text, or pair of them, at a time.
    """
    from edgekit.agent.runtimes.registry import open_session

    float_weights = QuantizedWeights(model, None, {})
    takes_types = describe_encoder(model).token_type_embedding is not None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ONNX_FILE
        dense_inputs = write_encoder_graph(model, float_weights, path, max_length=max_length).dense_inputs
        taps = sorted({tap for inputs in dense_inputs.values() for tap in inputs})
        write_encoder_graph(model, float_weights, path, max_length=max_length, taps=taps)
        session = open_session(path)
        ranges: dict[str, ActivationRange] = {}
        for text in texts:
            given = (text,) if isinstance(text, str) else text
            row = tokenizer(*given, truncation=True, max_length=max_length, return_token_type_ids=takes_types)
            _widen(ranges, taps, session.run({key: np.array([value]) for key, value in row.items()})[1:])
    return {
        weight: functools.reduce(ActivationRange.widened, (ranges[tap] for tap in inputs))
        for weight, inputs in dense_inputs.items()
    }


def _widen(ranges: dict[str, ActivationRange], taps: Sequence[str], values: Sequence[Floats]) -> None:
    for tap, value in zip(taps, values, strict=True):
        range = ActivationRange(float(value.min()), float(value.max()))
        ranges[tap] = ranges[tap].widened(range) if tap in ranges else range
