"""The whole road on a tiny model: what it leaves, that nothing is done twice, and that a bundle is really proven."""

from __future__ import annotations

import json
import shutil

import pytest
from tiny_recipe import write_recipe

from edgekit.bundle.manifest import Manifest
from edgekit.devices.registry import add_device
from edgekit.errors import UsageError
from edgekit.flows.predict import predict
from edgekit.flows.run.run import begin, run
from edgekit.flows.run.run_evaluate import evaluate_models
from edgekit.flows.run.run_profile import profile_key
from edgekit.flows.run.stages import export_bundles
from edgekit.io.progress import SILENT
from edgekit.options.profile_options import ProfileOptions
from edgekit.options.recipe import load_recipe
from edgekit.schema.device import KnownDevice


class Heard:
    """Progress that remembers what was said."""

    def __init__(self):
        self.said = []

    def task(self, title, total=None):
        from edgekit.io.progress import SILENT

        return SILENT.task(title, total)

    def say(self, text):
        self.said.append(text)

    @property
    def unchanged(self):
        return {text.split(":")[0] for text in self.said if "unchanged" in text}


@pytest.fixture
def again(finished_run, tmp_path, device_home):
    recipe, folder, _ = finished_run
    return recipe, shutil.copytree(folder, tmp_path / "run")


def test_the_road_ends_in_verdicts_and_a_report(finished_run):
    _, folder, summary = finished_run
    outcomes = {
        (row.verdict.budget.metric, row.verdict.budget.target): row.verdict.outcome for row in summary.verdicts
    }
    assert outcomes[("size_mb", None)] == "pass"
    assert outcomes[("peak_memory_mb", "x86-64")] == "pass"
    assert outcomes[("latency_p95_ms", "x86-64")] == "inconclusive", "a moment is too short"
    assert outcomes[("latency_p95_ms", "rpi4")] == "unmeasured"
    assert summary.exit_code == 0, "a budget that does not gate decides nothing"
    page = (folder / "report.html").read_text()
    assert "UNMEASURED" in page.upper()
    assert json.loads((folder / "summary.json").read_text())["exit_code"] == 0
    assert [model.name for model in summary.models] == ["teacher", "student", "pruned", "quantized", "onnx"]


def test_every_stage_made_the_model_smaller(finished_run):
    sizes = [model.size_mb for model in finished_run[2].models]
    teacher, student, pruned, _, bundle = sizes
    assert teacher > student > pruned > bundle


def test_the_teacher_learned_and_the_bundle_kept_it(finished_run):
    accuracy = {model.name: model.accuracy.accuracy for model in finished_run[2].models}
    assert accuracy["teacher"] > 90
    assert accuracy["onnx"] > 75


def test_bundle_answers_alone(finished_run):
    _, folder, _ = finished_run
    found = list(predict(folder / "bundles" / "onnx", ["please lock my door", "a loud song"]))
    assert [row.label for row in found] == ["door", "music"]
    assert sum(found[0].scores.values()) == pytest.approx(1)


def test_lineage_names_every_stage_with_its_inputs(finished_run):
    _, folder, _ = finished_run
    manifest = Manifest.read(folder / "bundles" / "onnx" / "manifest.json")
    assert [step.stage for step in manifest.lineage] == ["finetune", "distill", "prune", "quantize", "export"]
    assert manifest.lineage[1].inputs["data.train"] == manifest.lineage[0].inputs["data.train"]
    assert manifest.accuracy[0].drops[0].baseline == "teacher"


def test_second_call_does_nothing_twice(again):
    recipe, folder = again
    heard = Heard()
    run(recipe, out=folder, progress=heard)
    models = {"teacher", "student", "pruned", "quantized"}
    evaluations = {f"evaluate {name}" for name in (*models, "onnx")}
    assert heard.unchanged == models | {"export", "profile onnx"} | evaluations


def test_a_changed_option_redoes_what_depends_on_it_and_nothing_else(again):
    recipe, folder = again
    heard = Heard()
    summary = run(recipe, ["stages.quantize.scheme=int8-weight"], out=folder, progress=heard)
    kept = {"teacher", "student", "pruned"}
    assert heard.unchanged == kept | {f"evaluate {name}" for name in kept}
    assert summary.models[-1].scheme == "int8-weight"


def test_a_damaged_stage_is_made_again(again):
    recipe, folder = again
    weights = folder / "pruned" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    heard = Heard()
    run(recipe, out=folder, progress=heard)
    assert "pruned" not in heard.unchanged
    assert {"teacher", "student"} <= heard.unchanged


def test_a_second_run_on_the_same_folder_learns_who_has_it(again):
    import os

    from edgekit.flows.run.journal import lock_run

    recipe, folder = again
    with lock_run(folder), pytest.raises(UsageError, match=f"in use by process {os.getpid()}"):
        run(recipe, out=folder)


def test_commands_in_the_report_do_by_hand_what_a_stage_did(finished_run, tmp_path, monkeypatch):
    import shlex

    from click.testing import CliRunner

    from edgekit.cli import cli

    _, folder, summary = finished_run
    line = next(command for command in summary.commands if " distill " in command)
    words = shlex.split(line)[1:]
    words[words.index("-o") + 1] = str(tmp_path / "student")
    result = CliRunner().invoke(cli, words)
    assert result.exit_code == 0, result.output
    made, kept = ((path / "model.safetensors").read_bytes() for path in (tmp_path / "student", folder / "student"))
    assert made == kept, "same seed, same data, same weights"


def test_models_and_bundles_answer_the_rows_that_were_read_at_the_start(finished_run, tmp_path):
    """Those are what the run's keys are of; what becomes of the files meanwhile changes nothing."""
    data = shutil.copytree(finished_run[0].parent / "data", tmp_path / "data")
    teacher, stages = finished_run[1] / "teacher", {"export": {"format": "onnx", "max_length": 16}}
    path = write_recipe(tmp_path, model=str(teacher), stages=stages, budgets=[])
    state = begin(load_recipe(str(path)), tmp_path / "run", SILENT)
    export_bundles(state)
    shutil.rmtree(data)
    evaluate_models(state)
    assert list(state.evaluations) == ["teacher", "onnx"]
    assert state.evaluations["onnx"].accuracy.rows == 150


def test_measurements_are_of_a_device_and_not_of_its_name(finished_run, tmp_path, monkeypatch):
    """A name that was given to another board, or to another Python on it, is measured anew."""
    monkeypatch.setenv("EDGEKIT_DEVICES", str(tmp_path / "devices.yaml"))
    stages = {"export": {"format": "onnx", "max_length": 16}}
    path = write_recipe(tmp_path, model=str(finished_run[1] / "teacher"), stages=stages, budgets=[])
    state = begin(load_recipe(str(path)), tmp_path / "run", SILENT)
    places = ({"url": "ssh://one"}, {"url": "ssh://two"}, {"url": "ssh://one", "python": "python3.12"})
    keys = []
    for place in (*places, places[0]):
        add_device("pi", KnownDevice.model_validate(place), force=True)
        keys.append(profile_key(state, finished_run[1] / "onnx", ProfileOptions(device=("pi",))))
    assert len(set(keys)) == 3
    assert keys[0] == keys[3]


def test_the_summary_has_what_each_stage_took_and_how_trainings_went(finished_run):
    _, folder, summary = finished_run
    found = {row.name: row for row in summary.stages}
    assert {"teacher", "student", "pruned", "quantized", "export", "evaluate", "profile"} <= found.keys()
    assert all(found[name].seconds > 0 for name in ("teacher", "student", "pruned", "export", "evaluate"))
    teacher = found["teacher"].record
    assert teacher.data.splits["train"].rows == 600 and teacher.training.validations
    assert found["quantized"].record is None
    (kept,) = (row for row in json.loads((folder / "summary.json").read_text())["stages"] if row["name"] == "student")
    assert kept["record"]["training"]["metric"] == "accuracy" and kept["record"]["seconds"]["training"] > 0
