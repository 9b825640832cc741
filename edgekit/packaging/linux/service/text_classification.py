"""Text classification as the service has it: its command, its requests, and what the worker answers."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from edgekit.agent.json_object import JsonObject
from edgekit.io.printable import visible_name

from .limits import Limits
from .request_body import checked_text, json_object, only_fields, refuse, text_field

if TYPE_CHECKING:
    from edgekit.agent.inference.classifier import Classifier

    from .connection import Connection, Request
    from .metrics import Metrics
    from .model import Model


class TextClassification:
    """See `tasks.ServedTask`."""

    name, path = "text-classification", "/classify"
    command, help = "classify", "the label of a text, its labels or its number"

    def add_arguments(self, command: argparse.ArgumentParser) -> None:
        """A text, and the second text of a pair."""
        command.add_argument("text")
        command.add_argument("pair", nargs="?", help="the second text of a pair")

    def run(self, model: Classifier, options: argparse.Namespace) -> None:
        """Print the label, or the labels that hold, with their scores, or the number. Raises the agent's errors."""
        prediction = model.classify(options.text, options.pair)
        fields = prediction.fields(model.bundle.labels)
        if "value" in fields:
            print(f"{fields['value']:.4f}")
            return
        labels = [fields["label"]] if "label" in fields else fields["labels"]
        print("\t".join(f"{visible_name(label)}\t{fields['scores'][label]:.4f}" for label in labels) or "(no label)")

    async def answer(
        self, connection: Connection, request: Request, model: Model, metrics: Metrics, limits: Limits
    ) -> int:
        """Answer for one text or several, each with its label, labels or number; errors as of `ServedTask`."""
        texts, several = texts_of(request.body, limits)
        result = await model.ask({"texts": texts}, lambda _: None, lambda: connection.gone)
        metrics.texts.inc(len(texts))
        connection.tell(200, result if several else result["results"][0])
        return 200

    def replies(self, model: Classifier, request: JsonObject, wanted: Callable[[], bool]) -> Iterator[JsonObject]:
        """One result with the answer to each text, in their order. Raises the agent's errors."""
        yield {"result": {"results": [_classified(model, *pair) for pair in request["texts"] if wanted()]}}


def texts_of(body: bytes, limits: Limits) -> tuple[list[list[str | None]], bool]:
    """The texts of `POST /classify` with their pairs, and whether there may be several.

    Raises `HttpError` for anything but
    {"text": "...", "pair": "..."}, or {"texts": ["...", ["...", "its pair"]]}
    """
    fields = json_object(body, limits)
    only_fields(fields, {"texts"} if "texts" in fields else {"text", "pair"})
    if "texts" not in fields:
        text = text_field(fields, "text", limits)
        return [[text, None if fields.get("pair") is None else text_field(fields, "pair", limits)]], False
    texts = fields["texts"]
    if not isinstance(texts, list) or not 1 <= len(texts) <= limits.texts:
        refuse(f"texts must be a list of 1 to {limits.texts} texts")
    return [_pair(entry, limits) for entry in texts], True


def _pair(entry: object, limits: Limits) -> list[str | None]:
    if not isinstance(entry, list):
        return [checked_text(entry, "each of texts", limits), None]
    if len(entry) != 2:
        refuse("each of texts must be a text, or a list of a text and its pair")
    return [checked_text(text, "each of texts", limits) for text in entry]


def _classified(classifier: Classifier, text: str, pair: str | None) -> JsonObject:
    # the front, which never loads a model, has no use for these
    import numpy as np

    from edgekit.agent.errors import RuntimeFailed

    prediction = classifier.classify(text, pair)
    if not np.isfinite(prediction.logits).all():
        raise RuntimeFailed("the model gives logits that are no numbers")
    return {**prediction.fields(classifier.bundle.labels), "truncated": prediction.truncated}
