"""Profile a decoder's bundle: time to the first token and tokens a second, against the length of the context."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from edgekit.devices.base import ConnectedDevice
from edgekit.errors import UsageError
from edgekit.flows.devices.device_pool import on_each
from edgekit.flows.profile.cooldown import Cooling
from edgekit.flows.profile.measured_model import Measurable, MeasuredModel
from edgekit.flows.profile.profile import ask, recommended_threads, run_golden, with_notes
from edgekit.flows.profile.target_mismatch import say_mismatches
from edgekit.io.progress import SILENT, Progress
from edgekit.measure.performance.generation import summarise_generation
from edgekit.options.profile_options import ProfileOptions
from edgekit.report.figures import plural
from edgekit.schema.measurement import GenerationMeasurement

# what is measured unless lengths are asked for, as far as it fits, and the fullest context beside it
LENGTHS = (16, 64, 256, 1024)


def profile_decoder(
    bundle: Measurable, options: ProfileOptions | None = None, *, progress: Progress = SILENT
) -> list[GenerationMeasurement]:
    """Measure a decoder's bundle at every thread count, for prompts and contexts of every length asked for.

    Golden cases are run first, and measurements kept, as by `profile.profile`. Each is taken by fresh agents, so that
    its peak memory is that of its length. Raises as that does, and `UsageError` for lengths that do not fit.
    """
    found = profile_decoder_each(bundle, options, progress=progress)
    return list(itertools.chain.from_iterable(found.values()))


def profile_decoder_each(
    bundle: Measurable, options: ProfileOptions | None = None, *, progress: Progress = SILENT
) -> dict[str, list[GenerationMeasurement]]:
    """As `profile_decoder`: the measurements of each device, by the name that it was asked for."""
    options = options or ProfileOptions()
    model = MeasuredModel.of(bundle)
    _lengths(model, options)
    found = on_each(
        options.device, lambda device, progress: profile_decoder_on(device, model, options, progress), progress
    )
    say_mismatches(found)
    return found


def profile_decoder_on(
    device: ConnectedDevice, model: MeasuredModel, options: ProfileOptions, progress: Progress
) -> list[GenerationMeasurement]:
    """As `profile_decoder`, on a device that was entered."""
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


def _lengths(model: MeasuredModel, options: ProfileOptions) -> tuple[int, ...]:
    """What is measured; `UsageError` for options that are none of a decoder's, or lengths that do not fit."""
    if options.data is not None or options.per_op:
        raise UsageError(
            "a decoder is measured on prompts of golden cases, and not by operator",
            advice="leave out --data and --per-op",
        )
    if model.bundle is None:
        raise UsageError(f"{model} is no bundle: only a decoder's bundle says how it is run")
    room = model.bundle.manifest.max_length - model.bundle.task.reserved
    lengths = options.length or (*(length for length in LENGTHS if length < room), room)
    if max(lengths) > room:
        raise UsageError(f"a context of {room + 1} tokens is measured at lengths up to {room}, not at {max(lengths)}")
    return lengths


def recommended_decoder_threads(measurements: Iterable[GenerationMeasurement]) -> dict[int | str, int]:
    """As `profile.recommended_threads`, token by token."""
    return recommended_threads(measurements, lambda measurement: summarise_generation(measurement).token)
