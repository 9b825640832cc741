"""Checkpoints that are damaged, hostile, or of a family that cannot be taken apart."""

from __future__ import annotations

import json
import os
import shutil

import pytest
from cli_run import listing, refused, run

KEY = "distilbert.transformer.layer.0.ffn.lin1.weight"
SHARDS = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")


@pytest.fixture
def checkpoint(tiny_checkpoint, tmp_path, monkeypatch):
    folder = shutil.copytree(tiny_checkpoint, tmp_path / "checkpoint")
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path / "out")
    for split in ("train", "validation", "test"):
        rows = [f"{split} {word}\t{word}\n" for word in ("lights", "weather", "alarm")]
        (tmp_path / f"{split}.tsv").write_text("text\tlabel\n" + "".join(rows))
    return folder


def words(command, checkpoint):
    data = [f"--{split}={checkpoint.parent / split}.tsv" for split in ("train", "validation", "test")]
    more = {"export": ["--format", "onnx"], "quantize": [], "inspect": [], "evaluate": data}
    return [command, checkpoint, "--quiet", *more.get(command, [*data, "--epochs", "0.01"])]


def all_refuse(capfd, checkpoint, says, commands=("export", "quantize")):
    before = listing(checkpoint.parent)
    for command in commands:
        refused(capfd, *words(command, checkpoint), says=says)
        assert listing(checkpoint.parent) == before, f"{command} left something behind"


def change_config(checkpoint, **changes):
    path = checkpoint / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def change_header(checkpoint, change):
    path = checkpoint / "model.safetensors"
    content = path.read_bytes()
    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    change(header)
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + content[8 + size :])


@pytest.mark.parametrize("command", ["distill", "prune", "quantize", "export", "evaluate"])
def test_a_family_that_nobody_knows(capfd, checkpoint, command):
    change_config(checkpoint, model_type="frobnicator")
    all_refuse(capfd, checkpoint, "frobnicator", [command])


@pytest.mark.parametrize("command", ["distill", "prune", "quantize"])
def test_a_family_that_cannot_be_taken_apart(capfd, checkpoint, command):
    import torch
    from transformers import SqueezeBertConfig, SqueezeBertForSequenceClassification

    config = SqueezeBertConfig(
        vocab_size=200, hidden_size=32, num_hidden_layers=1, num_attention_heads=4, intermediate_size=32,
        embedding_size=32, id2label={0: "lights", 1: "weather", 2: "alarm"},
    )  # fmt: skip
    torch.manual_seed(0)
    SqueezeBertForSequenceClassification(config).save_pretrained(checkpoint)
    all_refuse(capfd, checkpoint, "squeezebert", [command])


@pytest.mark.parametrize(
    "content",
    [
        lambda whole: b"",
        lambda whole: whole[: len(whole) // 2],
        lambda whole: whole[:20] + b"\xff\xff" + whole[22:],
        lambda whole: (2 * len(whole)).to_bytes(8, "little") + whole[8:],
        lambda whole: (2**63).to_bytes(8, "little") + whole[8:],
        lambda whole: b"\x80\x04\x95" + whole[:1000],
    ],
    ids=["empty", "truncated", "corrupt", "header beyond the file", "huge header", "a pickle by another name"],
)
def test_weights_that_are_no_safetensors(capfd, checkpoint, content):
    path = checkpoint / "model.safetensors"
    path.write_bytes(content(path.read_bytes()))
    all_refuse(capfd, checkpoint, "the weights cannot be loaded")
    all_refuse(capfd, checkpoint, "is corrupt", ["inspect"])


@pytest.mark.parametrize(
    "changes",
    [
        {"data_offsets": [0, 32768]},
        {"data_offsets": [-4, 32764]},
        {"data_offsets": [2**62, 2**62 + 32768]},
        {"dtype": "F16"},
        {"dtype": "Z99"},
        {"dtype": "I32"},
        {"shape": [64, 128]},
        {"shape": [2**63, 2**63]},
    ],
    ids=str,
)
def test_headers_that_lie(capfd, checkpoint, changes):
    change_header(checkpoint, lambda header: header[KEY].update(changes))
    all_refuse(capfd, checkpoint, "the weights ")


def test_a_tensor_that_is_missing(capfd, checkpoint):
    from safetensors.torch import load_file, save_file

    path = checkpoint / "model.safetensors"
    state = load_file(path)
    del state[KEY]
    save_file(state, path, metadata={"format": "pt"})
    all_refuse(capfd, checkpoint, f"lack {KEY}")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_not_finite(capfd, checkpoint, value):
    from safetensors.torch import load_file, save_file

    path = checkpoint / "model.safetensors"
    state = load_file(path)
    state[KEY][0, 0] = value
    save_file(state, path, metadata={"format": "pt"})
    all_refuse(
        capfd, checkpoint, f"{KEY} holds values that are not finite", ["export", "quantize", "distill", "prune"]
    )


@pytest.mark.parametrize("name", ["weights.bin", "model.bin", "pytorch_model.bin"])
def test_weights_by_another_name(capfd, checkpoint, name):
    (checkpoint / "model.safetensors").rename(checkpoint / name)
    all_refuse(capfd, checkpoint, "no .safetensors weights")


def shard(checkpoint, second):
    """Two files of weights, and an index that calls the second one `second`."""
    from safetensors.torch import load_file, save_file

    state = load_file(checkpoint / "model.safetensors")
    (checkpoint / "model.safetensors").unlink()
    halves = [{name: state[name] for name in sorted(state)[start::2]} for start in (0, 1)]
    for name, half in zip(SHARDS, halves, strict=True):
        save_file(half, checkpoint / name, metadata={"format": "pt"})
    names = {key: name for name, half in zip((SHARDS[0], second), halves, strict=True) for key in half}
    index = {"metadata": {"total_size": 1}, "weight_map": names}
    (checkpoint / "model.safetensors.index.json").write_text(json.dumps(index))
    return halves[1]


def test_weights_in_several_files_are_read(capfd, checkpoint):
    shard(checkpoint, SHARDS[1])
    assert run(capfd, *words("quantize", checkpoint)).code == 0


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("model-00003-of-00002.safetensors", "which is not there"),
        ("../../../../../../etc/passwd", "no .safetensors file in this folder"),
        ("/etc/passwd", "no .safetensors file in this folder"),
        ("../other/model.safetensors", "no .safetensors file in this folder"),
        ("evil.bin", "no .safetensors file in this folder"),
    ],
)
def test_an_index_that_leads_elsewhere(capfd, checkpoint, name, says):
    shard(checkpoint, name)
    all_refuse(capfd, checkpoint, says)


def test_an_index_is_no_way_to_have_a_pickle_read(capfd, checkpoint):
    """transformers reads a shard that is not named safetensors with torch.load."""
    import torch

    torch.save(shard(checkpoint, "evil.bin"), checkpoint / "evil.bin")
    all_refuse(capfd, checkpoint, "'evil.bin', which is no .safetensors file")


def test_code_that_a_checkpoint_brings_along_is_never_run(capfd, checkpoint):
    (checkpoint / "evil.py").write_text(f"open({str(checkpoint.parent / 'ran')!r}, 'w')\n")
    classes = {"AutoConfig": "evil.Config", "AutoModelForSequenceClassification": "evil.Model"}
    change_config(checkpoint, auto_map=classes)
    assert run(capfd, *words("quantize", checkpoint)).code == 0
    shutil.rmtree("quantized")
    change_config(checkpoint, model_type="evil")
    all_refuse(capfd, checkpoint, "of the family 'evil' cannot be")
    assert not (checkpoint.parent / "ran").exists()


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"n_layers": 10**6}, "a model cannot have 1000000 layers"),
        ({"n_layers": -1}, "a model cannot have -1 layers"),
        ({"n_layers": 0}, "a model cannot have 0 layers"),
        ({"n_heads": 0}, "cannot be loaded"),
        ({"model_type": ["distilbert"]}, "of the family \"['distilbert']\" cannot be"),
        ({"activation": "../../x"}, "cannot be loaded"),
        ({"max_position_embeddings": "x"}, "cannot be loaded"),
        ({"id2label": {"0": "a", "1": "a", "2": "b"}}, "texts, each one once"),
        ({"id2label": {"0": {"x": 1}, "1": None, "2": 3}}, "texts, each one once"),
        ({"id2label": {str(number): str(number) for number in range(5)}}, "size mismatch"),
    ],
)
def test_configurations_that_no_model_has(capfd, checkpoint, changes, says):
    change_config(checkpoint, **changes)
    all_refuse(capfd, checkpoint, says)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "tokenizer.json", "edgekit.json", "vocab.txt"])
@pytest.mark.parametrize("what", ["pipe", "endless"])
def test_files_that_never_end_are_not_read(capfd, checkpoint, name, what):
    (checkpoint / name).unlink()
    os.mkfifo(checkpoint / name) if what == "pipe" else (checkpoint / name).symlink_to("/dev/zero")
    all_refuse(capfd, checkpoint, "", ["export", "inspect"])


def test_a_folder_in_place_of_the_weights(capfd, checkpoint):
    (checkpoint / "model.safetensors").unlink()
    (checkpoint / "model.safetensors").mkdir()
    all_refuse(capfd, checkpoint, "model.safetensors is no file", ["export", "quantize", "inspect"])


@pytest.mark.parametrize("length", [[512], {"a": 1}, "many"])
def test_a_length_of_the_tokenizer_that_is_none(capfd, checkpoint, length):
    path = checkpoint / "tokenizer_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"model_max_length": length}))
    all_refuse(capfd, checkpoint, "no usable tokenizer")
