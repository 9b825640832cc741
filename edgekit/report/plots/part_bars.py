"""Where the megabytes of a model are: its parts as one bar, each part in its own colour in every picture."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from edgekit.report.figures import clean, number
from edgekit.report.plots.svg import element, percent
from edgekit.report.summary import ModelRow

HEIGHT = 28.0
# of a letter of a label, at the size that the style sheet gives it
LETTER, ROOM = 7.6, 12.0
# how wide the bars are at the least where the style sheet shows the labels of this class, in pixels
WIDTHS = {"on-desk": 560.0, "on-phone": 300.0}

# the colour of a part, by what it is: a format that cannot tell two parts apart has a colour between theirs
_SHADES = {
    "token embedding": "embedding",
    "embeddings": "embedding",
    "position embedding": "position",
    "token type embedding": "position",
    "projection": "projection",
    "FFN": "ffn",
    "attention": "attention",
    "dense layers": "dense",
    "head": "head",
    "norms": "norms",
    "norms and constants": "norms",
    "graph": "graph",
}
# in this order in every bar, so that a part is looked for in one place
_ORDER = (
    "embedding",
    "position",
    "projection",
    "ffn",
    "attention",
    "dense",
    "head",
    "norms",
    "graph",
    "tokenizer",
    "other",
)


@dataclass(frozen=True)
class PartShare:
    """A part of a model, and its share of the whole in %."""

    name: str
    mb: float
    share: float

    @property
    def shade(self) -> str:
        """What it is coloured as."""
        return shade_of(self.name)


def shade_of(part: str) -> str:
    """The colour of a part by its name: the same in every model and format."""
    if part.startswith(("tokenizer", "vocab", "merges", "spiece", "sentencepiece")):
        return "tokenizer"
    return _SHADES.get(part, "other")


def parts_of(model: ModelRow) -> list[PartShare]:
    """All parts of a model, the largest first."""
    total = sum(model.parts_mb.values()) or 1.0
    ordered = sorted(model.parts_mb.items(), key=lambda item: -item[1])
    return [PartShare(clean(name), mb, 100 * mb / total) for name, mb in ordered if mb >= 0]


def legend_of(models: Sequence[ModelRow]) -> list[tuple[str, list[str]]]:
    """Each colour that the bars show, with the parts that have it, in the order of the bars."""
    names: dict[str, dict[str, None]] = {}
    for model in models:
        for part in parts_of(model):
            names.setdefault(part.shade, {})[part.name] = None
    return [(shade, list(names[shade])) for shade in _ORDER if shade in names]


def part_bar(model: ModelRow) -> Markup:
    """The parts of a model as shares of its size; all bars are as long, however large the model."""
    parts = sorted(parts_of(model), key=lambda part: _ORDER.index(part.shade))
    largest = sorted(parts, key=lambda part: -part.mb)[:4]
    label = f"{clean(model.name)}, {number(model.size_mb)} MB: " + ", ".join(
        f"{part.name} {part.share:.0f} %" for part in largest
    )
    return element(
        "svg",
        element("title", label),
        *_segments(parts),
        role="img",
        aria_label=label,
        width="100%",
        height=f"{HEIGHT:.0f}",
        class_="part-bar",
    )


def _segments(parts: Sequence[PartShare]) -> Iterator[Markup]:
    start = 0.0
    for part in parts:
        yield element(
            "svg",
            element("title", f"{part.name}: {number(part.mb)} MB, {part.share:.1f} %"),
            element("rect", width="100%", height="100%", class_=f"part part-{part.shade}"),
            *(_label(part, css, width) for css, width in WIDTHS.items()),
            x=percent(start / 100),
            width=percent(part.share / 100),
            height=f"{HEIGHT:.0f}",
        )
        start += part.share


def _label(part: PartShare, css: str, width: float) -> Markup:
    """Name and size where there is room for them whole, else the size, else nothing: none is cut."""
    room = width * part.share / 100 - ROOM
    size = number(part.mb)
    fitting = (text for text in (f"{part.name} {size}", size) if _long(text) <= room)
    return element("text", next(fitting, ""), x=6, y=HEIGHT / 2 + 4.5, class_=f"part-name {css}")


def _long(text: str) -> float:
    """How wide a text is at the most; some letters are far wider than others."""
    return LETTER * sum(
        2 if letter in "mwMW@%" or unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text
    )
