"""What a run leaves for others to read names no folder of the machine that it ran on."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from tiny_checkpoint import LABELS, TEXTS

from edgekit.flows.run.run import run

REPORTS = ("report.html", "report.md", "summary.json")


def write_run(home: Path, checkpoint: Path, **changes: object) -> Path:
    """A recipe whose model, data and target lie in folders of their own, each named by its whole path."""
    for name in ("models", "secret data"):
        (home / name).mkdir(parents=True)
    shutil.copytree(checkpoint, home / "models" / "teacher")
    for split in ("train", "validation", "test"):
        rows = "".join(f"{split} {text}\t{label}\n" for text, label in zip(TEXTS, LABELS * 2, strict=True))
        (home / "secret data" / f"{split}.tsv").write_text(f"text\tlabel\n{rows}")
    recipe = {
        "name": "tiny",
        "model": str(home / "models" / "teacher"),
        "data": str(home / "secret data"),
        "stages": {"export": {"format": "onnx", "max_length": 16, "scheme": "float"}},
        "budgets": [
            {"metric": "size_mb", "limit": 9},
            {"metric": "latency_p95_ms", "limit": 9, "target": "rpi4"},
        ],
    }
    (home / "tiny.json").write_text(json.dumps(recipe | changes))
    return home / "tiny.json"


@pytest.mark.parametrize("relative", [False, True])
def test_a_report_names_no_folder_but_from_that_of_the_run(tiny_checkpoint, tmp_path, monkeypatch, relative):
    home, away = tmp_path / "home" / "ana", tmp_path / "away" / "runs" / "mine"
    recipe = write_run(home, tiny_checkpoint)
    away.parent.mkdir(parents=True)
    monkeypatch.chdir(away.parent if relative else tmp_path)
    out = Path("mine") if relative else away
    summary = run(recipe, out=out)
    assert (out / "bundles" / "onnx").is_dir()
    assert summary.models[-1].path == str(out / "bundles" / "onnx"), "a caller gets them as they are"
    for name in REPORTS:
        text = (away / name).read_text(encoding="utf-8")
        for folder in (home, away, home / "secret data"):
            assert str(folder) not in text, name
        assert "/ana/" not in text
        assert str(Path.home()) + "/" not in text
    found = json.loads((away / "summary.json").read_text(encoding="utf-8"))
    assert [model["path"] for model in found["models"]] == ["teacher", "bundles/onnx"]
    [export] = [command for command in found["commands"] if command.startswith("edgekit export")]
    assert export.startswith("edgekit export teacher -o bundles ")
    [evaluate] = [command for command in found["commands"] if command.startswith("edgekit evaluate bundles/onnx")]
    assert "--test test.tsv" in evaluate, "what lies elsewhere goes by its name"
    advice = [row["verdict"]["advice"] for row in found["verdicts"]]
    assert any("edgekit profile bundles/onnx " in each for each in advice)


def test_what_lies_beside_the_run_is_named_from_its_folder(tiny_checkpoint, tmp_path):
    recipe = write_run(tmp_path / "project", tiny_checkpoint)
    run(recipe, out=tmp_path / "project" / "run")
    commands = json.loads((tmp_path / "project" / "run" / "summary.json").read_text(encoding="utf-8"))["commands"]
    assert any("--test '../secret data/test.tsv'" in command for command in commands)
    assert not any(str(tmp_path) in command for command in commands)
