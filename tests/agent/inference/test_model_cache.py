"""Requests that ask a loaded model many times: `classify`, `score`, `compare`, as an agent answers them."""

import json

import numpy as np
import pytest
import torch
from tiny_bundle import LABELS, TEXTS, reference_ids, reference_logits

from edgekit.agent.benchmark.interleaved_timing import FEWEST_BLOCKS
from edgekit.agent.protocol import PROTOCOL
from edgekit.agent.server import Service


@pytest.fixture
def ask():
    """Send a request to an agent in this process; its last answer."""
    answers = []
    service = Service(answers.append)

    def send(do, **fields):
        service.answer(json.dumps({"id": len(answers), "do": do, **fields}).encode())
        # what an agent sends is JSON, or it would break at the pipe
        return json.loads(json.dumps(answers[-1], allow_nan=False))

    send("hello", protocol=PROTOCOL)
    return send


def test_labels_and_logits_of_texts(ask, bundle):
    texts = [[text, pair] for text, pair in TEXTS]
    found = ask("classify", path=str(bundle), texts=texts)["result"]
    for (text, pair), label, logits in zip(TEXTS, found["labels"], found["logits"], strict=True):
        expected = reference_logits(reference_ids(text, pair))
        assert logits == pytest.approx(expected.tolist(), abs=1e-4)
        assert label == LABELS[int(np.argmax(expected))]
    assert found["truncated"] == 0
    assert ask("classify", path=str(bundle), texts=[["door " * 99, None]])["result"]["truncated"] == 1
    assert ask("classify", path=str(bundle), texts=[])["result"]["labels"] == []


def test_another_model_takes_the_place_of_the_first(ask, onnx_bundle, tflite_bundle):
    for folder in (onnx_bundle, tflite_bundle, onnx_bundle):
        assert ask("classify", path=str(folder), texts=[["open", None]])["event"] == "result"
    wrong = ask("classify", path=str(onnx_bundle / "nothing"), texts=[["open", None]])
    assert wrong["error"]["kind"] == "usage"
    assert ask("classify", path=str(onnx_bundle), texts=[["open", None]])["event"] == "result"


@pytest.mark.parametrize("texts", [["open"], [["open"]], [[1, None]], [["open", 2]], "open", [["a", None, None]]])
def test_texts_that_are_none(ask, onnx_bundle, texts):
    assert ask("classify", path=str(onnx_bundle), texts=texts)["error"]["kind"] == "protocol"


def test_scores_are_those_of_the_checkpoint(ask, decoder_bundles, decoder_checkpoints):
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(decoder_checkpoints["gpt2"]).eval()
    ids = [3, 9, 4, 11, 7, 5]
    with torch.inference_mode():
        logits = model(torch.tensor([ids[:-1]])).logits[0].double()
    nats = torch.nn.functional.cross_entropy(logits, torch.tensor(ids[1:]), reduction="none")
    same = {"path": str(decoder_bundles["gpt2"]), "capacity": 8}
    found = ask("score", **same, ids=ids[:-1], targets=ids[1:])["result"]["nats"]
    assert found == pytest.approx(nats.tolist(), abs=2e-4)
    # the last two alone
    assert ask("score", **same, ids=ids[:-1], targets=ids[-2:])["result"]["nats"] == pytest.approx(found[-2:])


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"ids": [1], "targets": [1, 2]}, "usage"),
        ({"ids": [1, 2], "targets": []}, "usage"),
        ({"ids": [], "targets": []}, "usage"),
        ({"ids": [1], "targets": [10**9]}, "usage"),
        ({"ids": [-1], "targets": [1]}, "usage"),
        ({"ids": [1] * 9, "targets": [1]}, "usage"),
        ({"ids": [True], "targets": [1]}, "protocol"),
        ({"ids": ["1"], "targets": [1]}, "protocol"),
        ({"ids": [1]}, "protocol"),
        ({"ids": [1], "targets": [1], "capacity": 10**9}, "usage"),
        ({"ids": [1], "targets": [1], "capacity": 0}, "usage"),
    ],
)
def test_scores_that_cannot_be_told(ask, decoder_bundles, fields, kind):
    request = {"path": str(decoder_bundles["gpt2"]), "capacity": 8} | fields
    assert ask("score", **request)["error"]["kind"] == kind


def test_a_comparison_interleaves_both(ask, onnx_bundle, tflite_bundle):
    request = {"path": str(onnx_bundle), "other": str(tflite_bundle), "min_seconds": 0, "min_runs": 5, "warmup": 1}
    found = ask("compare", **request)["result"]
    assert len(found["blocks"]) == FEWEST_BLOCKS
    assert {len(block[side]) for block in found["blocks"] for side in ("ours_ms", "theirs_ms")} == {100}
    assert found["ours"]["runtime"] != found["theirs"]["runtime"]
    assert found["during"][-1]["seconds"] >= found["during"][0]["seconds"] == pytest.approx(0, abs=0.1)
    # one process of three takes its share, in blocks of the size that it is told
    found = ask("compare", **request, process=1, processes=3, block_runs=7)["result"]
    assert len(found["blocks"]) == FEWEST_BLOCKS / 3
    assert {len(block[side]) for block in found["blocks"] for side in ("ours_ms", "theirs_ms")} == {7}
    assert ask("compare", path=str(onnx_bundle))["error"]["kind"] == "protocol"


@pytest.mark.parametrize("which", [{"process": 3, "processes": 3}, {"process": -1}, {"processes": 0}])
def test_a_process_that_is_none_of_several_is_refused(ask, onnx_bundle, which):
    error = ask("profile", path=str(onnx_bundle), **which)["error"]
    assert error["kind"] == "usage"
    assert "counted from 0" in error["message"]
