"""What bundles have in common is said once: budgets, reasons, conditions; and commands are told apart from words."""

from __future__ import annotations

import dataclasses
import re

import pytest

from edgekit.measure.statistics.estimate import Estimate
from edgekit.measure.verdicts import decide, unmeasured
from edgekit.report.condition_table import condition_table
from edgekit.report.page import render_page
from edgekit.report.summary import Summary, VerdictRow
from edgekit.report.table_cells import circumstances
from edgekit.report.verdict_tables import command_and_words, verdict_tables
from edgekit.schema.budget import Budget


def both(summary: Summary) -> Summary:
    """The sample run with the same budgets on both bundles, and one on packages."""
    size, pi = Budget(metric="size_mb", limit=8), Budget(metric="latency_p95_ms", limit=30, target="rpi4")
    rows = []
    for name, mb in (("onnx", 7.0), ("tflite", 9.0)):
        missing = unmeasured(
            pi, "no measurement on rpi4", advice=f"edgekit profile {name} --device NAME", conditions="rpi4"
        )
        rows += [VerdictRow(name, name, decide(size, Estimate.exact(mb)), "model and tokenizer"),
                 VerdictRow(name, name, missing, "rpi4")]  # fmt: skip
    package = Budget(metric="size_mb", limit=2)
    rows.append(VerdictRow("package for web", "onnx", decide(package, Estimate.exact(1)), "model, tokenizer and code"))
    return dataclasses.replace(summary, verdicts=tuple(rows), exit_code=1)


def test_bundles_of_the_same_budgets_stand_beside_each_other(summary: Summary) -> None:
    bundles, packages = verdict_tables(both(summary).verdicts)
    assert [row.bundle for row in bundles.bundles] == ["onnx", "tflite"]
    assert [[row.verdict.outcome for row in budget.verdicts] for budget in bundles.budgets] == [
        ["pass", "fail"], ["unmeasured", "unmeasured"],
    ]  # fmt: skip
    assert [row.bundle for row in packages.bundles] == ["package for web"]


def test_every_verdict_stands_in_one_table(summary: Summary) -> None:
    shown = [row for table in verdict_tables(summary.verdicts) for budget in table.budgets for row in budget.verdicts]
    assert len(shown) == len(summary.verdicts) and all(row in shown for row in summary.verdicts)


def test_a_reason_stands_once_with_the_command_of_each_bundle(summary: Summary) -> None:
    [note] = verdict_tables(both(summary).verdicts)[0].budgets[1].notes
    assert note.bundles == () and note.sentence == "no measurement on rpi4"
    page = render_page(both(summary))
    assert page.count("no measurement on rpi4") == 1
    commands = re.findall(r'<code class="advice">([^<]*)</code>', page)
    assert commands == ["edgekit profile onnx --device NAME", "edgekit profile tflite --device NAME"]


@pytest.mark.parametrize(
    ("advice", "command", "words"),
    [
        ("edgekit profile b --device N, N being a Pi", "edgekit profile b --device N", "N being a Pi"),
        ("edgekit profile b --length 8", "edgekit profile b --length 8", ""),
        ("edgekit gate b --budget size_mb=1,format=onnx; or name it", "edgekit gate b --budget size_mb=1,format=onnx",
         "or name it"),
        ("edgekit profile 'a, b' --length 8, or so", "edgekit profile 'a, b' --length 8", "or so"),
        ("let it cool, then measure", "", "let it cool, then measure"),
    ],
)  # fmt: skip
def test_a_command_is_told_apart_from_words(advice: str, command: str, words: str) -> None:
    assert command_and_words(advice) == (command, words)


def test_conditions_that_are_the_same_stand_once(summary: Summary) -> None:
    table = condition_table(dataclasses.replace(summary, measurements=summary.measurements[:2]))
    common = {name: one.value for name, one in table.common}
    assert common["runtime"] == "onnxruntime 1.22.0" and common["governor"] == "ondemand"
    assert {name for name, _ in table.rows} == {"load", "temperature"}
    assert [setting for _, setting in table.measurements] == ["length 32, 2 threads", "length 64, 2 threads"]


@pytest.mark.parametrize(("load", "flagged"), [(0.2, False), (2.4, False), (2.6, True)])
def test_a_load_that_leaves_too_few_cores_is_flagged(summary: Summary, load: float, flagged: bool) -> None:
    record = summary.measurements[0]
    busy = record.model_copy(update={"before": record.before.model_copy(update={"load_1min": load})})
    page = render_page(dataclasses.replace(summary, measurements=(busy,)))
    # two threads on four cores
    assert bool(re.search(r'<span class="spoils">.*, high</span>', page)) is flagged
    assert any("(HIGH)" in line for line in circumstances(busy)) is flagged


def test_what_disturbed_a_measurement_is_a_red_row(summary: Summary) -> None:
    record = summary.measurements[0]
    hot = record.model_copy(update={"before": record.before.model_copy(update={"throttled": True}), "during": ()})
    table = condition_table(dataclasses.replace(summary, measurements=(hot,)))
    found = dict(table.common)
    assert found["throttled"].spoils == "slowed down"
    assert bool(table.disturbances) == (found["slowed down"].spoils == "disturbed")
