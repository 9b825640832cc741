"""What a lineage writes down: everything that was put in, by content; no path, no date, no version in a hash."""

from __future__ import annotations

import itertools
import json
import os
import shutil

import pytest

from edgekit.bundle.manifest import CheckpointExtras, Manifest
from edgekit.flows.lineage import checkpoint_sha256, named_data, next_step
from edgekit.flows.quantize import quantize
from edgekit.io.hashing import value_sha256
from edgekit.models.checkpoint import open_checkpoint
from edgekit.options.data_options import DataSpec
from edgekit.options.export_options import ExportOptions
from edgekit.options.train_options import FinetuneOptions
from edgekit.schema.shape import Scratch


def test_a_checkpoint_is_the_same_wherever_and_whenever_it_was_written(tiny_checkpoint, tmp_path):
    copy = shutil.copytree(tiny_checkpoint, tmp_path / "elsewhere")
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(
        json.dumps(config | {"transformers_version": "4.0", "_name_or_path": "/home/me"})
    )
    (copy / "README.md").write_text("mine")
    (copy / ".cache").mkdir()
    for path in copy.iterdir():
        os.utime(path, (0, 0))
    assert checkpoint_sha256(open_checkpoint(copy)) == checkpoint_sha256(open_checkpoint(tiny_checkpoint))


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", "config.json", "edgekit.json"])
def test_a_checkpoint_is_another_when_a_file_that_counts_changes(tiny_checkpoint, tmp_path, name):
    copy = shutil.copytree(tiny_checkpoint, tmp_path / "copy")
    if name == "config.json":
        config = json.loads((copy / name).read_text())
        (copy / name).write_text(json.dumps(config | {"dropout": 0.5}))
    elif name == "edgekit.json":
        (copy / name).write_text(json.dumps({"blocks": [{"heads": 1, "ffn": 2}]}))
    else:
        (copy / name).write_bytes((copy / name).read_bytes() + b" ")
    assert checkpoint_sha256(open_checkpoint(copy)) != checkpoint_sha256(open_checkpoint(tiny_checkpoint))


def test_each_step_begins_with_what_the_one_before_made(finished_run):
    lineage = Manifest.read(finished_run[1] / "bundles" / "onnx" / "manifest.json").lineage
    assert lineage[0].model == Scratch(layers=2, hidden=32, heads=2, ffn=64, vocabulary=200, max_length=32)
    for before, step in itertools.pairwise(lineage):
        assert step.inputs["checkpoint"] == value_sha256(before.output)
        assert step.model is None


def test_the_output_is_what_lies_on_disk(finished_run):
    import hashlib

    for name in ("teacher", "student", "pruned", "quantized"):
        folder = finished_run[1] / name
        output = CheckpointExtras.read(folder / "edgekit.json").lineage[-1].output
        for file in ("model.safetensors", "tokenizer.json"):
            assert output[file] == hashlib.sha256((folder / file).read_bytes()).hexdigest()


def test_the_export_says_where_its_golden_cases_came_from(finished_run):
    step = Manifest.read(finished_run[1] / "bundles" / "onnx" / "manifest.json").lineage[-1]
    lines = (finished_run[0].parent / "data" / "validation.tsv").read_text().splitlines()[1:17]
    assert step.golden_texts == 16
    assert step.inputs["golden"] == value_sha256([line.split("\t")[0] for line in lines])
    assert step.target.name == "rpi4"


def test_nothing_names_a_path_of_this_machine(finished_run):
    folder = finished_run[1]
    written = [folder / name / "edgekit.json" for name in ("teacher", "student", "pruned", "quantized")]
    for path in [*written, folder / "bundles" / "onnx" / "manifest.json"]:
        assert str(folder.parent) not in path.read_text()


def test_data_is_named_by_its_files_and_columns(tmp_path):
    (tmp_path / "rows.csv").write_text("a,b\nx,y\n")
    said = named_data(DataSpec(train=tmp_path / "rows.csv", text="a", label="b", encoding="latin-1"))
    assert said.items() >= {"train": "rows.csv", "text": "a", "label": "b", "encoding": "latin-1"}.items()
    assert named_data(DataSpec(name="smart-home"))["name"] == "smart-home"
    assert named_data(DataSpec(hub="owner/name:config"))["hub"] == "owner/name:config"
    (tmp_path / "set").mkdir()
    for hub in (f"{tmp_path}/set", f"{tmp_path}/set:config"):
        said = named_data(DataSpec(hub=hub))
        assert "hub" not in said
        assert str(tmp_path) not in json.dumps(said)


def test_a_folder_is_named_by_its_own_name(tiny_checkpoint, tmp_path):
    quantize(tiny_checkpoint, tmp_path / "quantized")
    (step,) = CheckpointExtras.read(tmp_path / "quantized" / "edgekit.json").lineage
    assert (step.model.source, step.model.name) == ("folder", "tiny")
    assert step.inputs["checkpoint"] == checkpoint_sha256(open_checkpoint(tiny_checkpoint))


def test_a_hub_id_is_named_with_the_commit_that_was_fetched(tiny_checkpoint, tmp_path, monkeypatch):
    from huggingface_hub import constants

    commit = "0123456789abcdef0123456789abcdef01234567"
    cached = tmp_path / "models--owner--tiny"
    shutil.copytree(tiny_checkpoint, cached / "snapshots" / commit)
    (cached / "refs").mkdir()
    (cached / "refs" / "main").write_text(commit)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    (step,) = next_step("finetune", FinetuneOptions(), open_checkpoint("owner/tiny"))
    assert (step.model.source, step.model.name, step.model.revision) == ("hub", "owner/tiny", commit)
    assert step.inputs["checkpoint"] == checkpoint_sha256(open_checkpoint(tiny_checkpoint))


def test_every_option_is_written_down(tiny_checkpoint):
    (step,) = next_step("export", ExportOptions(), open_checkpoint(tiny_checkpoint))
    assert step.options.keys() == ExportOptions.model_fields.keys()
