"""Verdicts as JUnit XML, so that a CI system lists every budget as a test."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree

from edgekit.report import figures
from edgekit.report.figures import clean
from edgekit.report.summary import VerdictRow


def verdicts_junit(rows: Sequence[VerdictRow]) -> str:
    """One test case a budget.

    A gated budget that fails is a failure; one that is inconclusive or unmeasured is an error of that type, as nothing
    was proven. What does not gate and did not pass is skipped, so that it cannot turn a build red.
    """
    suite = ElementTree.Element("testsuite", name="edgekit budgets")
    tags = [_add_case(suite, row) for row in rows]
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


def _add_case(suite: ElementTree.Element, row: VerdictRow) -> str:
    verdict = row.verdict
    title = figures.listed((f"{row.metric.title} {figures.limit(verdict.budget)}", row.conditions))
    case = ElementTree.SubElement(suite, "testcase", classname=clean(f"{row.bundle}.{row.format}"), name=clean(title))
    properties = ElementTree.SubElement(case, "properties")
    for name, value in _properties(row):
        ElementTree.SubElement(properties, "property", name=name, value=clean(value))
    tag = _tag(row)
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
    known = [("outcome", figures.word(row)), ("limit", figures.limit(budget)), ("measured", figures.measured(row))]
    interval = figures.measured_interval(row)
    basis = row.verdict.basis.describe
    known += [("interval", interval)] if interval else []
    known += [("basis", basis)] if basis else []
    known += [("note", note) for note in row.verdict.notes]
    return [*known, ("gated", "yes" if budget.gate else "no")]


def _tag(row: VerdictRow) -> str:
    if row.verdict.outcome == "pass":
        return ""
    if not row.verdict.budget.gate:
        return "skipped"
    return "failure" if row.verdict.outcome == "fail" else "error"
