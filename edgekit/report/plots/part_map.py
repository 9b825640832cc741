"""Where the megabytes of a model are: a treemap of its parts."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from edgekit.report.figures import clean, number, shorten
from edgekit.report.plots.svg import element
from edgekit.report.plots.treemap import Rectangle, squarify
from edgekit.report.summary import ModelRow

WIDTH, HEIGHT = 330.0, 190.0
GAP = 2.0
SHOWN = 12
COLOURS = 8
# of a letter of the label, at the size that the style sheet gives it
LETTER, LINE = 7.4, 15.0


@dataclass(frozen=True)
class PartShare:
    """A part of a model, and its share of the whole in %."""

    name: str
    mb: float
    share: float


def parts_of(model: ModelRow) -> list[PartShare]:
    """All parts of a model, the largest first."""
    total = sum(model.parts_mb.values()) or 1.0
    ordered = sorted(model.parts_mb.items(), key=lambda item: -item[1])
    return [PartShare(clean(name), mb, 100 * mb / total) for name, mb in ordered if mb >= 0]


def colours_of(models: Sequence[ModelRow]) -> dict[str, int]:
    """A colour for each part by name, the same in every model; names, not colours, tell parts apart."""
    names = dict.fromkeys(part.name for model in models for part in parts_of(model))
    return {name: index % COLOURS for index, name in enumerate(names)}


def part_map(model: ModelRow, colours: dict[str, int]) -> Markup:
    """The parts as areas. All maps have the same area, however large the model."""
    parts = _largest(parts_of(model))
    places = squarify([part.mb for part in parts], WIDTH, HEIGHT)
    label = f"{clean(model.name)}, {number(model.size_mb)} MB: " + ", ".join(
        f"{part.name} {part.share:.0f} %" for part in parts[:4]
    )
    return element(
        "svg",
        element("title", label),
        *(_cell(part, place, colours.get(part.name)) for part, place in zip(parts, places, strict=True)),
        role="img",
        aria_label=label,
        viewBox=f"0 0 {WIDTH:.0f} {HEIGHT:.0f}",
        class_="part-map",
    )


def _largest(parts: list[PartShare]) -> list[PartShare]:
    """The largest parts, and the others as one."""
    if len(parts) <= SHOWN:
        return parts
    rest = parts[SHOWN - 1 :]
    together = PartShare(f"{len(rest)} others", sum(part.mb for part in rest), sum(part.share for part in rest))
    return [*parts[: SHOWN - 1], together]


def _cell(part: PartShare, place: Rectangle, colour: int | None) -> Markup:
    """A part in a picture of its own, which cuts off what a wide script makes too long."""
    width, height = max(place.width - GAP, 0.0), max(place.height - GAP, 0.0)
    return element(
        "svg",
        element("title", f"{part.name}: {number(part.mb)} MB, {part.share:.1f} %"),
        element("rect", width="100%", height="100%", rx=2, class_=f"part-{'other' if colour is None else colour}"),
        *_labels(part, width, height),
        x=f"{place.x + GAP / 2:.2f}",
        y=f"{place.y + GAP / 2:.2f}",
        width=f"{width:.2f}",
        height=f"{height:.2f}",
    )


def _letters(name: str, width: float) -> int:
    """How many letters of a name have room, at least four; some are far wider than others."""
    used = 0.0
    for count, letter in enumerate(name):
        used += LETTER * (2 if letter in "mwMW@%" or unicodedata.east_asian_width(letter) in "WF" else 1)
        if used > width:
            return max(count, 4)
    return max(len(name), 4)


def _labels(part: PartShare, width: float, height: float) -> list[Markup]:
    """The name, and below it the size, as far as they fit."""
    room = int((width - 14) / LETTER)
    if room < 4 or height < LINE + 6:
        return []
    lines = [element("text", shorten(part.name, _letters(part.name, width - 14)), x=8, y=LINE + 2, class_="part-name")]
    size = f"{number(part.mb)} MB"
    if height >= 2 * LINE + 8 and len(size) <= room:
        lines.append(element("text", size, x=8, y=2 * LINE + 2, class_="part-size"))
    return lines
