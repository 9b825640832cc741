"""The numbers of classes: a checkpoint's own hold in whatever order data and teachers name them."""

from __future__ import annotations

import json
import random
import shutil

import pytest
from command_line import edgekit
from tiny_checkpoint import LABELS, tiny_classifier, tiny_tokenizer
from tiny_decoder import byte_level_bpe, save_decoder, tiny_classifier_of, tiny_gpt2

from edgekit.models.checkpoint import load_classifier, load_tokenizer, open_checkpoint, save_checkpoint

WORDS = [
    "turn",
    "on",
    "the",
    "kitchen",
    "lights",
    "what",
    "is",
    "weather",
    "in",
    "paris",
    "set",
    "an",
    "alarm",
    "for",
    "seven",
    "play",
    "quiet",
    "music",
]
# a training that changes nothing
NOTHING = ("--epochs", "1", "--learning-rate", "1e-9", "--max-length", "32")


def texts(count, seed):
    generator = random.Random(seed)
    return [" ".join(generator.choices(WORDS, k=generator.randint(3, 9))) for _ in range(count)]


def answers(folder, rows):
    """The place of the highest logit of each text, by transformers alone."""
    import torch

    checkpoint = open_checkpoint(folder)
    model, tokenizer = load_classifier(checkpoint), load_tokenizer(checkpoint)
    with torch.no_grad():
        given = tokenizer(rows, padding=True, truncation=True, max_length=32, return_tensors="pt")
        return model(**given).logits.argmax(-1).tolist()


@pytest.fixture(scope="module", params=["distilbert", "roberta", "gpt2"])
def checkpoint(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("numbered") / request.param
    if request.param == "gpt2":
        tokenizer = byte_level_bpe()
        model = tiny_classifier_of(tiny_gpt2(tokenizer), tokenizer)
        balance(model, tokenizer)
        return save_decoder(model, tokenizer, folder)
    tokenizer = tiny_tokenizer(request.param)
    model = tiny_classifier(tokenizer, family=request.param)
    balance(model, tokenizer)
    folder.mkdir()
    save_checkpoint(model, tokenizer, folder, lineage=())
    return folder


def balance(model, tokenizer):
    """Give the head three rows of which each is the highest for some texts, with a bias or without."""
    import torch

    head = next(layer for layer in reversed(list(model.modules())) if getattr(layer, "out_features", 0) == 3)
    states = []
    hook = head.register_forward_pre_hook(lambda _, inputs: states.append(inputs[0].detach()))
    with torch.no_grad():
        for text in texts(80, 7):
            model(**tokenizer(text, truncation=True, max_length=32, return_tensors="pt"))
        found = torch.stack([state.reshape(-1, state.shape[-1])[-1] for state in states])
        mean = found.mean(0)
        # a third of a turn each in the plane in which the states differ most, and nothing along their mean
        plane = torch.linalg.svd(found - mean)[2][:2]
        turns = torch.arange(3) * 2 * torch.pi / 3
        rows = torch.stack([turns.cos(), turns.sin()], 1) @ plane
        head.weight.copy_(50 * (rows - torch.outer(rows @ mean, mean) / (mean @ mean)))
        if head.bias is not None:
            head.bias.zero_()
    hook.remove()


def named(checkpoint, labels, out):
    """A copy of a checkpoint whose classes have other names; without any, those that transformers gives by default."""
    shutil.copytree(checkpoint, out)
    config = json.loads((out / "config.json").read_text())
    del config["id2label"], config["label2id"]
    if labels is None:
        config["num_labels"] = 3
    else:
        config["id2label"] = dict(enumerate(labels))
        config["label2id"] = {label: place for place, label in enumerate(labels)}
    (out / "config.json").write_text(json.dumps(config))
    return out


def data_of(checkpoint, labels, folder):
    """Rows with the labels that the checkpoint gives them, called by these names; the first has the last class."""
    folder.mkdir()
    for number, (split, count) in enumerate((("train", 120), ("validation", 40), ("test", 60))):
        found = texts(count, number)
        lines = [f"{text}\t{labels[place]}\n" for text, place in zip(found, answers(checkpoint, found), strict=True)]
        (folder / f"{split}.tsv").write_text("text\tlabel\n" + "".join(sorted(lines, reverse=True)))
    return folder


def accuracy(folder, data):
    code, out, err = edgekit("evaluate", folder, "--data", data / "test.tsv", "--max-length", 32, "--json")
    assert code == 0, err
    return json.loads(out)["accuracy"]


# the labels of a checkpoint, and those of the rows
NUMBERINGS = {
    "names": (("zebra", "mouse", "ant"), ("zebra", "mouse", "ant")),
    "default": (None, ("0", "1", "2")),
    "default by name": (None, ("LABEL_0", "LABEL_1", "LABEL_2")),
    "named by position": (("zebra", "mouse", "ant"), ("0", "1", "2")),
    "numbers in another order": (("2", "0", "1"), ("2", "0", "1")),
}
# an encoder with all of them, a decoder with one; which is which is found out in the same place whatever the family
USUAL = [*(("distilbert", name) for name in NUMBERINGS), ("gpt2", "named by position")]
CASES = [
    pytest.param(family, *labels, id=f"{family}-{name}", marks=() if (family, name) in USUAL else pytest.mark.slow)
    for family in ("distilbert", "roberta", "gpt2")
    for name, labels in NUMBERINGS.items()
]


@pytest.mark.parametrize(("checkpoint", "own", "others"), CASES, indirect=["checkpoint"])
def test_a_training_that_changes_nothing_keeps_every_answer(checkpoint, own, others, tmp_path):
    start = named(checkpoint, own, tmp_path / "start")
    data = data_of(start, others, tmp_path / "data")
    code, _, err = edgekit("finetune", start, "--data", data, *NOTHING, "-o", tmp_path / "tuned")
    assert (code, "new head" in err) == (0, False), err
    assert accuracy(tmp_path / "tuned", data) == 100
    assert open_checkpoint(tmp_path / "tuned").labels == open_checkpoint(start).labels


@pytest.mark.parametrize("checkpoint", ["distilbert"], indirect=True)
def test_classes_that_only_other_splits_have_are_the_checkpoints_too(checkpoint, tmp_path):
    start = named(checkpoint, ("zebra", "mouse", "ant"), tmp_path / "start")
    data = data_of(start, ("zebra", "mouse", "ant"), tmp_path / "data")
    lines = (data / "train.tsv").read_text().splitlines(keepends=True)
    common = max(("zebra", "mouse", "ant"), key=lambda label: sum(line.endswith(f"{label}\n") for line in lines))
    (data / "train.tsv").write_text("".join(line for line in lines if line.endswith((f"{common}\n", "label\n"))))
    code, _, err = edgekit("finetune", start, "--data", data, *NOTHING, "-o", tmp_path / "tuned")
    assert code == 0, err
    assert accuracy(tmp_path / "tuned", data) == 100


@pytest.mark.parametrize("checkpoint", ["roberta"], indirect=True)
@pytest.mark.parametrize("others", [("red", "green", "blue"), ("0", "1", "3"), ("zebra", "mouse", "cat")])
def test_other_labels_get_a_new_head_and_one_line_says_so(checkpoint, others, tmp_path):
    start = named(checkpoint, ("zebra", "mouse", "ant"), tmp_path / "start")
    data = data_of(start, others, tmp_path / "data")
    code, _, err = edgekit("finetune", start, "--data", data, *NOTHING, "-o", tmp_path / "tuned")
    assert code == 0, err
    (line,) = (line for line in err.splitlines() if "new head" in line)
    assert "zebra, mouse, ant" in line
    assert open_checkpoint(tmp_path / "tuned").labels == tuple(sorted(others))
    old, new = (load_classifier(open_checkpoint(it)) for it in (start, tmp_path / "tuned"))
    head = next(name for name, weight in old.named_parameters() if weight.shape[0] == 3 and weight.ndim == 2)
    before, after = (model.get_parameter(head).flatten() for model in (old, new))
    assert abs(float(before @ after / before.norm() / after.norm())) < 0.5


@pytest.mark.parametrize("checkpoint", ["roberta"], indirect=True)
def test_a_label_of_several_lines_is_named_on_one(checkpoint, tmp_path):
    start = named(checkpoint, ("ze\nbra", "mo\tuse", "ant"), tmp_path / "start")
    data = data_of(start, ("0", "1", "9"), tmp_path / "data")
    _, _, err = edgekit("finetune", start, "--data", data, *NOTHING, "-o", tmp_path / "tuned")
    (line,) = (line for line in err.splitlines() if "new head" in line)
    assert r"ze\nbra, mo\tuse, ant" in line
    code, _, err = edgekit("evaluate", start, "--data", data)
    assert code == 2
    assert r"it knows ze\nbra, mo\tuse, ant" in err


@pytest.mark.parametrize("checkpoint", ["gpt2"], indirect=True)
def test_a_student_from_a_checkpoint_that_numbers_otherwise_begins_where_it_was(tmp_path, checkpoint):
    teacher = named(checkpoint, LABELS, tmp_path / "teacher")
    student = reversed_copy(teacher, tmp_path / "student")
    data = data_of(teacher, LABELS, tmp_path / "data")
    assert accuracy(student, data) == 100
    words = ("distill", teacher, "--student-from", student, "--data", data, *NOTHING)
    code, _, err = edgekit(*words, "-o", tmp_path / "out")
    assert (code, "new head" in err) == (0, False), err
    assert accuracy(tmp_path / "out", data) == 100


@pytest.mark.parametrize("checkpoint", ["distilbert"], indirect=True)
def test_a_pruned_model_follows_a_teacher_that_numbers_otherwise(tmp_path, checkpoint):
    start = named(checkpoint, LABELS, tmp_path / "start")
    teacher = reversed_copy(start, tmp_path / "teacher")
    data = data_of(start, LABELS, tmp_path / "data")
    found = []
    for guide in ((), ("--teacher", teacher)):
        words = ("prune", start, *guide, "--heads", 0.5, "--ffn", 1.0, "--data", data, "--epochs", 1)
        code, _, err = edgekit(*words, "--max-length", 32, "-o", tmp_path / "out", "--force")
        assert code == 0, err
        found.append(answers(tmp_path / "out", texts(60, 9)))
    assert found[0] == found[1]


def reversed_copy(checkpoint, out):
    """The same classifier with its classes in the other order."""
    opened = open_checkpoint(checkpoint)
    model, tokenizer = load_classifier(opened, opened.labels[::-1]), load_tokenizer(opened)
    out.mkdir()
    save_checkpoint(model, tokenizer, out, lineage=())
    assert answers(out, texts(60, 5)) == [2 - place for place in answers(checkpoint, texts(60, 5))]
    return out


def test_integers_sort_as_numbers(tmp_path, tiny_checkpoint):
    rows = "".join(f"row {number}\t{number % 12 - 1}\n" for number in range(60))
    (tmp_path / "train.tsv").write_text(f"text\tlabel\n{rows}")
    words = ("finetune", tiny_checkpoint, "--train", tmp_path / "train.tsv", "--validation", tmp_path / "train.tsv")
    code, _, err = edgekit(*words, *NOTHING, "-o", tmp_path / "out")
    assert code == 0, err
    assert open_checkpoint(tmp_path / "out").labels == tuple(map(str, range(-1, 11)))
