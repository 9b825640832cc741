"""Trimming a vocabulary by command, by recipe and as a step of a lineage that is run again."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from click.testing import CliRunner
from tiny_checkpoint import LABELS
from tiny_checkpoint import TEXTS as ENGLISH
from tiny_tokenizers import TEXTS

from edgekit.cli import cli
from edgekit.errors import UsageError
from edgekit.flows.train.prune import prune
from edgekit.models.checkpoint import load_classifier, load_decoder, load_tokenizer, open_checkpoint
from edgekit.models.registry import describe
from edgekit.options.data_options import DataSpec
from edgekit.options.train_options import PruneOptions


def data(folder):
    """Labelled rows of the English texts."""
    folder.mkdir()
    for split, count in {"train": 24, "validation": 12}.items():
        rows = [{"text": ENGLISH[n % 6], "label": LABELS[n % 3]} for n in range(count)]
        (folder / f"{split}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def run(*words):
    return CliRunner().invoke(cli, [str(word) for word in words])


def test_vocabulary_alone_cuts_and_trains_nothing_else(tmp_path, tiny_checkpoint):
    out, rows = tmp_path / "small", data(tmp_path / "rows")
    result = run("prune", tiny_checkpoint, "--vocabulary", 100, "--data", rows, "-o", out, "--json")
    assert result.exit_code == 0, result.output
    report = json.loads(result.output)
    assert report["vocabulary"]["after"] == 100
    assert report["vocabulary"]["same_ids"] <= report["vocabulary"]["texts"] == 24
    checkpoint = open_checkpoint(out)
    (step,) = checkpoint.extras.lineage
    assert step.vocabulary.model_dump(mode="json") == report["vocabulary"]
    assert (step.options["vocabulary"], step.options["heads"], step.options["epochs"]) == (100, 1, 0)
    assert (step.validation, checkpoint.extras.blocks) == (None, ())
    before, after = (load_classifier(open_checkpoint(path)).state_dict() for path in (tiny_checkpoint, out))
    changed = [name for name in before if before[name].shape != after[name].shape]
    assert changed == ["distilbert.embeddings.word_embeddings.weight"]
    assert all(torch.equal(before[name], after[name]) for name in before if name not in changed)
    again = run("reproduce", out, "--data", rows, "--model", tiny_checkpoint, "--json")
    assert again.exit_code == 0, again.output
    assert json.loads(again.output)["stages"][0]["verdict"] == "identical"


def test_texts_need_no_labels(tmp_path, tiny_checkpoint, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("texts.txt").write_text("\n".join(ENGLISH))
    result = run("prune", tiny_checkpoint, "--vocabulary", 100, "--texts", "texts.txt", "-o", "small")
    assert result.exit_code == 0, result.output
    assert "-> 100 tokens" in result.output
    assert "all with the same ids" in result.output
    again = run("reproduce", "small", "--model", tiny_checkpoint, "--json")
    assert json.loads(again.output)["stages"][0]["verdict"] == "identical"
    Path("texts.txt").write_text("others\n")
    again = run("reproduce", "small", "--model", tiny_checkpoint)
    assert isinstance(again.exception, UsageError)
    assert "not the file of texts that was recorded" in again.exception.message


def test_a_language_model_by_command(tmp_path, decoder_checkpoints):
    texts = tmp_path / "stories.txt"
    texts.write_text("\n\n".join(TEXTS[:8]))
    out = tmp_path / "small"
    result = run("prune", decoder_checkpoints["gpt2"], "--vocabulary", 280, "--texts", texts, "-o", out, "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.output)["vocabulary"]["after"] == 280
    assert load_decoder(open_checkpoint(out)).config.eos_token_id == 0
    kept = run("prune", decoder_checkpoints["gpt2"], "--vocabulary-from", texts, "-o", tmp_path / "kept", "--json")
    assert json.loads(kept.output)["vocabulary"]["texts_covered"] == 100
    assert json.loads(kept.output)["vocabulary"]["after"] < 300
    for words, complaint in (
        (("--vocabulary", 280), "none were given"),
        (("--texts", texts), "give vocabulary as well"),
        ((), "no text was given"),
        (("--vocabulary", 280, "--texts", texts, "--epochs", 1), "trimmed by itself"),
        (("--vocabulary", 280, "--data", "smart-home"), "no labelled rows"),
    ):
        refused = run("prune", decoder_checkpoints["gpt2"], *words, "-o", tmp_path / "no")
        assert isinstance(refused.exception, UsageError)
        assert complaint in f"{refused.exception} {refused.exception.advice}"


def test_with_heads_everything_is_done_and_the_teacher_reads_its_own_tokens(tmp_path, tiny_checkpoint):
    from edgekit.compress.pruning.prune import prune_classifier
    from edgekit.compress.pruning.vocabulary import VocabularyTexts
    from edgekit.data.splits import load_data

    options = PruneOptions(vocabulary=100, heads=0.5, samples=8, multiple_of=16, learning_rate=1e-5, patience=1)
    assert (options.ffn, options.epochs) == (0.5, 1)
    source = open_checkpoint(tiny_checkpoint)
    rows = load_data(DataSpec.from_text(str(data(tmp_path / "rows"))), labels=source.labels)
    work = tmp_path / "work"
    texts = VocabularyTexts([rows.train.pairs_of_text()])
    made = prune_classifier(source, rows, options, texts=texts, folder=work)
    assert len(made.tokenizer) == made.model.config.vocab_size == 100
    assert sum(block.heads for block in describe(made.model).blocks) == 4
    assert made.trained is not None
    (kept,) = work.glob("*.npy")
    old, tokenizer = load_classifier(source), load_tokenizer(source)
    with torch.no_grad():
        wanted = torch.cat([old(**tokenizer(text, return_tensors="pt")).logits for text in rows.train.texts])
    assert np.allclose(np.load(kept), wanted, atol=1e-4)


def test_a_vocabulary_in_a_recipe():
    from edgekit.options.recipe import Stages

    alone = Stages.parse({"prune": {"vocabulary": 8000}}, "recipe").prune
    assert (alone.vocabulary, alone.heads, alone.ffn, alone.epochs) == (8000, 1, 1, 0)
    assert PruneOptions.parse(alone.model_dump(mode="json"), "lineage") == alone
    more = PruneOptions(vocabulary=8000, epochs=2)
    assert (more.heads, more.epochs) == (1, 2)
    plain = PruneOptions()
    assert (plain.vocabulary, plain.heads, plain.ffn, plain.epochs) == (None, 0.75, 0.5, 1)


def test_the_same_twice(tmp_path, tiny_checkpoint):
    rows = DataSpec.from_text(str(data(tmp_path / "rows")))
    made = [prune(tiny_checkpoint, rows, tmp_path / name, PruneOptions(vocabulary=100)) for name in ("one", "two")]
    first, second = (open_checkpoint(path).extras.lineage[-1] for path in made)
    assert first.output == second.output
    assert first.vocabulary == second.vocabulary
