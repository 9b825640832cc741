"""What every way of measuring asks of the agents on a device, and what it makes of their answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from edgekit.agent.inference.tokenizer import TextPair
from edgekit.agent.json_object import JsonObject
from edgekit.data.texts import read_texts
from edgekit.devices.base import ConnectedDevice
from edgekit.devices.messages import Golden, ProgressMessage
from edgekit.errors import DeviceError, UsageError
from edgekit.flows.golden import golden_record, keep_golden
from edgekit.flows.profile.measured_model import MeasuredModel
from edgekit.io.progress import Advance
from edgekit.measure.performance.fallback import fallbacks
from edgekit.measure.performance.processes import merge_processes
from edgekit.options.profile_options import ProfileOptions
from edgekit.schema.comparison import Interleaved
from edgekit.schema.measurement import AgentMeasurement, GenerationMeasurement, Measurement

# tokens of a decoder's prompt where it is compared or counted and no length is asked for
DECODER_LENGTH = 64

_Reply = TypeVar("_Reply", Measurement, GenerationMeasurement)
_Merged = TypeVar("_Merged", Measurement, GenerationMeasurement, Interleaved)


def texts_to_run(options: ProfileOptions, given: Sequence[TextPair]) -> Sequence[TextPair]:
    """The texts that were given, or those of `options.data`; `UsageError` for both."""
    if options.data is None:
        return given
    if given:
        raise UsageError("texts are given, and a data file as well", advice="give one of them")
    return read_texts(options.data)


def lengths_to_run(options: ProfileOptions, model: MeasuredModel) -> tuple[int | None, ...]:
    """The lengths that are asked for; else None for the texts' own, and of a decoder one context."""
    return options.length or ((DECODER_LENGTH,) if model.generates else (None,))


def prove_on_device(
    device: ConnectedDevice, model: MeasuredModel, remote: str, options: ProfileOptions, *, keep: bool = True
) -> None:
    """Have the device run the golden cases of a bundle, which is at `remote`; `ParityError` for wrong answers.

    keep: whether that it reproduced them is written into the bundle
    """
    if model.bundle is None:
        return
    # in an agent of its own, as the memory it takes is none of the measurement's
    with device.start_agent(options.python) as agent:
        found = agent.request("golden", Golden, path=remote, runtime=options.runtime)
    run = golden_record(found, model.bundle.manifest.content_hash)
    if keep:
        keep_golden(model.bundle, run.model_copy(update={"taken_at": now()}))


def ask(
    device: ConnectedDevice,
    remote: str,
    options: ProfileOptions,
    kind: type[_Reply],
    advance: Advance,
    **request: object,
) -> _Reply:
    """Have fresh agents, one after the other, measure the file at `remote`; one measurement of them all."""
    measurements: list[_Reply] = []
    for process in options.shares:
        fields = {"path": remote, **request_fields(options, process), **request}
        with device.start_agent(options.python) as agent:
            measurements.append(
                agent.request("profile", kind, progress=progress_callback(advance, options, process), **fields)
            )
    return merged(merge_processes, measurements, device).model_copy(update={"taken_at": now()})


def merged(
    merge: Callable[[Sequence[_Merged]], _Merged], measurements: Sequence[_Merged], device: ConnectedDevice
) -> _Merged:
    """What processes measured together; `DeviceError` where they did not run the same."""
    try:
        return merge(measurements)
    except ValueError as error:
        raise DeviceError(f"{device.transport.where}: {error}", advice="measure again") from None


def now() -> str:
    """This moment by this machine's clock: many a small board has none that runs while it is off."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def request_fields(options: ProfileOptions, process: int) -> JsonObject:
    """The fields of a request to measure that are the same at every length and thread count.

    What is measured once is measured by the last process.
    """
    once = process == options.shares[-1]
    same = options.model_dump(include={"runtime", "min_runs", "max_runs", "warmup"})
    return same | {
        "min_seconds": options.seconds,
        "process": process,
        "processes": len(options.shares),
        "per_op": once and options.per_op,
        "energy": once and options.energy,
        "trace": once,
        "sustained_seconds": options.sustained if once else None,
    }


def progress_callback(advance: Advance, options: ProfileOptions, process: int) -> Callable[[ProgressMessage], None]:
    """Pass on how far an agent is, and which of several it is."""
    count = len(options.shares)
    which = f"process {process + 1} of {count}, " if count > 1 else ""

    def tell(news: ProgressMessage) -> None:
        advance(news.runs, f"{which}{news.stage}, {news.seconds:.0f} s")

    return tell


def with_notes(measurement: AgentMeasurement, notes: Sequence[str], model: MeasuredModel) -> AgentMeasurement:
    """The measurement with more to be said of it, and with what its runtime silently did otherwise than asked."""
    return measurement.model_copy(
        update={"notes": (*measurement.notes, *notes, *fallbacks(measurement, model.scheme))}
    )
