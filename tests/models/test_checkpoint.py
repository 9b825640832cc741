"""Opening checkpoints: what is refused, with which words, and that no pickle is ever read."""

from __future__ import annotations

import json
import shutil

import pytest

from edgekit.models.checkpoint import load_classifier, load_tokenizer, open_checkpoint, resolve_task
from edgekit.models.sizes import tensor_parts
from edgekit.spec.errors import NotFoundError, UsageError
from edgekit.spec.model_ref import ModelRef


@pytest.fixture
def copy(tiny_checkpoint, tmp_path):
    return shutil.copytree(tiny_checkpoint, tmp_path / "copy")


def test_labels_and_family_come_from_the_configuration(tiny_checkpoint):
    checkpoint = open_checkpoint(tiny_checkpoint)
    assert (checkpoint.family, checkpoint.labels) == ("distilbert", ("lights", "weather", "alarm"))


def test_task_is_read_from_the_checkpoint_and_may_be_said(tiny_checkpoint):
    assert resolve_task(open_checkpoint(tiny_checkpoint)) == "text-classification"
    said = open_checkpoint(ModelRef(str(tiny_checkpoint), task="text-generation"))
    assert resolve_task(said) == "text-generation"


@pytest.mark.parametrize("source", ["./not-there", "/no/such/folder", "a/b/c"])
def test_missing_folder_is_not_sought_on_the_hub(source):
    with pytest.raises(NotFoundError, match="does not exist"):
        open_checkpoint(source)


def test_hub_id_that_cannot_be_fetched_says_so(monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(NotFoundError, match="cannot be fetched from the hub"):
        open_checkpoint("nobody/no-such-model")


def test_pickled_weights_are_refused(copy):
    import torch

    (copy / "model.safetensors").unlink()
    torch.save({}, copy / "pytorch_model.bin")
    with pytest.raises(UsageError, match=r"no \.safetensors weights"):
        load_classifier(open_checkpoint(copy))


@pytest.mark.parametrize("cut", [0, 7, 200, 4000])
def test_truncated_weights_are_one_clear_error(copy, cut):
    weights = copy / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:cut])
    with pytest.raises(UsageError, match="cannot be loaded"):
        load_classifier(open_checkpoint(copy))
    with pytest.raises(UsageError, match="corrupt"):
        tensor_parts(open_checkpoint(copy))


@pytest.mark.parametrize("text", ["", "{", "[]", '{"vocab_size": "many"}'])
def test_broken_tokenizer_is_one_clear_error(copy, text):
    (copy / "tokenizer.json").write_text(text)
    for name in ("vocab.txt", "tokenizer_config.json", "special_tokens_map.json"):
        (copy / name).unlink(missing_ok=True)
    with pytest.raises(UsageError, match="no usable tokenizer"):
        load_tokenizer(open_checkpoint(copy))


def test_unknown_key_in_the_extras_is_refused(copy):
    extras = json.loads((copy / "edgekit.json").read_text())
    (copy / "edgekit.json").write_text(json.dumps(extras | {"block": []}))
    with pytest.raises(UsageError, match="unknown key 'block'"):
        open_checkpoint(copy)


def test_parts_add_up_to_the_parameters(tiny_checkpoint):
    parts, parameters = tensor_parts(open_checkpoint(tiny_checkpoint))
    model = load_classifier(open_checkpoint(tiny_checkpoint))
    assert parameters == sum(parameter.numel() for parameter in model.parameters())
    assert sum(parts.values()) == 4 * parameters
    assert "other" not in parts
