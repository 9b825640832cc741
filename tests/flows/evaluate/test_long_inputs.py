"""Inputs longer than the limit are cut by the model's own rule, and every evaluation and report says how many were."""

from __future__ import annotations

import json
import re
import shutil

import pytest
from click.testing import CliRunner
from tiny_checkpoint import LABELS, tiny_classifier, tiny_tokenizer
from transformers import AutoTokenizer

from edgekit.agent.inference.classifier import open_classifier
from edgekit.cli import cli
from edgekit.flows.export import export
from edgekit.flows.run.run import run
from edgekit.models.checkpoint import save_checkpoint
from edgekit.options.export_options import ExportOptions
from edgekit.options.recipe import Recipe

LIMIT = 16
# some as long as the limit allows, some a token longer
ROWS = {
    "english": [(f"turn on {'the light ' * count}now", None) for count in range(1, 12)],
    "chinese": [("明天早上七点" * count + "吗？", None) for count in range(1, 7)] + [("开灯", None)],
    "pairs": [("play " * first, "some music " * second) for first in (1, 6, 14) for second in (1, 3, 8)],
}


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    folder = tmp_path_factory.mktemp("long") / "bert"
    folder.mkdir()
    tokenizer = tiny_tokenizer("bert")
    save_checkpoint(tiny_classifier(tokenizer, family="bert"), tokenizer, folder, lineage=())
    return folder


@pytest.fixture(scope="module")
def bundle(checkpoint, tmp_path_factory):
    options = ExportOptions(format="onnx", scheme="float", max_length=LIMIT)
    return export(checkpoint, tmp_path_factory.mktemp("long") / "out", options)[0]


@pytest.fixture(params=sorted(ROWS))
def written(request, tmp_path):
    """The rows, and the file that holds them."""
    rows = ROWS[request.param]
    path = tmp_path / "test.jsonl"
    told = [
        {"text": text, "label": LABELS[0]} | ({"text_pair": pair} if pair is not None else {}) for text, pair in rows
    ]
    told[0]["label"] = LABELS[1]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in told), encoding="utf-8")
    return rows, path


def encoded(checkpoint, rows, **options):
    """What transformers makes of the rows."""
    tokenizer = AutoTokenizer.from_pretrained(checkpoint)
    return [tokenizer(text, pair, **options)["input_ids"] for text, pair in rows]


def too_long(checkpoint, rows):
    count = sum(len(ids) > LIMIT for ids in encoded(checkpoint, rows))
    assert 0 < count < len(rows)
    return count


def test_evaluate_counts_them(checkpoint, bundle, written, tmp_path):
    rows, path = written
    wanted = too_long(checkpoint, rows)
    for model in (checkpoint, shutil.copytree(bundle, tmp_path / "bundle")):
        words = ["evaluate", str(model), "--test", str(path), "--max-length", str(LIMIT)]
        found = CliRunner().invoke(cli, [*words, "--json"])
        assert found.exit_code == 0, found.output
        assert json.loads(found.stdout)["truncated"] == wanted
        assert f"{wanted} rows are longer than the model takes and were cut" in CliRunner().invoke(cli, words).stdout


def test_the_report_of_a_run_counts_them(checkpoint, written, tmp_path):
    rows, path = written
    wanted = too_long(checkpoint, rows)
    stages = {
        "export": {"format": "onnx", "scheme": "float", "max_length": LIMIT},
        "evaluate": {"max_length": LIMIT},
    }
    data = {"test": str(path), "validation": str(path)}
    recipe = Recipe.parse({"name": "long", "model": str(checkpoint), "data": data, "stages": stages}, "recipe")
    summary = run(recipe, out=tmp_path / "run")
    assert [model.accuracy.truncated for model in summary.models] == [wanted, wanted]
    heading = "cut to length"
    page, text = ((tmp_path / "run" / name).read_text() for name in ("report.html", "report.md"))
    assert heading in text and re.search(rf"\| {len(rows)} \| {wanted} \| onnxruntime", text)
    told = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))
    assert heading in told.lower() and re.search(rf"\b{len(rows)} {wanted} onnxruntime", told)


def test_they_are_cut_as_transformers_cuts_them(checkpoint, bundle, written):
    rows, _ = written
    tokenizer = open_classifier(bundle).tokenizer
    wanted = encoded(checkpoint, rows, truncation=True, max_length=LIMIT)
    assert [list(tokenizer.encode(text, pair).ids) for text, pair in rows] == wanted
