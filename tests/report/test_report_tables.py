"""Terminal, Markdown and JUnit say every verdict and figure, in words, and nothing that steers their reader."""

from __future__ import annotations

import dataclasses
import json
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from record_makers import class_score
from rich.console import Console, RenderableType
from sample_run import make_usual

from edgekit.report import figures, markdown, mistake_cells, table_cells, terminal
from edgekit.report.junit import verdicts_junit
from edgekit.report.page import render_page
from edgekit.report.summary import Mistakes, Summary


def parsed(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text)  # noqa: S314  edgekit wrote it


def shown(table: RenderableType, width: int) -> str:
    console = Console(width=width, force_terminal=False, color_system=None)
    with console.capture() as capture:
        console.print(table)
    return capture.get()


@pytest.mark.parametrize("width", [80, 100])
def test_verdicts_are_whole_words_in_the_terminal(summary: Summary, width: int) -> None:
    text = shown(terminal.verdict_table(summary.verdicts), width)
    table = text.partition("\n\n")[0]
    for row in summary.verdicts:
        assert figures.word(row) in table
        assert figures.limit(row.verdict.budget) in table
        assert figures.measured(row) in table
        assert figures.measured_interval(row) in table
    assert table.count("INCONCLUSIVE") == 2
    assert table.count("not gated") == 1
    assert "edgekit profile build/tflite --threads 2 --length 64" in " ".join(text.split())
    assert max(map(len, text.splitlines())) <= width


@pytest.mark.parametrize("width", [80, 100])
def test_models_fit_the_terminal(summary: Summary, width: int) -> None:
    text = shown(terminal.models_table(summary.models), width)
    assert max(map(len, text.splitlines())) <= width
    for message in ("onnx, int8-dynamic", "92.1", "89.8 to 91.9", "1.21 vs teacher", "27.0 / 30.6", "emulated"):
        assert message in text


def test_a_figure_of_another_machine_comes_after_the_word_that_there_is_none(summary: Summary) -> None:
    usual = make_usual(summary)
    cell = table_cells.models_cells(usual.models)[1][3][-1]
    assert cell.startswith("unmeasured\n") and "on another machine" in cell
    text = shown(terminal.models_table(usual.models), 80)
    assert max(map(len, text.splitlines())) <= 80 and "unmeasured" in text
    assert "unmeasured<br>" in markdown.summary_markdown(usual)


def test_a_reason_for_several_bundles_stands_once_with_the_command_of_each(summary: Summary) -> None:
    usual = make_usual(summary)
    text = shown(terminal.verdict_table(usual.verdicts), 100)
    assert text.count("no measurement on rpi4") == 1 and "latency p95, onnx and tflite: no" in text
    written = markdown.verdicts_markdown(usual.verdicts)
    assert written.count("no measurement on rpi4") == 1
    for name in ("onnx", "tflite"):
        assert f"edgekit profile build/{name} --device NAME" in text
        assert f"<br>`edgekit profile build/{name} --device NAME`, NAME being one of rpi4" in written


def test_packages_say_what_they_add(summary: Summary) -> None:
    text = shown(terminal.packages_table(summary.packages), 80)
    assert max(map(len, text.splitlines())) <= 80
    written = markdown.summary_markdown(summary)
    assert "## Packages for apps" in written
    for message in (
        "android",
        "web",
        "8.41",
        "0.71",
        "0.23",
        "0.09",
        "9.35",
        "9.21",
        "made for",
        "Android 7",
        "not counted",
    ):
        # of a narrow terminal a heading takes two lines
        assert message in text or message == "not counted"
        assert message in written


def test_measurements_fit_the_terminal(summary: Summary) -> None:
    text = shown(terminal.latency_table(summary.measurements), 80)
    assert max(map(len, text.splitlines())) <= 80
    for message in ("p99 ms", "26.8 to 27.2", "cold load", "182", "71.3", "Raspberry Pi 4", "EMULATED", "ondemand"):
        assert message in text
    assert "could not be read: governor" in text
    assert "MatMulInteger" in shown(terminal.operators_table(summary.measurements[0].operators), 80)


def test_classes_and_confusions_fit_the_terminal(summary: Summary) -> None:
    made = summary.mistakes[3]
    for table, message in (
        (terminal.classes_table(made.classes), (made.classes[0].label, f"{made.classes[0].f1:.1f}")),
        (terminal.confusions_table(made.pairs), (made.pairs[0].expected, f"{made.pairs[0].support:,}")),
    ):
        text = shown(table, 80)
        assert max(map(len, text.splitlines())) <= 80
        for part in message:
            assert part in text


def test_a_class_without_rows_has_dashes_and_comes_last() -> None:
    never = class_score("never", 0)
    assert mistake_cells.class_cells(never) == ("never", "0", "-", "-", "-")
    seldom = class_score("seldom", 10, right=1)
    assert [row.label for row in mistake_cells.worst_first((never, seldom))] == ["seldom", "never"]
    assert mistake_cells.class_cells(seldom)[-1] == "10.0\n5.0 to 15.0"


def test_what_rows_are_too_few_to_tell_is_said_in_every_report(summary: Summary) -> None:
    assert not table_cells.evaluation_notes(summary.models)
    *models, last = summary.models
    doubtful = last.accuracy.model_copy(update={"macro_f1_doubt": "too few rows of dim, weather"})
    as_inconclusive = dataclasses.replace(summary, models=(*models, dataclasses.replace(last, accuracy=doubtful)))
    assert table_cells.evaluation_notes(as_inconclusive.models) == ["tflite: too few rows of dim, weather"]
    assert "- tflite: too few rows of dim, weather\n" in markdown.summary_markdown(as_inconclusive)
    assert "tflite: too few rows of dim, weather" in render_page(as_inconclusive)


def test_the_whole_report_in_markdown(summary: Summary, hostile: Summary) -> None:
    text = markdown.summary_markdown(summary)
    named = "Accuracy drop of tflite: 1.50 points, at most 0.4 points"
    assert text.startswith(f"# Smart-home intents on a Raspberry Pi 4\n\nFail. {named}. 1 budget shown")
    headings = re.findall("^## (.*)$", text, re.M)
    assert headings[:3] == ["Verdicts", "Models", "Paired comparisons"]
    assert {"Confusions of onnx", "Classes of tflite", "Latency of tflite"} <= set(headings)
    spotless = dataclasses.replace(summary, title="", mistakes=(Mistakes("onnx", (), summary.mistakes[3].classes),))
    bare = markdown.summary_markdown(spotless)
    assert bare.startswith("# smart-home\n") and "Confusions" not in bare and "Classes of onnx" in bare
    assert "Classes of teacher" not in headings, "JSON has them"
    evil = markdown.summary_markdown(hostile)
    assert "<script" not in re.sub(r"(`+).*?\1", "", evil)
    assert "\x1b" not in evil


def test_json_has_all_but_the_samples(summary: Summary) -> None:
    text = json.dumps(summary.dump())
    assert "samples_ms" not in text
    dumped = json.loads(text)
    assert set(dumped) == {field.name for field in dataclasses.fields(summary)}
    taken, measured = dumped["measurements"][0], summary.measurements[0]
    assert taken["latency"]["latency"]["p95"]["value"] == pytest.approx(
        np.percentile(measured.samples_ms["total"], 95)
    )
    assert taken["latency"]["runs"] == len(measured.samples_ms["total"])
    assert taken["before"]["governor"] == "ondemand" and taken["fingerprint"]["cpu_model"] == "Cortex-A72"
    assert dumped["mistakes"][3]["classes"][0]["f1"] == summary.mistakes[3].classes[0].f1
    assert dumped["models"][3]["accuracy"]["drops"][0]["p_value"] == 0.00038


def test_nothing_steers_the_terminal(hostile: Summary) -> None:
    tables = (
        terminal.verdict_table(hostile.verdicts),
        terminal.models_table(hostile.models),
        terminal.latency_table(hostile.measurements),
        terminal.classes_table(hostile.mistakes[0].classes),
        terminal.confusions_table(hostile.mistakes[0].pairs),
    )
    for table in tables:
        text = shown(table, 80)
        assert "\x1b" not in text
        assert "<script>" in text.replace("\n", "")
        assert max(map(len, text.splitlines())) <= 80
    assert "INCONCLUSIVE" in shown(tables[0], 80)


def test_markdown_says_everything(summary: Summary) -> None:
    text = markdown.verdicts_markdown(summary.verdicts)
    for row in summary.verdicts:
        assert figures.word(row) in text
        assert figures.measured(row) in text
        assert figures.measured_interval(row) in text
    assert "FAIL<br>not gated" in text
    assert "`edgekit profile build/tflite --threads 2 --length 64 --device NAME`" in text
    assert "268" in markdown.models_markdown(summary.models)
    assert "EMULATED" in markdown.latency_markdown(summary.measurements)


def test_markdown_is_escaped(hostile: Summary) -> None:
    for text in (
        markdown.verdicts_markdown(hostile.verdicts),
        markdown.models_markdown(hostile.models),
        markdown.latency_markdown(hostile.measurements),
    ):
        outside = re.sub(r"(`+).*?\1", "", text)
        assert "<script" not in outside
        assert "\x1b" not in text
        for block in text.split("\n\n"):
            rows = [line for line in block.splitlines() if line.startswith("| ")]
            assert len({len(re.findall(r"(?<!\\)\|", line)) for line in rows}) <= 1


def test_markdown_fences_are_longer_than_what_is_inside() -> None:
    assert markdown.code("a ``b`` c") == "```a ``b`` c```"
    assert markdown.code("`x`") == "`` `x` ``"
    assert markdown.escape("a|b <i> [x](y) *") == r"a\|b &lt;i\> \[x\](y) \*"


def test_junit_lists_every_budget(summary: Summary) -> None:
    root = parsed(verdicts_junit(summary.verdicts))
    suite = root[0]
    assert (root.get("tests"), root.get("failures"), root.get("errors"), root.get("skipped")) == ("7", "1", "3", "1")
    assert len(suite) == len(summary.verdicts)
    for row, case in zip(summary.verdicts, suite, strict=True):
        values = {entry.get("name"): entry.get("value") for entry in case.iter("property")}
        assert values["outcome"] == figures.word(row)
        assert values["measured"] == figures.measured(row)
    assert [case.find("error").get("type") for case in suite if case.find("error") is not None] == [
        "inconclusive",
        "inconclusive",
        "unmeasured",
    ]
    assert suite[4].find("skipped") is not None
    assert "edgekit profile" in (suite[6].find("error").text or "")


def test_junit_survives_anything(hostile: Summary) -> None:
    text = verdicts_junit(hostile.verdicts)
    assert "<script" not in text
    root = parsed(text)
    (named,) = [each for each in root[0][-1].iter("property") if each.get("name") == "budget"]
    assert "<script>alert(1)</script>|\ufffd" in (named.get("value") or "")


def test_no_rows_at_all() -> None:
    assert "verdict" in shown(terminal.verdict_table(()), 80)
    assert "model" in shown(terminal.models_table(()), 80)
    assert "length" in shown(terminal.latency_table(()), 80)
    assert markdown.verdicts_markdown(()).startswith("| verdict")
    assert parsed(verdicts_junit(())).get("tests") == "0"
