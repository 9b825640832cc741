"""The report as one HTML page that needs nothing else: no script, no network, no other file."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from edgekit.report import figures, mistake_cells, table_cells, training_cells
from edgekit.report.condition_table import condition_table
from edgekit.report.figures import clean, shorten
from edgekit.report.headline import headline
from edgekit.report.key_figures import first_drop, first_increase, key_figures, size_change
from edgekit.report.plots import histogram, interval_plots, part_bars, tradeoff_plot
from edgekit.report.plots.curves import speed_curve
from edgekit.report.plots.histogram import Limit
from edgekit.report.plots.svg import element
from edgekit.report.plots.training_curves import training_curve
from edgekit.report.summary import LatencyRow, ModelRow, Summary
from edgekit.report.verdict_tables import verdict_tables

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Section:
    """A part of the page: the name of its template and of its anchor, and its heading."""

    name: str
    title: str


@dataclass(frozen=True)
class Distribution:
    """The latency of one bundle under one set of conditions, drawn.

    main: whether it is among those that are looked at first
    """

    model: ModelRow
    row: LatencyRow
    picture: Markup
    beyond: str
    main: bool


def render_page(summary: Summary) -> str:
    """The HTML of a whole run."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
    environment.filters |= {
        "cut": _cut,
        "short": _short,
        "breakable": _breakable,
        "minus": _minus,
        "unbroken": _unbroken,
        "heading": _heading,
    }
    environment.globals |= {"figures": figures, "cells": table_cells, "trainings": training_cells}
    environment.tests |= {"begins": str.startswith}
    styles = Markup((TEMPLATES / "styles.css").read_text(encoding="utf-8"))  # noqa: S704  shipped with edgekit
    template = environment.get_template("report.html.j2")
    return template.render(
        summary=summary,
        styles=styles,
        headline=headline(summary),
        key_figures=key_figures(summary),
        sections=_sections(summary),
        **_tables(summary),
        **_pictures(summary),
    )


def _sections(summary: Summary) -> list[Section]:
    """What there is something to show in, in the order of the page; each has a template of its name."""
    models = summary.models
    quality = "perplexity" if summary.generates else "accuracy"
    stages = f"Size and {quality} by stage" if len(models) > 1 else "The model"
    sections = (
        (Section("verdicts", "Verdicts"), True),
        (Section("language_models" if summary.generates else "models", stages), models),
        (Section("mistakes", "Most confused classes"), summary.mistakes),
        (Section("training", "Training and time"), summary.stages),
        (Section("megabytes", "Where the megabytes are"), [model for model in models if model.parts_mb]),
        (Section("perplexity", "Perplexity"), [model for model in models if model.perplexity]),
        (Section("speed", "Speed of writing"), summary.speeds),
        (Section("latency", "Latency, run by run"), not summary.generates),
        (Section("conditions", "Conditions of the measurements"), summary.measurements or summary.speeds),
        (Section("packages", "Packages for apps"), summary.packages),
        (Section("lineage", "Lineage and parity"), summary.lineage or any(model.parity for model in models)),
        (Section("commands", "Reproduce it"), summary.commands),
        (Section("labels", "Labels"), summary.labels and not summary.mistakes),
    )
    return [section for section, shown in sections if shown]


def _comparisons(models: Sequence[ModelRow]) -> str:
    """The heading of what models lose on the same rows, by what they are compared with."""
    baselines = {record.baseline for _, record in table_cells.compared(models)}
    if not baselines:
        return "Accuracy"
    return f"Paired comparison with the {clean(baselines.pop())}" if len(baselines) == 1 else "Paired comparisons"


def _tables(summary: Summary) -> dict[str, object]:
    models = summary.models
    return {
        "stage_times": training_cells.stage_times(summary.stages),
        "trained": training_cells.trained_stages(summary.stages),
        "training_rows": [training_cells.training_cells(row) for row in summary.stages],
        "hints": [(row.name, hint) for row in summary.stages if row.record for hint in row.record.hints],
        "verdict_tables": verdict_tables(summary.verdicts),
        "compared": table_cells.compared(models),
        "comparison_title": _comparisons(models),
        "evaluations": [table_cells.evaluation_cells(model, model.accuracy) for model in models if model.accuracy],
        "evaluation_notes": table_cells.evaluation_notes(models),
        "perplexities": [
            table_cells.perplexity_cells(model, model.perplexity) for model in models if model.perplexity
        ],
        "speeds": table_cells.speeds_by_model(summary),
        "speed_cells_of": lambda records: [table_cells.generation_cells(one) for one in records],
        "mistakes": summary.shown_mistakes,
        "confusions": mistake_cells.confusions_beside(summary.shown_mistakes),
        "worst_first": lambda mistakes: [
            (row, mistake_cells.class_cells(row)) for row in mistake_cells.worst_first(mistakes.classes)
        ],
        "parities": [table_cells.parity_cells(model, model.parity) for model in models if model.parity],
        "package_rows": [table_cells.package_cells(row) for row in summary.packages],
        "part_table": table_cells.part_table(models),
        "measured": table_cells.measurements_by_model(summary),
        "conditions": condition_table(summary),
        "percentiles_of": lambda records: [table_cells.percentile_cells(one) for one in records],
        "stages_of": lambda records: [table_cells.stage_cells(one) for one in records],
        "first_drop": lambda model: first_drop(model, models[0]),
        "first_increase": lambda model: first_increase(model, models[0]),
        "size_change": lambda model: size_change(model, models),
    }


def _pictures(summary: Summary) -> dict[str, object]:
    models = summary.models
    perplexities, rates = interval_plots.perplexity_axis(models), interval_plots.speed_axis(models)
    with_perplexity = next((model for model in models if model.perplexity), None)
    baseline_perplexity = (
        with_perplexity.perplexity.perplexity if with_perplexity and with_perplexity.perplexity else None
    )
    sizes, accuracies, latencies = (
        interval_plots.size_axis(models),
        interval_plots.accuracy_axis(models, rivals=True),
        interval_plots.latency_axis(models),
    )
    lost = interval_plots.lost_axis([record for _, record in table_cells.compared(models)])
    first = next((model for model in models if model.accuracy), None)
    baseline = first.accuracy.accuracy if first and first.accuracy else None
    return {
        "verdict_picture": interval_plots.verdict_picture,
        "ground": tradeoff_plot.ground_of(models, summary.verdicts),
        "tradeoff_picture": tradeoff_plot.tradeoff_picture(
            models, summary.verdicts, interval_plots.accuracy_axis(models)
        ),
        "first": first,
        "accuracies": accuracies,
        "lost_axis": lost,
        "drawn_latency": any(not row.emulated for model in models for row in model.latencies),
        "drawn_speed": any(not row.emulated for model in models for row in model.speeds),
        "size_picture": lambda model: interval_plots.size_picture(model, sizes),
        "accuracy_picture": lambda model: interval_plots.accuracy_picture(model, accuracies, baseline),
        "comparison_picture": lambda record: interval_plots.comparison_picture(record, lost),
        "latency_picture": lambda row: interval_plots.latency_picture(row, latencies),
        "with_perplexity": with_perplexity,
        "perplexity_axis": perplexities,
        "rate_axis": rates,
        "perplexity_picture": lambda record: interval_plots.perplexity_picture(
            record, perplexities, baseline_perplexity
        ),
        "speed_picture": lambda row: interval_plots.speed_picture(row, rates),
        "share_bar": interval_plots.share_bar,
        "speed_curve": speed_curve,
        "training_curve": training_curve,
        "latency_end": latencies,
        "legend": part_bars.legend_of(models),
        "part_bar": part_bars.part_bar,
        "distributions": _distributions(summary),
        "rival": first.accuracy.bag_of_words if first and first.accuracy else None,
        "rival_picture": lambda value: interval_plots.rival_picture(value, accuracies, baseline),
    }


def _distributions(summary: Summary) -> list[Distribution]:
    """Histograms; those of one device and length share an axis, so that bundles can be compared."""
    drawn = [
        (model, row, histogram.limits_of(model, row, summary.verdicts))
        for model in summary.models
        for row in model.latencies
    ]
    drawn.sort(key=lambda item: (item[1].emulated, *_place(item[1])))
    groups = [
        list(group) for _, group in itertools.groupby(drawn, key=lambda item: (item[1].emulated, *_place(item[1])))
    ]
    judged = [any(held for _, _, held in group) for group in groups]
    return [
        distribution
        for index, group in enumerate(groups)
        for distribution in _on_one_axis(group, main=judged[index] or (index == 0 and not any(judged)))
    ]


def _on_one_axis(group: Sequence[tuple[ModelRow, LatencyRow, list[Limit]]], *, main: bool) -> list[Distribution]:
    axis = histogram.shared_axis([row for _, row, _ in group], [limit for _, _, held in group for limit in held])
    return [
        Distribution(model, row, histogram.histogram(row, held, axis), histogram.beyond(row, axis), main)
        for model, row, held in group
    ]


def _place(row: LatencyRow) -> tuple[str, int, str]:
    """What an axis is shared by; lengths in numbers come in their order, before `data`."""
    return row.device, row.length if isinstance(row.length, int) else 1 << 31, str(row.length)


def _cut(value: object, length: int = 40) -> Markup:
    """A text of unknown length and script, kept from turning its surroundings; in full when it is pointed at."""
    text = clean(value)
    short = shorten(text, length)
    return element("bdi", short, title=None if short == text else text)


def _short(value: object, length: int) -> str:
    """A text of unknown length where there is no place for markup, as in an attribute."""
    return shorten(clean(value), length)


def _breakable(value: object) -> Markup:
    """A label that may go on in the next line behind each `_`, and never within a word."""
    parts = clean(value).replace("_", "_\n").split("\n")
    return element("bdi", Markup("<wbr>").join(parts))


def _heading(text: str) -> str:
    """The heading of a column as a page writes it; p50 stays p50."""
    return text if text[1:2].isdigit() else text[:1].upper() + text[1:]


def _unbroken(text: str) -> str:
    """A figure that stays in one line with its unit."""
    return text.replace(" ", "\u00a0")


def _minus(text: str) -> str:
    """Figures with the minus sign of print."""
    return text.replace("-", "−")


def _finalize(value: object) -> object:
    return value if isinstance(value, Markup) or not isinstance(value, str) else clean(value)
