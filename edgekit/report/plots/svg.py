"""Inline SVG: elements whose every text is escaped, and axes with round numbers on them.

Pictures are drawn in percent across and in pixels down, so that they are as wide as their box while their text keeps
its size.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from markupsafe import Markup, escape

from edgekit.report.figures import clean


@dataclass(frozen=True)
class Axis:
    """A range of values across a picture."""

    low: float
    high: float

    def share(self, value: float) -> float:
        """Where a value lies, from 0 to 1; what lies outside is at the end that it is beyond."""
        if self.high <= self.low:
            return 0.5
        return min(max((value - self.low) / (self.high - self.low), 0.0), 1.0)

    def at(self, value: float) -> str:
        """Where a value lies, in percent."""
        return percent(self.share(value))

    def span(self, low: float, high: float) -> str:
        """How wide an interval is, in percent."""
        return percent(max(self.share(high) - self.share(low), 0.0))


def percent(share: float) -> str:
    """A share of 1 as SVG writes it."""
    return f"{100 * share:.3f}".rstrip("0").rstrip(".") + "%"


def element(tag: str, *children: str, **attributes: object) -> Markup:
    """An element; `class_` is class, `stroke_width` is stroke-width. Children that are plain text are escaped."""
    attributes_text = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(clean(value))}"'
        for name, value in attributes.items()
        if value is not None
    )
    inner = Markup("").join(child if isinstance(child, Markup) else escape(clean(child)) for child in children)
    return Markup(f"<{tag}{attributes_text}>{inner}</{tag}>")  # noqa: S704  every part is escaped above


def picture(label: str, height: float, *children: Markup, css: str = "") -> Markup:
    """An SVG as wide as its box, with a name for those who do not see it."""
    return element(
        "svg",
        element("title", label),
        *children,
        role="img",
        aria_label=label,
        width="100%",
        height=_pixels(height),
        class_=css or None,
    )


def line(x1: str, y1: float, x2: str, y2: float, css: str) -> Markup:
    """A line."""
    return element("line", x1=x1, y1=_pixels(y1), x2=x2, y2=_pixels(y2), class_=css)


def rectangle(x: str, y: float, width: str, height: float, css: str, *children: Markup, rx: float = 0) -> Markup:
    """A rectangle; a `title` among its children is shown when it is pointed at."""
    return element(
        "rect", *children, x=x, y=_pixels(y), width=width, height=_pixels(height), rx=_pixels(rx) if rx else None,
        class_=css,
    )  # fmt: skip


def words(x: str, y: float, text: str, css: str = "", *, anchor: str = "start", dx: float = 0) -> Markup:
    """A line of text."""
    return element(
        "text", text, x=x, y=_pixels(y), text_anchor=anchor, dx=_pixels(dx) if dx else None, class_=css or None
    )


def nice_ticks(low: float, high: float, count: int = 5) -> list[float]:
    """About `count` round numbers (1, 2, 2.5 or 5 times a power of ten apart) inside the range."""
    if not high > low or not math.isfinite(high - low):
        return [low]
    rough = (high - low) / count
    power = 10 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * (1 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [index * step for index in range(first, last + 1)]


def tick_text(value: float) -> str:
    """A round number without the dust of binary fractions."""
    return f"{value:.10g}"


def _pixels(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
