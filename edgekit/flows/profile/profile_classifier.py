"""Profile a classifier's bundle, or a bare model file: latency from text to label, and memory."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from edgekit.agent.inference.tokenizer import TextPair
from edgekit.devices.base import ConnectedDevice
from edgekit.flows.profile.agent_requests import ask, run_golden, with_notes
from edgekit.flows.profile.cooldown import Cooling
from edgekit.flows.profile.measured_model import MeasuredModel
from edgekit.io.hashing import value_sha256
from edgekit.io.progress import Advance, Progress
from edgekit.options.profile_options import ProfileOptions
from edgekit.report.figures import plural
from edgekit.schema.measurement import Measurement


def profile_classifier_on(
    device: ConnectedDevice,
    model: MeasuredModel,
    options: ProfileOptions,
    texts: Sequence[TextPair],
    progress: Progress,
) -> list[Measurement]:
    """Measure at every length and thread count; raises as `profile.profile` does."""
    measurements = []
    cooling = Cooling(device, options)
    remote = device.put(model.path, progress)
    run_golden(device, model, remote, options)
    for length, threads in itertools.product(options.length or (None,), options.threads):
        cooled = cooling.wait(progress)
        title = f"profile {model.name}, {plural(threads, 'thread')}" + (f", length {length}" if length else "")
        with progress.task(title) as advance:
            measurement = _measure(device, remote, options, threads, length, texts, advance)
        measurements.append(with_notes(measurement, cooled, model))
        model.keep(measurements[-1])
    return measurements


def _measure(
    device: ConnectedDevice,
    remote: str,
    options: ProfileOptions,
    threads: int,
    length: int | None,
    texts: Sequence[TextPair],
    advance: Advance,
) -> Measurement:
    pairs = [list(text) for text in texts]
    found = ask(device, remote, options, Measurement, advance, threads=threads, length=length, texts=pairs)
    # the agent knows a length of "data" and not which data: only this side can tell
    return found.model_copy(update={"texts_sha256": value_sha256(pairs) if texts else None})
