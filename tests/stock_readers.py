"""optimum-onnx, whose classes open bundles as anybody's ONNX exports: a piece that is there beside transformers 4."""

import pytest


def stock_reader(name):
    """The class of `optimum.onnxruntime` of this name; the test is skipped where it is not installed."""
    return getattr(pytest.importorskip("optimum.onnxruntime", reason="optimum-onnx is for transformers 4"), name)
