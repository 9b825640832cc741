"""The table of what was tried: framework, version, result, first answer, longest freeze of the main thread."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypedDict

from web_apps.trial import Answer, AppResult, WayResult


class Results(TypedDict):
    """What the script keeps: when, on what, and each app's result by its name."""

    date: str
    node: str
    chromium: str
    apps: dict[str, AppResult]


def table(results: Results) -> str:
    """A row for each way of each app; a cell of ms has a figure for each load of a page, in the order named."""
    head = "| framework | version | way | golden cases, and where | first answer, ms | longest freeze, ms |"
    return "\n".join([head, "|---|---|---|---|---|---|", *_rows(results)])


def _rows(results: Results) -> Iterator[str]:
    for app in results["apps"].values():
        named = ", ".join(app["versions"].values())
        for way in app["ways"]:
            cells = [app["title"], named, way["name"], _outcome(way), _ms(way, "firstMs"), _ms(way, "freezeMs")]
            yield f"| {' | '.join(cells)} |"


def _outcome(way: WayResult) -> str:
    """How many cases are equal, and where the model ran: pages first, then what was asked of servers."""
    if way["problem"] is not None:
        return "fails"
    counts = {f"{answer['passed']} of {answer['cases']}": None for answer in way["answers"].values()}
    return f"{', '.join(counts)}: {', '.join(where for where, _ in _in_order(way))}"


def _ms(way: WayResult, name: Literal["firstMs", "freezeMs"]) -> str:
    values = [answer[name] for where, answer in _in_order(way) if name in answer and where[0] != "/"]
    return " / ".join(f"{value:.0f}" for value in values) or "–"


def _in_order(way: WayResult) -> list[tuple[str, Answer]]:
    return sorted(way["answers"].items(), key=lambda each: each[0].startswith("/"))
