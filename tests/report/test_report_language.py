"""Of language models every rendering says perplexity and tokens a second, where of classifiers it says accuracy."""

from __future__ import annotations

import dataclasses
import math
import re

import pytest
from rich.console import Console
from sample_run import HOSTILE

from edgekit.bundle.evaluation import Increase, Perplexity
from edgekit.measure.statistics.estimate import Estimate
from edgekit.report import figures, table_cells
from edgekit.report.key_figures import key_figures
from edgekit.report.markdown import models_markdown, summary_markdown
from edgekit.report.page import render_page
from edgekit.report.summary import ModelRow, SpeedRow, Summary
from edgekit.report.terminal import models_table


def make_perplexity(value: float, pct: float | None = None) -> Perplexity:
    baseline = {"baseline": "teacher", "baseline_sha256": "c" * 64, "baseline_perplexity": 21.35}
    increases = () if pct is None else (Increase(**baseline, pct=pct, low=pct - 1.2, high=pct + 1.1),)
    tokens, size = 9_000, 40_000
    bits = [math.log2(figure) * tokens / size for figure in (value, value - 0.4, value + 0.5)]
    return Perplexity(
        data="stories", split="test", data_sha256="d" * 64, content_hash=None, documents=40, tokens=tokens,
        bytes=size, context=512, stride=512, nats=tokens * math.log(value), perplexity=value, low=value - 0.4,
        high=value + 0.5, bits_per_byte=bits[0], bits_per_byte_low=bits[1], bits_per_byte_high=bits[2],
        runtime="onnxruntime 1.31.1", increases=increases,
    )  # fmt: skip


def make_speed(threads: int, length: int, rate: float, *, emulated: bool = False) -> SpeedRow:
    return SpeedRow("Cortex-A76", threads, length, Estimate(rate, rate - 1.1, rate + 0.9), emulated)


@pytest.fixture
def language(summary: Summary) -> Summary:
    """The sample run, of a language model."""
    parts = {"token embedding": 6.0, "FFN": 2.0}
    text = {"task": "text-generation"}
    speeds = (make_speed(1, 64, 88.4), make_speed(1, 512, 61.7), make_speed(4, 512, 139.6))
    models = (
        ModelRow("teacher", "t", None, "float", 82.1, 20_500_000, parts, None,
                 perplexity=make_perplexity(21.35), **text),
        ModelRow("student", "s", None, "float", 31.0, 7_700_000, parts, None,
                 perplexity=make_perplexity(24.18, 13.26), **text),
        ModelRow("onnx", "o", "onnx", "int4-weight", 7.9, 7_700_000, parts, None, model_sha256="a" * 64,
                 perplexity=make_perplexity(27.04, 126.7), speeds=speeds, **text),
        ModelRow("tflite", "l", "tflite", "int8-weight", 8.1, 7_700_000, parts, None, model_sha256="b" * 64,
                 perplexity=make_perplexity(20.9, -2.1), speeds=(make_speed(4, 64, 3.1, emulated=True),), **text),
    )  # fmt: skip
    return dataclasses.replace(
        summary,
        models=models,
        mistakes=(),
        labels=(),
        measurements=(),
        verdicts=(),
        exit_code=0,
        stages=(),
        wrong_texts=(),
    )


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<style>.*?</style>|<[^>]+>", " ", page, flags=re.S)).replace("−", "-")


def test_the_page(language: Summary) -> None:
    page = render_page(language)
    text = text_of(page)
    for said in ("24.18 23.78 to 24.68", "13.26 % 12.06 to 14.36", "127 % 126 to 128", "-2.10 % -3.30 to -1.00"):
        assert said in text
    for said in ("61.7 behind 512 tokens, 1 thread", "140 behind 512 tokens, 4 threads"):
        assert said in text
    assert "88.4" not in text, "the longest context is the hardest case"
    assert "an emulator’s time, not drawn" in text
    assert "Increase over teacher" in text and "dotted line is teacher" in text
    for foreign in ("Accuracy", "accuracy", "Latency", "Points lost", "Labels 0"):
        assert foreign not in text
    assert re.findall(r'<li><a href="#(\w+)">', page) == re.findall(r'<h2 id="(\w+)">', page)


def test_the_key_figures(language: Summary) -> None:
    (_, onnx), (_, tflite) = key_figures(language)
    assert [one.title for one in onnx] == ["Size", "Perplexity", "Tokens a second"]
    assert (onnx[1].figure, onnx[1].aside) == ("27.04", "127 % above teacher")
    assert (onnx[2].figure, onnx[2].aside) == ("140", "behind 512 tokens, 4 threads, Cortex-A76")
    assert (tflite[1].aside, tflite[2].aside) == ("2.10 % below teacher", "emulated only")


def test_markdown(language: Summary) -> None:
    lines = models_markdown(language.models).splitlines()
    assert lines[0] == "| model | MB | weights | perplexity | increase % | tokens / s |"
    assert "24.18<br>23.78 to 24.68 | 13.26 % vs teacher<br>12.06 to 14.36 | - |" in lines[3]
    assert "61.7<br>at 512 tokens<br>1 thread<br>140<br>at 512 tokens<br>4 threads" in lines[4]
    assert "accuracy" not in summary_markdown(language)


@pytest.mark.parametrize("width", [80, 100])
def test_it_fits_the_terminal(language: Summary, width: int) -> None:
    console = Console(width=width, force_terminal=False, color_system=None)
    with console.capture() as capture:
        console.print(models_table(language.models))
    text = capture.get()
    assert max(map(len, text.splitlines())) <= width
    for said in ("perplexity", "tokens / s", "13.26 % vs teacher", "at 512 tokens", "26.64 to 27.54"):
        assert said in text


def test_a_pc_s_speed_is_no_result_for_a_pi(language: Summary) -> None:
    speeds = tuple(dataclasses.replace(row, of_target=False, device="AMD EPYC") for row in language.models[2].speeds)
    other = dataclasses.replace(language.models[2], speeds=speeds)
    found = dataclasses.replace(language, models=(*language.models[:2], other))
    [(_, (_, _, speed))] = key_figures(found)
    assert (speed.figure, speed.aside) == ("unmeasured", "on rpi4") and speed.elsewhere.startswith("140 on another")
    text = text_of(render_page(found))
    assert "unmeasured on rpi4 61.7 behind 512 tokens, 1 thread, AMD EPYC" in text
    assert models_markdown(found.models).splitlines()[4].count("unmeasured<br>61.7") == 1


def test_nothing_measured_is_said(language: Summary) -> None:
    bare = tuple(dataclasses.replace(model, perplexity=None, speeds=()) for model in language.models)
    text = text_of(render_page(dataclasses.replace(language, models=bare)))
    assert "not evaluated" in text and "not measured" in text and "Accuracy" not in text
    headings, rows = table_cells.models_cells(bare)
    assert headings == table_cells.LANGUAGE_MODELS
    assert {row[3:] for row in rows} == {("-", "-", "-")}


def test_a_text_in_one_window_has_no_interval(language: Summary) -> None:
    record = make_perplexity(24.0, 2.5)
    single = [found.model_copy(update={"low": None, "high": None}) for found in record.increases]
    record = record.model_copy(update={"low": None, "high": None, "increases": tuple(single)})
    assert figures.perplexity(record) == ("24", "")
    assert figures.increase(single[0]) == ("2.50 %", "")
    models = tuple(dataclasses.replace(model, perplexity=record) for model in language.models)
    assert "None" not in text_of(render_page(dataclasses.replace(language, models=models)))


def test_hostile_names_are_text(language: Summary) -> None:
    first, *others = language.models
    evil = [first, *(dataclasses.replace(model, name=HOSTILE, scheme=HOSTILE, notes=(HOSTILE,)) for model in others)]
    page = render_page(dataclasses.replace(language, models=tuple(evil)))
    assert "<script" not in page and "\x1b" not in page
