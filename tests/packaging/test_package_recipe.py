"""`package:` in a recipe: the last stage of a run, planned, not done twice, and a verdict where there is a limit."""

from __future__ import annotations

import json
import shlex
import shutil

import pytest
import yaml
from click.testing import CliRunner
from tiny_checkpoint import LABELS, TEXTS

from edgekit.cli import cli
from edgekit.options.recipe import load_recipe
from edgekit.packaging.record import intact

PACKAGE = "package={platform: [web, linux], no_wheels: true}"


@pytest.fixture(scope="module")
def finished(tiny_checkpoint, tmp_path_factory):
    """A finished run without training, and without `package:`: (recipe, folder)."""
    folder = tmp_path_factory.mktemp("untrained")
    (folder / "data").mkdir()
    for split in ("train", "validation", "test"):
        rows = "".join(f"{split} {text}\t{label}\n" for text, label in zip(TEXTS, LABELS * 2, strict=True))
        (folder / "data" / f"{split}.tsv").write_text(f"text\tlabel\n{rows}")
    recipe = {
        "name": "tiny",
        "model": str(tiny_checkpoint),
        "data": str(folder / "data"),
        "stages": {"export": {"format": "onnx", "max_length": 16, "scheme": "float"}},
        "budgets": [{"metric": "size_mb", "limit": 9}],
    }
    (folder / "tiny.json").write_text(json.dumps(recipe))
    done = run(folder / "tiny.json", folder / "run")
    assert done.exit_code == 0, done.output
    return folder / "tiny.json", folder / "run"


@pytest.fixture
def again(finished, tmp_path):
    recipe, folder = finished
    return recipe, shutil.copytree(folder, tmp_path / "run")


@pytest.fixture(scope="module")
def packaged_run(finished, tmp_path_factory):
    """A finished run to which `package:` was added: (recipe, folder, what was printed)."""
    recipe, folder = finished
    folder = shutil.copytree(folder, tmp_path_factory.mktemp("packaged-run") / "run")
    done = run(recipe, folder, PACKAGE)
    assert done.exit_code == 0, done.output
    return recipe, folder, done.output


@pytest.fixture
def packaged(packaged_run, tmp_path):
    recipe, folder, _ = packaged_run
    return recipe, shutil.copytree(folder, tmp_path / "run")


def run(recipe, folder, *settings, plan=False):
    words = ["run", str(recipe), "-o", str(folder), *(["--plan", "--json"] if plan else [])]
    return CliRunner().invoke(cli, [*words, *(word for setting in settings for word in ("--set", setting))])


def planned(recipe, folder, *settings):
    found = run(recipe, folder, *settings, plan=True)
    assert found.exit_code == 0, found.output
    return {step["stage"]: step["why"] for step in json.loads(found.output) if step["why"]}


def stamps(folder):
    return {str(path): path.stat().st_mtime_ns for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_run_ends_in_packages_of_its_bundle(packaged_run):
    _, folder, printed = packaged_run
    manifest = json.loads((folder / "bundles" / "onnx" / "manifest.json").read_text())
    for name in ("web", "linux"):
        record = intact(folder / "packages" / name)
        assert record.bundle == manifest["content_hash"]
        assert record.identity.name == "tiny", "by the run's name, as the bundle's is that of a stage"
        assert record.added.model == (folder / "bundles" / "onnx" / "model.onnx").stat().st_size
    assert "runtime, not counted" in printed
    assert (
        "no rows of your data; 1 evaluation by the figures of all rows and their sha256; lineage as a hash" in printed
    )
    rows = [json.loads(line) for line in (folder / "bundles/onnx/golden.jsonl").read_text("utf-8").splitlines()]
    texts = {row["text"] for row in rows if "origin" not in row}
    assert len(texts) == len(TEXTS)
    packaged = (folder / "packages/web/bundle/golden.jsonl").read_text("utf-8").splitlines()
    assert not texts & {json.loads(line)["text"] for line in packaged}
    summary = json.loads((folder / "summary.json").read_text())
    assert [row["platform"] for row in summary["packages"]] == ["web", "linux"]
    assert "Packages for apps" in (folder / "report.html").read_text()
    assert "## Packages for apps" in (folder / "report.md").read_text()


def test_the_command_in_the_report_makes_the_same_packages(packaged_run, tmp_path, monkeypatch):
    _, folder, _ = packaged_run
    commands = json.loads((folder / "summary.json").read_text())["commands"]
    words = shlex.split(next(command for command in commands if command.startswith("edgekit package ")))[1:]
    words[words.index("-o") + 1] = str(tmp_path / "by-hand")
    monkeypatch.chdir(folder)
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 0, done.output
    for name in ("web", "linux"):
        assert intact(tmp_path / "by-hand" / name) == intact(folder / "packages" / name)


def named(folder):
    """The name in npm of the packages of a run."""
    return json.loads((folder / "packages/web/package.json").read_text("utf-8"))["name"]


@pytest.mark.parametrize("own", ["", ", name: doorbell"])
def test_a_name_that_is_set_names_the_packages_too(again, own):
    """Also where the recipe has a name for them; with one for the packages, that is taken."""
    recipe, folder = again
    package = f"{{platform: web{own}}}"
    fixed = recipe.with_name(f"fixed{len(own)}.json")
    fixed.write_text(json.dumps(json.loads(recipe.read_text()) | {"package": yaml.safe_load(package)}))
    done = run(fixed, folder, "name=lamp")
    assert (done.exit_code, named(folder)) == (0, "lamp"), done.output
    done = run(fixed, folder, "name=lamp", "package.name=torch")
    assert (done.exit_code, named(folder)) == (0, "torch"), done.output


def test_the_demo_names_its_packages_by_the_demos_data_alone(again):
    recipe, folder = again
    done = run(recipe, folder, "name=quickstart", "package={platform: web}")
    assert done.exit_code == 0, done.output
    assert named(folder) not in ("smart-home", "quickstart"), "the data is somebody's own"
    assert load_recipe("quickstart").package.name is None
    assert load_recipe("quickstart", ["name=lamp", "data=mine"]).package.name is None


def test_the_second_call_makes_none_again(packaged):
    recipe, folder = packaged
    before = stamps(folder / "packages")
    assert "package" not in planned(recipe, folder, PACKAGE)
    (folder / "packages" / "web" / "node_modules").mkdir()
    (folder / "packages" / "web" / "node_modules" / "built.js").write_text("by npm")
    done = run(recipe, folder, PACKAGE)
    assert "package: unchanged" in done.output
    (folder / "packages" / "web" / "node_modules" / "built.js").unlink()
    assert stamps(folder / "packages") == before
    assert [row["platform"] for row in json.loads((folder / "summary.json").read_text())["packages"]] == [
        "web",
        "linux",
    ], "they are in the report again"


def test_what_changes_is_planned_and_made_again(packaged):
    recipe, folder = packaged
    version = "package.version=1.1.0"
    assert planned(recipe, folder, PACKAGE, version)["package"] == "options changed: version 1.0.0 -> 1.1.0"
    assert run(recipe, folder, PACKAGE, version).exit_code == 0
    assert intact(folder / "packages" / "web").identity.version == "1.1.0"
    (folder / "packages" / "web" / "README.md").write_text("changed")
    assert "was changed since" in planned(recipe, folder, PACKAGE, version)["package"]
    split = "stages.evaluate.split=validation"
    assert planned(recipe, folder, PACKAGE, version, split)["package"] == "its input changes"
    shutil.rmtree(folder / "packages" / "linux")
    assert run(recipe, folder, PACKAGE, version).exit_code == 0
    assert intact(folder / "packages" / "web") is not None
    assert intact(folder / "packages" / "linux") is not None


def test_one_over_its_size_is_a_verdict_and_is_not_written(again):
    recipe, folder = again
    assert planned(recipe, folder, PACKAGE)["package"] == "never run"
    limits = (PACKAGE, "budgets=[]", "package.max_size=1kB")
    done = run(recipe, folder, *limits)
    assert done.exit_code == 1, done.output
    assert not (folder / "packages").exists()
    verdicts = json.loads((folder / "summary.json").read_text())["verdicts"]
    assert [(row["bundle"], row["verdict"]["outcome"]) for row in verdicts] == [
        ("package for web", "fail"),
        ("package for linux", "fail"),
    ]
    assert "package" in planned(recipe, folder, *limits), "it is tried again"
    assert run(recipe, folder, PACKAGE, "budgets=[]", "package.max_size=9MB").exit_code == 0
    assert intact(folder / "packages" / "web") is not None


def test_a_folder_that_is_not_the_runs_own_is_left_alone(again):
    recipe, folder = again
    (folder / "packages" / "web").mkdir(parents=True)
    (folder / "packages" / "web" / "index.html").write_text("a site")
    done = run(recipe, folder, PACKAGE)
    assert "this run did not make it" in str(done.exception)
    assert (folder / "packages" / "web" / "index.html").read_text() == "a site"


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("package.platfrom=web", "platform"),
        ("package.platform=windows", "'windows' was given"),
        ("package.name=Smart Home", "lower-case words joined by hyphens"),
        ("package.max_size=much", "no size, as 12MB"),
        ("package={platform: web, no_wheels: true}", "about linux"),
    ],
)
def test_a_bad_recipe_is_refused_before_anything_begins(finished, tmp_path, setting, said):
    done = run(finished[0], tmp_path / "run", setting)
    assert said in f"{done.exception} {getattr(done.exception, 'advice', '')}"
    assert not (tmp_path / "run").exists()


def test_a_platform_that_does_not_take_the_format_is_refused_before_anything_begins(finished, tmp_path):
    done = run(finished[0], tmp_path / "run", "package.platform=web", "stages.export.format=tflite")
    assert "no package for web" in str(done.exception)
    assert not (tmp_path / "run").exists()


def test_the_quickstart_makes_all_of_them_without_fetching_anything():
    options = load_recipe("quickstart").package
    assert options.wants_all
    assert options.no_wheels
