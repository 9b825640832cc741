"""The table of what was tried: framework, version, result, first answer, longest freeze of the main thread."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypedDict

from web_apps.trial import Answer, AppResult, WayResult


class Results(TypedDict):
    """What the script keeps: when, on what, and each app's result by its name."""

    date: str
    node: str
    chromium: str
    apps: dict[str, AppResult]


def table(results: Results) -> str:
    """A row for each way of each app; in a cell of ms, in a Worker / on the page."""
    head = "| framework | version | way | result | first answer, ms | longest freeze, ms |"
    return "\n".join([head, "|---|---|---|---|---|---|", *_rows(results)])


def _rows(results: Results) -> Iterator[str]:
    for app in results["apps"].values():
        named = ", ".join(app["versions"].values())
        for way in app["ways"]:
            cells = [app["title"], named, way["name"], _outcome(way), _ms(way, _first), _ms(way, _freeze)]
            yield f"| {' | '.join(cells)} |"


def _outcome(way: WayResult) -> str:
    if way["problem"] is not None:
        return "fails"
    return " and ".join(f"{answer['passed']} of {answer['cases']}" for answer in list(way["answers"].values())[:1])


def _first(answer: Answer) -> float | None:
    return answer.get("firstMs")


def _freeze(answer: Answer) -> float | None:
    return answer.get("freezeMs")


def _ms(way: WayResult, read: Callable[[Answer], float | None]) -> str:
    values = [read(answer) for answer in way["answers"].values()]
    return " / ".join(f"{value:.0f}" for value in values if value is not None)
