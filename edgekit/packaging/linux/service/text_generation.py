"""Text generation as the service has it: its command, its requests, and the pieces of text that the worker tells."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from edgekit.agent.json_object import JsonObject
from edgekit.io.printable import visible

from .limits import Limits
from .request_body import json_object, number_field, only_fields, refuse, text_field, whole_field

if TYPE_CHECKING:
    from edgekit.agent.inference.generation import TextGenerator

    from .connection import Connection, Request
    from .metrics import Metrics
    from .model import Model

_STOPS, _STOP_CHARACTERS = 8, 200
_MAX_TOKENS = 256
_PROMPT = {"prompt", "max_tokens", "temperature", "top_k", "top_p", "seed", "stop", "stream"}


class TextGeneration:
    """See `tasks.ServedTask`."""

    name, path = "text-generation", "/generate"
    command, help = "generate", "the text that follows a prompt"

    def add_arguments(self, command: argparse.ArgumentParser) -> None:
        """A prompt, and how to go on with it."""
        command.add_argument("prompt")
        command.add_argument("--max-tokens", type=int, default=256)
        command.add_argument("--temperature", type=float, default=0.0)
        command.add_argument("--seed", type=int, default=0)

    def run(self, model: TextGenerator, options: argparse.Namespace) -> None:
        """Print the text as it comes. Raises the agent's errors."""
        from edgekit.agent.inference.generation import GenerationLimits
        from edgekit.agent.inference.sampling import Sampling

        sampling = Sampling(temperature=options.temperature, seed=options.seed)
        for piece in model.start(options.prompt, sampling, GenerationLimits(max_tokens=options.max_tokens)):
            print(visible(piece), end="", flush=True)
        print()

    async def answer(
        self, connection: Connection, request: Request, model: Model, metrics: Metrics, limits: Limits
    ) -> int:
        """Answer with a text, piece by piece or whole; errors as of `ServedTask`."""
        prompt, stream = prompt_of(request.body, limits)
        pieces: list[str] = []

        def add(piece: str) -> None:
            if stream:
                connection.line({"text": piece})
            else:
                pieces.append(piece)

        result = await model.ask(prompt, add, lambda: connection.gone)
        metrics.tokens.inc(result["new_tokens"])
        if stream:
            connection.line({"done": True, **result})
            connection.end_lines()
        else:
            connection.tell(200, {"text": "".join(pieces), **result})
        return 200

    def replies(self, model: TextGenerator, request: JsonObject, wanted: Callable[[], bool]) -> Iterator[JsonObject]:
        """The pieces of the text, then how it ended. Raises the agent's errors."""
        from edgekit.agent.inference.generation import GenerationLimits
        from edgekit.agent.inference.sampling import Sampling

        limits = GenerationLimits(max_tokens=request["max_tokens"], stops=tuple(request["stop"]))
        generation = model.start(request["prompt"], Sampling(**request["sampling"]), limits)
        for piece in generation:
            yield {"piece": piece}
            if not wanted():
                break
        tokens = {"prompt_tokens": len(generation.prompt_ids), "new_tokens": len(generation.ids)}
        yield {"result": {"finish": generation.finish, **tokens}}


def prompt_of(body: bytes, limits: Limits) -> tuple[JsonObject, bool]:
    """What `POST /generate` asks of the worker, and whether the text is to come piece by piece.

    Raises `HttpError` for anything but
    {"prompt": "...", "max_tokens": 256, "temperature": 0.8, "top_k": 40, "top_p": 0.9, "seed": 1, "stop": ["."],
    "stream": true}; all but the prompt may be left out
    """
    fields = json_object(body, limits)
    only_fields(fields, _PROMPT)
    stream = fields.get("stream", True)
    if not isinstance(stream, bool):
        refuse("stream must be true or false")
    sampling = {
        "temperature": number_field(fields, "temperature", 0.0),
        "top_k": whole_field(fields, "top_k", 0),
        "top_p": number_field(fields, "top_p", 1.0),
        "seed": whole_field(fields, "seed", 0),
    }
    request = {
        "prompt": text_field(fields, "prompt", limits),
        "sampling": sampling,
        "stop": _stops(fields.get("stop", [])),
    }
    return {**request, "max_tokens": whole_field(fields, "max_tokens", _MAX_TOKENS)}, stream


def _stops(stops: object) -> list[str]:
    if not isinstance(stops, list) or len(stops) > _STOPS:
        refuse(f"stop must be a list of up to {_STOPS} texts")
    for stop in stops:
        if not isinstance(stop, str) or not 1 <= len(stop) <= _STOP_CHARACTERS:
            refuse(f"each of stop must be a text of 1 to {_STOP_CHARACTERS} characters")
    return stops
