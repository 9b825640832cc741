"""optimum-onnx, whose classes open bundles as anybody's ONNX exports: a piece that is there beside transformers 4."""

import pytest

from edgekit.models.transformers_release import release


def stock_reader(name):
    """The class of `optimum.onnxruntime` of this name; the test is skipped where it cannot be there."""
    if release() >= 5:
        pytest.skip("optimum-onnx is for transformers 4")
    return getattr(pytest.importorskip("optimum.onnxruntime"), name)
