"""Which runtime opens a file, and what is said where none does."""

import sys
from types import ModuleType
from typing import get_args

import numpy as np
import pytest
from tiny_bundle import tiny_onnx

from edgekit.agent.errors import BadInput, RuntimeMissing
from edgekit.agent.runtimes import registry
from edgekit.agent.runtimes.registry import (
    MODEL_FORMATS,
    ModelFormat,
    open_decoder_session,
    open_session,
    runtime_names,
)
from edgekit.schema.runtimes import RUNTIMES
from edgekit.schema.schemes import RuntimeName


def hide(monkeypatch, *modules):
    for name in modules:
        monkeypatch.setitem(sys.modules, name, None)


def test_the_names_are_those_of_the_packages():
    assert runtime_names() == ["ai-edge-litert", "onnxruntime", "tflite-runtime"]


def test_the_table_of_runtimes_is_of_the_same_ones():
    listed = {name: suffix for suffix, known in MODEL_FORMATS.items() for name in known.runtimes}
    assert {name: f".{facts.format}" for name, facts in RUNTIMES.items()} == listed
    assert set(RUNTIMES) == set(get_args(RuntimeName))


def test_without_the_only_runtime_of_a_format(tmp_path, monkeypatch):
    hide(monkeypatch, "onnxruntime")
    with pytest.raises(RuntimeMissing, match=r"^onnxruntime cannot be imported: ") as raised:
        open_session(tiny_onnx(tmp_path / "a.onnx"))
    assert raised.value.advice == "pip install onnxruntime"


def test_without_any_of_several_each_is_named(tmp_path, monkeypatch):
    hide(monkeypatch, "ai_edge_litert.interpreter", "tflite_runtime.interpreter")
    path = tmp_path / "a.tflite"
    path.write_bytes(b"x")
    for runtime, named in ((None, 2), ("tflite-runtime", 1)):
        with pytest.raises(RuntimeMissing, match=r"^no runtime for \.tflite files here \(.*\)$") as raised:
            open_session(path, runtime)
        assert raised.value.message.count("interpreter") == named
        assert raised.value.advice == "pip install ai-edge-litert, or tflite-runtime on 32-bit ARM"


def test_a_file_that_no_runtime_of_that_name_reads(tmp_path):
    path = tiny_onnx(tmp_path / "a.onnx")
    with pytest.raises(BadInput, match=r"tflite-runtime does not read \.onnx files"):
        open_session(path, "tflite-runtime")
    with pytest.raises(BadInput, match=r"neither \.onnx nor \.tflite"):
        open_session(path.rename(tmp_path / "a.bin"))
    with pytest.raises(BadInput, match="a cache must hold at least 1 token"):
        open_decoder_session(tiny_onnx(tmp_path / "b.onnx"), 0)


def test_a_further_runtime_is_a_file_and_a_name(tmp_path, monkeypatch):
    class Third:
        name, version = "third", "1.0"

        def open_session(self, path, threads):
            return (path.name, threads)

    module = ModuleType("third")
    module.import_runtime = lambda name: Third()
    monkeypatch.setitem(sys.modules, f"{registry.__package__}.third", module)
    monkeypatch.setitem(registry.MODEL_FORMATS, ".third", ModelFormat({"third": "third"}, "pip install third"))
    path = tmp_path / "model.third"
    path.write_bytes(b"x")
    assert open_session(path, threads=2) == ("model.third", 2)
    assert "third" in runtime_names()


def test_the_preferred_runtime_that_is_there_opens_a_file(tmp_path):
    session = open_session(tiny_onnx(tmp_path / "a.onnx"))
    assert (session.runtime, session.threads, session.can_profile) == ("onnxruntime", 1, True)
    ids = np.ones((1, 4), np.int64)
    feeds = {spec.name: ids for spec in session.inputs(4)}
    profile = session.profile(lambda profiled: [profiled.run(feeds) for _ in range(3)])
    assert len(profile.run_starts) == 3
    assert sum(entry["share"] for entry in profile.operator_times(1, 2)) == pytest.approx(100)
