"""The cards above all: each figure with the budgets that judge it, and never a PC's latency as that of a Pi."""

from __future__ import annotations

import dataclasses
from html.parser import HTMLParser

import pytest
from sample_run import make_latency

from edgekit.measure.statistics.estimate import Estimate
from edgekit.measure.verdicts import decide, unmeasured
from edgekit.report.headline import headline
from edgekit.report.key_figures import KeyFigure, key_figures
from edgekit.report.page import render_page
from edgekit.report.summary import Summary, VerdictRow
from edgekit.schema.budget import Budget


class Cards(HTMLParser):
    """The key figures of a page: each with its classes and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[set[str], str]] = []
        self.depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        classes = set((dict(attrs).get("class") or "").split())
        if tag == "div" and "key-figure" in classes:
            self.found.append((classes, ""))
            self.depth = 1
        elif tag == "div" and self.depth:
            self.depth += 1

    def handle_endtag(self, tag: str) -> None:
        self.depth -= self.depth > 0 and tag == "div"

    def handle_data(self, data: str) -> None:
        if self.depth:
            classes, text = self.found[-1]
            self.found[-1] = classes, f"{text} {data.strip()}".strip()


def cards(summary: Summary) -> list[tuple[set[str], str]]:
    parser = Cards()
    parser.feed(render_page(summary).replace("\u00a0", " "))
    return parser.found


def sized(summary: Summary, mb: float, limit: float, **conditions: object) -> Summary:
    """The sample run with one budget, on the size of onnx."""
    row = dataclasses.replace(summary.models[3], size_mb=mb)
    budget = Budget(metric="size_mb", limit=limit, **conditions)
    verdict = VerdictRow("onnx", "onnx", decide(budget, Estimate.exact(mb), "model and tokenizer"), "")
    models = (*summary.models[:3], row, *summary.models[4:])
    return dataclasses.replace(summary, models=models, verdicts=(verdict,), exit_code=int(mb > limit))


@pytest.mark.parametrize(("mb", "outcome"), [(5.0, "fail"), (3.0, "pass")])
def test_a_figure_wears_the_verdict_of_its_budget_and_its_limit(summary: Summary, mb: float, outcome: str) -> None:
    size, accuracy, latency, *others = cards(sized(summary, mb, 4))
    assert outcome in size[0] and f"{outcome} at most 4 MB" in " ".join(size[1].split())
    for classes, text in (accuracy, latency, *others):
        assert "unjudged" in classes and "at most" not in text


def test_the_headline_names_what_fails(summary: Summary) -> None:
    assert headline(sized(summary, 5, 4)).sentence == "Fail. Size of onnx: 5.00 MB, at most 4 MB."
    # two figures that would round to one are told apart
    assert headline(sized(summary, 4.003, 4)).title == "Size of onnx: 4.003 MB, at most 4 MB"


def test_the_headline_names_what_is_not_decided_once_for_all_bundles(summary: Summary) -> None:
    missing = unmeasured(Budget(metric="latency_p95_ms", limit=30, target="rpi4"), "no measurement")
    rows = tuple(VerdictRow(name, name, missing, "rpi4") for name in ("onnx", "tflite"))
    told = headline(dataclasses.replace(summary, verdicts=rows, exit_code=3))
    assert told.sentence == "Not proven. Latency p95 of onnx and tflite on rpi4: unmeasured, at most 30 ms."
    many = tuple(
        VerdictRow("onnx", "onnx", decide(Budget(metric="size_mb", limit=limit), Estimate.exact(9)), "")
        for limit in (1, 2, 3, 4)
    )
    told = headline(dataclasses.replace(summary, verdicts=many, exit_code=1))
    assert told.title.endswith("Size of onnx: 9.00 MB, at most 2 MB; and 2 more budgets".replace("Size", "size"))


def on_a_pc(summary: Summary, *rows: VerdictRow) -> KeyFigure:
    """The latency of onnx where a PC alone was measured for a Raspberry Pi."""
    other = dataclasses.replace(make_latency("onnx", 64), device="AMD EPYC", of_target=False)
    model = dataclasses.replace(summary.models[3], latencies=(other,))
    [(_, (_, _, latency))] = key_figures(dataclasses.replace(summary, models=(model,), verdicts=rows))
    return latency


def test_a_pc_s_latency_is_no_result_for_a_pi(summary: Summary) -> None:
    latency = on_a_pc(summary)
    assert (latency.figure, latency.aside, latency.outcome) == ("unmeasured", "on rpi4", None)
    assert latency.elsewhere.startswith("30.6 ms on another machine") and "AMD EPYC" in latency.elsewhere


def test_a_pc_s_verdict_stands_beside_the_pc_s_figure(summary: Summary) -> None:
    pi, pc = (Budget(metric="latency_p95_ms", limit=31, target=name, length=64) for name in ("rpi4", "x86-64"))
    missing = VerdictRow("onnx", "onnx", unmeasured(pi, "none", conditions="rpi4, length 64"), "rpi4, length 64")
    known = VerdictRow("onnx", "onnx", decide(pc, Estimate.exact(30.6), "x86-64, length 64"), "x86-64, length 64")
    latency = on_a_pc(summary, missing, known)
    assert latency.figure == "unmeasured" and latency.outcome == "unmeasured"
    assert latency.verdicts == (missing,) and latency.elsewhere_verdicts == (known,)


def test_what_else_a_budget_judges_has_a_card(summary: Summary) -> None:
    budget = Budget(metric="peak_memory_mb", limit=50)
    row = VerdictRow("onnx", "onnx", decide(budget, Estimate.exact(71.3), "rpi4"), "rpi4")
    (_, figures), _ = key_figures(dataclasses.replace(summary, verdicts=(row,)))
    assert [(each.title, each.figure, each.outcome) for each in figures[3:]] == [("Peak memory", "71.3 MB", "fail")]
