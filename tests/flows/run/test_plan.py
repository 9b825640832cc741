"""What a run would do and why, without touching anything; and that the run then does just that."""

from __future__ import annotations

import json
import os
import shutil

import pytest
from click.testing import CliRunner

from edgekit.cli import cli


@pytest.fixture
def again(finished_run, tmp_path, device_home):
    recipe, folder, _ = finished_run
    return recipe, shutil.copytree(folder, tmp_path / "run")


def run(recipe, folder, *words):
    return CliRunner().invoke(cli, ["run", str(recipe), "-o", str(folder), *map(str, words)])


def planned(recipe, folder, *settings):
    """Stage -> why it would be done, for those that would."""
    words = [word for setting in settings for word in ("--set", setting)]
    result = run(recipe, folder, *words, "--plan", "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.output)
    assert all(step["runs"] == (step["why"] is not None) for step in found)
    return {step["stage"]: step["why"] for step in found if step["runs"] and step["stage"] != "report"}


def state(folder):
    return {str(path): (path.stat().st_mtime_ns, path.stat().st_ino) for path in folder.rglob("*")}


INPUT = "its input changes"
MEASURED = {"evaluate onnx": INPUT, "profile onnx": INPUT}


def test_nothing_is_planned_for_a_finished_run_wherever_it_lies(again):
    recipe, folder = again
    for path in folder.rglob("*"):
        os.utime(path, (1, 1))
    moved = folder.rename(folder.with_name("moved"))
    before = state(moved)
    assert planned(recipe, moved) == {}
    assert state(moved) == before, "a plan touches nothing"
    assert "teacher             unchanged" in run(recipe, moved, "--plan").output


def test_everything_is_planned_for_a_new_run_and_nothing_is_made(finished_run, tmp_path):
    folder = tmp_path / "new"
    assert set(planned(finished_run[0], folder).values()) == {"never run"}
    assert not folder.exists()


CHANGES = [
    ("stages.profile.threads=[2]", {"profile onnx": "options changed: threads [1] -> [2]"}),
    (
        "stages.quantize.scheme=int8-weight",
        {
            "quantized": "options changed: scheme auto -> int8-weight",
            "export": INPUT,
            "evaluate quantized": INPUT,
            **MEASURED,
        },
    ),
    (
        "stages.prune.heads=1.0",
        {
            "pruned": "options changed: heads 0.5 -> 1.0",
            "quantized": INPUT,
            "export": INPUT,
            "evaluate pruned": INPUT,
            "evaluate quantized": INPUT,
            **MEASURED,
        },
    ),
    (
        "stages.export.max_length=20",
        {
            **MEASURED,
            "export": "options changed: max_length 16 -> 20",
            # checkpoints are to read no more and no less than the bundles
            **{
                f"evaluate {name}": "options changed: max_length 16 -> 20"
                for name in ("teacher", "student", "pruned", "quantized", "onnx")
            },
        },
    ),
    (
        "stages.evaluate.split=validation",
        {
            f"evaluate {name}": "options changed: split test -> validation"
            for name in ("teacher", "student", "pruned", "quantized", "onnx")
        },
    ),
    (
        "stages.export.format=tflite",
        {
            "export": "options changed: format onnx -> tflite",
            "evaluate tflite": INPUT,
            "profile tflite": "never run",
        },
    ),
    ("budgets=[]", {}),
]
# their runs do less of what that of stages.prune.heads does, or convert a file once more
SAME = {"stages.quantize.scheme=int8-weight", "stages.export.format=tflite"}


@pytest.mark.parametrize(("setting", "expected"), CHANGES)
def test_a_changed_option_is_the_reason_of_what_depends_on_it(finished_run, setting, expected):
    recipe, folder, _ = finished_run
    assert planned(recipe, folder, setting) == expected


@pytest.mark.parametrize(
    ("setting", "expected"),
    [pytest.param(*change, marks=pytest.mark.slow if change[0] in SAME else ()) for change in CHANGES],
)
def test_a_changed_option_reruns_what_depends_on_it_and_nothing_else(again, setting, expected):
    recipe, folder = again
    assert planned(recipe, folder, setting) == expected
    done = run(recipe, folder, "--set", setting)
    assert done.exit_code in (0, 1), done.output
    assert "report: " in done.output, done.exception
    unchanged = {line.split(":")[0] for line in done.output.splitlines() if "unchanged" in line}
    models = {"teacher", "student", "pruned", "quantized"}
    known = models | {"export", "profile onnx"} | {f"evaluate {name}" for name in (*models, "onnx")}
    replaced = {"evaluate onnx", "profile onnx"} if "profile tflite" in expected else set()
    assert unchanged == known - expected.keys() - replaced
    assert ("no budgets" in done.output) == (setting == "budgets=[]")
    assert planned(recipe, folder, setting) == {}


def test_other_data_is_named_as_the_reason(again, tmp_path):
    recipe, folder = again
    data = shutil.copytree(recipe.parent / "data", tmp_path / "data")
    with (data / "train.tsv").open("a") as file:
        file.write("a loud song\tmusic\n")
    found = planned(recipe, folder, f"data={data}")
    assert found["teacher"].startswith("options changed: data.train ")
    assert found["student"] == INPUT


def test_what_was_damaged_or_removed_or_interrupted_is_said(again):
    recipe, folder = again
    weights = folder / "pruned" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    shutil.rmtree(folder / "student")
    journal = json.loads((folder / ".journal.json").read_text())
    journal["quantized"]["made"] = ""
    journal["quantized"]["before"] = "x"
    shutil.rmtree(folder / "quantized")
    (folder / ".journal.json").write_text(json.dumps(journal))
    found = planned(recipe, folder)
    assert "teacher" not in found
    assert found["student"] == "what it made is gone"
    assert found["pruned"] == "what it made was changed since"
    assert found["quantized"] == "was interrupted"


def test_bad_recipes_are_refused_as_a_run_refuses_them(finished_run, tmp_path):
    result = run(finished_run[0], tmp_path / "run", "--set", "target=rpi44", "--plan")
    assert "rpi44" in str(result.exception)
    assert not (tmp_path / "run").exists()


def test_what_was_inconclusive_is_measured_again(again):
    """One process decides nothing, whatever it measured; a budget that gates nothing may stay open."""
    recipe, folder = again
    budget = "{{metric: latency_p95_ms, limit: 1000, target: x86-64, length: 16, gate: {}}}"
    assert planned(recipe, folder, f"budgets=[{budget.format('false')}]") == {}
    gated = f"budgets=[{budget.format('true')}]"
    why = planned(recipe, folder, gated)
    assert list(why) == ["profile onnx"] and why["profile onnx"].endswith("was inconclusive")
    measurements = folder / "bundles" / "onnx" / "measurements"
    before = {path.name: path.stat().st_mtime_ns for path in measurements.iterdir()}
    done = run(recipe, folder, "--set", gated)
    assert done.exit_code == 3
    assert "profile onnx: measured again, as latency_p95_ms=1000" in done.output
    after = {path.name: path.stat().st_mtime_ns for path in measurements.iterdir()}
    assert any(after[name] > when for name, when in before.items() if name in after) or after.keys() != before.keys()
    # of another machine nothing was measured, and to measure this one again would not change it
    assert planned(recipe, folder, "budgets=[{metric: latency_p95_ms, limit: 1000, target: rpi4}]") == {}
