"""No command writes over what it reads: an output is not its input, does not lie in it, and does not hold it."""

from __future__ import annotations

import re
import shutil

import pytest
from cli_run import listing, refused
from tiny_recipe import write_data

TSV = "text\tlabel\nturn on\tlight\nlock it\tdoor\n"


@pytest.fixture
def inputs(tmp_path, tiny_checkpoint, onnx_bundle):
    """A checkpoint in a folder that holds data too, and a bundle."""
    model = shutil.copytree(tiny_checkpoint, tmp_path / "work" / "model")
    write_data(tmp_path / "work" / "data")
    (model / "rows.tsv").write_text(TSV)
    return {"MODEL": model, "WORK": model.parent, "DATA": model.parent / "data", "BUNDLE": onnx_bundle}


@pytest.mark.parametrize("force", [[], ["--force"]], ids=["", "force"])
@pytest.mark.parametrize("out", ["MODEL", "MODEL/out", "WORK", "MODEL/../model/deep/out"])
@pytest.mark.parametrize(
    "words",
    [
        ["export", "MODEL"],
        ["quantize", "MODEL", "--scheme", "int8-dynamic"],
        ["finetune", "MODEL", "--data", "DATA"],
        ["distill", "MODEL", "--data", "DATA"],
        ["prune", "MODEL", "--data", "DATA", "--heads", "0.5"],
        ["distill", "OTHER", "--data", "DATA", "--student-from", "MODEL"],
        ["prune", "OTHER", "--data", "DATA", "--heads", "0.5", "--teacher", "MODEL"],
        ["finetune", "OTHER", "--train", "MODEL/rows.tsv", "--validation", "MODEL/rows.tsv"],
    ],
    ids=" ".join,
)
def test_checkpoints(capfd, inputs, tiny_checkpoint, words, out, force):
    if "--train" in words and "out" in out:
        pytest.skip("a folder may lie beside the rows")
    before = listing(inputs["WORK"])
    names = inputs | {"OTHER": tiny_checkpoint}
    message = refused(capfd, *[filled(word, names) for word in words], *force, "-o", filled(out, names))
    assert "which is read" in message or "holds the model" in message or ("exists" in message and not force)
    assert listing(inputs["WORK"]) == before


@pytest.mark.parametrize("options", [[], ["--label", "label"]], ids=["", "column"])
@pytest.mark.parametrize("command", [["finetune"], ["distill"], ["prune", "--heads", "0.5"]], ids=" ".join)
def test_a_folder_of_data(capfd, inputs, command, options):
    before = listing(inputs["DATA"])
    words = (*command, inputs["MODEL"], "--data", inputs["DATA"], *options, "-o", inputs["DATA"] / "out")
    refused(capfd, *words, says="which is read")
    assert listing(inputs["DATA"]) == before


@pytest.mark.parametrize("out", ["BUNDLE", "BUNDLE/out"])
def test_packages(capfd, inputs, out):
    before = listing(inputs["BUNDLE"])
    refused(capfd, "package", inputs["BUNDLE"], "--platform", "web", "-o", filled(out, inputs), "--force", says="read")
    assert listing(inputs["BUNDLE"]) == before


@pytest.mark.parametrize(
    "words",
    [
        ["gate", "BUNDLE", "--budget", "size_mb=9", "--junit", "BUNDLE/manifest.json"],
        ["gate", "BUNDLE", "--budget", "size_mb=9", "--markdown", "BUNDLE/README.md"],
        ["evaluate", "BUNDLE", "--test", "MODEL/rows.tsv", "--against", "a=BUNDLE", "--changes", "MODEL/rows.tsv"],
        ["evaluate", "BUNDLE", "--test", "MODEL/rows.tsv", "--against", "a=BUNDLE", "--changes", "BUNDLE/x.tsv"],
    ],
    ids=" ".join,
)
def test_reports(capfd, inputs, words):
    before = {path: path.read_bytes() for path in inputs["BUNDLE"].rglob("*") if path.is_file()}
    refused(capfd, *[filled(word, inputs) for word in words], says="not written over")
    assert {path: path.read_bytes() for path in inputs["BUNDLE"].rglob("*") if path.is_file()} == before
    assert (inputs["MODEL"] / "rows.tsv").read_text() == TSV


def filled(word, names):
    return re.sub("[A-Z]{4,}", lambda found: str(names.get(found[0], found[0])), word)
