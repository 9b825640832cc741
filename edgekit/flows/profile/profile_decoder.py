"""Profile a decoder's bundle: time to the first token and tokens a second, against the length of the context."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from edgekit.agent.inference.tokenizer import TextPair
from edgekit.devices.base import ConnectedDevice
from edgekit.errors import UsageError
from edgekit.flows.profile.agent_requests import ask, run_golden, with_notes
from edgekit.flows.profile.cooldown import Cooling
from edgekit.flows.profile.measured_model import MeasuredModel
from edgekit.io.progress import Progress
from edgekit.options.profile_options import ProfileOptions
from edgekit.report.figures import plural
from edgekit.schema.measurement import GenerationMeasurement

# what is measured unless lengths are asked for, as far as it fits, and the fullest context beside it
LENGTHS = (16, 64, 256, 1024)


def profile_decoder_on(
    device: ConnectedDevice, model: MeasuredModel, options: ProfileOptions, progress: Progress
) -> list[GenerationMeasurement]:
    """Measure at every length and thread count; raises as `profile.profile` does.

    Each measurement is taken by fresh agents, so that its peak memory is that of its length.
    """
    measurements = []
    cooling = Cooling(device, options)
    remote = device.put(model.path, progress)
    run_golden(device, model, remote, options)
    for length, threads in itertools.product(_lengths(model, options), options.threads):
        cooled = cooling.wait(progress)
        title = f"profile {model.name}, {plural(threads, 'thread')}, length {length}"
        with progress.task(title) as advance:
            found = ask(device, remote, options, GenerationMeasurement, advance, threads=threads, length=length)
        measurements.append(with_notes(found, cooled, model))
        model.keep(measurements[-1])
    return measurements


def check_decoder_options(model: MeasuredModel, options: ProfileOptions, texts: Sequence[TextPair]) -> None:
    """Raise `UsageError` for what is none of a decoder's to be told, or lengths that do not fit."""
    if options.data is not None or options.per_op or texts:
        raise UsageError(
            "a decoder is measured on prompts of golden cases, and not by operator",
            advice="leave out --data and --per-op",
        )
    _lengths(model, options)


def _lengths(model: MeasuredModel, options: ProfileOptions) -> tuple[int, ...]:
    """What is measured; `UsageError` for lengths that do not fit."""
    if model.bundle is None:
        raise UsageError(f"{model} is no bundle: only a decoder's bundle says how it is run")
    room = model.bundle.manifest.max_length - model.bundle.task.reserved
    lengths = options.length or (*(length for length in LENGTHS if length < room), room)
    if max(lengths) > room:
        raise UsageError(f"a context of {room + 1} tokens is measured at lengths up to {room}, not at {max(lengths)}")
    return lengths
