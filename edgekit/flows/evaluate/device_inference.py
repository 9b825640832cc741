"""A bundle's answers from a device: what it says of texts, and how well it predicts them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgekit.agent.inference.problem_type import Answer, Head
from edgekit.agent.inference.tokenizer import TextPair
from edgekit.bundle.bundle_folder import BundleFolder
from edgekit.devices.agent_client import AgentClient
from edgekit.devices.base import ConnectedDevice
from edgekit.devices.messages import Classified, Facts, Golden, Scored
from edgekit.devices.open_device import open_device
from edgekit.errors import DeviceError
from edgekit.flows.golden import golden_record
from edgekit.io.progress import Progress
from edgekit.measure.accuracy.perplexity import Ids
from edgekit.options.stage_options import EvaluateOptions

# texts of one request: an answer comes in time even where a text takes seconds
CHUNK = 32


@dataclass(frozen=True)
class DeviceAnswers:
    """What a bundle said on a device: the answer to each text, how many texts were cut, and what ran it where."""

    answers: list[Answer]
    truncated: int
    runtime: str


def classify_on_device(
    bundle: BundleFolder,
    head: Head,
    texts: Sequence[TextPair],
    device: str | ConnectedDevice,
    options: EvaluateOptions,
    progress: Progress,
) -> DeviceAnswers:
    """The answer to each text, as `head` reads logits, after the golden cases gave what they must (`ParityError`)."""
    answers: list[Answer] = []
    truncated = 0
    with (
        _loaded(bundle, device, options, progress) as running,
        progress.task(f"evaluate {bundle.name} on {running.where}", len(texts)) as advance,
    ):
        for start in range(0, len(texts), CHUNK):
            part = [list(text) for text in texts[start : start + CHUNK]]
            fields: dict[str, Any] = {"runtime": options.runtime, "threads": options.threads, "texts": part}
            found = running.agent.request("classify", Classified, path=running.path, **fields)
            _check(found, len(part), head, running.where)
            answers += found.labels
            truncated += found.truncated
            advance(len(answers))
        return DeviceAnswers(answers, truncated, running.runtime)


@contextmanager
def device_scorer(
    bundle: BundleFolder, device: str | ConnectedDevice, context: int, options: EvaluateOptions, progress: Progress
) -> Iterator[tuple[Callable[[Ids, Ids], float], str]]:
    """A function from a window of ids and the targets behind its last ones to the sum of their -ln p.

    context: the most ids of a window
    Yields it with what runs it on which machine. Raises `ParityError` where the golden cases are not reproduced.
    """
    with _loaded(bundle, device, options, progress) as running:
        same: dict[str, Any] = {
            "path": running.path,
            "runtime": options.runtime,
            "threads": options.threads,
            "capacity": context,
        }

        def nats(window: Ids, targets: Ids) -> float:
            fields: dict[str, Any] = {"ids": window.tolist(), "targets": targets.tolist()}
            found = running.agent.request("score", Scored, **same, **fields)
            if len(found.nats) != len(targets):
                raise DeviceError(f"{running.where}: {len(found.nats)} probabilities for {len(targets)} tokens")
            return float(np.sum(found.nats))

        yield nats, running.runtime


@dataclass(frozen=True)
class _RunningBundle:
    """An agent that has run the golden cases of a bundle at `path`; `runtime` says what ran it on which machine."""

    agent: AgentClient
    path: str
    runtime: str
    where: str


@contextmanager
def _loaded(
    bundle: BundleFolder, device: str | ConnectedDevice, options: EvaluateOptions, progress: Progress
) -> Iterator[_RunningBundle]:
    with open_device(device) if isinstance(device, str) else nullcontext(device) as opened:
        path = opened.put(bundle.path, progress)
        with opened.start_agent() as agent:
            golden = agent.request("golden", Golden, path=path, runtime=options.runtime, threads=options.threads)
            golden_record(golden, bundle.manifest.content_hash)
            version = agent.greet().runtimes.get(golden.runtime) or "of an unknown version"
            machine = agent.request("facts", Facts).fingerprint.device
            yield _RunningBundle(agent, path, f"{golden.runtime} {version} on {machine}", opened.url)


def _check(found: Classified, texts: int, head: Head, where: str) -> None:
    """Raise `DeviceError` for answers that do not belong together."""
    if not texts == len(found.labels) == len(found.logits):
        raise DeviceError(f"{where}: {len(found.labels)} labels and {len(found.logits)} logits for {texts} texts")
    if found.truncated > texts:
        raise DeviceError(f"{where}: of {texts} texts {found.truncated} were cut")
    for answer, logits in zip(found.labels, found.logits, strict=True):
        if len(logits) != len(head.labels) or head.predict(np.array(logits, np.float32)).answer != answer:
            raise DeviceError(f"{where}: a text's label is not that of its logits")
