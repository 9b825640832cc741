"""Ranges of static activations: the exported float graph is run on calibration texts and watched."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edgekit.export.activation_range import ActivationRange
from edgekit.export.onnx.encoder_graph import write_encoder_graph
from edgekit.export.quantized_weights import QuantizedWeights
from edgekit.models.registry import describe_encoder


def calibrate(
    model: Any, tokenizer: Any, texts: Sequence[str | tuple[str, str]], max_length: int
) -> dict[str, ActivationRange]:
    """The smallest and largest input of every dense layer over the texts, by the name of the layer's weight.

    A layer that is run several times has one range for all of its inputs. Min-max, as in onnxruntime's default
    calibrator. Unpadded, one text, or pair of them, at a time.
    """
    import numpy as np

    from edgekit.agent.runtimes.registry import open_session

    plain = QuantizedWeights(model, None, {})
    takes_types = describe_encoder(model).token_type_embedding is not None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        dense_inputs = write_encoder_graph(model, plain, path, max_length=max_length).dense_inputs
        taps = sorted({tap for inputs in dense_inputs.values() for tap in inputs})
        write_encoder_graph(model, plain, path, max_length=max_length, taps=taps)
        session = open_session(path)
        seen: dict[str, ActivationRange] = {}
        for text in texts:
            given = (text,) if isinstance(text, str) else text
            row = tokenizer(*given, truncation=True, max_length=max_length, return_token_type_ids=takes_types)
            _watch(seen, taps, session.run({key: np.array([value]) for key, value in row.items()})[1:])
    return {
        weight: functools.reduce(ActivationRange.widened, (seen[tap] for tap in inputs))
        for weight, inputs in dense_inputs.items()
    }


def _watch(seen: dict[str, ActivationRange], taps: Sequence[str], values: Sequence[Any]) -> None:
    for tap, value in zip(taps, values, strict=True):
        found = ActivationRange(float(value.min()), float(value.max()))
        seen[tap] = seen[tap].widened(found) if tap in seen else found
