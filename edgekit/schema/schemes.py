"""The closed lists: formats, runtimes and quantization schemes."""

from __future__ import annotations

from typing import Literal

FormatName = Literal["onnx", "tflite"]
RuntimeName = Literal["onnxruntime", "ai-edge-litert", "tflite-runtime"]
Scheme = Literal["float", "int8-dynamic", "int8-static", "int8-weight", "int4-weight"]
