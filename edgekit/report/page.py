"""The report as one HTML page that needs nothing else: no script, no network, no other file."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from edgekit.report import figures, histogram, part_map, plots
from edgekit.report.figures import clean, cut
from edgekit.report.headline import headline
from edgekit.report.histogram import Limit
from edgekit.report.summary import LatencyRow, ModelRow, Summary, VerdictRow
from edgekit.report.svg import element
from edgekit.spec.measurement import Measurement

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Distribution:
    """The latency of one bundle under one set of conditions, drawn."""

    model: ModelRow
    row: LatencyRow
    picture: Markup
    beyond: str


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
    environment.filters |= {"cut": _cut, "minus": _minus}
    environment.globals |= {"figures": figures}
    styles = Markup((TEMPLATES / "styles.css").read_text(encoding="utf-8"))  # noqa: S704  shipped with edgekit
    template = environment.get_template("report.html.j2")
    return template.render(summary=summary, styles=styles, headline=headline(summary), **_pictures(summary))


def _pictures(summary: Summary) -> dict[str, Any]:
    models = summary.models
    sizes, accuracies, latencies = plots.size_axis(models), plots.accuracy_axis(models), plots.latency_axis(models)
    first = next((model for model in models if model.accuracy), None)
    baseline = first.accuracy.accuracy if first and first.accuracy else None
    colours = part_map.colours_of(models)
    return {
        "verdict_picture": plots.verdict_picture,
        "verdict_groups": _by_bundle(summary.verdicts),
        "first": first,
        "accuracies": accuracies,
        "drawn_latency": any(not row.emulated for model in models for row in model.latencies),
        "size_picture": lambda model: plots.size_picture(model, sizes),
        "accuracy_picture": lambda model: plots.accuracy_picture(model, accuracies, baseline),
        "latency_picture": lambda row: plots.latency_picture(row, latencies),
        "latency_end": latencies,
        "part_map": lambda model: part_map.part_map(model, colours),
        "parts_of": part_map.parts_of,
        "distributions": _distributions(summary),
        "measured_of": lambda taken: _model_of(taken, models),
    }


def _by_bundle(rows: Sequence[VerdictRow]) -> list[tuple[VerdictRow, list[VerdictRow]]]:
    """Verdicts under the bundle that they are on, in the order of the bundles."""
    groups: dict[tuple[str, str], list[VerdictRow]] = {}
    for row in rows:
        groups.setdefault((row.bundle, row.format), []).append(row)
    return [(group[0], group) for group in groups.values()]


def _distributions(summary: Summary) -> list[Distribution]:
    """Histograms; those of one device and length share an axis, so that bundles can be compared."""
    drawn = [
        (model, row, histogram.limits_of(model, row, summary.verdicts))
        for model in summary.models
        for row in model.latencies
    ]
    drawn.sort(key=lambda item: (item[1].emulated, *_place(item[1])))
    return [
        distribution
        for _, group in itertools.groupby(drawn, key=lambda item: (item[1].emulated, *_place(item[1])))
        for distribution in _on_one_axis(list(group))
    ]


def _on_one_axis(group: Sequence[tuple[ModelRow, LatencyRow, list[Limit]]]) -> list[Distribution]:
    axis = histogram.shared_axis([row for _, row, _ in group], [limit for _, _, held in group for limit in held])
    return [
        Distribution(model, row, histogram.histogram(row, held, axis), histogram.beyond(row, axis))
        for model, row, held in group
    ]


def _place(row: LatencyRow) -> tuple[str, int, str]:
    """What an axis is shared by; lengths in numbers come in their order, before `data`."""
    return row.device, row.length if isinstance(row.length, int) else 1 << 31, str(row.length)


def _model_of(taken: Measurement, models: Sequence[ModelRow]) -> str:
    """The name of the bundle that was measured, or else the beginning of its file's hash."""
    return next((model.name for model in models if model.model_sha256 == taken.model_sha256), taken.model_sha256[:12])


def _cut(value: object, length: int = 40) -> Markup:
    """A text of unknown length and script, kept from turning its surroundings; in full when it is pointed at."""
    text = clean(value)
    short = cut(text, length)
    return element("bdi", short, title=None if short == text else text)


def _minus(text: str) -> str:
    """Figures with the minus sign of print."""
    return text.replace("-", "−")


def _finalize(value: Any) -> Any:
    return value if isinstance(value, Markup) or not isinstance(value, str) else clean(value)
