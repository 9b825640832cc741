"""The tables as GitHub Markdown, for a job summary or a comment on a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from edgekit.bundle.evaluation import ClassScore
from edgekit.measure.accuracy.classification import ConfusedPair
from edgekit.measure.verdicts import FAILED, INCONCLUSIVE, PASSED
from edgekit.report import mistake_cells, table_cells, training_cells
from edgekit.report.figures import clean
from edgekit.report.headline import headline
from edgekit.report.summary import ModelRow, StageRow, Summary, VerdictRow, WrongText
from edgekit.report.verdict_tables import command_and_words
from edgekit.schema.measurement import Measurement

_PUNCTUATION = re.compile(r"([\\`*_\[\]|~>$])")


def summary_markdown(summary: Summary) -> str:
    """The whole report, each of its tables under a heading."""
    parts = [("Verdicts", verdicts_markdown(summary.verdicts)), ("Models", models_markdown(summary.models))]
    if table_cells.compared(summary.models):
        parts.append(("Paired comparisons", comparisons_markdown(summary.models)))
    evaluated = [table_cells.evaluation_cells(model, model.accuracy) for model in summary.models if model.accuracy]
    if evaluated:
        notes = "".join(f"\n- {escape(note)}" for note in table_cells.evaluation_notes(summary.models))
        table = _table(table_cells.EVALUATIONS, evaluated, right=table_cells.EVALUATIONS[1:-1])
        parts.append(("Evaluations", f"{table}{notes}\n" if notes else table))
    if summary.stages:
        parts.append(("Training and time", trainings_markdown(summary.stages)))
    if summary.wrong_texts:
        parts.append(("Texts gone wrong", wrong_texts_markdown(summary.wrong_texts)))
    parts += [
        (f"Confusions of {escape(clean(mistakes.model))}", confusions_markdown(mistakes.pairs))
        for mistakes in summary.shown_mistakes
        if mistakes.pairs
    ]
    parts += [
        (f"Classes of {escape(clean(mistakes.model))}", classes_markdown(mistakes.classes))
        for mistakes in summary.shown_mistakes
    ]
    parts += [
        (f"Latency of {escape(clean(name))}", latency_markdown(records))
        for name, records in table_cells.measurements_by_model(summary).items()
    ]
    baseline_perplexity = [
        table_cells.perplexity_cells(model, model.perplexity) for model in summary.models if model.perplexity
    ]
    if baseline_perplexity:
        parts.append(
            ("Perplexity", _table(table_cells.PERPLEXITIES, baseline_perplexity, right=table_cells.PERPLEXITIES[1:]))
        )
    for name, speeds in table_cells.speeds_by_model(summary).items():
        table = _table(table_cells.GENERATION, map(table_cells.generation_cells, speeds), right=table_cells.GENERATION)
        parts.append((f"Speed of {escape(clean(name))}", table))
    if summary.packages:
        table = _table(
            table_cells.PACKAGES, map(table_cells.package_cells, summary.packages), right=table_cells.PACKAGES[1:5]
        )
        parts.append(("Packages for apps", table))
    title = f"# {escape(clean(summary.heading))}\n\n{escape(headline(summary).sentence)}\n"
    return title + "".join(f"\n## {heading}\n\n{text}" for heading, text in parts)


def gate_markdown(rows: Sequence[VerdictRow], code: int) -> str:
    """The verdicts under a heading that says what they come to. code: the exit code that follows from them"""
    outcome = {PASSED: "PASS", FAILED: "FAIL", INCONCLUSIVE: "UNDECIDED"}.get(code, f"exit code {code}")
    models = ", ".join(dict.fromkeys(escape(clean(row.bundle)) for row in rows))
    return f"## edgekit gate: {outcome}" + (f" ({models})" if models else "") + f"\n\n{verdicts_markdown(rows)}\n"


def verdicts_markdown(rows: Sequence[VerdictRow]) -> str:
    """Each budget with its verdict; below, why a budget did not pass and what to do."""
    text = _table(table_cells.VERDICTS, (table_cells.verdict_cells(row) for row in rows))
    notes = [
        f"- **{note.word}** {escape(note.sentence)}"
        + "".join(f"<br>{_advice(line)}" for line in note.advice.splitlines())
        for note in table_cells.verdict_notes(rows)
    ]
    return text + ("\n" + "\n".join(notes) + "\n" if notes else "")


def models_markdown(models: Sequence[ModelRow]) -> str:
    """The models of a run beside each other; intervals are of 95 %."""
    headings, rows = table_cells.models_cells(models)
    return _table(headings, rows, right=headings[1:])


def comparisons_markdown(models: Sequence[ModelRow]) -> str:
    """What each model lost against each baseline on the same rows; negative points were gained."""
    rows = (table_cells.comparison_cells(model, record) for model, record in table_cells.compared(models))
    return _table(table_cells.COMPARISONS, rows, right=table_cells.COMPARISONS[2:])


def confusions_markdown(pairs: Sequence[ConfusedPair]) -> str:
    """Which label a model takes for which, the worst pairs first, out of the rows that have it."""
    return _table(
        mistake_cells.CONFUSIONS,
        map(mistake_cells.confusion_cells, pairs[: mistake_cells.SHOWN_PAIRS]),
        right=mistake_cells.CONFUSIONS[2:],
    )


def classes_markdown(classes: Sequence[ClassScore]) -> str:
    """Precision, recall and F1 of every class, F1 with its 95 % interval."""
    return _table(mistake_cells.CLASSES, map(mistake_cells.class_cells, classes), right=mistake_cells.CLASSES[1:])


def trainings_markdown(stages: Sequence[StageRow]) -> str:
    """What each stage took, how the trainings went, and what a person should know of them."""
    table = _table(training_cells.TRAININGS, map(training_cells.training_cells, stages))
    hints = [f"- {escape(clean(f'{row.name}: {hint}'))}" for row in stages if row.record for hint in row.record.hints]
    return table + ("\n" + "\n".join(hints) + "\n" if hints else "")


def wrong_texts_markdown(rows: Sequence[WrongText]) -> str:
    """Texts that a bundle labels wrongly, with the probability that it gives to its own label."""
    return _table(
        mistake_cells.WRONG_TEXTS, map(mistake_cells.wrong_text_cells, rows), right=mistake_cells.WRONG_TEXTS[3:]
    )


def latency_markdown(measurements: Sequence[Measurement]) -> str:
    """Latency from text to label with 95 % intervals, its stages apart, and how it was measured."""
    percentiles = _table(
        table_cells.PERCENTILES, map(table_cells.percentile_cells, measurements), right=table_cells.PERCENTILES
    )
    stages = _table(table_cells.STAGES, map(table_cells.stage_cells, measurements), right=table_cells.STAGES)
    notes = "\n".join("- " + "<br>".join(map(escape, table_cells.circumstances(records))) for records in measurements)
    return f"{percentiles}\n{stages}\n{notes}\n"


def escape(text: str) -> str:
    """Text that Markdown shows as it is: no markup, no HTML, no end of a table cell."""
    return _PUNCTUATION.sub(r"\\\1", text.replace("&", "&amp;").replace("<", "&lt;"))


def code(text: str) -> str:
    """Text as code outside a table, in a fence longer than any run of backticks in it."""
    fence = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{space}{text}{space}{fence}"


def _table(headings: Sequence[str], rows: Iterable[table_cells.Cells], *, right: Sequence[str] = ()) -> str:
    lines = [
        _row(headings),
        _row(["---:" if heading in right else "---" for heading in headings]),
        *(_row(["<br>".join(map(escape, cell.split("\n"))) for cell in row]) for row in rows),
    ]
    return "\n".join(lines) + "\n"


def _advice(text: str) -> str:
    """A command as code, and words as words."""
    command, words = command_and_words(text)
    return ", ".join(filter(None, (code(command) if command else "", escape(words))))


def _row(parts: Sequence[str]) -> str:
    return f"| {' | '.join(parts)} |"
