"""The soft loss against a calculation by hand, and students against the teacher they are cut from."""

from __future__ import annotations

import math

import pytest
import torch
from tiny_checkpoint import LABELS, TEXTS, tiny_classifier, tiny_tokenizer

from edgekit.compress.distillation.augment import with_more_rows
from edgekit.compress.distillation.cross_family import convert_family
from edgekit.compress.distillation.distill import distill_classifier, follow_logits
from edgekit.compress.distillation.student import make_student, spread, student_shape
from edgekit.compress.distillation.teacher import Teacher
from edgekit.compress.distillation.teacher_losses import soft_target_loss
from edgekit.compress.finetune import finetune_classifier
from edgekit.compress.training.training_job import TrainingJob
from edgekit.data.splits import Data, Split
from edgekit.errors import UsageError
from edgekit.models.checkpoint import load_classifier, open_checkpoint, save_checkpoint
from edgekit.models.registry import describe
from edgekit.models.resize import keep_ffn, keep_heads
from edgekit.options.train_options import DistillOptions, FinetuneOptions, TrainOptions
from edgekit.schema.shape import Scratch, Shape, WantedShape


def softmax(values, temperature):
    powers = [math.exp(value / temperature) for value in values]
    return [power / sum(powers) for power in powers]


@pytest.mark.parametrize(("temperature", "soft_weight"), [(1.0, 1.0), (2.0, 0.7), (4.0, 0.0)])
def test_soft_target_loss_is_that_of_hinton(temperature, soft_weight):
    student, teacher, label = [0.3, -1.2, 2.0], [1.5, 0.1, -0.4], 2
    p, q = softmax(teacher, temperature), softmax(student, temperature)
    divergence = sum(a * math.log(a / b) for a, b in zip(p, q, strict=True))
    hard = -math.log(softmax(student, 1.0)[label])
    expected = soft_weight * temperature**2 * divergence + (1 - soft_weight) * hard
    batch = {"labels": torch.tensor([label]), "teacher_logits": torch.tensor([teacher])}
    assert soft_target_loss(temperature, soft_weight)(torch.tensor([student]), batch).item() == pytest.approx(
        expected, rel=1e-5
    )


@pytest.mark.parametrize(
    ("blocks", "kept", "indices"), [(6, 3, [1, 3, 5]), (6, 2, [2, 5]), (4, 4, [0, 1, 2, 3]), (3, 1, [2])]
)
def test_student_takes_blocks_evenly_and_the_last(blocks, kept, indices):
    assert spread(blocks, kept) == indices


def test_what_was_not_asked_for_follows_from_the_teacher():
    teacher = Shape(layers=6, hidden=384, heads=12, ffn=1536)
    assert student_shape(teacher, WantedShape()) == Shape(3, 384, 12, 1536)
    assert student_shape(teacher, WantedShape(layers=4, hidden=256)) == Shape(4, 256, 8, 1024)


@pytest.mark.parametrize(
    ("wanted", "complaint"),
    [
        ({"layers": 7}, "layers 7 is more than the teacher's 6"),
        ({"hidden": 512, "heads": 12}, "hidden 512 is more than the teacher's 384"),
        ({"heads": 13}, "heads 13 is more than the teacher's 12"),
        ({"ffn": 1537}, "ffn 1537 is more than the teacher's 1536"),
        ({"hidden": 250}, "7 heads of 32 do not fill a hidden width of 250"),
        ({"hidden": 16}, "1 heads of 32 do not fill a hidden width of 16"),
        ({"heads": 3}, "3 heads of 32 do not fill a hidden width of 384"),
        ({"hidden": 256, "heads": 7}, "7 heads of 32 do not fill a hidden width of 256"),
        ({"hidden": 256, "heads": 9}, "9 heads of 32 do not fill a hidden width of 256"),
    ],
)
def test_impossible_students_are_refused(wanted, complaint):
    with pytest.raises(UsageError, match=f"student: {complaint}"):
        student_shape(Shape(layers=6, hidden=384, heads=12, ffn=1536), WantedShape(**wanted))


def test_a_student_as_large_as_its_teacher_is_possible():
    teacher = Shape(layers=6, hidden=384, heads=12, ffn=1536)
    assert student_shape(teacher, WantedShape(layers=6, hidden=384, heads=12, ffn=1536)) == teacher
    assert student_shape(Shape(1, 32, 1, 64), WantedShape()) == Shape(1, 32, 1, 64)


def test_student_of_the_same_shape_answers_as_its_teacher():
    tokenizer = tiny_tokenizer()
    teacher = tiny_classifier(tokenizer)
    student = make_student(teacher, WantedShape(layers=2))
    batch = tokenizer(["lock the front door"], return_tensors="pt")
    with torch.no_grad():
        assert torch.equal(student(**batch).logits, teacher(**batch).logits)


def test_narrower_student_has_the_shape_and_the_teacher_is_untouched():
    teacher = tiny_classifier(tiny_tokenizer())
    before = {name: value.clone() for name, value in teacher.state_dict().items()}
    student = make_student(teacher, WantedShape(layers=1, hidden=32, ffn=48))
    encoder = describe(student)
    assert (len(encoder.blocks), encoder.hidden, encoder.blocks[0].heads, encoder.blocks[0].ffn) == (1, 32, 2, 48)
    assert all(torch.equal(value, before[name]) for name, value in teacher.state_dict().items())


def test_training_cuts_rows_that_are_longer_than_the_position_table(tmp_path):
    tokenizer = tiny_tokenizer()
    model = tiny_classifier(tokenizer)
    split = Split([" ".join(TEXTS * 5)] * 2, None, [0, 1])
    data = Data("long", LABELS, train=split, validation=split, test=Split([], None, []))
    options = TrainOptions(epochs=1, max_length=500)
    job = TrainingJob(model, tokenizer, data, options, 1e-4, tmp_path / "w", "t")
    follow_logits(job, Teacher(tiny_classifier(tokenizer), tokenizer, temperature=1, soft_weight=1))
    checkpoint = tmp_path / "start"
    checkpoint.mkdir()
    save_checkpoint(model, tokenizer, checkpoint, lineage=())
    finetune_classifier(
        open_checkpoint(checkpoint), data, FinetuneOptions(epochs=1, max_length=500), folder=tmp_path / "v"
    )


def pruned(teacher):
    """The first block keeps a head and 16 neurons, the second has all."""
    block = describe(teacher).blocks[0]
    with torch.no_grad():
        keep_heads(teacher, block, [1])
        keep_ffn(block, torch.arange(16))
    return teacher


def test_a_student_of_a_pruned_teacher_keeps_what_there_is(tmp_path):
    tokenizer = tiny_tokenizer()
    teacher = pruned(tiny_classifier(tokenizer))
    heads, ffn = ([getattr(block, name) for block in describe(teacher).blocks] for name in ("heads", "ffn"))
    assert heads[0] < heads[1] and ffn[0] < ffn[1]
    student = make_student(teacher, WantedShape(layers=2))
    batch = tokenizer(["lock the front door"], return_tensors="pt")
    with torch.no_grad():
        assert torch.equal(student(**batch).logits, teacher(**batch).logits)
    (tmp_path / "student").mkdir()
    save_checkpoint(student, tokenizer, tmp_path / "student", lineage=())
    again = describe(load_classifier(open_checkpoint(tmp_path / "student")))
    assert [block.heads for block in again.blocks] == heads and [block.ffn for block in again.blocks] == ffn


def test_more_than_a_pruned_teacher_has_is_refused():
    teacher = pruned(tiny_classifier(tiny_tokenizer()))
    with pytest.raises(UsageError, match="block of the pruned teacher has 1 heads and 16 neurons"):
        make_student(teacher, WantedShape(layers=2, ffn=32))
    with pytest.raises(UsageError, match="cannot be cut from a pruned model"):
        convert_family(teacher, tiny_tokenizer(), "albert")


@pytest.mark.parametrize("family", ["gpt2", "roberta"])
def test_words_are_masked_only_by_a_token_that_both_know(family, monkeypatch, tmp_path):
    masks = []

    def seen(rows, options, mask):
        masks.append(mask)
        return with_more_rows(rows, options, mask)

    monkeypatch.setattr("edgekit.compress.distillation.distill.with_more_rows", seen)
    tokenizer = tiny_tokenizer()
    (tmp_path / "teacher").mkdir()
    save_checkpoint(tiny_classifier(tokenizer), tokenizer, tmp_path / "teacher", lineage=())
    split = Split(list(TEXTS), None, [index % len(LABELS) for index in range(len(TEXTS))])
    data = Data("texts", LABELS, train=split, validation=split, test=Split([], None, []))
    shape = {"layers": 1, "hidden": 16, "heads": 2, "ffn": 16, "vocabulary": 300, "max_length": 16}
    for student in ({"scratch": Scratch(family=family, **shape)}, {"student": WantedShape(layers=1)}):
        options = DistillOptions(epochs=1, augment=1, max_length=16, **student)
        teacher = open_checkpoint(tmp_path / "teacher")
        distill_classifier(teacher, data, options, folder=tmp_path / str(len(masks)))
    assert masks == [None if family == "gpt2" else "[MASK]", "[MASK]"]
