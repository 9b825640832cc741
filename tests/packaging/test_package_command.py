"""`edgekit package`: all packages whole or none at all, the model in them untouched, and nothing over its size."""

from __future__ import annotations

import errno
import hashlib
import json
import shutil
import signal
import sys
import tarfile
import types
from pathlib import Path

import pytest
from tiny_bundle import make_bundle
from tiny_checkpoint import tiny_classifier, tiny_tokenizer

from edgekit.agent.inference.bundle import open_bundle
from edgekit.cli import main
from edgekit.errors import ToolError, UsageError
from edgekit.options.package_options import PLATFORMS
from edgekit.packaging.contents import added, copy_bundle
from edgekit.packaging.platforms import platform
from edgekit.packaging.record import PackageRecord, intact

ROW = {"platform", "path", "model_mb", "tokenizer_mb", "code_mb", "total_mb", "runtime", "machines", "max_size"}


def package(*words):
    """The exit code of `edgekit package WORDS`, with its errors as the command line tells them."""
    with pytest.raises(SystemExit) as stop:
        main(["package", *map(str, words)])
    return stop.value.code


@pytest.fixture
def as_json(capsys):
    def call(*words):
        code = package(*words, "--json")
        return code, json.loads(capsys.readouterr().out)

    return call


@pytest.fixture
def stand_in(monkeypatch):
    """Puts a platform of the test's own in the place of a real one, for what no real one does."""

    def put(name, write, formats=("onnx", "tflite")):
        module = types.ModuleType(f"edgekit.packaging.{name}.write")
        module.FORMATS, module.write = formats, write
        monkeypatch.setitem(sys.modules, module.__name__, module)

    return put


def plain(bundle, identity, folder):
    """A platform of two files and the bundle."""
    copy_bundle(bundle, folder / "ships" / "model")
    (folder / "ships" / "code.txt").write_text(identity.name)
    (folder / "README.md").write_text(identity.pascal)
    return added(bundle, folder / "ships", "a runtime", "a machine")


@pytest.fixture(scope="session")
def packaged_models(tmp_path_factory, decoder_checkpoints):
    """ONNX bundles of two encoders and a decoder, as `edgekit export` writes them."""
    from edgekit.flows.export import export
    from edgekit.models.checkpoint import save_checkpoint
    from edgekit.options.export_options import ExportOptions

    root = tmp_path_factory.mktemp("packaged")
    checkpoints = {"gpt2": decoder_checkpoints["gpt2"]}
    for family in ("distilbert", "albert"):
        tokenizer = tiny_tokenizer(family)
        checkpoints[family] = root / family
        checkpoints[family].mkdir()
        save_checkpoint(tiny_classifier(tokenizer, family=family), tokenizer, checkpoints[family], lineage=())
    options = ExportOptions(format="onnx", scheme="float", max_length=32)
    return {name: export(folder, root / f"{name}-out", options)[0] for name, folder in checkpoints.items()}


def files(folder):
    return {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}


def contents(folder):
    """The bytes of every file, of those in tarballs too."""
    found = []
    for name, path in files(folder).items():
        if name.endswith(".tar.gz"):
            with tarfile.open(path) as archive:
                found += [archive.extractfile(member).read() for member in archive if member.isfile()]
        else:
            found.append(path.read_bytes())
    return found


@pytest.mark.parametrize("kind", ["distilbert", pytest.param("albert", marks=pytest.mark.slow), "gpt2"])
def test_all_four_of_one_bundle(packaged_models, kind, tmp_path, as_json):
    bundle = open_bundle(packaged_models[kind])
    named = ("--name", "tiny-model", "--version", "2.1.0")
    code, report = as_json(bundle.folder, *named, "--no-wheels", "-o", tmp_path / "out")
    assert code == 0
    assert {key: report[key] for key in ("name", "version", "id", "written", "left_out")} == {
        "name": "tiny-model", "version": "2.1.0", "id": "com.example.tinymodel", "written": True, "left_out": {},
    }  # fmt: skip
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(PLATFORMS)
    machines = {row["platform"]: row["machines"] for row in report["packages"]}
    assert machines == {
        "android": "Android 7, arm64-v8a, armeabi-v7a, x86, x86_64",
        "ios": "iOS 15, macOS 14",
        "web": "browsers, Node, React Native",
        "linux": "all, Python 3.9 or newer",
    }
    for row in report["packages"]:
        assert row.keys() == ROW
        folder = Path(row["path"])
        assert row["model_mb"] * 1e6 == pytest.approx(bundle.model.stat().st_size, abs=0.5)
        assert row["tokenizer_mb"] * 1e6 == pytest.approx(bundle.tokenizer.stat().st_size, abs=0.5)
        parts = sum(row[f"{part}_mb"] for part in ("model", "tokenizer", "code"))
        assert row["total_mb"] == pytest.approx(parts)
        shipped = contents(folder)
        assert row["code_mb"] > 0
        assert row["total_mb"] * 1e6 <= sum(map(len, shipped))
        assert row["runtime"]
        hashes = {hashlib.sha256(content).hexdigest() for content in shipped}
        assert {entry["sha256"] for entry in bundle.manifest["files"].values()} <= hashes, "byte for byte"
        record = intact(folder)
        assert record.bundle == bundle.content_hash
        assert record.files.keys() | {"edgekit-package.json"} == files(folder).keys()


def test_two_platforms_one_after_the_other_and_the_names_by_themselves(packaged_models, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for name in ("web", "ios"):
        assert package(packaged_models["distilbert"], "--platform", name) == 0
        assert f"distilbert 1.0.0 is in distilbert-packages/{name}" in capsys.readouterr().out
    assert sorted(path.name for path in Path("distilbert-packages").iterdir()) == ["ios", "web"]
    assert PackageRecord.read(Path("distilbert-packages/web/edgekit-package.json")).identity.name == "distilbert"


def test_in_the_bundle_itself_the_packages_lie_beside_it(tmp_path, monkeypatch, stand_in):
    stand_in("web", plain)
    monkeypatch.chdir(make_bundle(tmp_path / "my model", "onnx"))
    assert package("--platform", "web") == 0
    assert (tmp_path / "my-model-packages" / "web").is_dir()
    assert package("--platform", "web", "-o", ".") == 2, "a bundle holds no packages"
    assert sorted(path.name for path in Path().iterdir() if path.is_dir()) == ["measurements"]


def test_what_takes_no_tflite_is_left_out_or_refused_by_name(tflite_bundle, tmp_path, as_json, capsys):
    unfit = [name for name in PLATFORMS if "tflite" not in platform(name).FORMATS]
    assert "web" in unfit
    code, report = as_json(tflite_bundle, "--no-wheels", "-o", tmp_path / "out")
    assert code == 0
    assert sorted(report["left_out"]) == sorted(unfit)
    assert sorted(row["platform"] for row in report["packages"]) == sorted(set(PLATFORMS) - set(unfit))
    assert package(tflite_bundle, "--platform", "linux", "--platform", "web", "-o", tmp_path / "no") == 2
    assert "no package for web of this bundle" in capsys.readouterr().err
    assert not (tmp_path / "no").exists()


def test_over_its_size_nothing_is_written_and_what_was_there_stays(onnx_bundle, tmp_path, as_json, stand_in, capsys):
    out = tmp_path / "deep" / "out"
    stand_in("web", plain)
    stand_in("ios", plain)
    both = ("--platform", "web", "--platform", "ios", "-o", out)
    code, report = as_json(onnx_bundle, *both, "--max-size", "0.1kB")
    assert (code, report["written"]) == (1, False)
    assert [row["max_size"] for row in report["packages"]] == ["fail", "fail"], "each is told"
    assert not out.parent.exists()
    weight = report["packages"][0]["total_mb"]
    code, report = as_json(onnx_bundle, *both, "--max-size", repr(weight))
    assert (code, report["written"]) == (0, True), "a limit met exactly holds"
    before = {name: path.stat().st_mtime_ns for name, path in files(out).items()}
    assert package(onnx_bundle, *both, "--force", "--max-size", f"{weight * 1e3 - 0.001}KB") == 1
    output = capsys.readouterr().out
    assert "FAIL web" in output
    assert "nothing was written" in output
    assert {name: path.stat().st_mtime_ns for name, path in files(out).items()} == before


@pytest.mark.parametrize(
    ("words", "output"),
    [
        (("--name", "Smart Home"), "lower-case words joined by hyphens"),
        (("--name", "../web"), "lower-case words joined by hyphens"),
        (("--name", "a" * 61), "at most 60 characters"),
        (("--name", "smart-home\n"), "lower-case words joined by hyphens"),
        (("--version", "1.0"), "three numbers"),
        (("--version", "1.0.٣"), "three numbers"),
        (("--id", "smarthome"), "a domain name turned round"),
        (("--id", "com.example.new"), "'new' is a word of Java's own"),
        (("--max-size", "12 MiB"), "no size, as 12MB"),
        (("--max-size", "0"), "greater than 0"),
        (("--max-size", "nan"), "no size, as 12MB"),
        (("--platform", "web", "--no-wheels"), "about linux, which is not among the platforms"),
        (("--platform", "windows"), "'windows' is not one of"),
    ],
)
def test_wrong_options_are_one_clear_line(onnx_bundle, tmp_path, words, output, capsys):
    assert package(onnx_bundle, *words, "-o", tmp_path / "out") == 2
    assert output in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "golden.jsonl"])
def test_a_tampered_bundle_is_refused_by_the_name_of_the_file(onnx_bundle, tmp_path, name, capsys):
    path = onnx_bundle / name
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    assert package(onnx_bundle, "-o", tmp_path / "out") == 2
    assert f"{name} is not the file of the manifest" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_what_is_no_bundle_is_refused(tiny_checkpoint, tmp_path, capsys):
    assert package(tiny_checkpoint, "-o", tmp_path / "out") == 2
    assert "has no manifest.json" in capsys.readouterr().err
    (tmp_path / "file").write_text("mine")
    bundle = make_bundle(tmp_path / "tiny", "onnx")
    assert package(bundle, "--platform", "web", "-o", tmp_path / "file") == 2
    assert "cannot be written" in capsys.readouterr().err


def test_a_bundle_that_changes_meanwhile_is_not_packaged(onnx_bundle, tmp_path):
    bundle = open_bundle(onnx_bundle)
    (onnx_bundle / "tokenizer.json").write_text("{}")
    with pytest.raises(UsageError, match=r"tokenizer\.json is not the file of the manifest"):
        copy_bundle(bundle, tmp_path / "copy")


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (lambda: signal.raise_signal(signal.SIGTERM), 128 + signal.SIGTERM),
        (lambda: signal.raise_signal(signal.SIGINT), 128 + signal.SIGINT),
        (lambda: _raise(OSError(errno.ENOSPC, "No space left on device")), 2),
        (lambda: _raise(ToolError("the packer failed")), 5),
    ],
)
def test_interrupted_in_the_middle_nothing_is_left(onnx_bundle, tmp_path, stand_in, fault, code):
    def falls(bundle, identity, folder):
        plain(bundle, identity, folder)
        fault()

    stand_in("android", plain)
    stand_in("web", falls)
    both = ("--platform", "android", "--platform", "web")
    assert package(onnx_bundle, *both, "-o", tmp_path / "out") == code
    assert sorted(path.name for path in tmp_path.iterdir()) == [onnx_bundle.name]


def _raise(error):
    raise error


def test_a_platform_that_changes_the_model_is_caught(onnx_bundle, tmp_path, stand_in, capsys):
    def changes(bundle, identity, folder):
        weighed = plain(bundle, identity, folder)
        (folder / "ships" / "model" / "model.onnx").write_bytes(b"smaller")
        return weighed

    stand_in("web", changes)
    assert package(onnx_bundle, "--platform", "web", "-o", tmp_path / "out") == 5
    assert "does not hold model.onnx as it is in the bundle" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_force_replaces_a_package_and_nothing_else(onnx_bundle, tmp_path, stand_in, capsys):
    stand_in("web", plain)
    words = (onnx_bundle, "--platform", "web", "-o", tmp_path)
    assert package(*words) == 0
    assert package(*words) == 2
    assert "exists" in capsys.readouterr().err
    assert package(*words, "--force", "--name", "other") == 0
    assert (tmp_path / "web" / "ships" / "code.txt").read_text() == "other"

    (tmp_path / "web" / "node_modules").mkdir()
    (tmp_path / "web" / "node_modules" / "theirs.js").write_text("years of work")
    assert intact(tmp_path / "web") is not None, "what a build puts beside it does not matter to the package"
    assert package(*words, "--force") == 2
    assert "web holds node_modules/theirs.js, which edgekit did not write" in capsys.readouterr().err

    shutil.rmtree(tmp_path / "web")
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "index.html").write_text("a site")
    assert package(*words, "--force") == 2
    assert "edgekit did not make it" in capsys.readouterr().err
    assert sorted(files(tmp_path / "web")) == ["index.html"]


def test_a_package_that_was_changed_is_not_intact(onnx_bundle, tmp_path, stand_in):
    stand_in("web", plain)
    assert package(onnx_bundle, "--platform", "web", "-o", tmp_path) == 0
    assert intact(tmp_path / "web").platform == "web"
    (tmp_path / "web" / "README.md").write_text("changed")
    assert intact(tmp_path / "web") is None
    assert intact(tmp_path) is None


def test_the_newest_runs_bundle_is_packaged_where_none_is_named(tmp_path, monkeypatch, stand_in):
    stand_in("web", plain)
    make_bundle(tmp_path / "runs" / "mine" / "bundles" / "onnx", "onnx")
    (tmp_path / "runs" / "mine" / ".journal.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    assert package("--platform", "web", "-o", "out") == 0
    assert intact(tmp_path / "out" / "web") is not None


def test_in_python_it_is_a_function_of_the_same_name(onnx_bundle, tmp_path, stand_in):
    import edgekit
    from edgekit.options.package_options import PackageOptions

    stand_in("web", plain)
    done = edgekit.package(onnx_bundle, tmp_path / "out", PackageOptions(platform="web", max_size="3 MB"))
    assert done.written
    assert [row.platform for row in done.packages] == ["web"]
    assert [verdict.outcome for verdict in done.verdicts] == ["pass"]
