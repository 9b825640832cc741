"""The curves of a training: losses and validations where steps and values say, and many points as their means."""

from __future__ import annotations

import dataclasses
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgekit.bundle.training_record import LossPoint, TrainingLog, ValidationPoint
from edgekit.report.markdown import summary_markdown
from edgekit.report.plots.training_curves import thinned, training_curve
from edgekit.report.summary import Summary


def log(losses: list[float], found: list[tuple[int, float]], best: int = 0) -> TrainingLog:
    return TrainingLog(
        metric="accuracy", steps=100, done=100, best_step=best,
        losses=tuple(LossPoint(step=step, loss=loss, rows_per_s=1) for step, loss in enumerate(losses, 1)),
        validations=tuple(ValidationPoint(step=step, value=value) for step, value in found),
    )  # fmt: skip


def points(drawn: str, css: str) -> list[tuple[float, float]]:
    parts = ElementTree.fromstring(drawn).iter("circle")  # noqa: S314  edgekit wrote it
    return [(float(part.get("cx", "").rstrip("%")), float(part.get("cy", ""))) for part in parts
            if part.get("class") == css and part.get("r") != "2.5"]  # fmt: skip


def test_validations_lie_at_their_steps_and_the_kept_one_is_filled() -> None:
    drawn = training_curve(log([2, 1], [(50, 80.0), (75, 90.0), (100, 85.0)], best=75))
    [(kept, top)] = points(drawn, "point")
    [(first, bottom), (last, middle)] = points(drawn, "point hollow")
    assert kept - first == pytest.approx(last - kept)
    assert bottom - middle == pytest.approx(middle - top), "85 lies halfway between 80 and 90"
    assert "80.0 %, 90.0 %, 85.0 %" in drawn


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=500))
def test_thinned_points_keep_the_mean_and_the_end(values: list[float]) -> None:
    made = [(float(step), value) for step, value in enumerate(values)]
    few = thinned(made)
    assert len(few) <= 60 and few[-1][0] == made[-1][0]
    if len(few) * (len(made) // len(few)) == len(made):
        assert sum(value for _, value in few) / len(few) == pytest.approx(sum(values) / len(values), abs=1e-3)


def test_a_single_loss_without_validations_can_be_drawn() -> None:
    assert "on validation" not in training_curve(log([0.5], []))


def test_trainings_and_wrong_texts_in_markdown(summary: Summary) -> None:
    text = summary_markdown(summary)
    assert "| teacher | 15 min 18 s | 2,100 steps |" in text and "- teacher: a hint of the teacher" in text
    assert "| make it a bit cosier in here | dim | lights\\_on | 61 |" in text
    bare = summary_markdown(dataclasses.replace(summary, stages=(), wrong_texts=()))
    assert "Training and time" not in bare and "gone wrong" not in bare
