"""Accuracy and perplexity on a device: the same as in this process, and nothing but what can be true."""

import json
import shutil

import pytest
from click.testing import CliRunner
from tiny_bundle import LABELS, TEXTS, golden_rows, seal, write_golden
from tiny_decoder import TEXTS as STORIES

from edgekit.agent.inference.problem_type import Head
from edgekit.bundle.manifest import Manifest
from edgekit.cli import cli
from edgekit.devices.messages import Classified
from edgekit.devices.open_device import open_device
from edgekit.errors import DeviceError, ParityError, UsageError
from edgekit.flows.evaluate import device_inference
from edgekit.flows.evaluate.evaluate import evaluate
from edgekit.flows.evaluate.perplexity import perplexity
from edgekit.options.data_options import DataSpec
from edgekit.options.stage_options import EvaluateOptions

pytestmark = pytest.mark.usefixtures("device_home")


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "rows.tsv"
    rows = [(text, LABELS[number % 3]) for number, (text, pair) in enumerate(TEXTS * 10) if pair is None]
    rows += [("door " * 60, "door"), ("🔥 \\u2028 lamp", "light")]
    path.write_text("".join(f"{text}\t{label}\n" for text, label in [("text", "label"), *rows]), encoding="utf-8")
    return DataSpec(test=path)


def test_a_device_says_what_this_process_says(bundle, data):
    here, there = evaluate(bundle, data), evaluate(bundle, data, device="local")
    assert there.predicted == here.predicted
    assert there.accuracy.truncated == here.accuracy.truncated == 1
    assert there.accuracy.accuracy == here.accuracy.accuracy
    assert there.accuracy.runtime.startswith(f"{here.accuracy.runtime} on ")
    assert Manifest.of(bundle).accuracy[-1].runtime == there.accuracy.runtime
    with open_device("local:") as device:
        assert evaluate(bundle, data, device=device).predicted == here.predicted


def test_the_command(onnx_bundle, data):
    words = ["evaluate", str(onnx_bundle), "--test", str(data.test), "--device", "local", "--json"]
    found = json.loads(CliRunner().invoke(cli, words, standalone_mode=False).stdout)
    assert found["rows"] == 32
    assert " on " in found["runtime"]


def test_golden_cases_come_first(onnx_bundle, data):
    rows = list(golden_rows())
    rows[1]["ids"][2] += 1
    write_golden(onnx_bundle, rows)
    seal(onnx_bundle)
    with pytest.raises(ParityError, match=r"golden case 2 \('lock the kitchen door now please'\) .* token 2 is"):
        evaluate(onnx_bundle, data, device="local")
    assert not Manifest.of(onnx_bundle).accuracy


def test_only_a_bundle_runs_on_a_device(tmp_path, data):
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(UsageError, match="only a bundle runs on a device"):
        evaluate(tmp_path, data, device="local")


GOOD = {"labels": ("light", "door"), "logits": ((2.0, 1.0, 0.0), (0.0, 1.0, 0.5)), "truncated": 0}


@pytest.mark.parametrize(
    "lie",
    [
        {"labels": ("light",)},
        {"logits": ((2.0, 1.0, 0.0),)},
        {"labels": ("light", "open the pod bay doors")},
        {"labels": ("door", "light")},
        {"logits": ((2.0, 1.0), (0.0, 1.0))},
        {"logits": ((), ())},
    ],
)
def test_answers_that_cannot_be_true(lie):
    device_inference._check(Classified(**GOOD), 2, Head(LABELS), "local:")
    with pytest.raises(DeviceError, match="local:"):
        device_inference._check(Classified(**GOOD | lie), 2, Head(LABELS), "local:")


@pytest.mark.parametrize("kind", ["gpt2", "llama"])
def test_perplexity_on_a_device_is_that_of_this_process(decoder_bundles, decoder_checkpoints, kind, tmp_path):
    bundle = shutil.copytree(decoder_bundles[kind], tmp_path / "bundle")
    text = tmp_path / "stories.txt"
    text.write_text("\n".join(STORIES * 2), encoding="utf-8")
    options = EvaluateOptions(max_length=24, stride=16)
    here = perplexity(bundle, DataSpec(test=text), options)
    there = perplexity(bundle, DataSpec(test=text), options, device="local")
    assert there.tokens == here.tokens
    assert there.perplexity == pytest.approx(here.perplexity, rel=1e-6)
    assert there.runtime.startswith(f"{here.runtime} on ")
    with pytest.raises(UsageError, match="only a bundle runs on a device"):
        perplexity(decoder_checkpoints[kind], DataSpec(test=text), options, device="local")
