"""Checkpoint to ONNX file."""
