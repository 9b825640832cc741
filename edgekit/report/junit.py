"""Verdicts as JUnit XML, so that a CI system lists every budget as a test."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree

from edgekit.report import figures
from edgekit.report.figures import clean
from edgekit.report.summary import VerdictRow


def verdicts_junit(
    rows: Sequence[VerdictRow], classes: Sequence[str] | None = None, *, inconclusive_ok: bool = False
) -> str:
    """One test case a budget, called as that is typed.

    classes: of each row what the bundle is, and for which target; by default the bundle and its format
    A gated budget that fails is a failure; one that is inconclusive or unmeasured is an error of that type, as nothing
    was proven, or is skipped where `inconclusive_ok`. What does not gate and did not pass is skipped too, so that it
    cannot turn a build red.
    """
    suite = ElementTree.Element("testsuite", name="edgekit budgets")
    names = classes or [f"{row.bundle}.{row.format}" for row in rows]
    tags = [_add_case(suite, row, name, _tag(row, inconclusive_ok)) for row, name in zip(rows, names, strict=True)]
    counts = {
        "tests": str(len(rows)),
        "failures": str(tags.count("failure")),
        "errors": str(tags.count("error")),
        "skipped": str(tags.count("skipped")),
    }
    suite.attrib.update(counts)
    root = ElementTree.Element("testsuites", counts)
    root.append(suite)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _add_case(suite: ElementTree.Element, row: VerdictRow, classname: str, tag: str) -> str:
    verdict = row.verdict
    case = ElementTree.SubElement(suite, "testcase", classname=clean(classname), name=clean(verdict.budget.text))
    properties = ElementTree.SubElement(case, "properties")
    for name, value in _properties(row):
        ElementTree.SubElement(properties, "property", name=name, value=clean(value))
    if tag:
        message = clean(f"{figures.word(row)}: {verdict.reason}")
        result = ElementTree.SubElement(case, tag, message=message)
        if tag != "skipped":
            result.set("type", verdict.outcome)
        result.text = "\n".join(filter(None, (message, clean(verdict.advice))))
    ElementTree.SubElement(case, "system-out").text = clean(f"{figures.word(row)}: {verdict.reason}")
    return tag


def _properties(row: VerdictRow) -> list[tuple[str, str]]:
    budget = row.verdict.budget
    title = figures.listed((f"{row.metric.title} {figures.limit(budget)}", row.conditions))
    known = [
        ("budget", title),
        ("outcome", figures.word(row)),
        ("limit", figures.limit(budget)),
        ("measured", figures.measured(row)),
    ]
    interval = figures.measured_interval(row)
    basis = row.verdict.basis.describe
    known += [("interval", interval)] if interval else []
    known += [("basis", basis)] if basis else []
    known += [("note", note) for note in row.verdict.notes]
    return [*known, ("gated", "yes" if budget.gate else "no")]


def _tag(row: VerdictRow, inconclusive_ok: bool) -> str:
    if row.verdict.outcome == "pass":
        return ""
    if not row.verdict.budget.gate:
        return "skipped"
    if row.verdict.outcome == "fail":
        return "failure"
    return "skipped" if inconclusive_ok else "error"
