"""Profile: measure a bundle of any task, or any model file, on a device."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from edgekit.agent.inference.tokenizer import TextPair
from edgekit.devices.base import ConnectedDevice
from edgekit.errors import UsageError
from edgekit.flows.devices.device_pool import on_each
from edgekit.flows.profile.agent_requests import ask, prove_on_device, texts_to_run, with_notes
from edgekit.flows.profile.cooldown import Cooling
from edgekit.flows.profile.measured_model import Measurable, MeasuredModel
from edgekit.flows.profile.target_mismatch import say_mismatches
from edgekit.io.hashing import value_sha256
from edgekit.io.progress import SILENT, Advance, Progress
from edgekit.measure.performance.latency_summary import latency_interval
from edgekit.options.profile_options import ProfileOptions
from edgekit.report.figures import plural
from edgekit.schema.measurement import AgentMeasurement, GenerationMeasurement, Measurement

# contexts that a decoder is measured behind unless lengths are asked for, as far as they fit; the fullest beside them
DECODER_LENGTHS = (16, 64, 256, 1024)
# where slow spells leave p95 unknown: so long they are met often enough on an idle machine
_LONGER_SECONDS = 10.0


def profile(
    what: Measurable,
    options: ProfileOptions | None = None,
    *,
    texts: Sequence[TextPair] = (),
    progress: Progress = SILENT,
) -> list[AgentMeasurement]:
    """Measure `what`, a bundle folder or any `.onnx` or `.tflite` file, at every thread count and length asked for.

    Of a classifier the latency from text to label (`Measurement`), and of a bare file as if it were one; of a
    decoder the time to the first token and tokens a second, for prompts and contexts of every length
    (`GenerationMeasurement`).

    texts: (text, pair or None) to run, in place of `options.data` and of the golden cases; a decoder takes none
    A bundle's golden cases are run first: what gives wrong answers is not measured (`ParityError`). Each measurement
    is taken by `options.processes` fresh agents, one after the other, and kept in the bundle's `measurements/`; one
    taken under the same conditions is replaced. Raises `UsageError` for bad input, `DeviceError` when the device
    fails, `ToolError` when a runtime does, and `SomeDevicesFailed` for some of several, once the others have ended.
    """
    found = profile_each(what, options, texts=texts, progress=progress)
    return list(itertools.chain.from_iterable(found.values()))


def profile_each(
    what: Measurable,
    options: ProfileOptions | None = None,
    *,
    texts: Sequence[TextPair] = (),
    progress: Progress = SILENT,
) -> dict[str, list[AgentMeasurement]]:
    """As `profile`: the measurements of each device, by the name that it was asked for."""
    options = options or ProfileOptions()
    model = MeasuredModel.of(what)
    # checked before a device is reached, which would be for nothing
    model.check_keeps()
    _lengths(model, options, texts)
    texts = texts_to_run(options, texts)
    found = on_each(
        options.device, lambda device, progress: profile_on(device, model, options, texts, progress), progress
    )
    say_mismatches(found)
    return found


def profile_on(
    device: ConnectedDevice,
    model: MeasuredModel,
    options: ProfileOptions,
    texts: Sequence[TextPair],
    progress: Progress,
) -> list[AgentMeasurement]:
    """As `profile`, on a device that was entered.

    Each measurement is taken by fresh agents, so that its peak memory is that of its length.
    """
    lengths = _lengths(model, options, texts)
    cooling = Cooling(device, options)
    remote = device.put(model.path, progress)
    prove_on_device(device, model, remote, options)
    measurements: list[AgentMeasurement] = []
    for length, threads in itertools.product(lengths, options.threads):
        cooled = cooling.wait(progress)
        title = f"profile {model.name}, {plural(threads, 'thread')}" + (f", length {length}" if length else "")
        request = {"threads": threads, "length": length}
        with progress.task(title) as advance:
            if model.generates:
                found: AgentMeasurement = ask(device, remote, options, GenerationMeasurement, advance, **request)
            else:
                found = _latency(device, remote, options, texts, advance, request)
                if tells_too_little(found, options):
                    longer = options.model_copy(update={"min_seconds": _LONGER_SECONDS})
                    found = _latency(device, remote, longer, texts, advance, request)
        measurements.append(with_notes(found, cooled, model))
        model.keep(measurements[-1])
    return measurements


def _latency(
    device: ConnectedDevice,
    remote: str,
    options: ProfileOptions,
    texts: Sequence[TextPair],
    advance: Advance,
    request: dict[str, int | None],
) -> Measurement:
    pairs = [list(text) for text in texts]
    found = ask(device, remote, options, Measurement, advance, texts=pairs, **request)
    # the agent knows a length of "data" and not which data: only this side can tell
    return found.model_copy(update={"texts_sha256": value_sha256(pairs) if texts else None})


def tells_too_little(found: Measurement, options: ProfileOptions) -> bool:
    """Whether p95 has no interval, where more time may give one and none was asked for.

    What decides is not how fast the model was: nothing is chosen by its result.
    """
    more_time = options.min_seconds is None and options.sustained is None and len(found.total_ms) < options.max_runs
    return more_time and bool(latency_interval(found, 95).doubt)


def _lengths(model: MeasuredModel, options: ProfileOptions, texts: Sequence[TextPair]) -> tuple[int | None, ...]:
    """The lengths to measure at; None for the texts' own. `UsageError` for options that do not fit the model."""
    if not model.generates:
        model.check_lengths(options.length)
        return options.length or (None,)
    if options.data is not None or options.per_op or texts:
        raise UsageError(
            "a decoder is measured on prompts of golden cases, and not by operator",
            advice="leave out --data and --per-op",
        )
    return _decoder_lengths(model, options)


def _decoder_lengths(model: MeasuredModel, options: ProfileOptions) -> tuple[int, ...]:
    if model.bundle is None:
        raise UsageError(f"{model} is no bundle: only a decoder's bundle says how it is run")
    room = model.bundle.manifest.max_length - model.bundle.task.reserved
    lengths = options.length or (*(length for length in DECODER_LENGTHS if length < room), room)
    if max(lengths) > room:
        raise UsageError(f"a context of {room + 1} tokens is measured at lengths up to {room}, not at {max(lengths)}")
    return lengths
