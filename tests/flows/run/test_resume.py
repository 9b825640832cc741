"""Interrupted work goes on where it stopped, to the very same result; what has not changed is not done again."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import pytest
from cli_process import siblings, start
from tiny_recipe import write_data

import edgekit.compress.training.callbacks
import edgekit.compress.training.train
from edgekit.bundle.manifest import Manifest
from edgekit.errors import UsageError
from edgekit.flows.evaluate.evaluate import evaluate
from edgekit.flows.train.train import distill, finetune
from edgekit.io.hashing import file_sha256, folder_sha256
from edgekit.models.checkpoint import open_checkpoint
from edgekit.options.data_options import DataSpec
from edgekit.options.stage_options import EvaluateOptions
from edgekit.options.train_options import DistillOptions, FinetuneOptions
from edgekit.schema.shape import Scratch, WantedShape

SCRATCH = Scratch(layers=1, hidden=16, heads=2, ffn=32, vocabulary=200, max_length=16)
# 600 rows in batches of 100: 6 steps an epoch
EPOCH = 6
OPTIONS = FinetuneOptions(epochs=3, batch_size=100, max_length=16, learning_rate=3e-3)


class Killed(BaseException):
    """Stands for the end of the process in the middle of a step."""


class Fragile:
    """Progress that lets the training be killed after a step, and remembers the steps that were taken."""

    def __init__(self, killed_after=None):
        self.killed_after = killed_after
        self.steps = []

    @contextmanager
    def task(self, title, total=None):
        def advance(done, note=""):
            if title in ("finetune", "distill"):
                self.steps.append(done)
                if done == self.killed_after:
                    raise Killed

        yield advance

    def say(self, text):
        pass


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return DataSpec.from_text(str(write_data(tmp_path_factory.mktemp("resume") / "data")))


@pytest.fixture(scope="module")
def defer_signals(data, tmp_path_factory):
    """The weights of a training that nothing disturbed, by its options; each is made once."""
    folder, made = tmp_path_factory.mktemp("undisturbed"), {}

    def weights(options):
        key = options.model_dump_json()
        if key not in made:
            made[key] = finetune(SCRATCH, data, folder / str(len(made)), options) / "model.safetensors"
        return file_sha256(made[key])

    return weights


@pytest.fixture(autouse=True)
def saved_at_every_step(monkeypatch):
    monkeypatch.setattr(edgekit.compress.training.callbacks, "SAVE_SECONDS", 0.0)
    # what a power cut needs is not needed here, and a busy disk takes its time for it
    monkeypatch.setattr("os.fsync", lambda descriptor: None)


@pytest.mark.parametrize(
    "killed_after",
    [1, EPOCH + 4, 3 * EPOCH, *(pytest.param(it, marks=pytest.mark.slow) for it in (EPOCH, 2 * EPOCH + 1))],
)
def test_killed_after_any_step_training_ends_in_the_same_weights(tmp_path, data, defer_signals, killed_after):
    out = tmp_path / "teacher"
    with pytest.raises(Killed):
        finetune(SCRATCH, data, out, OPTIONS, progress=Fragile(killed_after))
    assert not out.exists()
    again = Fragile()
    finetune(SCRATCH, data, out, OPTIONS, progress=again)
    assert min(again.steps) >= killed_after, "steps that were saved are not taken again"
    assert file_sha256(out / "model.safetensors") == defer_signals(OPTIONS)
    assert [path.name for path in tmp_path.iterdir()] == ["teacher"]


def test_killed_several_times_with_a_last_epoch_cut_short(tmp_path, data, defer_signals):
    options = OPTIONS.model_copy(update={"epochs": 1.5})
    for killed_after in (2, EPOCH - 1, EPOCH + 2, EPOCH + 3):
        with pytest.raises(Killed):
            finetune(SCRATCH, data, tmp_path / "teacher", options, progress=Fragile(killed_after))
    finetune(SCRATCH, data, tmp_path / "teacher", options)
    assert file_sha256(tmp_path / "teacher" / "model.safetensors") == defer_signals(options)


def test_validated_several_times_an_epoch_and_killed_between(tmp_path, data, defer_signals):
    options = OPTIONS.model_copy(update={"epochs": 2, "validations": 3})
    with pytest.raises(Killed):
        finetune(SCRATCH, data, tmp_path / "teacher", options, progress=Fragile(5))
    again = Fragile()
    finetune(SCRATCH, data, tmp_path / "teacher", options, progress=again)
    # a step is told when it is taken, and once more when it is followed by a validation
    assert [step for step, told in Counter(again.steps).items() if told > 1] == [6, 8, 10, 12]
    assert file_sha256(tmp_path / "teacher" / "model.safetensors") == defer_signals(options)


def test_lower_layers_go_on_learning_slower(tmp_path, data, defer_signals):
    options = OPTIONS.model_copy(update={"epochs": 2, "layer_decay": 0.3})
    with pytest.raises(Killed):
        finetune(SCRATCH, data, tmp_path / "teacher", options, progress=Fragile(5))
    finetune(SCRATCH, data, tmp_path / "teacher", options)
    made = defer_signals(options)
    assert file_sha256(tmp_path / "teacher" / "model.safetensors") == made
    assert made != defer_signals(options.model_copy(update={"layer_decay": 1.0}))


def test_how_often_it_is_validated_changes_nothing_in_the_training(tmp_path, data, monkeypatch):
    from transformers import Trainer

    monkeypatch.setattr(Trainer, "_load_best_model", lambda trainer: None)  # the last weights, not the best
    made = set()
    for validations in (1, 3):
        options = OPTIONS.model_copy(update={"epochs": 2, "validations": validations})
        made.add(file_sha256(finetune(SCRATCH, data, tmp_path / str(validations), options) / "model.safetensors"))
    assert len(made) == 1


def test_the_best_of_the_validations_within_an_epoch_is_kept(tmp_path, data):
    # a rate at which accuracy goes up and down
    options = OPTIONS.model_copy(update={"epochs": 2, "validations": EPOCH, "learning_rate": 0.03})
    made = finetune(SCRATCH, data, tmp_path / "teacher", options)
    extras = open_checkpoint(made).extras
    seen = [point.value for point in extras.training.training.validations]
    assert len(seen) == 2 * EPOCH and max(seen) > seen[-1]
    assert extras.lineage[-1].validation.accuracy == pytest.approx(max(seen))
    found = evaluate(made, data, EvaluateOptions(split="validation", max_length=16)).accuracy
    assert found.accuracy == pytest.approx(max(seen))


@pytest.mark.parametrize("moment", ["in an epoch", pytest.param("at its end", marks=pytest.mark.slow)])
def test_early_stopping_remembers_how_long_it_has_waited(tmp_path, data, defer_signals, moment, monkeypatch):
    # a rate so small that accuracy never improves: it must stop after the first epoch and `patience` more
    options = OPTIONS.model_copy(update={"epochs": 8, "patience": 2, "learning_rate": 1e-9})
    whole = Fragile()
    finetune(SCRATCH, data, tmp_path / "whole", options, progress=whole)
    assert max(whole.steps) == 3 * EPOCH
    if moment == "in an epoch":
        with pytest.raises(Killed):
            finetune(SCRATCH, data, tmp_path / "teacher", options, progress=Fragile(2 * EPOCH + 4))
    else:
        fails_to_save(monkeypatch, lambda: finetune(SCRATCH, data, tmp_path / "teacher", options))
    again = Fragile()
    finetune(SCRATCH, data, tmp_path / "teacher", options, progress=again)
    assert max(again.steps, default=0) in (0, 3 * EPOCH), "not one step more"
    made = file_sha256(tmp_path / "teacher" / "model.safetensors")
    assert made == file_sha256(tmp_path / "whole" / "model.safetensors")


def fails_to_save(monkeypatch, act):
    """The disk fills up just when the trained model is to be written."""
    import errno

    import edgekit.flows.train.training_stage

    def full(*given, **named):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(edgekit.flows.train.training_stage, "save_checkpoint", full)
        with pytest.raises(UsageError, match="No space left"):
            act()


def test_a_trained_model_that_could_not_be_written_is_not_trained_again(tmp_path, data, defer_signals, monkeypatch):
    fails_to_save(monkeypatch, lambda: finetune(SCRATCH, data, tmp_path / "teacher", OPTIONS))
    again = Fragile()
    finetune(SCRATCH, data, tmp_path / "teacher", OPTIONS, progress=again)
    assert again.steps == []
    assert file_sha256(tmp_path / "teacher" / "model.safetensors") == defer_signals(OPTIONS)


def test_a_half_written_training_checkpoint_and_a_moved_folder_do_no_harm(tmp_path, data, defer_signals):
    with pytest.raises(Killed):
        finetune(SCRATCH, data, tmp_path / "here" / "teacher", OPTIONS, progress=Fragile(2 * EPOCH + 3))
    (tmp_path / "here").rename(tmp_path / "there")
    work = next((tmp_path / "there").glob(".teacher.training-*"))
    complete = max(work.glob("checkpoint-*"), key=lambda path: int(path.name.split("-")[1]))
    torn = shutil.copytree(complete, work / "checkpoint-999")
    (torn / "complete").unlink()
    (torn / "optimizer.pt").write_bytes(b"half")
    finetune(SCRATCH, data, tmp_path / "there" / "teacher", OPTIONS)
    assert file_sha256(tmp_path / "there" / "teacher" / "model.safetensors") == defer_signals(OPTIONS)


def test_killed_distillation_does_not_ask_the_teacher_again(tmp_path, data, monkeypatch):
    import edgekit.compress.distillation.teacher

    teacher = finetune(SCRATCH, data, tmp_path / "teacher", OPTIONS)
    options = DistillOptions(**OPTIONS.model_dump(exclude={"task", "problem_type"}), student=WantedShape(hidden=8))
    distill(teacher, data, tmp_path / "whole", options)
    with pytest.raises(Killed):
        distill(teacher, data, tmp_path / "student", options, progress=Fragile(EPOCH + 2))
    monkeypatch.setattr(edgekit.compress.distillation.teacher, "classifier_logits", None)
    distill(teacher, data, tmp_path / "student", options)
    assert file_sha256(tmp_path / "student" / "model.safetensors") == file_sha256(
        tmp_path / "whole" / "model.safetensors"
    )


def test_other_options_start_anew(tmp_path, data, defer_signals):
    with pytest.raises(Killed):
        finetune(SCRATCH, data, tmp_path / "teacher", OPTIONS, progress=Fragile(EPOCH + 2))
    other = OPTIONS.model_copy(update={"epochs": 2, "seed": 7})
    again = Fragile()
    finetune(SCRATCH, data, tmp_path / "teacher", other, progress=again)
    assert min(again.steps) == 1
    assert file_sha256(tmp_path / "teacher" / "model.safetensors") == defer_signals(other)
    assert [path.name for path in tmp_path.iterdir()] == ["teacher"]


def steps_of(folder: Path, stage: str) -> list[int]:
    """The training checkpoints of a stage that are complete."""
    return [int(seal.parent.name.split("-")[1]) for seal in folder.glob(f".{stage}.training-*/checkpoint-*/complete")]


# where the run is killed, one after the other, each told by what lies in its folder
KILLS = {
    "finetune, in the first epoch": lambda run: any(step % 38 > 0 for step in steps_of(run, "teacher")),
    "finetune, an epoch later": lambda run: any(step > 80 for step in steps_of(run, "teacher")),
    "finetune, while it is written": lambda run: list(run.glob(".teacher.*.tmp")),
    "distill": lambda run: any(step > 20 for step in steps_of(run, "student")),
    "distill, just when it has its name": lambda run: (run / "student" / "edgekit.json").exists(),
    "prune": lambda run: steps_of(run, "pruned"),
    "quantize": lambda run: list(run.glob(".quantized.*.tmp")),
    "export": lambda run: list(run.glob(".bundles.*.tmp/onnx/model.onnx")),
    "evaluate": lambda run: (run / "evaluations" / "student.json").exists(),
    "profile": lambda run: (run / "evaluations" / "onnx.json").exists(),
    "profile, between two measurements": lambda run: list(run.glob("bundles/onnx/measurements/*.json")),
    "report": lambda run: (run / "report.html").exists(),
}


@pytest.mark.slow
def test_killed_in_every_stage_a_run_ends_as_an_undisturbed_one(finished_run, tmp_path, device_home):
    recipe, whole, _ = finished_run
    run, log = tmp_path / "run", tmp_path / "log"
    killed = []
    for moment, holds in KILLS.items():
        finished = inodes(run)
        if start("run", recipe, "-o", run, log=log, save_seconds=0.1).kill_when(lambda holds=holds: holds(run)):
            killed.append(moment)
        for name, inode in finished.items():
            assert inodes(run)[name] == inode, f"{name} was made again when killed at: {moment}"
    assert len(killed) >= len(KILLS) - 2, f"a quick machine outran the test at: {set(KILLS) - set(killed)}"
    code, said = start("run", recipe, "-o", run, log=log).wait()
    assert code == 0, said
    same(run, whole)
    assert siblings(run) == []
    assert list(run.glob(".*.training-*")) == []


def inodes(run: Path) -> dict[str, int]:
    """What the journal says is finished, by its place on disk."""
    journal = run / ".journal.json"
    entries = json.loads(journal.read_text()) if journal.exists() else {}
    places = {"export": "bundles"}
    names = {name for name, entry in entries.items() if entry["made"] and (run / places.get(name, name)).is_dir()}
    return {name: (run / places.get(name, name)).stat().st_ino for name in names}


def same(run: Path, whole: Path) -> None:
    """Two runs made the same checkpoints, bundles and evaluations."""
    for stage in ("teacher", "student", "pruned", "quantized"):
        assert folder_sha256(run / stage) == folder_sha256(whole / stage), stage
        assert open_checkpoint(run / stage).extras == open_checkpoint(whole / stage).extras
    one, other = (Manifest.read(folder / "bundles" / "onnx" / "manifest.json") for folder in (run, whole))
    assert one == other
    for path in sorted((whole / "evaluations").iterdir()):
        assert (run / "evaluations" / path.name).read_text() == path.read_text(), path.name


def test_killed_just_when_the_output_has_its_name_it_is_not_made_again(finished_run, tmp_path, device_home):
    recipe, whole, _ = finished_run
    run = shutil.copytree(whole, tmp_path / "run")
    journal = run / ".journal.json"
    entries = json.loads(journal.read_text())
    for name in ("student", "export"):
        entries[name] |= {"made": "", "before": ""}
    journal.write_text(json.dumps(entries))
    before = {name: (run / name).stat().st_ino for name in ("student", "bundles")}
    code, said = start("run", recipe, "-o", run, log=tmp_path / "log").wait()
    assert code == 0, said
    assert {name: (run / name).stat().st_ino for name in before} == before
    assert json.loads(journal.read_text())["student"]["made"]
