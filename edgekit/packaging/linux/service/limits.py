"""What the service takes at most; each is an option of `serve`."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field, fields
from typing import Any


def _limit(default: float, about: str) -> Any:
    return field(default=default, metadata={"about": about})


@dataclass(frozen=True)
class Limits:
    """Sizes in bytes and characters, times in seconds."""

    body_bytes: int = _limit(262_144, "of the body of a request")
    header_bytes: int = _limit(16_384, "of the head of a request")
    header_fields: int = _limit(100, "fields in the head of a request")
    framing_bytes: int = _limit(16_384, "of sizes, extensions and trailer around the chunks of a body")
    text_characters: int = _limit(50_000, "of one text")
    texts: int = _limit(64, "texts in one request")
    connections: int = _limit(
        128, "connections at once; for more the slowest of them ends, and if all wait for the model, 503"
    )
    unfinished: int = _limit(64, "requests of one client that have begun and are not whole; for more the oldest ends")
    waiting: int = _limit(32, "requests that wait for the model; more are refused with 503")
    header_seconds: float = _limit(10.0, "for the head of a request to come")
    body_seconds: float = _limit(20.0, "for its body to come")
    idle_seconds: float = _limit(60.0, "that a connection is kept between requests")
    write_seconds: float = _limit(20.0, "for a client to take its answer")
    request_seconds: float = _limit(60.0, "from a request to its answer, waiting included")
    cancel_seconds: float = _limit(15.0, "for the worker to let go of what nobody waits for; then it is replaced")
    start_seconds: float = _limit(600.0, "for a worker to load the model and to prove it")
    drain_seconds: float = _limit(30.0, "for requests to be answered after SIGTERM")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add an option for each limit."""
    for each in fields(Limits):
        kind = int if isinstance(each.default, int) else float
        about = f"{each.metadata['about']} (default {each.default:g})"
        parser.add_argument(_option(each.name), type=_positive(kind), default=each.default, help=about, metavar="N")


def from_options(options: argparse.Namespace) -> Limits:
    """The limits that were asked for."""
    return Limits(**{each.name: getattr(options, each.name) for each in fields(Limits)})


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")


def _positive(kind: type) -> Any:
    def parse(text: str) -> float:
        value: float = kind(text)
        if not 0 < value < 2**31:
            raise ValueError
        return value

    parse.__name__ = "number above 0"
    return parse
