"""What is wrong with a recipe is said before anything is trained, and nothing is left behind."""

from __future__ import annotations

import contextlib
import json

import pytest
from tiny_recipe import write_recipe

from edgekit.errors import UsageError
from edgekit.flows.run import journal
from edgekit.flows.run.journal import FILE, Journal, lock_run
from edgekit.flows.run.run import run


@pytest.mark.parametrize(
    ("setting", "complaint"),
    [
        ("target=rpi44", "unknown target 'rpi44'"),
        ("budgets=[{metric: latency_p95_ms, limit: 3, target: rpi44}]", "unknown target"),
        ("budgets=[{metric: accuracy_drop, limit: 3, baseline: techer}]", "unknown baseline 'techer'"),
        ("stages.profile.device=toaster://kitchen", "toaster"),
        ("stages.profile.device=nobodys-pi", "unknown device 'nobodys-pi'"),
        ("stages.profile.device=[local, nobodys-pi]", "unknown device 'nobodys-pi'"),
        ("stages.export.calibrate=no-such-file.txt", "does not exist"),
        ("stages.distill.student={layers: 99}", "more than the teacher's"),
        ("model.family=bertt", "cannot be taken apart"),
        ("stages.finetune=null", "needs the stage finetune"),
        ("data=nowhere/at/all", "does not exist"),
    ],
)
def test_bad_recipes_are_refused_at_once(tmp_path, setting, complaint):
    recipe = write_recipe(tmp_path)
    with pytest.raises(UsageError, match=complaint):
        run(recipe, [setting], out=tmp_path / "run")
    assert not (tmp_path / "run" / "teacher").exists()


def test_somebody_elses_folder_in_the_runs_place_is_left_alone(tmp_path):
    recipe = write_recipe(tmp_path)
    mine = tmp_path / "run" / "teacher"
    mine.mkdir(parents=True)
    (mine / "edgekit.json").write_text("{}")
    with pytest.raises(UsageError, match="this run did not make it"):
        run(recipe, out=tmp_path / "run")
    assert (mine / "edgekit.json").read_text() == "{}"


@pytest.mark.parametrize("text", ["", "[]", "{", '{"teacher": 3}', '{"teacher": {"key": 1}}'])
def test_by_a_journal_that_cannot_be_read_a_run_was_here_and_nothing_is_done(tmp_path, text):
    (tmp_path / FILE).write_text(text)
    journal = Journal(tmp_path)
    assert journal.knows("teacher")
    assert not journal.is_done("teacher", "key", tmp_path)


def test_a_target_whose_facts_changed_is_another_key(tmp_path):
    from edgekit.flows.lineage import options_and_inputs
    from edgekit.options.export_options import ExportOptions
    from edgekit.schema.base_model import read_mapping
    from edgekit.schema.resources import shipped_files

    facts = read_mapping(shipped_files("targets")["rpi4"])
    path = tmp_path / "mine.json"
    keys = []
    for lengths in ([16, 32], [16, 64]):
        path.write_text(json.dumps(facts | {"name": "mine", "lengths": lengths}))
        said, inputs = options_and_inputs(ExportOptions(target=str(path)))
        assert said["target"] == "mine"
        keys.append(inputs["target"])
    assert keys[0] != keys[1]


def refused(folder):
    """Whether the folder is held."""
    try:
        with lock_run(folder):
            return False
    except UsageError as error:
        assert "in use by process" in error.message
        return True


def test_a_folder_made_for_nothing_is_gone_before_its_lock_is_given_back(tmp_path, monkeypatch):
    """Else another run could take the lock on the file that is then removed, and a third one a lock on a new file."""
    folder = tmp_path / "runs" / "mine"
    real, held = journal._remove, []

    def remove(lock, folders):
        held.append(refused(folder))
        real(lock, folders)
        assert not lock.exists()

    monkeypatch.setattr(journal, "_remove", remove)
    with lock_run(folder):
        assert refused(folder)
    assert held == [True]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("fails", [False, True])
def test_a_folder_with_work_in_it_stays_and_is_free(tmp_path, fails):
    folder = tmp_path / "runs" / "mine"
    with pytest.raises(RuntimeError) if fails else contextlib.nullcontext(), lock_run(folder):
        (folder / "teacher").mkdir()
        if fails:
            raise RuntimeError
    assert sorted(path.name for path in folder.iterdir()) == [".lock", "teacher"]
    assert not refused(folder)


def test_a_folder_that_was_there_before_stays(tmp_path):
    (tmp_path / "mine").mkdir()
    with lock_run(tmp_path / "mine"):
        assert refused(tmp_path / "mine")
    assert (tmp_path / "mine").is_dir()
    with lock_run(tmp_path / "mine" / "inner"):
        pass
    assert sorted(path.name for path in (tmp_path / "mine").iterdir()) == [".lock"]
