"""What an agent may answer: its replies as validated types. A measurement is `schema.measurement.Measurement`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pydantic

from edgekit.schema.base_model import Strict
from edgekit.schema.measurement import Conditions, Fingerprint


class Hello(Strict):
    """Who answers: versions, the runtimes installed (None: not there), and every top-level module it imported."""

    protocol: int
    agent: str
    python: str
    runtimes: dict[str, str | None]
    modules: tuple[str, ...]
    pid: int


class Facts(Strict):
    """The machine and its state now."""

    fingerprint: Fingerprint
    conditions: Conditions


class Golden(Strict):
    """How closely the golden cases were reproduced, where and when.

    content_hash: of the bundle, as the agent checked it
    """

    fingerprint: Fingerprint
    taken_at: str
    agent_version: str
    content_hash: str
    cases: pydantic.PositiveInt
    max_abs_difference: pydantic.NonNegativeFloat
    runtime: str


class Classified(Strict):
    """Answers and logits, text by text, and how many of the texts were cut: a label, several labels, or a number."""

    labels: tuple[str | tuple[str, ...] | float, ...]
    logits: tuple[tuple[float, ...], ...]
    truncated: pydantic.NonNegativeInt


class Scored(Strict):
    """-ln p of each target."""

    nats: tuple[pydantic.NonNegativeFloat, ...]


class ProgressMessage(Strict):
    """How far a request is."""

    stage: str
    runs: pydantic.NonNegativeInt
    seconds: pydantic.NonNegativeFloat


class Failure(Strict):
    """Why a request failed."""

    kind: str
    message: str
    advice: str | None = None


class ProgressReply(Strict):
    """One line of a running request."""

    id: int
    event: Literal["progress"]
    progress: ProgressMessage


class ResultReply(Strict):
    """The last line of a request that ended well."""

    id: int
    event: Literal["result"]
    result: dict[str, Any]


class ErrorReply(Strict):
    """The last line of a request that failed; `id` is None when the request could not be read."""

    id: int | None
    event: Literal["error"]
    error: Failure


Reply = Annotated[ProgressReply | ResultReply | ErrorReply, pydantic.Field(discriminator="event")]
reply_type: pydantic.TypeAdapter[ProgressReply | ResultReply | ErrorReply] = pydantic.TypeAdapter(Reply)
