"""Profile: measure a bundle, or any model file, on a device."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from edgekit.agent.inference.tokenizer import TextPair
from edgekit.data.texts import read_texts
from edgekit.devices.base import ConnectedDevice
from edgekit.devices.messages import Golden, ProgressMessage
from edgekit.errors import DeviceError, UsageError
from edgekit.flows.devices.device_pool import on_each
from edgekit.flows.golden import golden_record, keep_golden
from edgekit.flows.profile.cooldown import Cooling
from edgekit.flows.profile.measured_model import Measurable, MeasuredModel
from edgekit.flows.profile.target_mismatch import say_mismatches
from edgekit.io.hashing import value_sha256
from edgekit.io.progress import SILENT, Advance, Progress
from edgekit.measure.performance.fallback import fallbacks
from edgekit.measure.performance.latency_summary import Percentiles, beats, summarise
from edgekit.measure.performance.processes import merge_processes
from edgekit.options.profile_options import ProfileOptions
from edgekit.report.figures import plural
from edgekit.schema.comparison import Interleaved
from edgekit.schema.measurement import GenerationMeasurement, Measurement, TimedRecord

_Reply = TypeVar("_Reply", Measurement, GenerationMeasurement)
_Merged = TypeVar("_Merged", Measurement, GenerationMeasurement, Interleaved)


def profile(
    what: Measurable,
    options: ProfileOptions | None = None,
    *,
    texts: Sequence[TextPair] = (),
    progress: Progress = SILENT,
) -> list[Measurement]:
    """Measure `what`, a bundle folder or any `.onnx` or `.tflite` file, at every thread count and length asked for.

    texts: (text, pair or None) to run, in place of `options.data` and of the golden cases
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
) -> dict[str, list[Measurement]]:
    """As `profile`: the measurements of each device, by the name that it was asked for."""
    options = options or ProfileOptions()
    model = MeasuredModel.of(what)
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
) -> list[Measurement]:
    """As `profile`, on a device that was entered."""
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


def _latency(measurement: Measurement) -> Percentiles:
    return summarise(measurement).latency


def recommend_threads(measurements: Iterable[TimedRecord], latency: Callable[[Any], Percentiles] = _latency) -> int:
    """The fewest threads that no greater number beats by more than `WORTH_A_THREAD` and by more than noise.

    The measurements must differ in their threads alone; `latency` says what of them counts. Beats: the median is
    lower by that share, and the two 95 % intervals do not touch. Raises `UsageError` without measurements.
    """
    figures = sorted(
        ((measurement.threads, latency(measurement)) for measurement in measurements), key=lambda pair: pair[0]
    )
    if not figures:
        raise UsageError("no measurement to recommend a thread count from")
    threads, best = figures[0]
    for more, figure in figures[1:]:
        if beats(figure, best):
            threads, best = more, figure
    return threads


def recommended_threads(
    measurements: Iterable[Measurement | GenerationMeasurement], latency: Callable[[Any], Percentiles] = _latency
) -> dict[int | str, int]:
    """The recommendation for each length that was measured with several thread counts."""
    by_length: dict[int | str, list[TimedRecord]] = {}
    for measurement in measurements:
        by_length.setdefault(measurement.length, []).append(measurement)
    return {
        length: recommend_threads(group, latency)
        for length, group in by_length.items()
        if len({measurement.threads for measurement in group}) > 1
    }


def texts_to_run(options: ProfileOptions, given: Sequence[TextPair]) -> Sequence[TextPair]:
    """The texts that were given, or those of `options.data`; `UsageError` for both."""
    if options.data is None:
        return given
    if given:
        raise UsageError("texts are given, and a data file as well", advice="give one of them")
    return read_texts(options.data)


def run_golden(
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


def ask(
    device: ConnectedDevice,
    remote: str,
    options: ProfileOptions,
    kind: type[_Reply],
    advance: Advance,
    **asked: object,
) -> _Reply:
    """Have fresh agents, one after the other, measure the file at `remote`; one measurement of them all."""
    measurements: list[_Reply] = []
    for process in options.shares:
        fields = {"path": remote, **request_fields(options, process), **asked}
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


def request_fields(options: ProfileOptions, process: int) -> dict[str, Any]:
    """The fields of a request to measure that are the same at every length and thread count.

    What is measured once is measured by the last process.
    """
    once = process == options.shares[-1]
    same = options.model_dump(include={"runtime", "min_seconds", "min_runs", "max_runs", "warmup"})
    return same | {
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


def with_notes(measurement: _Reply, notes: Sequence[str], model: MeasuredModel) -> _Reply:
    """The measurement with more to be said of it, and with what its runtime silently did otherwise than asked."""
    return measurement.model_copy(
        update={"notes": (*measurement.notes, *notes, *fallbacks(measurement, model.scheme))}
    )
