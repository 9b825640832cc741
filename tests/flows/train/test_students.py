"""Students of every kind: of another family, from another checkpoint, with more rows, on a decoder's body."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner
from tiny_decoder import byte_level_bpe, save_decoder, tiny_gpt2, tiny_llama
from tiny_recipe import rows, write_data

import edgekit.compress.training.callbacks
from edgekit.cli import cli
from edgekit.errors import UsageError
from edgekit.flows.evaluate.evaluate import evaluate
from edgekit.flows.train.prune import prune
from edgekit.flows.train.train import distill, finetune
from edgekit.io.hashing import file_sha256
from edgekit.models.checkpoint import load_classifier, load_tokenizer, open_checkpoint
from edgekit.options.data_options import DataSpec
from edgekit.options.stage_options import EvaluateOptions
from edgekit.options.train_options import DistillOptions, FinetuneOptions, PruneOptions
from edgekit.schema.shape import Scratch, WantedShape

SHAPE = {"layers": 2, "hidden": 32, "heads": 2, "ffn": 64, "vocabulary": 300, "max_length": 32}
TRAINING = {"epochs": 1, "batch_size": 16, "max_length": 32, "learning_rate": 3e-3}


SLOW = pytest.mark.slow


def scratch(family: str) -> Scratch:
    return Scratch(family=family, **SHAPE)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return DataSpec.from_text(str(write_data(tmp_path_factory.mktemp("students") / "data")))


@pytest.fixture(scope="module")
def teacher(data, tmp_path_factory):
    """A BERT, trained well."""
    out = tmp_path_factory.mktemp("students") / "teacher"
    return finetune(scratch("bert"), data, out, FinetuneOptions(**TRAINING | {"epochs": 6}))


def accuracy(checkpoint: Path, data: DataSpec) -> float:
    return evaluate(checkpoint, data, EvaluateOptions(max_length=32)).accuracy.accuracy


@pytest.mark.parametrize(
    "family", ["gpt2", *(pytest.param(it, marks=SLOW) for it in ("albert", "distilbert", "llama"))]
)
def test_a_student_of_another_family_with_tokens_of_its_own_learns(data, teacher, tmp_path, family):
    options = DistillOptions(**TRAINING | {"epochs": 4}, scratch=scratch(family))
    student = distill(teacher, data, tmp_path / "student", options)
    assert open_checkpoint(student).family == family
    assert open_checkpoint(student).labels == open_checkpoint(teacher).labels
    assert accuracy(student, data) > 60, "a third is chance"


@pytest.mark.parametrize("family", ["albert", pytest.param("distilbert", marks=SLOW)])
def test_a_student_cut_from_its_teacher_may_be_of_another_family(data, teacher, tmp_path, family):
    told = f"{teacher} --data {data.train.parent} --student family={family},layers=1 --hidden-weight 1 --json"
    told += f" --epochs 1 --batch-size 16 --max-length 32 --learning-rate 1e-3 -o {tmp_path / 'student'}"
    found = CliRunner().invoke(cli, ["distill", *told.split()])
    assert found.exit_code == 0, found.output
    student = open_checkpoint(tmp_path / "student")
    assert student.family == family and student.labels == open_checkpoint(teacher).labels
    assert accuracy(student.path, data) > 80, "in a pass from nothing it hardly moves from a third"


def test_a_teacher_is_asked_what_it_reads_where_its_student_reads_more(data, tmp_path):
    start = FinetuneOptions(**TRAINING | {"epochs": 3})
    teacher = finetune(scratch("distilbert"), data, tmp_path / "teacher", start)
    options = DistillOptions(**TRAINING, student=WantedShape.from_text("family=albert,layers=1"))
    student = distill(teacher, data, tmp_path / "student", options)
    assert accuracy(student, data) > 60, "a third is chance"
    recovery = PruneOptions(**TRAINING, ffn=0.5)
    pruned = prune(student, data, tmp_path / "pruned", recovery, teacher=teacher)
    assert accuracy(pruned, data) > 60


def test_recovery_follows_no_teacher_of_other_labels(data, teacher, tmp_path):
    for name, change in (("fewer", lambda told: told[:-1]), ("more", lambda told: [*told, "alarm"])):
        labels = change(list(open_checkpoint(teacher).labels))
        shutil.copytree(teacher, tmp_path / name)
        config = json.loads((tmp_path / name / "config.json").read_text())
        config |= {"id2label": dict(enumerate(labels)), "label2id": {label: i for i, label in enumerate(labels)}}
        (tmp_path / name / "config.json").write_text(json.dumps(config))
        with pytest.raises(UsageError, match="has other labels than"):
            prune(teacher, data, tmp_path / "pruned", PruneOptions(**TRAINING, ffn=0.5), teacher=tmp_path / name)
        assert not (tmp_path / "pruned").exists()


def test_an_encoder_needs_a_tokenizer_that_begins_every_text(data, tmp_path):
    tokenizer = byte_level_bpe()
    tokenizer.pad_token = tokenizer.eos_token
    tokenizer.save_pretrained(tmp_path / "bpe")
    options = FinetuneOptions(**TRAINING, tokenizer=tmp_path / "bpe")
    with pytest.raises(UsageError, match="puts no token before a text"):
        finetune(scratch("distilbert"), data, tmp_path / "made", options)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("family=gpt2", "student of the family gpt2 cannot be cut from a teacher of the family bert"),
        ("family=albrt", "'albrt'"),
        ("layers=1,embedding=16", "embedding is for albert"),
    ],
)
def test_a_family_that_no_student_can_have_is_refused(data, teacher, tmp_path, asked, said):
    with pytest.raises(UsageError, match=said):
        distill(teacher, data, tmp_path / "student", DistillOptions(student=WantedShape.from_text(asked)))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("family", ["albert", pytest.param("distilbert", marks=SLOW)])
def test_with_the_teachers_tokenizer_another_family_can_be_followed_inside(data, teacher, tmp_path, family):
    inside = {"hidden_weight": 1, "relation_weight": 1, "tokenizer": teacher}
    options = DistillOptions(**TRAINING | inside, scratch=scratch(family))
    student = distill(teacher, data, tmp_path / "student", options)
    found = load_tokenizer(open_checkpoint(student))
    assert found.get_vocab() == load_tokenizer(open_checkpoint(teacher)).get_vocab()
    assert ("token_type_ids" in found.model_input_names) == (family == "albert")
    assert not any("edgekit" in name for name in load_classifier(open_checkpoint(student)).state_dict())
    step = open_checkpoint(student).extras.lineage[-1]
    assert step.options["tokenizer"] == "teacher" and "tokenizer" in step.inputs


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"scratch": scratch("gpt2"), "hidden_weight": 1}, "gpt2 is none"),
        ({"student": WantedShape(layers=1), "relation_weight": 1, "relation_heads": 7}, "do not divide"),
    ],
)
def test_what_cannot_be_followed_is_refused_in_one_line(data, teacher, tmp_path, options, said):
    with pytest.raises(UsageError, match=said):
        distill(teacher, data, tmp_path / "student", DistillOptions(**TRAINING, **options))
    assert list(tmp_path.iterdir()) == []


def test_a_student_with_other_tokens_cannot_be_followed_inside(data, teacher, tmp_path):
    pieces = sorted(load_tokenizer(open_checkpoint(teacher)).get_vocab(), reverse=True)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "vocab.txt").write_text("\n".join(pieces) + "\n")
    options = DistillOptions(**TRAINING, scratch=scratch("albert"), tokenizer=tmp_path / "other", relation_weight=1)
    with pytest.raises(UsageError, match="the teacher's tokens alone"):
        distill(teacher, data, tmp_path / "student", options)


def test_a_student_starts_from_another_checkpoint(data, teacher, tmp_path):
    start = finetune(scratch("distilbert"), data, tmp_path / "start", FinetuneOptions(**TRAINING))
    options = DistillOptions(**TRAINING, student_from=str(start))
    student = distill(teacher, data, tmp_path / "student", options)
    step = open_checkpoint(student).extras.lineage[-1]
    assert step.options["student_from"] == "start"
    assert len(step.inputs["student"]) == 64
    assert load_tokenizer(open_checkpoint(student)).get_vocab() == load_tokenizer(open_checkpoint(start)).get_vocab()


@pytest.mark.parametrize("given", [{"hidden_weight": 0.5}, pytest.param({"relation_weight": 2.0}, marks=SLOW)])
def test_what_is_followed_inside_changes_the_student_and_is_the_same_every_time(data, teacher, tmp_path, given):
    options = DistillOptions(**TRAINING, student=WantedShape(layers=1, hidden=16), **given)
    plain = options.model_copy(update=dict.fromkeys(given, 0.0))
    made = [
        file_sha256(distill(teacher, data, tmp_path / name, told) / "model.safetensors")
        for name, told in (("a", options), ("b", options), ("c", plain))
    ]
    assert made[0] == made[1] != made[2]


def test_more_rows_are_labelled_by_the_teacher(data, teacher, tmp_path):
    texts = tmp_path / "more.txt"
    texts.write_text("\n".join(text for text, _ in rows(200, seed=9)) + "\n")
    told = f"{teacher} --data {data.train.parent} --student layers=1 --unlabeled {texts} --augment 1 --epochs 2"
    told += f" --batch-size 16 --max-length 32 --learning-rate 3e-3 -o {tmp_path / 'student'} --json"
    found = CliRunner().invoke(cli, ["distill", *told.split()])
    assert found.exit_code == 0, found.output
    assert json.loads(found.stdout)["checkpoint"] == str(tmp_path / "student")
    step = open_checkpoint(tmp_path / "student").extras.lineage[-1]
    assert step.options["unlabeled"] == "more.txt" and step.inputs["unlabeled"] == file_sha256(texts)
    assert accuracy(tmp_path / "student", data) > 60


@pytest.mark.parametrize("make", [tiny_gpt2, pytest.param(tiny_llama, marks=SLOW)])
def test_a_pretrained_decoder_becomes_a_classifier_that_teaches(data, tmp_path, make):
    tokenizer = byte_level_bpe()
    assert tokenizer.pad_token is None
    model = make(tokenizer)
    for parameter in model.parameters():
        parameter.data *= 0.2 if parameter.ndim == 2 else 1  # from which it can learn in a few steps
    start = save_decoder(model, tokenizer, tmp_path / "start")
    options = FinetuneOptions(**TRAINING | {"epochs": 3}, task="text-classification")
    made = finetune(start, data, tmp_path / "made", options)
    checkpoint = open_checkpoint(made)
    model, read = load_classifier(checkpoint), load_tokenizer(checkpoint)
    assert type(model).__name__.endswith("ForSequenceClassification")
    assert model.config.pad_token_id == read.pad_token_id == tokenizer.eos_token_id
    assert read("")["input_ids"] == [tokenizer.eos_token_id], "an empty text has a token too"
    assert "token_type_ids" not in read("a text")
    assert accuracy(made, data) > 60
    options = DistillOptions(**TRAINING, student=WantedShape(layers=1, hidden=32))
    student = distill(made, data, tmp_path / "student", options)
    assert open_checkpoint(student).family == open_checkpoint(start).family
    assert accuracy(student, data) > 40


def test_an_answer_does_not_depend_on_the_rows_beside_it(data, tmp_path):
    import torch

    made = finetune(scratch("gpt2"), data, tmp_path / "made", FinetuneOptions(**TRAINING, task="text-classification"))
    model, tokenizer = load_classifier(open_checkpoint(made)), load_tokenizer(open_checkpoint(made))
    short, long = "the lamp", "please turn the bright lamp in my kitchen on now"
    with torch.no_grad():
        alone = model(**tokenizer([short], return_tensors="pt")).logits
        beside = model(**tokenizer([short, long], return_tensors="pt", padding=True)).logits[:1]
    assert torch.allclose(alone, beside, atol=1e-5)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"student": "layers=2", "scratch": "layers=2"}, "give one"),
        ({"tokenizer": "x"}, "from scratch"),
    ],
)
def test_options_that_exclude_each_other_are_refused(teacher, given, said):
    words = [word for name, value in given.items() for word in (f"--{name}", value)]
    with pytest.raises(UsageError, match=said):
        cli.main(["distill", str(teacher), "--data", "smart-home", *words], standalone_mode=False)


def test_a_published_vocabulary_is_a_tokenizer(data, teacher, tmp_path):
    vocabulary = sorted(load_tokenizer(open_checkpoint(teacher)).get_vocab().items(), key=lambda item: item[1])
    folder = tmp_path / "vocabulary"
    folder.mkdir()
    (folder / "vocab.txt").write_text("\n".join(piece for piece, _ in vocabulary) + "\n")
    told = "--scratch family=bert,layers=1,hidden=32,heads=2,ffn=64,max_length=32 --epochs 1 --max-length 32"
    words = ["finetune", *told.split(), "--tokenizer", str(folder), "--data", str(data.train.parent)]
    found = CliRunner().invoke(cli, [*words, "-o", str(tmp_path / "made")])
    assert found.exit_code == 0, found.output
    read, wanted = load_tokenizer(open_checkpoint(tmp_path / "made")), load_tokenizer(open_checkpoint(teacher))
    assert read("Turn the LAMP on")["input_ids"] == wanted("turn the lamp on")["input_ids"]


def test_accumulated_batches_are_one_large_one(data, tmp_path):
    """Without dropout and on rows of one length the mean over two batches of 8 is that over one of 16."""
    import numpy as np
    from safetensors.numpy import load_file

    shape = scratch("distilbert").model_copy(update={"dropout": 0.0})
    weights = []
    for name, given in (("one", {"batch_size": 600}), ("two", {"batch_size": 300, "gradient_accumulation": 2})):
        options = FinetuneOptions(**TRAINING | {"learning_rate": 1e-3} | given)
        weights.append(load_file(finetune(shape, data, tmp_path / name, options) / "model.safetensors"))
    for name, value in weights[0].items():
        np.testing.assert_allclose(value, weights[1][name], atol=2e-4, err_msg=name)


def test_bfloat16_trains_weights_that_stay_float32_and_only_where_asked(data, tmp_path):
    from safetensors.numpy import load_file

    def trained(name, **given):
        return load_file(
            finetune(scratch("distilbert"), data, tmp_path / name, FinetuneOptions(**TRAINING, **given))
            / "model.safetensors"
        )

    before, short, after = trained("before"), trained("short", bf16=True), trained("after")
    assert {value.dtype.name for value in short.values()} == {"float32"}
    assert any((short[name] != value).any() for name, value in before.items())
    for name, value in before.items():
        assert (value == after[name]).all(), name


class Killed(BaseException):
    """Stands for the end of the process in the middle of a step."""


class Fragile:
    """Progress under which the training is killed after a step."""

    def __init__(self, after):
        self.after = after

    @contextmanager
    def task(self, title, total=None):
        def advance(done, note=""):
            if title == "distill" and done == self.after:
                raise Killed

        yield advance

    def say(self, text):
        pass


@pytest.mark.parametrize("after", [13, *(pytest.param(it, marks=SLOW) for it in (2, 10))])
def test_killed_while_following_inside_it_ends_in_the_same_weights(data, teacher, tmp_path, monkeypatch, after):
    """600 rows in batches of 64 are 10 steps an epoch; the projections are learned anew by no one."""
    monkeypatch.setattr(edgekit.compress.training.callbacks, "SAVE_SECONDS", 0.0)
    monkeypatch.setattr("os.fsync", lambda descriptor: None)
    inside = {"hidden_weight": 1, "relation_weight": 1, "student": WantedShape(layers=1, hidden=16)}
    options = DistillOptions(**TRAINING | {"epochs": 1.5, "batch_size": 64}, **inside)
    with pytest.raises(Killed):
        distill(teacher, data, tmp_path / "killed", options, progress=Fragile(after))
    made = [distill(teacher, data, tmp_path / name, options) for name in ("killed", "whole")]
    one, other = (file_sha256(path / "model.safetensors") for path in made)
    assert one == other


@pytest.mark.slow
@pytest.mark.parametrize("inside", [False, True])
def test_two_processes_train_one_student_and_one_of_them_writes(data, teacher, tmp_path, inside):
    out = tmp_path / "student"
    told = f"distill {teacher} --data {data.train.parent} --student layers=1,hidden=16 --epochs 2 --batch-size 8"
    told += f" --max-length 32 --learning-rate 3e-3 -o {out} --json"
    told += " --relation-weight 1 --hidden-weight 1" if inside else ""
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    environment = os.environ | {"ACCELERATE_USE_CPU": "true", "OMP_NUM_THREADS": "1"}
    found = subprocess.run(
        [*launch, "-m", "edgekit", *told.split()], capture_output=True, text=True, env=environment, timeout=500
    )
    assert found.returncode == 0, found.stderr[-3000:]
    assert json.loads(found.stdout)["checkpoint"] == str(out), "one process speaks"
    assert [path.name for path in tmp_path.iterdir()] == ["student"]
    validation = open_checkpoint(out).extras.lineage[-1].validation
    assert validation.rows == 90 and validation.accuracy > 40
    load_classifier(open_checkpoint(out))
