"""Two models interleaved on one device."""

import json
import shutil

import pytest
from click.testing import CliRunner
from tiny_bundle import golden_rows, seal, tiny_onnx, write_golden

from edgekit.cli import cli
from edgekit.cli.output import print_json
from edgekit.errors import NotFoundError, ParityError, UsageError
from edgekit.flows.profile.compare_bundles import compare_bundles
from edgekit.io.hashing import file_sha256
from edgekit.measure.performance.ab_comparison import compare_speed
from edgekit.options.profile_options import ProfileOptions
from edgekit.schema.comparison import InterleavedBlock

pytestmark = pytest.mark.usefixtures("device_home")
QUICK = {"min_seconds": 0, "min_runs": 20, "warmup": 2}
ALONE = ProfileOptions(**QUICK, processes=1)
# the device that is measured where none is asked for
HERE = "local"


@pytest.fixture
def slow_onnx(tmp_path):
    """A file that takes ids [1, length] as the tiny one does, and multiplies large matrices with what it finds."""
    import numpy as np
    from onnx import TensorProto, helper, numpy_helper, save

    table = np.zeros((20, 512), np.float32)
    weight = np.zeros((512, 512), np.float32)
    nodes = [helper.make_node("Gather", ["table", "input_ids"], ["x0"])]
    nodes += [helper.make_node("MatMul", [f"x{step}", "weight"], [f"x{step + 1}"]) for step in range(12)]
    inputs = [helper.make_tensor_value_info("input_ids", TensorProto.INT64, [1, "length"])]
    outputs = [helper.make_tensor_value_info("x12", TensorProto.FLOAT, [1, "length", 512])]
    constants = [numpy_helper.from_array(table, "table"), numpy_helper.from_array(weight, "weight")]
    graph = helper.make_graph(nodes, "slow", inputs, outputs, constants)
    path = tmp_path / "slow.onnx"
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


def test_the_faster_file_is_better_and_the_other_worse(tmp_path, slow_onnx):
    fast = tiny_onnx(tmp_path / "fast.onnx")
    (better,) = compare_bundles(fast, slow_onnx, ProfileOptions(**QUICK, length=(64,)))[HERE]
    sides = better.measured.ours, better.measured.theirs
    assert [side.model_sha256 for side in sides] == [file_sha256(fast), file_sha256(slow_onnx)]
    assert better.speed.verdict == "better"
    assert better.speed.ratio.value < 0.5
    # the same runs, told from the other side
    swapped = [InterleavedBlock(ours_ms=block.theirs_ms, theirs_ms=block.ours_ms) for block in better.measured.blocks]
    worse = compare_speed(swapped, processes=better.measured.processes)
    assert worse.verdict == "worse"
    assert worse.ratio.value == pytest.approx(1 / better.speed.ratio.value)
    assert better.speed.blocks >= 20
    # each process has its share, in blocks of one size
    assert len(better.measured.processes) == 3
    assert min(better.measured.processes) >= 7
    assert sum(better.measured.processes) == better.speed.blocks
    assert {moment.process for moment in better.measured.during} == {0, 1, 2}
    for process, blocks in enumerate(better.measured.processes):
        assert [moment.runs for moment in better.measured.during if moment.process == process][-1] == blocks
    assert better.measured.ours.length == 64
    assert better.measured.during[-1].seconds > 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["device-home", "fast.onnx", "slow.onnx"]


def test_bundles_of_both_formats_take_the_same_texts(onnx_bundle, tflite_bundle):
    (found,) = compare_bundles(onnx_bundle, tflite_bundle, ALONE)[HERE]
    assert (found.measured.ours.runtime, found.measured.theirs.runtime) == ("onnxruntime", "ai-edge-litert")
    assert found.measured.ours.content_hash != found.measured.theirs.content_hash
    assert len({len(block.ours_ms) for block in found.measured.blocks}) == 1
    # nothing is kept: it is no measurement of either alone
    assert not (onnx_bundle / "measurements").exists()
    # of the medians of blocks, which is about that of the medians of all
    assert found.speed.ratio.value == pytest.approx(found.speed.ours_p50_ms / found.speed.theirs_p50_ms, rel=0.3)


def test_the_command_in_words_and_as_json(onnx_bundle, tmp_path):
    other = shutil.copytree(onnx_bundle, tmp_path / "other")
    words = ["profile", str(onnx_bundle), "--compare", str(other), "--min-seconds", "0", "--length", "9"]
    shown = CliRunner().invoke(cli, [*words, "--processes", "2"], standalone_mode=False)
    assert shown.exception is None
    assert "times as long as" in shown.stdout
    assert "of 2 processes, interleaved" in shown.stdout
    # of two blocks no interval can be told, whatever the machine does meanwhile
    words += ["--processes", "1", "--min-runs", "1", "--max-runs", "1", "--json"]
    found = json.loads(CliRunner().invoke(cli, words, standalone_mode=False).stdout)["comparisons"][0]
    assert (found["speed"]["verdict"], found["speed"]["blocks"]) == ("no difference", 2)
    assert found["measured"]["ours"]["length"] == 9
    ratio = found["speed"]["ratio"]
    assert ratio["value"] > 0
    assert (ratio["low"], ratio["high"]) == (0, None)
    assert "too little evidence: 2 blocks of runs" in ratio["doubt"]
    in_words = CliRunner().invoke(cli, words[:-1], standalone_mode=False).stdout
    assert "(no interval: too little evidence: 2 blocks of runs" in in_words
    assert "inf" not in in_words


def test_an_interval_is_told_as_json(capsys):
    """Of blocks that are nearly alike, which no machine gives for certain."""
    blocks = [InterleavedBlock(ours_ms=(2 + step % 7 / 100,), theirs_ms=(1 + step % 5 / 100,)) for step in range(60)]
    print_json(compare_speed(blocks))
    found = json.loads(capsys.readouterr().out)
    assert found["verdict"] == "worse"
    assert 1.9 < found["ratio"]["low"] < found["ratio"]["value"] < found["ratio"]["high"] < 2.1


def test_what_cannot_be_compared(onnx_bundle, tmp_path):
    bare = tiny_onnx(tmp_path / "bare.onnx")
    with pytest.raises(UsageError, match="cannot be compared: one is a bare file, one a classifier"):
        compare_bundles(bare, onnx_bundle, ALONE)
    with pytest.raises(NotFoundError, match="does not exist"):
        compare_bundles(onnx_bundle, tmp_path / "gone.onnx", ALONE)
    with pytest.raises(UsageError, match="short blocks"):
        compare_bundles(bare, bare, ProfileOptions(sustained=5))
    other = shutil.copytree(onnx_bundle, tmp_path / "other")
    rows = list(golden_rows())
    rows[0]["logits"][0] += 1
    write_golden(other, rows)
    seal(other)
    with pytest.raises(ParityError, match="logit 0"):
        compare_bundles(onnx_bundle, other, ALONE)


@pytest.mark.slow
def test_decoders_are_compared_by_their_tokens(decoder_bundles):
    options = ProfileOptions(**QUICK, length=(8,))
    (found,) = compare_bundles(decoder_bundles["gpt2"], decoder_bundles["llama"], options)[HERE]
    assert found.measured.ours.length == 8
    assert found.speed.ours_p50_ms > 0
