"""Perplexity of bundles: that of the checkpoint they were made from, kept in the manifest, compared in pairs."""

from __future__ import annotations

import json
import math
import shutil

import numpy as np
import pytest
from click.testing import CliRunner
from tiny_decoder import TEXTS

import edgekit
from edgekit.bundle.manifest import Manifest
from edgekit.cli import cli
from edgekit.errors import UsageError
from edgekit.flows.evaluate.evaluate import is_language_model
from edgekit.flows.evaluate.perplexity import perplexity
from edgekit.options.data_options import DataSpec
from edgekit.options.model_ref import ModelRef
from edgekit.options.stage_options import EvaluateOptions

KINDS = ["gpt2", "llama"]
SHORT = EvaluateOptions(max_length=24)


@pytest.fixture
def text(tmp_path):
    """Words in no order: windows that are unlike each other, and enough of them for an interval."""
    path = tmp_path / "stories.txt"
    words = [word for text in TEXTS for word in text.split()]
    path.write_text(" ".join(np.random.default_rng(1).choice(words, 400)), encoding="utf-8")
    return path


@pytest.fixture
def copied(decoder_bundles, tmp_path):
    """A bundle of one's own, as evaluating it writes into it."""

    def copy(kind):
        return shutil.copytree(decoder_bundles[kind], tmp_path / f"{kind}-bundle")

    return copy


@pytest.mark.parametrize("kind", KINDS)
def test_a_float_bundle_is_as_perplexed_as_its_checkpoint(copied, decoder_checkpoints, text, kind):
    bundle, data = copied(kind), DataSpec(test=text)
    found = perplexity(bundle, data, SHORT, against={"teacher": decoder_checkpoints[kind]})
    own = perplexity(decoder_checkpoints[kind], data, SHORT)
    assert (found.tokens, found.bytes, found.context) == (own.tokens, own.bytes, 24)
    assert found.perplexity == pytest.approx(own.perplexity, rel=1e-4)
    assert found.runtime.startswith("onnxruntime")
    increase = found.increases[0]
    assert increase.baseline_perplexity == pytest.approx(own.perplexity)
    assert increase.pct == pytest.approx(100 * (found.perplexity / own.perplexity - 1), abs=1e-9)
    assert increase.low <= increase.pct <= increase.high
    # of two models that say the same, the windows differ by next to nothing, however much they differ among themselves
    assert increase.high - increase.low < 0.05
    assert found.high - found.low > 1


def test_the_manifest_keeps_it_and_what_it_was_compared_with(copied, decoder_checkpoints, text):
    bundle = copied("gpt2")
    words = ["evaluate", str(bundle), "--data", str(text), "--max-length", "24"]
    against = ["--against", f"teacher={decoder_checkpoints['gpt2']}"]
    result = CliRunner().invoke(cli, [*words, *against, "--json"], standalone_mode=False)
    assert result.exception is None, result.exception
    shown = json.loads(result.stdout)
    kept = Manifest.read(bundle / "manifest.json").perplexity
    assert [record.model_dump(mode="json") for record in kept] == [shown]
    assert math.exp(shown["nats"] / shown["tokens"]) == pytest.approx(shown["perplexity"])
    result = CliRunner().invoke(cli, words, standalone_mode=False)
    assert result.exception is None, result.exception
    again = Manifest.read(bundle / "manifest.json").perplexity
    assert [found.baseline for found in again[0].increases] == ["teacher"]
    assert len(again) == 1


def test_the_python_function_evaluates_by_the_models_task(copied, decoder_checkpoints, text):
    bundle, data = copied("gpt2"), edgekit.DataSpec(test=text)
    found = edgekit.evaluate(bundle, data, SHORT, against={"teacher": decoder_checkpoints["gpt2"]})
    assert Manifest.read(bundle / "manifest.json").perplexity == (found,)
    assert [increase.baseline for increase in found.increases] == ["teacher"]


def test_other_tokens_cannot_be_compared(copied, decoder_checkpoints, text):
    with pytest.raises(UsageError, match="llama cuts the text into other tokens"):
        perplexity(copied("gpt2"), DataSpec(test=text), SHORT, against={"llama": decoder_checkpoints["llama"]})


def test_a_bundle_of_a_language_model_foretells(decoder_bundles):
    assert is_language_model(ModelRef(str(decoder_bundles["gpt2"])))


def test_a_bundle_that_was_changed_is_not_evaluated(copied, text):
    bundle = copied("gpt2")
    with (bundle / "model.onnx").open("ab") as file:
        file.write(b"x")
    with pytest.raises(UsageError, match=r"model\.onnx"):
        perplexity(bundle, DataSpec(test=text))
