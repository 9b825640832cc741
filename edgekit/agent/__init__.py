"""Runs a bundle, on the host or on a device.

Needs the standard library, numpy, tokenizers and one runtime (onnxruntime, ai_edge_litert or tflite_runtime), and
Python 3.9 or newer. Imports nothing of edgekit: the folder is copied to a device as `edgekit_agent` and started as
`python -m edgekit_agent`, which speaks the JSON lines of `protocol.py`.
"""

AGENT_VERSION = "2.0"
