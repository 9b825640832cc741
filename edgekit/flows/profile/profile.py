"""Profile: measure a bundle of any task, or any model file, on a device."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from edgekit.agent.inference.tokenizer import TextPair
from edgekit.devices.base import ConnectedDevice
from edgekit.flows.devices.device_pool import on_each
from edgekit.flows.profile.agent_requests import texts_to_run
from edgekit.flows.profile.measured_model import Measurable, MeasuredModel
from edgekit.flows.profile.profile_classifier import profile_classifier_on
from edgekit.flows.profile.profile_decoder import check_decoder_options, profile_decoder_on
from edgekit.flows.profile.target_mismatch import say_mismatches
from edgekit.io.progress import SILENT, Progress
from edgekit.options.profile_options import ProfileOptions
from edgekit.schema.measurement import AgentMeasurement


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
    if model.generates:
        check_decoder_options(model, options, texts)
    else:
        model.check_lengths(options.length)
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
    """As `profile`, on a device that was entered."""
    if model.generates:
        check_decoder_options(model, options, texts)
        return [*profile_decoder_on(device, model, options, progress)]
    return [*profile_classifier_on(device, model, options, texts, progress)]
