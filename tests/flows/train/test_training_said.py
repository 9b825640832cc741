"""What a training says of its data, of its course and at its end: in a log, and whole in `--json`."""

from __future__ import annotations

import json
import re
import shutil

import numpy as np
import pytest
from command_line import edgekit
from tiny_recipe import rows, write_data

from edgekit.bundle.manifest import CheckpointExtras
from edgekit.cli import progress as shown
from edgekit.data.splits import load_data
from edgekit.io.progress import SILENT
from edgekit.models.checkpoint import load_tokenizer, open_checkpoint
from edgekit.options.data_options import DataSpec

TINY = ("--scratch", "layers=1,hidden=16,heads=2,ffn=32,vocabulary=200,max_length=32")
OPTIONS = ("--batch-size", "16", "--learning-rate", "3e-3")


def write_rows(path, pairs):
    path.write_text("text\tlabel\n" + "".join(f"{text}\t{label}\n" for text, label in pairs))


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_data(tmp_path_factory.mktemp("said") / "data")


@pytest.fixture(scope="module")
def teacher(tmp_path_factory, data):
    """A training by the command line: its folder, stdout and stderr, which is no terminal."""
    out = tmp_path_factory.mktemp("teacher") / "teacher"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shown, "LINE_SECONDS", 0.05)
        done = edgekit(
            "finetune",
            *TINY,
            "--data",
            data,
            *OPTIONS,
            "--epochs",
            2,
            "--validations",
            2,
            "--max-length",
            6,
            "-o",
            out,
        )
    return out, *done


def test_a_log_says_what_was_understood(teacher):
    _, code, _, err = teacher
    assert code == 0, err
    assert "data data: text from text, label from label\n" in err
    assert "  train: 600 rows; 3 labels: door 33.3 %, light 33.3 %, music 33.3 %\n" in err
    assert "  test: 150 rows;" in err
    assert re.search(r"a training row has 7 tokens at the median, [78] at p95; 600 \(1e\+02 %\)|600 \(100 %\)", err), (
        err
    )


def test_a_log_goes_on_while_it_trains(teacher):
    err = teacher[3]
    lines = [line for line in err.splitlines() if line.startswith("finetune: ") and "step" in line]
    ticks = [line for line in lines if "left" in line]
    assert ticks, err
    assert any(re.search(r"\d+ %, step \d+ of 76, loss [\d.]+, [\d,]+ rows/s", line) for line in ticks), ticks
    validations = [line for line in lines if line.startswith("finetune: step ")]
    assert len(validations) == 4
    assert re.search(r"step 19 of 76, loss [\d.]+, [\d,]+ rows/s, validation [\d.]+ %$", validations[0])
    (end,) = (line for line in err.splitlines() if " in all: " in line)
    assert re.search(r"in all: reading [\d.]+ s, tokenizing [\d.]+ s, training [\d.]+ s, a bag of words", end), end


def test_the_checkpoint_keeps_how_it_went(teacher, data):
    out, *_ = teacher
    record = CheckpointExtras.read(out / "edgekit.json").training
    counted = {split: facts.rows for split, facts in record.data.splits.items()}
    assert counted == {"train": 600, "validation": 90, "test": 150}
    assert record.data.columns == {"text": "text", "label": "label"}
    assert record.data.splits["train"].labels == {"door": 200, "light": 200, "music": 200}
    log = record.training
    assert (log.metric, log.steps, log.done) == ("accuracy", 76, 76)
    assert [point.step for point in log.losses] == list(range(1, 77))
    assert [point.step for point in log.validations] == [19, 38, 57, 76]
    assert np.mean([point.loss for point in log.losses[-10:]]) < log.losses[0].loss
    best = max(log.validations, key=lambda point: point.value)
    assert log.best_step == best.step
    (step,) = CheckpointExtras.read(out / "edgekit.json").lineage
    assert step.validation.accuracy == pytest.approx(best.value)
    assert {"reading", "tokenizing", "training", "other"} <= record.seconds.keys()


def test_lengths_are_those_before_the_cut(teacher, data):
    out, *_ = teacher
    lengths = CheckpointExtras.read(out / "edgekit.json").training.training.tokens
    tokenizer = load_tokenizer(open_checkpoint(out))
    rows = load_data(DataSpec.from_text(str(data)), progress=SILENT)
    whole = [len(tokenizer(text)["input_ids"]) for text in rows.train.texts]
    assert (lengths.p50, lengths.p95, lengths.longest) == (*np.percentile(whole, [50, 95]), max(whole))
    assert (lengths.max_length, lengths.truncated) == (6, sum(length > 6 for length in whole))


@pytest.mark.parametrize("pairs", [False, True])
def test_whole_lengths_of_texts_and_of_pairs(teacher, pairs):
    from edgekit.data.splits import Split
    from edgekit.data.tokens import tokenize

    tokenizer = load_tokenizer(open_checkpoint(teacher[0]))
    texts = ["door lamp the now please " * count for count in (0, 1, 2, 5, 9)]
    second = texts[::-1] if pairs else None
    found = tokenize(tokenizer, Split(texts, second, [0] * 5), 12)
    whole = [len(ids) for ids in tokenizer(texts, second)["input_ids"]]
    assert found.whole_lengths.tolist() == whole
    assert found.truncated == sum(length > 12 for length in whole)


def test_json_holds_it_all(teacher, data, tmp_path):
    arguments = ("--data", data, *OPTIONS, "--epochs", 1, "--json", "-o")
    code, out, err = edgekit("distill", teacher[0], "--student", "layers=1", *arguments, tmp_path / "student")
    assert (code, err) == (0, ""), err
    found = json.loads(out)
    assert found.keys() == {"checkpoint", "data", "training", "seconds", "hints"}
    assert found["data"]["splits"]["train"]["rows"] == 600
    assert found["training"]["validations"][-1]["step"] == found["training"]["done"] == 38
    code, out, err = edgekit("prune", teacher[0], "--ffn", 0.5, "--multiple-of", 8, *arguments, tmp_path / "pruned")
    assert (code, err) == (0, ""), err
    assert json.loads(out)["training"]["metric"] == "accuracy"


def test_text_of_a_language_model(tmp_path):
    (tmp_path / "stories.txt").write_text("the lamp in the kitchen is bright now\n" * 400)
    shape = "family=gpt2,layers=1,hidden=16,heads=2,ffn=32,vocabulary=300,max_length=32"
    code, _, err = edgekit(
        *("finetune", "--scratch", shape, "--train", tmp_path / "stories.txt", "--max-length", 16, "--epochs", 1),
        *("-o", tmp_path / "gpt2"),
    )
    assert code == 0, err
    assert "  train: 1 document (each is the whole file), 0.02 MB of text\n" in err
    assert re.search(r"finetune: [\d,]+ blocks of 16 tokens\n", err), err
    assert re.search(r"step \d+ of \d+, loss [\d.]+, [\d,]+ rows/s, validation perplexity", err), err
    log = CheckpointExtras.read(tmp_path / "gpt2" / "edgekit.json").training.training
    assert log.metric == "perplexity" and log.validations[-1].value > 1


def test_an_interrupted_training_has_its_whole_course(tmp_path, data, monkeypatch):
    from edgekit.compress.training import callbacks
    from edgekit.flows.train.train import finetune
    from edgekit.options.train_options import FinetuneOptions
    from edgekit.schema.shape import Scratch

    options = FinetuneOptions(epochs=2, batch_size=16, learning_rate=3e-3)
    scratch = Scratch.from_text(TINY[1])
    say = callbacks._reporter

    def stopping(job, metric, advance, meter):
        def advance_until(done, note=""):
            if done == 50:
                raise KeyboardInterrupt
            advance(done, note)

        return say(job, metric, advance_until, meter)

    monkeypatch.setattr(callbacks, "_reporter", stopping)
    with pytest.raises(KeyboardInterrupt):
        finetune(scratch, DataSpec.from_text(str(data)), tmp_path / "out", options)
    monkeypatch.setattr(callbacks, "_reporter", say)
    finetune(scratch, DataSpec.from_text(str(data)), tmp_path / "out", options)
    log = CheckpointExtras.read(tmp_path / "out" / "edgekit.json").training.training
    assert [point.step for point in log.losses] == list(range(1, 77))
    assert [point.step for point in log.validations] == [38, 76]


def hints(tmp_path, data, *options):
    code, out, err = edgekit("finetune", *TINY, "--data", data, *options, "--json", "-o", tmp_path / "out")
    assert code == 0, err
    return json.loads(out)["hints"]


def test_hints_of_uneven_labels_and_of_one_never_predicted(tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    made = rows(900, 1)
    write_rows(
        data / "train.tsv", [row for row in made if row[1] != "door"] + [row for row in made if row[1] == "door"][:8]
    )
    write_rows(data / "validation.tsv", rows(90, 2))
    found = hints(tmp_path, data, "--epochs", 3, *OPTIONS)
    assert "door 8; --class-weights balanced" in found[0]
    assert any("never predicted" in hint and "door" in hint for hint in found), found
    shutil.rmtree(tmp_path / "out")
    found = hints(tmp_path, data, "--epochs", 1, *OPTIONS, "--class-weights", "balanced")
    assert not any("unevenly spread" in hint for hint in found)


def test_hint_of_a_training_that_ended_too_early(tmp_path, data):
    found = hints(tmp_path, data, "--epochs", 2, *OPTIONS)
    assert any("still improving" in hint and "--epochs 4" in hint for hint in found), found


def test_hint_of_a_model_that_learned_nothing(tmp_path, data):
    found = hints(tmp_path, data, "--epochs", 0.1, "--learning-rate", "1e-9")
    assert any(hint.startswith("the model is no better than saying") for hint in found), found


def test_hint_of_a_bag_of_words_that_does_better(tmp_path, data):
    """After two passes the model knows two labels of three; words tell all of them."""
    found = hints(tmp_path, data, "--epochs", 2, *OPTIONS)
    log = CheckpointExtras.read(tmp_path / "out" / "edgekit.json").training.training
    best = max(point.value for point in log.validations)
    assert log.bag_of_words > 95 and 100 / 3 < best < log.bag_of_words
    assert any(f"a bag of words does better on validation ({log.bag_of_words:.2f} %" in hint for hint in found), found
