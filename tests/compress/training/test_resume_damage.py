"""A training goes on whatever became of the files that an interruption left: what is damaged is dropped and told."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from tiny_recipe import write_data

from edgekit.compress.distillation.teacher_cache import cached_arrays
from edgekit.compress.training.resume import newest_checkpoint, seal
from edgekit.flows.train.train import finetune
from edgekit.io.hashing import file_sha256
from edgekit.io.progress import Silent
from edgekit.options.data_options import DataSpec
from edgekit.options.train_options import FinetuneOptions
from edgekit.schema.shape import Scratch

SCRATCH = Scratch(family="distilbert", layers=1, hidden=8, heads=2, ffn=16, vocabulary=200, max_length=16)
OPTIONS = FinetuneOptions(epochs=3, batch_size=64, max_length=16)
DAMAGES = {
    "emptied": lambda path: path.write_bytes(b""),
    "truncated": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "flipped": lambda path: path.write_bytes(bytes([path.read_bytes()[0] ^ 1]) + path.read_bytes()[1:]),
    "deleted": lambda path: path.unlink(),
}


class Lines(Silent):
    def __init__(self):
        self.lines = []

    def say(self, text):
        self.lines.append(text)


class Stop(Exception):
    """The training is killed."""


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory):
    """The data, the folder of a training that was killed at its end, and the weights that it ends with."""
    root = tmp_path_factory.mktemp("resume")
    data = DataSpec.from_text(str(write_data(root / "data")))
    finetune(SCRATCH, data, root / "whole", OPTIONS)

    with pytest.MonkeyPatch.context() as patch, pytest.raises(Stop):
        patch.setattr("edgekit.flows.train.training_stage.save_checkpoint", _killed)
        finetune(SCRATCH, data, root / "killed" / "model", OPTIONS)
    return data, root / "killed", file_sha256(root / "whole" / "model.safetensors")


def _killed(*arguments, **named):
    raise Stop


def checkpoints(folder):
    return sorted(folder.glob(".model.training-*/checkpoint-*"), key=lambda path: int(path.name.split("-")[1]))


@pytest.mark.parametrize("damage", DAMAGES)
def test_each_file_of_a_training_checkpoint(interrupted, tmp_path, damage):
    _, killed, _ = interrupted
    names = [path.name for path in checkpoints(killed)[-1].iterdir()]
    assert {"complete", "optimizer.pt", "model.safetensors", "trainer_state.json"} <= set(names)
    for name in names:
        here = tmp_path / name
        shutil.copytree(killed, here)
        *_, newest = checkpoints(here)
        DAMAGES[damage](newest / name)
        lines = Lines()
        found = newest_checkpoint(newest.parent, lines)
        assert found != newest and not newest.exists()
        # without its seal it is what an interruption left half-written, which is no news
        assert bool(lines.lines) is ((name, damage) != ("complete", "deleted"))
        assert all("damaged" in line for line in lines.lines)


@pytest.mark.parametrize("name", ["optimizer.pt", "trainer_state.json", "rng_state.pth"])
def test_training_ends_with_the_same_weights(interrupted, tmp_path, name):
    data, killed, sha256 = interrupted
    shutil.copytree(killed, tmp_path / "here")
    for folder in checkpoints(tmp_path / "here"):
        DAMAGES["emptied"](folder / name)
    lines = Lines()
    finetune(SCRATCH, data, tmp_path / "here" / "model", OPTIONS, progress=lines)
    assert any(name in line and "dropped" in line for line in lines.lines)
    assert file_sha256(tmp_path / "here" / "model" / "model.safetensors") == sha256


def test_a_checkpoint_whose_best_sibling_is_damaged_is_dropped_too(interrupted, tmp_path):
    _, killed, _ = interrupted
    shutil.copytree(killed, tmp_path / "here")
    *_, newest = checkpoints(tmp_path / "here")
    sibling = shutil.copytree(newest, newest.with_name("checkpoint-1"))
    state = json.loads((newest / "trainer_state.json").read_text())
    (newest / "trainer_state.json").write_text(json.dumps(state | {"best_global_step": 1}))
    step = int(newest.name.split("-")[1])
    seal(newest.parent, step, 1)
    (sibling / "model.safetensors").write_bytes(b"")
    lines = Lines()
    assert newest_checkpoint(newest.parent, lines) is None
    assert ["checkpoint-1" in line for line in lines.lines] == [True, True]


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("suffix", ["logits.npy", "complete"])
def test_damaged_answers_of_a_teacher_are_asked_again(tmp_path, damage, suffix):
    asked = []

    def fill(array):
        asked.append(np.isnan(array).all())
        array[:] = 7

    arrays = {"logits": ((5, 3), np.float32)}
    cached_arrays(tmp_path, "x", arrays, fill)
    DAMAGES[damage](next(tmp_path.glob(f"*{suffix}")))
    (answers,) = cached_arrays(tmp_path, "x", arrays, fill)
    assert (answers == 7).all() and answers.shape == (5, 3)
    cached_arrays(tmp_path, "x", arrays, fill)
    assert len(asked) == 2
