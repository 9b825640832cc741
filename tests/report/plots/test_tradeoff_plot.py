"""The trade-off plot and the key figures say what the models say."""

from __future__ import annotations

import dataclasses
import math
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from record_makers import drop as make_drop
from sample_run import make_accuracy, make_bare

from edgekit.report.key_figures import key_figures, lost, size_change, smaller
from edgekit.report.plots import interval_plots
from edgekit.report.plots.tradeoff_plot import ground_of, tradeoff_picture
from edgekit.report.summary import ModelRow, Summary

NAMES = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), min_size=1, max_size=30)


def row(name: str, size_mb: float, accuracy: float | None, format: str | None = None) -> ModelRow:
    record = None if accuracy is None else make_accuracy(accuracy)
    return ModelRow(name, name, format, "float", size_mb, 1000, {}, record)


def drawn(models: list[ModelRow], summary: Summary | None = None) -> ElementTree.Element | None:
    picture = tradeoff_picture(models, summary.verdicts if summary else (), interval_plots.accuracy_axis(models))
    return None if picture is None else ElementTree.fromstring(picture)  # noqa: S314  edgekit wrote it


def test_points_lie_where_size_and_accuracy_say(summary: Summary) -> None:
    picture = drawn(list(summary.models), summary)
    assert picture is not None
    rounds = [float(part.get("cx", "").rstrip("%")) for part in picture.iter("circle")]
    heights = [float(part.get("cy", "")) for part in picture.iter("circle")]
    teacher, student, pruned = rounds
    # on a logarithmic axis the ratio of distances is that of the logarithms of the factors, and not of the MB
    assert (teacher - student) / (student - pruned) == pytest.approx(
        (math.log10(268.5) - math.log10(64.8)) / (math.log10(64.8) - math.log10(23.2)), rel=1e-3
    )
    assert heights == sorted(heights), "the more accurate, the higher"
    assert len([part for part in picture.iter("rect") if "bundle" in (part.get("class") or "")]) == 2
    assert "teacher 268 MB, 92.1 %" in (picture.get("aria-label") or "")


def test_the_ground_is_the_tightest_limit_that_gates(summary: Summary) -> None:
    ground = ground_of(summary.models, summary.verdicts)
    # 8 MB does not gate; 0.4 points below 92.1 % is tighter than 2 points and than 90.5 %
    assert ground.size == 10
    assert ground.accuracy == pytest.approx(91.7)
    assert ground.label == "at most 10 MB, at most 0.4 points below teacher"
    assert ground_of(summary.models, ()) == type(ground)(None, None, "")


def test_one_model_is_no_tradeoff(summary: Summary) -> None:
    assert drawn([summary.models[0]]) is None
    assert drawn([row("a", 10, None), row("b", 5, 90)]) is None


@given(st.lists(st.tuples(NAMES, st.floats(1e-3, 1e5), st.floats(2, 98), st.booleans()), min_size=2, max_size=9))
def test_any_tradeoff_can_be_drawn(models: list[tuple[str, float, float, bool]]) -> None:
    picture = drawn([row(name, mb, accuracy, "onnx" if bundle else None) for name, mb, accuracy, bundle in models])
    assert picture is not None
    for part in picture.iter():
        for name in ("x", "x1", "x2", "cx"):
            if (value := part.get(name, "")).endswith("%"):
                assert 0 <= float(value.rstrip("%")) <= 100
    assert len([part for part in picture.iter("text") if part.get("class") == "label"]) == len(models)


def test_key_figures_say_what_the_bundles_came_to(summary: Summary) -> None:
    (onnx, (size, accuracy, latency)), (tflite, others) = key_figures(summary)
    assert (onnx.name, tflite.name) == ("onnx", "tflite")
    assert (size.figure, size.aside) == ("8.21 MB", "32.7 × smaller than teacher")
    assert (accuracy.figure, accuracy.aside) == ("90.9 %", "1.21 points below teacher")
    assert latency.figure == "30.6 ms" and "length 64, 2 threads" in latency.aside
    assert (others[2].figure, others[2].aside) == ("unmeasured", "on rpi4, length 64"), "an emulated time is no figure"


def test_key_figures_without_a_teacher_or_a_measurement(summary: Summary) -> None:
    [(_, (size, accuracy, latency))] = key_figures(make_bare(summary))
    assert size.aside == "2.82 × smaller than pruned"
    assert accuracy.aside == "89.8 to 91.9 %"
    assert (latency.figure, latency.aside) == ("", "not measured")
    lonely = dataclasses.replace(summary, models=summary.models[:1])
    [(_, (size, _, _))] = key_figures(lonely)
    assert size.aside == ""
    assert key_figures(dataclasses.replace(summary, models=())) == []


def test_a_size_change_is_against_the_checkpoint_before(summary: Summary) -> None:
    said = [size_change(model, summary.models) for model in summary.models]
    # 1 - 64.8 / 268.5, 1 - 23.2 / 64.8, and both bundles from the pruned one: 1 - 8.214 / 23.2, 1 - 8.037 / 23.2
    assert said == [
        "",
        "76 % less than teacher",
        "64 % less than student",
        "65 % less than pruned",
        "65 % less than pruned",
    ]


@pytest.mark.parametrize(
    ("mb", "said"), [(5, "2.00 × smaller than first"), (20, "2.00 × larger than first"), (10.001, "as large as first")]
)
def test_smaller(mb: float, said: str) -> None:
    assert smaller(row("other", mb, None), row("first", 10, None)) == said


def test_a_difference_that_chance_explains_is_called_so() -> None:
    drop = make_drop("teacher", -0.3, low=-0.9, high=0.2)
    assert lost(drop) == "0.30 points above teacher, not significant"
    assert lost(drop.model_copy(update={"high": -0.1})) == "0.30 points above teacher"
    assert lost(drop.model_copy(update={"points": 0.001})) == "as accurate as teacher"
    assert re.match("0.40 points below", lost(drop.model_copy(update={"points": 0.4, "low": 0.1, "high": 0.8})))
