"""A bundle is made again from its manifest alone, through the command line, and every way in which that can fail."""

from __future__ import annotations

import json
import shlex
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from edgekit.agent.inference.content_hash import seal_of
from edgekit.bundle.manifest import CheckpointExtras, Manifest
from edgekit.cli import cli, main
from edgekit.flows.export import export
from edgekit.flows.quantize import quantize
from edgekit.flows.reproduce.reproduce_compare import AccuracyComparison, StageReproduction, exit_code
from edgekit.measure.statistics.estimate import Estimate
from edgekit.options.export_options import ExportOptions


@pytest.fixture
def other_threads():
    """Another number of threads than the lineages were trained with, which alone changes weights."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(before + 1)
    yield before + 1
    torch.set_num_threads(before)


@pytest.fixture
def manifest(finished_run, tmp_path):
    """The manifest of the tiny run's bundle, alone in a folder, as it would be sent to somebody."""
    return shutil.copy(finished_run[1] / "bundles" / "onnx" / "manifest.json", tmp_path / "manifest.json")


@pytest.fixture
def data(finished_run):
    return finished_run[0].parent / "data"


def reproduce(*words):
    result = CliRunner().invoke(cli, ["reproduce", *map(str, words), "--json"])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, json.loads(result.output)


def refusal(capsys, *words):
    """The message of a call that is refused: exit code 2, an `error:` line and its advice."""
    with pytest.raises(SystemExit) as stop:
        main(["reproduce", *map(str, words)])
    assert stop.value.code == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert lines[0].startswith("error: ")
    assert len(lines) <= 2
    return "\n".join(lines)


def edited(path, change):
    value = json.loads(path.read_text())
    change(value["lineage"])
    if "sha256" in value:
        # as a forger would
        value["sha256"] = seal_of(value)
    path.write_text(json.dumps(value))
    return path


def test_a_bundle_is_identical_by_the_command_of_the_report_and_its_manifest_alone(
    manifest, tmp_path, finished_run, other_threads
):
    import torch

    edgekit, verb, written, *given = shlex.split(finished_run[2].commands[-1])
    assert (edgekit, verb) == ("edgekit", "reproduce")
    assert Manifest.read(Path(written)) == Manifest.read(manifest)
    code, found = reproduce(manifest, *given, "-o", tmp_path / "again")
    assert code == 0
    assert [stage["stage"] for stage in found["stages"]] == ["finetune", "distill", "prune", "quantize", "export"]
    assert {stage["verdict"] for stage in found["stages"]} == {"identical"}
    assert all(stage["tools"] == {} for stage in found["stages"])
    assert torch.get_num_threads() == other_threads
    ours, theirs = (
        Manifest.read(path / "manifest.json")
        for path in (tmp_path / "again" / "5-export" / "onnx", finished_run[1] / "bundles" / "onnx")
    )
    assert ours.content_hash == theirs.content_hash, "golden cases and configuration included"


@pytest.mark.slow
def test_another_seed_is_told_by_accuracy(finished_run, data, tmp_path):
    alone = shutil.copy(finished_run[1] / "teacher" / "edgekit.json", tmp_path / "teacher.json")
    edited(alone, lambda lineage: lineage[0]["options"].update(seed=7))
    code, found = reproduce(alone, "--data", data, "-o", tmp_path / "again")
    (stage,) = found["stages"]
    assert "model.safetensors" in stage["differing"]
    assert (code, stage["verdict"]) == (3, "cannot be told"), "90 rows prove nothing within a point"
    compared = stage["comparison"]
    assert (compared["split"], compared["rows"], compared["paired"]) == ("validation", 90, False)
    widest = max(-compared["lost"]["low"], compared["lost"]["high"])
    # again into the folder that the first call made
    code, found = reproduce(alone, "--data", data, "-o", tmp_path / "again", "--within", widest + 1)
    assert (code, found["stages"][0]["verdict"]) == (0, "equivalent")


@pytest.mark.parametrize(
    ("lost", "within", "expected"),
    [
        (Estimate(20, -3, 41), 1, ("cannot be told", 3)),
        (Estimate(0.1, -0.4, 0.6), 1, ("equivalent", 0)),
        (Estimate(0.1, -0.4, 0.6), 0.5, ("cannot be told", 3)),
        (Estimate(-3, -5, -1), 1, ("different", 1)),
        (Estimate(-3, -5, -1), 5, ("equivalent", 0)),
    ],
)
def test_what_is_not_identical_is_judged_by_the_margin(lost, within, expected):
    comparison = AccuracyComparison("test", 20, 95, 95 - lost.value, lost, False)
    outcome = StageReproduction("finetune", {"a": "1"}, {"a": "2"}, comparison, {}, within)
    assert (outcome.verdict, exit_code([outcome])) == expected


def test_a_folder_of_somebody_is_left_alone(from_a_folder, tiny_checkpoint, tmp_path, capsys):
    alone = shutil.copy(from_a_folder / "out" / "onnx" / "manifest.json", tmp_path)
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "notes.txt").write_text("mine")
    given = (alone, "--model", tiny_checkpoint, "-o", mine)
    assert f"{mine} holds files that were not made by reproducing" in refusal(capsys, *given)
    assert [path.name for path in mine.iterdir()] == ["notes.txt"]
    (mine / "notes.txt").unlink()
    assert reproduce(*given)[0] == 0
    assert reproduce(*given)[0] == 0, "what the same lineage left there is made again"
    other = shutil.copy(from_a_folder / "quantized" / "edgekit.json", tmp_path)
    message = refusal(capsys, other, "--model", tiny_checkpoint, "-o", mine)
    assert f"{mine} was made from another lineage" in message
    message = refusal(capsys, alone, "--model", tiny_checkpoint, "-o", alone)
    assert f"{alone} is read, and is not written over" in message


def test_a_worse_model_is_different_row_by_row_where_the_original_is_at_hand(finished_run, data, tmp_path):
    folder = shutil.copytree(finished_run[1] / "teacher", tmp_path / "teacher")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    before.pop("edgekit.json")
    edited(folder / "edgekit.json", lambda lineage: lineage[0]["options"].update(epochs=0.1, learning_rate=1e-8))
    code, found = reproduce(folder, "--data", data)
    assert code == 1
    compared = found["stages"][0]["comparison"]
    assert (compared["split"], compared["rows"], compared["paired"]) == ("test", 150, True)
    assert compared["recorded"] - compared["reproduced"] == pytest.approx(compared["lost"]["value"])
    assert compared["lost"]["low"] > 0
    assert found["path"] is None
    after = {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "edgekit.json"}
    assert after == before, "what is compared with is left alone"


def test_a_changed_row_is_named_by_its_split(manifest, data, tmp_path, capsys):
    for split in ("train", "validation", "test"):
        changed = shutil.copytree(data, tmp_path / split)
        file = changed / f"{split}.tsv"
        header, first, *rest = file.read_text().splitlines()
        file.write_text("\n".join([header, f"really {first}", *rest]) + "\n")
        message = refusal(capsys, manifest, "--data", changed)
        recorded = Manifest.read(manifest).lineage[0].inputs[f"data.{split}"]
        assert f"the {split} rows are not those recorded: sha256 {recorded[:16]} recorded, " in message


def test_missing_data_is_asked_for(manifest, capsys):
    message = refusal(capsys, manifest)
    assert "read train.tsv, validation.tsv, test.tsv" in message
    assert "--data FOLDER" in message


def test_a_new_model_takes_no_start(manifest, data, tiny_checkpoint, capsys):
    assert "made from nothing" in refusal(capsys, manifest, "--data", data, "--model", tiny_checkpoint)


@pytest.fixture(scope="session")
def from_a_folder(tiny_checkpoint, tmp_path_factory):
    """A bundle without training: a folder's model, quantized with static ranges for a target of one's own."""
    from tiny_checkpoint import TEXTS

    from edgekit.options.stage_options import QuantizeOptions
    from edgekit.schema.base_model import read_mapping
    from edgekit.schema.resources import shipped_files

    folder = tmp_path_factory.mktemp("from-a-folder")
    target = folder / "mine.json"
    target.write_text(json.dumps(read_mapping(shipped_files("targets")["rpi4"]) | {"name": "mine"}))
    texts = folder / "texts.txt"
    texts.write_text("\n".join(TEXTS))
    options = QuantizeOptions(target=str(target), scheme="int8-static", calibrate=texts)
    quantize(tiny_checkpoint, folder / "quantized", options)
    export(folder / "quantized", folder / "out", ExportOptions(target=str(target), format="onnx"))
    target.unlink()
    texts.unlink()
    return folder


def test_target_and_calibration_come_from_the_manifest_alone(from_a_folder, tiny_checkpoint, tmp_path):
    alone = shutil.copy(from_a_folder / "out" / "onnx" / "manifest.json", tmp_path)
    code, found = reproduce(alone, "--model", tiny_checkpoint)
    assert code == 0
    assert [stage["verdict"] for stage in found["stages"]] == ["identical", "identical"]


def test_a_target_whose_facts_are_others_by_now_is_as_it_was_recorded(tiny_checkpoint, tmp_path):
    """What a shipped target was when the lineage was made, a later version may ship with other facts."""
    from edgekit.options.stage_options import QuantizeOptions

    quantize(tiny_checkpoint, tmp_path / "quantized", QuantizeOptions(target="rpi4", scheme="int8-dynamic"))
    [bundle] = export(tmp_path / "quantized", tmp_path / "out", ExportOptions(target="rpi4", format="onnx"))
    before = edited(bundle / "manifest.json", lambda lineage: [step["target"].update(threads=3) for step in lineage])
    code, found = reproduce(before, "--model", tiny_checkpoint, "-o", tmp_path / "again")
    assert code == 0
    assert [stage["verdict"] for stage in found["stages"]] == ["identical", "identical"]
    [again] = (tmp_path / "again").glob("*-export/**/manifest.json")
    manifest = Manifest.read(again)
    assert (manifest.target, manifest.target_facts.threads) == ("rpi4-recorded", 3)


def test_a_missing_start_is_asked_for_and_another_one_refused(from_a_folder, finished_run, capsys):
    manifest = from_a_folder / "out" / "onnx" / "manifest.json"
    message = refusal(capsys, manifest)
    assert "'tiny', a folder that a manifest does not hold" in message
    assert "--model PATH" in message
    message = refusal(capsys, manifest, "--model", finished_run[1] / "teacher")
    recorded = Manifest.read(manifest).lineage[0].inputs["checkpoint"]
    assert f"content sha256 {recorded[:16]} recorded" in message


def test_a_hub_model_that_cannot_be_fetched_is_asked_for(from_a_folder, tmp_path, capsys, monkeypatch):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    alone = shutil.copy(from_a_folder / "out" / "onnx" / "manifest.json", tmp_path / "mine.json")
    hub = {"source": "hub", "name": "nobody/nothing", "revision": "0" * 40}
    message = refusal(capsys, edited(alone, lambda lineage: lineage[0].update(model=hub)))
    assert "nobody/nothing" in message
    assert "--model PATH" in message


def test_what_was_never_evaluated_cannot_be_told(from_a_folder, tiny_checkpoint, tmp_path):
    alone = shutil.copy(from_a_folder / "quantized" / "edgekit.json", tmp_path / "quantized.json")
    edited(alone, lambda lineage: lineage[0]["options"].update(scheme="int4-weight", calibrate=None))
    code, found = reproduce(alone, "--model", tiny_checkpoint)
    assert (code, found["stages"][0]["verdict"]) == (3, "cannot be told")


def test_other_tools_stand_beside_the_stage(from_a_folder, tiny_checkpoint, tmp_path):
    alone = shutil.copy(from_a_folder / "quantized" / "edgekit.json", tmp_path / "quantized.json")
    edited(alone, lambda lineage: lineage[0]["tools"].update(torch="1.0", jax="2.0"))
    result = CliRunner().invoke(cli, ["reproduce", str(alone), "--model", str(tiny_checkpoint)])
    assert result.exit_code == 0, result.output
    assert "identical" in result.output
    plan = " ".join(result.output.split())
    assert "torch 1.0," in plan
    assert "jax 2.0, none" in plan


def test_a_teacher_from_elsewhere_is_asked_for(tiny_checkpoint, finished_run, data, tmp_path, capsys):
    from edgekit.flows.train.prune import prune
    from edgekit.options.data_options import DataSpec
    from edgekit.options.train_options import PruneOptions

    student, teacher = finished_run[1] / "student", tmp_path / "other"
    prune(student, DataSpec.from_text(str(data)), teacher, PruneOptions(epochs=0, ffn=1, heads=0.5, samples=8))
    options = PruneOptions(epochs=0, heads=0.5, samples=8, multiple_of=16)
    prune(student, DataSpec.from_text(str(data)), tmp_path / "pruned", options, teacher=teacher)
    message = refusal(capsys, tmp_path / "pruned", "--data", data)
    assert "'other'" in message
    assert "--teacher PATH" in message
    message = refusal(capsys, tmp_path / "pruned", "--data", data, "--teacher", student)
    assert "not the model that was recorded (other)" in message


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda lineage: lineage[0].update(stage="binarize"), "step 1 of the lineage (binarize): unknown stage"),
        (
            lambda lineage: lineage[0]["options"].update(magic=1),
            "step 1 of the lineage (quantize): unknown key 'magic'",
        ),
        (lambda lineage: lineage[0]["options"].update(scheme="int3"), "scheme"),
        (lambda lineage: lineage.clear(), "has no lineage"),
        (lambda lineage: lineage[0].update(model=None), "does not say what the lineage begins with"),
        (lambda lineage: lineage[0].update(target=None), "does not say the facts of its target"),
        (lambda lineage: lineage[0]["inputs"].pop("checkpoint"), "does not say the model it began with"),
        (lambda lineage: lineage[0].update(output={}), "does not say what came of it"),
        (
            lambda lineage: lineage[0]["output"].update({"model.safetensors": "0" * 64}),
            "did not begin with what step 1",
        ),
        (lambda lineage: lineage.pop(), "ends with an export"),
        (lambda lineage: lineage.append(lineage[-1]), "step 2 of the lineage (export) does not say what came of it"),
        (lambda lineage: lineage[0].update(stage="prune", options={}), "does not say its data"),
        (lambda lineage: lineage[0].update(surprise=1), "unknown key 'lineage.0.surprise'"),
    ],
)
def test_a_lineage_that_cannot_be_run_again_is_refused(from_a_folder, tmp_path, capsys, change, complaint):
    alone = shutil.copy(from_a_folder / "out" / "onnx" / "manifest.json", tmp_path / "mine.json")
    assert complaint in refusal(capsys, edited(alone, change))


@pytest.mark.parametrize(
    ("text", "complaint"), [("{", "not valid"), ("[]", "must hold a mapping"), ("{}", "has no lineage")]
)
def test_what_is_no_manifest_is_refused(tmp_path, capsys, text, complaint):
    path = tmp_path / "manifest.json"
    path.write_text(text)
    assert complaint in refusal(capsys, path)
    assert "neither a manifest.json nor an edgekit.json" in refusal(capsys, tmp_path.parent)
    assert "does not exist" in refusal(capsys, tmp_path / "nothing.json")


def test_a_bundle_or_checkpoint_that_is_not_what_its_manifest_says_is_refused(from_a_folder, tmp_path, capsys):
    bundle = shutil.copytree(from_a_folder / "out" / "onnx", tmp_path / "bundle")
    with (bundle / "model.onnx").open("ab") as file:
        file.write(b"x")
    assert "model.onnx is not the file of the manifest" in refusal(capsys, bundle)
    checkpoint = shutil.copytree(from_a_folder / "quantized", tmp_path / "quantized")
    with (checkpoint / "tokenizer.json").open("a") as file:
        file.write(" ")
    assert "tokenizer.json changed since edgekit.json was written" in refusal(capsys, checkpoint)


def test_the_embedded_data_needs_nothing(finished_run, data, tmp_path, monkeypatch, capsys):
    """Its lineage names it, and its rows are those of every installation."""
    from edgekit.data import smart_home
    from edgekit.data.splits import load_data
    from edgekit.flows.lineage import named_data
    from edgekit.flows.reproduce.reproduce import prepare
    from edgekit.options.data_options import DataSpec

    monkeypatch.setattr(smart_home, "DEFAULT_ROWS", {"train": 400, "validation": 40, "test": 40})
    spec = DataSpec(name="smart-home")
    said = {f"data.{split}": sha256 for split, sha256 in load_data(spec).sha256.items()}
    alone = shutil.copy(finished_run[1] / "teacher" / "edgekit.json", tmp_path / "teacher.json")
    edited(alone, lambda lineage: lineage[0].update(data=named_data(spec), inputs=said))
    assert prepare(alone).data.embedded
    assert prepare(alone, data=spec).data.embedded
    message = refusal(capsys, alone, "--data", data)
    assert "the lineage reads the embedded data smart-home" in message
    assert "leave --data out" in message


def test_the_lineage_written_beside_it_reads_as_the_stages_did(finished_run):
    lineage = CheckpointExtras.read(finished_run[1] / "pruned" / "edgekit.json").lineage
    assert [step.validation.rows for step in lineage] == [90, 90, 90]
    assert lineage[2].teacher is None, "its teacher is what the first step made"
    assert lineage[0].machine["threads"]
