"""Inputs longer than the limit are cut by the model's own rule, and every evaluation and report says how many were."""

from __future__ import annotations

import json
import re
import shutil

import pytest
from click.testing import CliRunner
from tiny_checkpoint import LABELS, tiny_classifier, tiny_tokenizer
from transformers import AutoTokenizer, BertTokenizer

import edgekit.agent.inference.tokenizer
from edgekit.agent.inference.classifier import open_classifier
from edgekit.agent.inference.model_cache import ModelCache
from edgekit.cli import cli
from edgekit.data.splits import Split
from edgekit.data.tokens import tokenize
from edgekit.flows.evaluate.evaluate import evaluate
from edgekit.flows.export import export
from edgekit.flows.run.run import run
from edgekit.models.checkpoint import load_tokenizer, save_checkpoint
from edgekit.models.transformers_release import release
from edgekit.options.data_options import DataSpec
from edgekit.options.export_options import ExportOptions
from edgekit.options.recipe import Recipe
from edgekit.options.stage_options import EvaluateOptions

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


class CountingTokenizer:
    """A tokenizer of the library `tokenizers` that remembers every text it was given."""

    def __init__(self, real):
        self.real, self.texts = real, []

    def __getattr__(self, name):
        return getattr(self.real, name)

    def encode(self, text, *others, **options):
        self.texts.append(text)
        return self.real.encode(text, *others, **options)

    def encode_batch(self, texts, **options):
        self.texts += [text if isinstance(text, str) else text[0] for text in texts]
        return self.real.encode_batch(texts, **options)


@pytest.mark.parametrize("kind", ["checkpoint", "bundle", "device"])
def test_each_row_is_tokenized_once(checkpoint, bundle, written, kind, monkeypatch):
    rows, path = written
    counting = []

    def counted(real):
        counting.append(CountingTokenizer(real))
        return counting[-1]

    if kind == "checkpoint":

        def load(start):
            tokenizer = load_tokenizer(start)
            tokenizer._tokenizer = counted(tokenizer._tokenizer)
            return tokenizer

        monkeypatch.setattr("edgekit.models.checkpoint.load_tokenizer", load)
        found = evaluate(checkpoint, DataSpec(test=path), EvaluateOptions(max_length=LIMIT))
        truncated = found.accuracy.truncated
    else:
        load = edgekit.agent.inference.tokenizer.load_tokenizer
        monkeypatch.setattr("edgekit.agent.inference.tokenizer.load_tokenizer", lambda path: counted(load(path)))
        if kind == "bundle":
            truncated = evaluate(bundle, DataSpec(test=path), record=False).accuracy.truncated
        else:  # what the agent runs there
            truncated = ModelCache().classify((bundle, None, 1), rows)["truncated"]
    assert sorted(text for tokenizer in counting for text in tokenizer.texts) == sorted(text for text, _ in rows)
    assert truncated == too_long(checkpoint, rows)


@pytest.mark.parametrize("kind", sorted(ROWS))
def test_a_slow_tokenizer_counts_them_too(checkpoint, kind, tmp_path):
    if release() >= 5:
        pytest.skip("transformers 5 has no slow BertTokenizer")
    rows = ROWS[kind]
    fast = AutoTokenizer.from_pretrained(checkpoint)
    vocabulary = tmp_path / "vocab.txt"
    vocabulary.write_text("\n".join(sorted(fast.get_vocab(), key=fast.get_vocab().get)), encoding="utf-8")
    slow = BertTokenizer(vocabulary, do_lower_case=False, model_max_length=LIMIT)
    assert not slow.is_fast
    pairs = None if rows[0][1] is None else [pair for _, pair in rows]
    split = Split([text for text, _ in rows], pairs, [0] * len(rows))
    found = tokenize(slow, split, LIMIT)
    whole = [slow(text, pair, verbose=False)["input_ids"] for text, pair in rows]
    assert found.truncated == sum(len(ids) > LIMIT for ids in whole) > 0
    assert max(found.lengths) == LIMIT
