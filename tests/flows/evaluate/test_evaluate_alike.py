"""What a bundle is compared with reads the same text: more of it would be no merit of the model."""

from __future__ import annotations

import json
import random

import pytest
import torch
from click.testing import CliRunner
from tiny_checkpoint import LABELS, TEXTS, tiny_classifier, tiny_tokenizer

from edgekit.cli import cli
from edgekit.flows.export import export
from edgekit.models.checkpoint import save_checkpoint
from edgekit.options.export_options import ExportOptions


def evaluated(*told):
    found = CliRunner().invoke(cli, ["evaluate", *map(str, told), "--json"], catch_exceptions=False)
    assert found.exit_code == 0, found.output
    return json.loads(found.stdout)


@pytest.fixture
def texts():
    words = " ".join(TEXTS).split()
    return [" ".join(random.Random(row).sample(words, 20)) for row in range(40)]


@pytest.fixture
def checkpoint(tmp_path, texts):
    """Gives these texts every label about as often."""
    tokenizer = tiny_tokenizer()
    model = tiny_classifier(tokenizer)
    with torch.no_grad():
        logits = model(**tokenizer(texts, padding=True, truncation=True, return_tensors="pt")).logits
        model.classifier.bias -= logits.mean(0)
    (tmp_path / "teacher").mkdir()
    save_checkpoint(model, tokenizer, tmp_path / "teacher", lineage=())
    return tmp_path / "teacher"


def test_a_baseline_is_cut_where_the_bundle_is(tmp_path, checkpoint, texts):
    (bundle,) = export(checkpoint, tmp_path / "out", ExportOptions(format="onnx", scheme="float", max_length=8))
    path = tmp_path / "long.tsv"
    path.write_text("\n".join(["text\tlabel", *(f"{text}\t{LABELS[0]}" for text in texts)]) + "\n")
    found = evaluated(bundle, "--data", path, "--against", f"teacher={checkpoint}")
    assert found["truncated"] == 40
    assert (found["drops"][0]["lost"], found["drops"][0]["gained"]) == (0, 0)
    further = evaluated(bundle, "--data", path, "--against", f"teacher={checkpoint}", "--max-length", 40)
    assert further["drops"][0]["lost"] + further["drops"][0]["gained"] > 0, "what is asked for is done"
