"""Text that is no text, and predictions from the command line."""

from __future__ import annotations

import json

import numpy as np
import pytest
from click.testing import CliRunner
from tiny_bundle import LABELS

from edgekit.agent.errors import BadInput
from edgekit.agent.inference.classifier import open_classifier
from edgekit.cli.predict import command
from edgekit.errors import UsageError


def predict(bundle, *words, **kwargs):
    return CliRunner().invoke(command, [str(bundle), *words], **kwargs)


@pytest.mark.parametrize("pair", [None, "fan", "fan\udcff"])
def test_text_that_is_not_unicode_is_refused(onnx_bundle, pair):
    classifier = open_classifier(onnx_bundle)
    with pytest.raises(BadInput, match="text is not valid Unicode"):
        classifier.classify("turn\ud800 on", pair)
    with pytest.raises(BadInput, match="text is not valid Unicode"):
        classifier.tokenizer.token_ends("\ud800")


def test_scores_of_all_labels_come_with_a_prediction(onnx_bundle):
    prediction = open_classifier(onnx_bundle).classify("turn on the light")
    powers = np.exp(prediction.logits.astype(np.float64))
    np.testing.assert_allclose(prediction.scores, powers / powers.sum(), rtol=1e-5)
    assert prediction.score == pytest.approx(max(prediction.scores))


def test_lines_end_in_either_way_and_give_one_compact_object_each(onnx_bundle):
    result = predict(onnx_bundle, "-", "--json", input=b"turn on the light\r\nopen\nlock the door")
    assert result.exit_code == 0, result.output
    found = [json.loads(line) for line in result.output.splitlines()]
    assert [row["text"] for row in found] == ["turn on the light", "open", "lock the door"]
    assert all(tuple(row["scores"]) == LABELS for row in found)
    one = json.loads(predict(onnx_bundle, "open", "--json").output)
    assert one == found[1]


def test_nothing_to_read_is_wrong_usage(onnx_bundle):
    result = predict(onnx_bundle, "-", input="")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "no text was given" in result.stderr


def test_input_that_is_not_utf_8_is_wrong_usage(onnx_bundle):
    result = predict(onnx_bundle, "-", input=b"turn on\ncaf\xe9\n")
    assert isinstance(result.exception, UsageError)
    assert "not valid Unicode" in result.exception.message
    assert len(result.stdout.splitlines()) == 1, "what came before was answered"


@pytest.mark.parametrize("threads", ["0", "-1", "1025"])
def test_thread_counts_out_of_reason_are_refused(onnx_bundle, threads):
    result = predict(onnx_bundle, "open", "--threads", threads)
    assert result.exit_code == 2
    assert "--threads" in result.stderr
