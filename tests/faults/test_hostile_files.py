"""Files that do not end, unfold or nest without end, or lead round in a circle; and values that are no values."""

from __future__ import annotations

import json
import os
import shutil

import pytest
from cli_run import listing, refused, run
from tiny_bundle import rewrite
from tiny_recipe import write_recipe

pytestmark = pytest.mark.timeout(60)


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    yield tmp_path
    assert listing(tmp_path / "here") == [], "something was left behind"


def bomb(merge=False):
    levels = ["a: &a {x: 1}" if merge else "a: &a [1, 2, 3, 4, 5, 6, 7, 8, 9]"]
    for number in range(1, 13):
        old, new = (chr(ord("a") + index) for index in (number - 1, number))
        nine = ", ".join([f"*{old}"] * 9)
        levels.append(f"{new}: &{new} {{<<: [{nine}]}}" if merge else f"{new}: &{new} [{nine}]")
    return "\n".join(levels) + "\nname: *m\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (bomb(), "unfold to more than 100,000 values"),
        (bomb(merge=True), "merges mappings"),
        ("name: &a [*a]", "unfold"),
        ("a: " + "[" * 100_000, "is not valid"),
        ("a: " + "{a: " * 3000, "is not valid"),
        ("".join(f"{' ' * depth}a:\n" for depth in range(1200)), "is not valid"),
        ("name: x\nname: y\n", "'name' is given twice"),
        ("name: " + "x" * 2_000_000, "has more than 1 MB"),
        ("name: !!python/object/apply:os.system [ls]", "is not valid"),
        ("\x00\x01", "is not valid"),
        ("- 1", "must hold a mapping"),
        ("", "must hold a mapping"),
    ],
    ids=lambda value: value[:20],
)
def test_yaml_that_is_none(capfd, here, text, says):
    path = here / "mine.yaml"
    path.write_text(text)
    for words in (["run", path], ["targets", "show", path]):
        refused(capfd, *words, says=says)


def test_a_hundred_megabytes_of_yaml(capfd, here):
    with (here / "mine.yaml").open("wb") as file:
        file.truncate(100_000_000)
    refused(capfd, "run", here / "mine.yaml", says="has more than 1 MB")


def test_a_key_given_twice_in_json(capfd, here):
    recipe = write_recipe(here)
    recipe.write_text(recipe.read_text()[:-1] + ', "target": "rpi5"}')
    refused(capfd, "run", recipe, says="'target' is given twice")


@pytest.fixture(params=["pipe", "endless", "endless link", "loop", "folder", "not there"])
def strange(request, here):
    """A path of the ending asked for that is no regular file."""

    def made(suffix):
        path = here / f"strange{suffix}"
        match request.param:
            case "pipe":
                os.mkfifo(path)
            case "endless link":
                path.symlink_to("/dev/zero")
            case "loop":
                path.symlink_to(path.name)
            case "folder":
                path.mkdir()
            case "endless":
                return "/dev/zero"
        return path

    return made


@pytest.mark.parametrize(
    ("suffix", "words"),
    [
        (".yaml", ["run"]),
        (".yaml", ["targets", "show"]),
        (".json", ["targets", "show"]),
        (".onnx", ["profile"]),
        (".tflite", ["profile"]),
        (".tsv", ["evaluate", "BUNDLE", "--test"]),
        (".jsonl", ["evaluate", "BUNDLE", "--data"]),
        (".txt", ["quantize", "CHECKPOINT", "--scheme", "int8-static", "--calibrate"]),
        (".txt", ["profile", "BUNDLE", "--data"]),
        (".yaml", ["gate", "BUNDLE", "--recipe"]),
        ("", ["inspect"]),
        ("", ["export"]),
        ("", ["gate", "--budget", "size_mb=1"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else value,
)
def test_what_is_no_regular_file_is_refused_at_once(
    capfd, device_home, strange, onnx_bundle, tiny_checkpoint, suffix, words
):
    named = {"BUNDLE": onnx_bundle, "CHECKPOINT": tiny_checkpoint}
    refused(capfd, *[named.get(word, word) for word in words], strange(suffix))


def test_names_that_are_not_utf8(capfd, here, device_home, onnx_bundle, tiny_checkpoint):
    folder = here / os.fsdecode(b"\xff\xfe")
    shutil.copytree(onnx_bundle, folder / "bundle")
    shutil.copytree(tiny_checkpoint, folder / "checkpoint")
    for words in (
        ["predict", folder / "bundle", "turn on the light"],
        ["gate", folder / "bundle", "--budget", "size_mb=10"],
        ["gate", folder / "bundle", "--budget", "size_mb=10", "--json"],
        ["inspect", folder / "bundle"],
        ["inspect", folder / "checkpoint"],
    ):
        ran = run(capfd, *words)
        assert ran.code == 0, ran.err
    refused(capfd, "export", folder)


@pytest.mark.parametrize("words", [["inspect"], ["predict", "-"], ["profile"], ["run"], ["targets", "show"]])
def test_names_that_no_file_can_have(capfd, words):
    refused(capfd, *words[:1], "x" * 5000, *words[1:]) if words[0] != "targets" else refused(capfd, *words, "x" * 5000)


NUMBERS = ["nan", "inf", "-1", "1e400", "", " ", "9" * 400, "1" * 5000]


@pytest.mark.parametrize("value", NUMBERS, ids=lambda value: repr(value[:8]))
@pytest.mark.parametrize(
    "words",
    [
        ["distill", "CHECKPOINT", "--data", "smart-home", "--temperature"],
        ["prune", "CHECKPOINT", "--data", "smart-home", "--heads"],
        ["export", "CHECKPOINT", "--max-length"],
        ["profile", "BUNDLE", "--threads"],
        ["profile", "BUNDLE", "--min-runs"],
        ["profile", "BUNDLE", "--min-seconds"],
        ["predict", "BUNDLE", "text", "--threads"],
        ["distill", "CHECKPOINT", "--data", "smart-home", "--student", "layers="],
        ["finetune", "--data", "smart-home", "--scratch", "heads="],
        ["gate", "BUNDLE", "--budget", "size_mb="],
        ["gate", "BUNDLE", "--budget", "latency_p95_ms=1,threads="],
    ],
    ids=" ".join,
)
def test_numbers_that_are_none(capfd, device_home, onnx_bundle, tiny_checkpoint, words, value):
    named = {"BUNDLE": onnx_bundle, "CHECKPOINT": tiny_checkpoint}
    *before, last = [named.get(word, word) for word in words]
    if value == "9" * 400 and ("size_mb=" in words or "threads=" in last):
        pytest.skip("a budget may be as loose as anybody likes")
    refused(capfd, *before, *([f"{last}{value}"] if last.endswith("=") else [last, value]))


@pytest.mark.parametrize(
    "setting",
    [
        *("", "=", "a", "a=", "....=1", "stages=3", "budgets.9.limit=3", "budgets.x=3", "stages.distill.epochs=nan"),
        *("stages=!!int x", "task=foo", "name=../x", "target=!!timestamp never", "data="),
        *("target=rpi44", "stages.quantize.scheme=int9", "stages.profile.device=nowhere", "data=/dev/zero"),
        *("target=2020-13-45", "a." * 3000 + "b=1"),
    ],
    ids=lambda value: repr(value[:30]),
)
def test_settings_that_are_none(capfd, here, setting):
    refused(capfd, "run", write_recipe(here), "--set", setting)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["export", "CHECKPOINT", "--target", "rpi44"], "did you mean 'rpi4'"),
        (["gate", "BUNDLE", "--target", "rpi44"], "did you mean 'rpi4'"),
        (["gate", "BUNDLE", "-b", "latency_p50_ms=1,target=rpi44"], "did you mean 'rpi4'"),
        (["gate", "BUNDLE", "-b", "siz_mb=1"], "did you mean 'size_mb'"),
        (["gate", "BUNDLE", "-b", "latency_p50_ms=1,lenght=3"], "did you mean 'length'"),
        (["gate", "BUNDLE", "--recipe", "quikstart"], "did you mean 'quickstart'"),
        (["evaluate", "BUNDLE", "--data", "smart-hme"], "did you mean 'smart-home'"),
        (["evaluate", "BUNDLE", "--data", "smart-home", "--split", "tset"], "'test'"),
        (["export", "CHECKPOINT", "--scheme", "int8-dynamc"], "'int8-dynamic'"),
        (["targets", "show", "rpi44"], "did you mean 'rpi4'"),
        (["recipes", "show", "quikstart"], "did you mean 'quickstart'"),
        (["profile", "BUNDLE", "--device", "locla"], "local"),
        (["profile", "BUNDLE", "--thread", "1"], "--threads"),
        (["inspct", "BUNDLE"], "did you mean `edgekit inspect`"),
        (["export", "CHECKPOINT", "-o", "CHECKPOINT"], "holds the model"),
        (["quantize", "CHECKPOINT", "-o", "BUNDLE"], "exists"),
        (["predict", "", "text"], ""),
        (["run", ""], ""),
        (["targets", "show", ""], ""),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_names_that_are_nearly_right(capfd, device_home, onnx_bundle, tiny_checkpoint, words, says):
    named = {"BUNDLE": onnx_bundle, "CHECKPOINT": tiny_checkpoint}
    refused(capfd, *[named.get(word, word) for word in words], says=says)


@pytest.mark.parametrize("model", ["nowhere/at/all", "FOLDER", "recipe.yaml", ""])
def test_a_run_that_cannot_begin_leaves_no_folder(capfd, here, model):
    (here / "FOLDER").mkdir()
    (here / "recipe.yaml").write_text("name: x\n")
    before = listing(here)
    refused(capfd, "run", "quickstart", "--set", f"model={model}")
    assert listing(here) == before


@pytest.mark.parametrize("out", ["/dev/null", "/dev/null/x", "/proc/x", "x" * 300, "LOOP/x", "LOOP"])
def test_places_that_cannot_be_written(capfd, here, tiny_checkpoint, out):
    loop = here / "loop"
    loop.symlink_to(loop.name)
    refused(capfd, "quantize", tiny_checkpoint, "-o", out.replace("LOOP", str(loop)))


@pytest.mark.parametrize("path", ["/dev/null/x.xml", "FOLDER"])
def test_reports_that_cannot_be_written(capfd, here, onnx_bundle, path):
    (here / "folder").mkdir()
    path = path.replace("FOLDER", str(here / "folder"))
    refused_or = run(capfd, "gate", onnx_bundle, "--budget", "size_mb=10", "--junit", path)
    assert (refused_or.code, "cannot be written" in refused_or.err) == (2, True), refused_or


def test_more_labels_than_any_model_has(capfd, here, onnx_bundle, tiny_checkpoint):
    labels = [f"label {number}" for number in range(150_000)]
    refused(capfd, "predict", rewrite(onnx_bundle, labels=labels), "text", says="150000 labels")
    checkpoint = shutil.copytree(tiny_checkpoint, here / "checkpoint")
    config = json.loads((checkpoint / "config.json").read_text())
    config["id2label"] = dict(enumerate(labels))
    (checkpoint / "config.json").write_text(json.dumps(config))
    for command in ("inspect", "export"):
        refused(capfd, command, checkpoint)
