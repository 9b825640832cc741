"""What a teacher said is asked once: the same training with and without it, and no one else's answers."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tiny_checkpoint import LABELS, TEXTS, tiny_classifier, tiny_tokenizer

from edgekit.compress.distillation.distill import follow_logits
from edgekit.compress.distillation.student import make_student
from edgekit.compress.distillation.teacher import Teacher
from edgekit.compress.distillation.teacher_cache import cache_name, cached_arrays
from edgekit.compress.distillation.teacher_losses import soft_target_loss
from edgekit.compress.training.train import train_classifier
from edgekit.compress.training.training_job import TrainingJob
from edgekit.data.splits import Data, Split
from edgekit.data.tokens import tokenize
from edgekit.models.classifier_logits import classifier_logits
from edgekit.options.train_options import TrainOptions
from edgekit.schema.shape import WantedShape

ROWS = [f"{text} {number}" for number in range(30) for text in TEXTS]
OPTIONS = TrainOptions(epochs=2, batch_size=16, max_length=16, learning_rate=1e-3)


@pytest.fixture
def taught():
    """A teacher, a student, their tokenizer and data."""
    tokenizer = tiny_tokenizer()
    teacher = tiny_classifier(tokenizer)
    split = Split(ROWS, None, [index % 3 for index in range(len(ROWS))])
    data = Data("rows", LABELS, split, split.take(range(30)), Split([], None, []))
    return teacher, make_student(teacher, WantedShape(layers=1)), tokenizer, data


def distilled(taught, work, student=None):
    teacher, own, tokenizer, data = taught
    torch.manual_seed(0)
    student = student or own
    job = TrainingJob(student, tokenizer, data, OPTIONS, 1e-3, work, "t")
    follow_logits(job, Teacher(teacher, tokenizer, temperature=2, soft_weight=0.5))
    return student.state_dict()


def test_training_on_kept_logits_is_bit_for_bit_that_on_logits_asked_there_and_then(taught, tmp_path):
    teacher, _, tokenizer, data = taught
    other = make_student(teacher, WantedShape(layers=1))
    cached = distilled(taught, tmp_path / "cached")
    torch.manual_seed(0)
    rows = tokenize(tokenizer, data.train, 16)
    train_classifier(
        TrainingJob(other, tokenizer, data, OPTIONS, 1e-3, tmp_path / "direct", "t"),
        rows.adding("teacher_logits", classifier_logits(teacher, tokenizer, rows)),
        tokenize(tokenizer, data.validation, 16),
        soft_target_loss(2, 0.5),
    )
    assert all(torch.equal(value, cached[name]) for name, value in other.state_dict().items())


def test_a_teacher_that_was_interrupted_goes_on_and_says_the_same(taught, tmp_path):
    teacher = taught[0]
    whole = distilled(taught, tmp_path / "whole")
    calls = []

    class Tired(type(teacher)):
        """Has said something of the first batch of 64 alone."""

        def forward(self, *args, **kwargs):
            calls.append(kwargs["input_ids"].shape)
            if len(calls) == 2:
                raise KeyboardInterrupt
            return super().forward(*args, **kwargs)

    kind = type(teacher)
    teacher.__class__ = Tired
    again = make_student(teacher, WantedShape(layers=1))
    again.__class__ = kind
    with pytest.raises(KeyboardInterrupt):
        distilled(taught, tmp_path / "tired", again)
    assert distilled(taught, tmp_path / "tired", again).keys() == whole.keys()
    assert len(calls) == 4, "180 rows are three batches, and the first was kept"
    assert all(torch.equal(value, whole[name]) for name, value in again.state_dict().items())


def test_answers_are_named_by_teacher_and_tokens():
    tokenizer = tiny_tokenizer()
    teacher, other = tiny_classifier(tokenizer), tiny_classifier(tokenizer, seed=1)
    rows = [np.array([1, 2, 3], dtype=np.int32), np.array([4], dtype=np.int32)]
    name = cache_name(teacher, rows)
    assert name == cache_name(teacher, [row.copy() for row in rows])
    assert name != cache_name(other, rows)
    assert name != cache_name(teacher, rows[:1])
    assert name != cache_name(teacher, [np.array([1, 2], dtype=np.int32), np.array([3, 4], dtype=np.int32)])


def test_what_is_complete_is_not_filled_again(tmp_path):
    def fill(values, ids):
        assert np.isnan(values).all()
        values[:] = 1.5
        ids[:] = 7

    arrays = {"values": ((3, 2), np.float16), "ids": ((3, 2), np.int32)}
    cached_arrays(tmp_path, "x", arrays, fill)
    values, ids = cached_arrays(tmp_path, "x", arrays, None)
    assert (values == 1.5).all() and (ids == 7).all() and values.dtype == np.float16


def test_the_logits_are_the_teachers(taught, tmp_path):
    teacher, _, tokenizer, _ = taught
    distilled(taught, tmp_path)
    found = np.load(next(tmp_path.glob("teacher-*-logits.npy")))
    with torch.no_grad():
        wanted = teacher(**tokenizer(ROWS, return_tensors="pt", padding=True)).logits.numpy()
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-4)
