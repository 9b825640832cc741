"""The tasks that the service serves, by name. A further one is its file beside this one and a place in `SERVED`."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

from edgekit.agent.json_object import JsonObject

from .text_classification import TextClassification
from .text_generation import TextGeneration

if TYPE_CHECKING:
    from .connection import Connection, Request
    from .limits import Limits
    from .metrics import Metrics
    from .model import Model


class ServedTask(Protocol):
    """What the service does for a task.

    name:    of the task, as the manifest has it
    path:    to which requests are posted
    command: of the program, with `help` as its line there
    """

    name: str
    path: str
    command: str
    help: str

    def add_arguments(self, command: argparse.ArgumentParser) -> None:
        """Add what the command takes."""

    def run(self, model: Any, options: argparse.Namespace) -> None:
        """Print the model's answer to the command's arguments. Raises the agent's errors."""

    async def answer(
        self, connection: Connection, request: Request, model: Model, metrics: Metrics, limits: Limits
    ) -> int:
        """Answer a request; the status.

        Raises `HttpError` for one that is wrong, or that the model does not answer.
        """

    def replies(self, model: Any, request: JsonObject, wanted: Callable[[], bool]) -> Iterator[JsonObject]:
        """What the worker tells of a request, the result last. Raises the agent's errors.

        wanted: whether somebody still waits for it
        """


_TASKS: tuple[ServedTask, ...] = (TextClassification(), TextGeneration())
SERVED = {task.name: task for task in _TASKS}
