"""ONNX files that never end or unfold without end are refused in one line, in the time that an inference may take."""

from __future__ import annotations

import time

import numpy as np
import pytest
from endless_models import doubling, endless, saved

from edgekit.agent.errors import BadInput
from edgekit.agent.runtimes.registry import open_session


def test_a_loop_without_end_is_ended(tmp_path, monkeypatch, capfd):
    monkeypatch.setenv("EDGEKIT_INFERENCE_SECONDS", "0.5")
    session = open_session(endless(tmp_path / "endless.onnx"))
    # the session is as it was: it is told so each time
    for _ in range(2):
        begun = time.monotonic()
        with pytest.raises(BadInput, match=r"did not answer within 0.5 s"):
            session.run({"input_ids": np.ones((1, 4), np.int64)})
        assert 0.5 <= time.monotonic() - begun < 5
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("text", ["0", "-1", "soon", "nan", "1e400"])
def test_a_time_that_is_none(tmp_path, monkeypatch, text):
    monkeypatch.setenv("EDGEKIT_INFERENCE_SECONDS", text)
    with pytest.raises(BadInput, match="must be a number of seconds"):
        open_session(endless(tmp_path / "endless.onnx"))


def test_functions_that_unfold_without_end_are_refused_at_once(tmp_path):
    with pytest.raises(BadInput, match="unfold to more than 1,000,000 nodes"):
        open_session(doubling(tmp_path / "doubling.onnx", 40))


def test_a_few_functions_are_run(tmp_path):
    session = open_session(doubling(tmp_path / "few.onnx", 3))
    (found,) = session.run({"input_ids": np.array([[1, 2]])})
    assert found.tolist() == [[1, 2]]


def test_a_tensor_larger_than_any_memory_is_refused(tmp_path):
    from onnx import TensorProto, helper

    shape = helper.make_tensor("shape", TensorProto.INT64, [1], [2**50])
    nodes = [helper.make_node("ConstantOfShape", ["shape"], ["big"]), helper.make_node("ReduceSum", ["big"], ["y"])]
    path = saved(tmp_path / "big.onnx", nodes, [shape])
    with pytest.raises(BadInput, match=r"big.onnx asks for more memory than there is"):
        open_session(path).run({"input_ids": np.ones((1, 4), np.int64)})
