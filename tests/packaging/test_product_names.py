"""What bundles and packages are called by themselves: after recipe or model, never after the stage of a run."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from command_line import edgekit
from tiny_bundle import make_bundle, rewrite

from edgekit.bundle.manifest import Origin, Step
from edgekit.bundle.product_name import product_name

STAGES = ("teacher", "student", "pruned", "quantized", "distilled", "onnx", "student-int8", "Quantized_v2", "out")


def began_as(name, source="hub"):
    return (
        Step(stage="finetune", options={}, model=Origin(source=source, name=name)),
        Step(stage="quantize", options={}),
    )


@pytest.mark.parametrize("own", STAGES)
def test_a_stage_names_no_product(own, tmp_path):
    folder = tmp_path / own
    embedded = (Step(stage="finetune", options={}, data={"name": "smart-home"}),)
    theirs = (Step(stage="finetune", options={}, data={"name": "acme-complaints", "folder": "acme"}),)
    assert product_name(own, began_as("acme/tiny-bert"), folder, "text-classification") == "tiny-bert"
    assert product_name(own, embedded, folder, "text-classification") == "smart-home"
    assert product_name(own, theirs, folder, "text-classification") == "text-classification", "the data's stays here"
    assert product_name(own, began_as("teacher", "folder"), folder, "text-generation") == "text-generation"
    (tmp_path / "summary.json").write_text(json.dumps({"name": "doorbell"}), encoding="utf-8")
    assert product_name(own, embedded, folder, "text-classification") == "doorbell"
    (tmp_path / "summary.json").write_text(json.dumps({"name": "quickstart"}), encoding="utf-8")
    assert product_name(own, embedded, folder, "text-classification") == "smart-home"
    (tmp_path / "summary.json").write_text("of another program", encoding="utf-8")
    assert product_name(own, embedded, folder, "text-classification") == "smart-home"


@pytest.mark.parametrize("own", ["smart-home", "quantized-doorbell", "bert_3L.int8", "gpt2", "学生"])
def test_a_name_of_its_own_stays(own, tmp_path):
    (tmp_path / "summary.json").write_text(json.dumps({"name": "doorbell"}), encoding="utf-8")
    assert product_name(own, began_as("acme/tiny-bert"), tmp_path / own, "text-classification") == own


def test_the_stage_of_a_run_exported_by_hand_is_called_after_the_recipe_and_so_is_its_package(
    tiny_checkpoint, tmp_path, monkeypatch
):
    run = tmp_path / "runs" / "doorbell"
    shutil.copytree(tiny_checkpoint, run / "quantized")
    (run / "summary.json").write_text(json.dumps({"name": "doorbell"}), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    code, _, said = edgekit("export", run / "quantized", "--format", "onnx", "--scheme", "float", "-o", "out")
    assert code == 0, said
    assert json.loads((tmp_path / "out/onnx/manifest.json").read_text("utf-8"))["name"] == "doorbell"
    assert packaged("out/onnx") == ("doorbell", "com.example.doorbell", "doorbell")


@pytest.mark.parametrize("own", ["quantized", "onnx"])
def test_an_older_bundle_of_a_run_is_packaged_after_the_recipe(own, tmp_path, monkeypatch):
    run = tmp_path / "runs" / "doorbell"
    rewrite(make_bundle(run / "bundles" / "onnx", "onnx"), name=own)
    (run / "summary.json").write_text(json.dumps({"name": "doorbell"}), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert packaged(run / "bundles" / "onnx") == ("doorbell", "com.example.doorbell", "doorbell")


def packaged(bundle):
    """The name and the id that a package takes by itself, and its name in npm."""
    code, out, said = edgekit("package", bundle, "--platform", "web", "--json")
    assert code == 0, said
    name = json.loads(out)["name"]
    npm = json.loads(Path(f"{name}-packages/web/package.json").read_text("utf-8"))["name"]
    return name, json.loads(out)["id"], npm
