"""What really ran, as the runtimes tell it."""

import math
import shutil

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper, save
from onnxruntime.quantization import QuantType, quantize_dynamic

from edgekit.agent.benchmark import kernels
from edgekit.agent.benchmark.kernels import ThreadCount, caches_kb, worked
from edgekit.agent.benchmark.tasks import measure
from edgekit.agent.benchmark.timing import Stopping
from edgekit.agent.benchmark.workload import ProfileRequest
from edgekit.agent.errors import RuntimeFailed
from edgekit.agent.machine.cpu import saturates
from edgekit.agent.runtimes.registry import open_decoder_session, open_session
from edgekit.measure.statistics.percentiles import percentile_interval
from edgekit.schema.measurement import GenerationMeasurement, Measurement

QUICK = Stopping(min_seconds=0, min_runs=5, max_runs=100, warmup=2)
WIDTH = 64


def silent(stage, runs, seconds):
    pass


def dense_model(path, layers=3):
    """Dense layers in a row from ids, and one product of two results, which has no weights."""
    generator = np.random.default_rng(0)
    constants = {"table": generator.standard_normal((20, WIDTH)).astype(np.float32)}
    nodes = [helper.make_node("Gather", ["table", "input_ids"], ["x0"])]
    for layer in range(layers):
        constants[f"w{layer}"] = generator.standard_normal((WIDTH, WIDTH)).astype(np.float32)
        nodes.append(helper.make_node("MatMul", [f"x{layer}", f"w{layer}"], [f"x{layer + 1}"]))
    nodes.append(helper.make_node("Transpose", [f"x{layers}"], ["turned"], perm=[0, 2, 1]))
    nodes.append(helper.make_node("MatMul", [f"x{layers}", "turned"], ["scores"]))
    graph = helper.make_graph(
        nodes,
        "dense",
        [helper.make_tensor_value_info("input_ids", TensorProto.INT64, [1, "length"])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, [1, "length", "length"])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


def ran(path, **asked):
    taken = measure(ProfileRequest(path, 1, QUICK, length=8, trace=True, **asked), silent)
    return Measurement.model_validate(taken).ran


def test_the_kernels_of_a_float_file_and_of_its_integer_one(tmp_path):
    plain = dense_model(tmp_path / "float.onnx")
    quantize_dynamic(plain, tmp_path / "int8.onnx", weight_type=QuantType.QInt8)
    floats = ran(plain).operators
    assert floats["MatMul (float weights)"] == 3
    assert floats.get("MatMul", 0) + floats.get("FusedMatMul", 0) == 1
    integers = ran(tmp_path / "int8.onnx").operators
    assert (
        sum(integers.get(name, 0) for name in ("MatMulInteger", "MatMulIntegerToFloat", "DynamicQuantizeMatMul")) == 3
    )
    assert not [name for name in integers if name.endswith("weights)") and name.startswith(("MatMul", "Fused"))]


def test_integer_weights_that_every_run_makes_floats_of(tmp_path):
    """Where onnxruntime knows no fused kernel for what is done with them."""
    weight = np.random.default_rng(0).integers(-127, 127, (WIDTH, WIDTH)).astype(np.int8)
    constants = {"table": np.ones((20, WIDTH), np.float32), "weight": weight}
    constants |= {"scale": np.float32(0.01), "zero": np.int8(0)}
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["x"]),
        helper.make_node("DequantizeLinear", ["weight", "scale", "zero"], ["floats"]),
        helper.make_node("Tanh", ["floats"], ["bounded"]),
        helper.make_node("MatMul", ["x", "bounded"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "qdq",
        [helper.make_tensor_value_info("input_ids", TensorProto.INT64, [1, "length"])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, "length", WIDTH])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    path = tmp_path / "qdq.onnx"
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    assert ran(path).operators == {"Gather": 1, "DequantizeLinear (weights)": 1, "Tanh": 1, "MatMul": 1}


def test_the_options_are_those_that_the_runtime_has(tmp_path, monkeypatch):
    monkeypatch.setenv("ORT_GQA_DISABLE_FLASH_ATTENTION", "1")
    found = ran(dense_model(tmp_path / "a.onnx"))
    assert found.options["intra_op_num_threads"] == "1"
    assert found.options["graph_optimization_level"] == "ORT_ENABLE_ALL"
    assert found.options.get("session.x64quantprecision", "0") == str(int(saturates()))
    assert found.options["providers"] == "CPUExecutionProvider"
    assert found.options["ORT_GQA_DISABLE_FLASH_ATTENTION"] == "1"
    assert found.build == onnxruntime.get_build_info()


def test_nodes_that_xnnpack_took_over(tflite_bundle):
    """The tiny file has GATHER, CAST, EXPAND_DIMS before what XNNPACK takes: MUL, SUM, FULLY_CONNECTED."""
    found = ran(tflite_bundle)
    assert (found.delegate, found.delegated, found.nodes) == ("XNNPACK", 3, 6)
    assert found.operators == {
        **dict.fromkeys(("GATHER", "CAST", "EXPAND_DIMS", "MUL", "SUM"), 1),
        "FULLY_CONNECTED (float weights)": 1,
    }


@pytest.mark.parametrize("broken", [AttributeError, RuntimeError])
def test_a_runtime_without_a_word_costs_nothing_but_the_facts(tflite_bundle, monkeypatch, broken):
    from ai_edge_litert.interpreter import Interpreter

    def fails(self):
        raise broken("no such thing")

    monkeypatch.setattr(Interpreter, "_get_ops_details", fails)
    found = ran(tflite_bundle)
    assert (found.delegate, found.delegated, found.nodes, found.operators) == (None, None, None, {})


def test_no_room_for_a_profile_loses_no_measurement(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError("no space left on device")

    monkeypatch.setattr("tempfile.TemporaryDirectory", full)
    found = ran(dense_model(tmp_path / "a.onnx"))
    assert found.operators == {}
    assert found.build


def test_nothing_is_traced_unasked(tmp_path):
    taken = measure(ProfileRequest(dense_model(tmp_path / "a.onnx"), 1, QUICK, length=8), silent)
    assert Measurement.model_validate(taken).ran.operators == {}


def test_a_decoders_token(decoder_bundles):
    taken = measure(ProfileRequest(decoder_bundles["gpt2"], 1, QUICK, length=8, trace=True), silent)
    record = GenerationMeasurement.model_validate(taken)
    assert [process.samples for process in record.processes] == [{"first_token": 36, "token": 5}]
    assert any("Attention" in name for name in record.ran.operators)
    assert record.ran.options["intra_op_num_threads"] == "1"


def test_prompts_are_enough_for_a_median_over_all_processes(decoder_bundles):
    """Of as many samples in all the median has an interval; and no process has but one."""
    samples = [10.0 + 0.1 * number for number in np.random.default_rng(0).permutation(36)]
    assert math.isfinite(percentile_interval(samples, 50, processes=(12, 12, 12)).high)
    for processes, each in ((1, 36), (2, 18), (3, 12), (20, 2)):
        order = ProfileRequest(decoder_bundles["gpt2"], 1, QUICK, length=8, processes=processes)
        assert len(measure(order, silent)["samples_ms"]["first_token"]) == each


def test_a_session_that_profiles_takes_the_place_of_the_first(decoder_bundles, tmp_path):
    session = open_decoder_session(decoder_bundles["gpt2"] / "model.onnx", 16)
    profile = session.profile(lambda profiled: [profiled.step(token) for token in range(3)])
    assert len(profile.run_starts) == 3
    plain = open_session(dense_model(tmp_path / "a.onnx"))
    plain.profile(lambda profiled: profiled.run({"input_ids": np.ones((1, 3), np.int64)}))
    with pytest.raises(RuntimeFailed, match="onnxruntime"):
        plain.run({"input_ids": np.ones((1, 3), np.int64)})


def test_the_caches_of_this_processor(tmp_path, monkeypatch):
    for place, (level, kind, size) in enumerate(
        [(1, "Data", "32K"), (1, "Instruction", "48K"), (2, "Unified", "512K")]
    ):
        folder = tmp_path / f"index{place}"
        folder.mkdir()
        for name, value in (("level", level), ("type", kind), ("size", size)):
            (folder / name).write_text(f"{value}\n")
    monkeypatch.setattr(kernels, "_CACHES", tmp_path)
    assert caches_kb() == {"L1 data": 32.0, "L1 instruction": 48.0, "L2": 512.0}
    (tmp_path / "index2" / "size").write_text("unknown\n")
    assert set(caches_kb()) == {"L1 data", "L1 instruction"}
    shutil.rmtree(tmp_path / "index0")
    monkeypatch.setattr(kernels, "_CACHES", tmp_path / "none")
    assert caches_kb() == {}


@pytest.mark.parametrize(
    ("before", "after", "threads"),
    [
        ({1: (1.0, 0.0)}, {1: (2.0, 0.0), 2: (1.0, 0.0), 3: (0.001, 0.0)}, 2),
        ({1: (1.0, 0.0), 2: (1.0, 9.0)}, {1: (2.0, 0.0), 2: (1.01, 9.9)}, 1),
        (None, {1: (2.0, 0.0)}, None),
        ({1: (1.0, 0.0)}, {1: (1.0, 0.0)}, None),
    ],
)
def test_threads_that_worked(before, after, threads):
    assert worked(before, after) == threads


def test_two_threads_are_seen_to_work(tmp_path):
    session = open_session(dense_model(tmp_path / "a.onnx", layers=12), threads=2)
    feeds = {"input_ids": np.ones((1, 256), np.int64)}
    with ThreadCount() as threads:
        for _ in range(60):
            session.run(feeds)
    if threads.worked is None:
        pytest.skip("this kernel does not tell what threads ran")
    assert threads.worked == 2
