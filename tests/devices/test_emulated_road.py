"""Families and formats on emulated boards: golden cases, measurements, accuracy and verdicts of real ARM code.

`scripts/emulated-pi up --model MODEL` first; the boards that are not up are skipped.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tiny_checkpoint import TEXTS, tiny_classifier, tiny_tokenizer

from edgekit.flows.export import export
from edgekit.models.checkpoint import save_checkpoint
from edgekit.options.export_options import ExportOptions

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
SCRIPT = Path(__file__).parents[2] / "scripts" / "emulated-pi"
BOARDS = {"pi3": "rpi3", "pi4": "rpi4", "pi5": "rpi5", "pi4-32bit": "rpi4-32bit"}
QUICK = ("--min-seconds", 0, "--min-runs", 3, "--warmup", 0)


@pytest.fixture(scope="module", params=BOARDS)
def board(request):
    """A board that is up and has its runtimes."""
    status = subprocess.run([sys.executable, SCRIPT, "status"], capture_output=True, text=True, check=False).stdout
    if f"emulated-{request.param}: up" not in status:
        pytest.skip(f"no emulated board runs: scripts/emulated-pi up --model {request.param}")
    edgekit("devices", "setup", f"ssh://emulated-{request.param}")
    return request.param


@pytest.fixture(scope="module")
def checkpoints(decoder_checkpoints, tmp_path_factory):
    """A classifier of each of two families, and a decoder."""
    found = {"gpt2": decoder_checkpoints["gpt2"]}
    for family in ("distilbert", "albert"):
        found[family] = tmp_path_factory.mktemp("boards") / family
        found[family].mkdir()
        tokenizer = tiny_tokenizer(family)
        save_checkpoint(tiny_classifier(tokenizer, family=family), tokenizer, found[family], lineage=())
    return found


def edgekit(*words, exits=0):
    """What a command says, as JSON."""
    command = [sys.executable, "-m", "edgekit", *map(str, words), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == exits, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("family", ["distilbert", "albert", "gpt2"])
def test_a_family_on_a_board(board, family, checkpoints, tmp_path):
    target, url = BOARDS[board], f"ssh://emulated-{board}"
    bundles = export(checkpoints[family], tmp_path / "out", ExportOptions(target=target, format="all"))
    assert {bundle.name for bundle in bundles} == ({"tflite"} if board == "pi4-32bit" else {"onnx", "tflite"})
    for bundle in bundles:
        # a golden case that is not reproduced ends this with 5
        found = edgekit("profile", bundle, "--device", url, *QUICK, *(("--length", 16) if family == "gpt2" else ()))
        assert all(taken["fingerprint"]["emulated"] for taken in found["measurements"])
        size, latency = "size_mb=5", f"latency_p95_ms=1000,target={target}"
        verdicts = edgekit("gate", bundle, "--budget", size, "--budget", latency, exits=3)
        assert [each["verdict"]["outcome"] for each in verdicts["verdicts"]] == ["pass", "unmeasured"]


@pytest.mark.parametrize("family", ["distilbert", "albert"])
def test_accuracy_on_a_board_is_that_of_this_machine(board, family, checkpoints, tmp_path):
    bundles = export(checkpoints[family], tmp_path / "out", ExportOptions(target=BOARDS[board], format="all"))
    rows = tmp_path / "rows.tsv"
    rows.write_text("text\tlabel\n" + "".join(f"{text}\tlights\n" for text in TEXTS))
    for bundle in bundles:
        there = edgekit("evaluate", bundle, "--device", f"ssh://emulated-{board}", "--data", rows)
        here = edgekit("evaluate", bundle, "--data", rows)
        assert there["accuracy"] == here["accuracy"]
