"""Pairs in the shape of MRPC through the command line: a BERT, fine-tuned, in both formats, asked and evaluated."""

from __future__ import annotations

import importlib.util
import itertools
import json
import random

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from edgekit.cli import cli

HEADER = "Quality\t#1 ID\t#2 ID\t#1 String\t#2 String\n"
WORDS = ("light", "door", "music", "alarm")
PAIRS = [
    ('He said the "light" is on .', "The light is on , he said ."),
    ("turn the fan on", "it is the fan and not the door " * 4),
    ("", "open the gate"),
]
FORMATS = ["onnx", *(["tflite"] if importlib.util.find_spec("litert_torch") else [])]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Whether both sentences speak of the same thing; quotes are quotes, as in the published files."""
    folder = tmp_path_factory.mktemp("mrpc")
    generator = random.Random(0)
    kinds = list(itertools.product(WORDS, WORDS))
    for split, count in {"train": 80, "test": 24}.items():
        chosen = [*generator.choices(kinds, k=count // 2), *((word, word) for word in WORDS * (count // 8))]
        rows = [
            f'{int(one == other)}\t{number}\t{number + 1000}\tHe said "{split} {one}" {number}\t{other} , he said\n'
            for number, (one, other) in enumerate(chosen)
        ]
        (folder / f"msr_paraphrase_{split}.txt").write_text(HEADER + "".join(rows), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def made(data, tmp_path_factory):
    """The checkpoint, and its bundles by their formats."""
    folder = tmp_path_factory.mktemp("paraphrases")
    shape = "family=bert,layers=1,hidden=32,heads=2,ffn=32,vocabulary=200,max_length=32"
    training = "--epochs 1 --batch-size 16 --max-length 24 --learning-rate 1e-3"
    told(f"finetune --scratch {shape} --data {data} {training} -o {folder / 'bert'}")
    formats = "all" if len(FORMATS) > 1 else FORMATS[0]
    words = f"export {folder / 'bert'} --scheme float --max-length 16 --format {formats} -o {folder / 'bundles'}"
    assert CliRunner().invoke(cli, words.split()).exit_code == 0
    return folder / "bert", {name: folder / "bundles" / name for name in FORMATS}


def told(line, *more):
    found = CliRunner().invoke(cli, [*line.split(), *more, "--json"])
    assert found.exit_code == 0, found.output
    return json.loads(found.stdout)


@pytest.mark.parametrize("format", FORMATS)
def test_a_pair_is_answered_as_transformers_answers_it(made, format):
    checkpoint, bundles = made
    model = AutoModelForSequenceClassification.from_pretrained(checkpoint).eval()
    tokenizer = AutoTokenizer.from_pretrained(checkpoint)
    for text, pair in PAIRS:
        found = told(f"predict {bundles[format]} --pair", pair, text)
        with torch.inference_mode():
            # as a batch of one, for by itself an empty text would be no pair to transformers
            batch = tokenizer([(text, pair)], truncation=True, max_length=16, return_tensors="pt")
            wanted = model(**batch).logits[0].softmax(-1).numpy()
        scores = [found["scores"][label] for label in ("0", "1")]
        np.testing.assert_allclose(scores, wanted, atol=1e-4)
        assert found["label"] == str(wanted.argmax())


def test_checkpoint_and_bundles_are_evaluated_alike(made, data):
    checkpoint, bundles = made
    wanted = told(f"evaluate {checkpoint} --data {data} --max-length 16")
    assert (wanted["rows"], wanted["truncated"] > 0) == (24, True)
    for bundle in bundles.values():
        found = told(f"evaluate {bundle} --data {data} --against teacher={checkpoint} --max-length 16")
        for name in ("rows", "truncated", "accuracy", "macro_f1"):
            assert found[name] == wanted[name]
        assert (found["drops"][0]["lost"], found["drops"][0]["gained"]) == (0, 0)
