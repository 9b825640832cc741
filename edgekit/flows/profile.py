"""Profile: measure a bundle, or any model file, on a device."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from edgekit.data.row import Text
from edgekit.data.texts import read_texts
from edgekit.devices.base import Reached
from edgekit.devices.replies import Golden, News
from edgekit.flows.cooling import Cooling
from edgekit.flows.on_devices import on_each
from edgekit.flows.registered import say_mismatches
from edgekit.measure.summary import Percentiles, beats, summarise
from edgekit.spec.atomic import write_text
from edgekit.spec.errors import NotFoundError, UsageError
from edgekit.spec.hashing import value_sha256
from edgekit.spec.manifest import is_bundle
from edgekit.spec.measurement import GenerationMeasurement, InstructionCounts, Measurement, Taken
from edgekit.spec.profile_options import ProfileOptions
from edgekit.spec.progress import SILENT, Advance, Progress
from edgekit.spec.strict import read_mapping

MEASUREMENTS = "measurements"
_Reply = TypeVar("_Reply", bound=Taken)


def profile(
    what: Path,
    options: ProfileOptions | None = None,
    *,
    texts: Sequence[Text] = (),
    progress: Progress = SILENT,
) -> list[Measurement]:
    """Measure `what`, a bundle folder or any `.onnx` or `.tflite` file, at every thread count and length asked for.

    texts: (text, pair or None) to run, in place of `options.data` and of the golden cases
    A bundle's golden cases are run first: what gives wrong answers is not measured (`ParityError`). Each measurement
    is taken by a fresh agent, and kept in the bundle's `measurements/`; one taken under the same conditions is
    replaced. Raises `UsageError` for bad input, `DeviceError` when the device fails, `ToolError` when a runtime does,
    and `SomeDevicesFailed` for some of several, once the others have ended.
    """
    found = profile_each(what, options, texts=texts, progress=progress)
    return list(itertools.chain.from_iterable(found.values()))


def profile_each(
    what: Path,
    options: ProfileOptions | None = None,
    *,
    texts: Sequence[Text] = (),
    progress: Progress = SILENT,
) -> dict[str, list[Measurement]]:
    """As `profile`: the measurements of each device, by the name that it was asked for."""
    options = options or ProfileOptions()
    check(what)
    texts = texts_to_run(options, texts)
    found = on_each(
        options.device, lambda device, progress: profile_on(device, what, options, texts, progress), progress
    )
    say_mismatches(found)
    return found


def profile_on(
    device: Reached, what: Path, options: ProfileOptions, texts: Sequence[Text], progress: Progress
) -> list[Measurement]:
    """As `profile`, on a device that was entered."""
    taken = []
    cooling = Cooling(device, options)
    remote = device.put(what, progress)
    if what.is_dir():
        ask_golden(device, remote, options)
    for length, threads in itertools.product(options.length or (None,), options.threads):
        cooled = cooling.wait(progress)
        title = f"profile {what.name}, {plural(threads, 'thread')}" + (f", length {length}" if length else "")
        with progress.task(title) as advance:
            measurement = noted(_measure(device, remote, options, threads, length, texts, advance), cooled)
        taken.append(measurement)
        if what.is_dir():
            store(measurement, what)
    return taken


def store(measurement: Measurement | GenerationMeasurement | InstructionCounts, bundle: Path) -> Path:
    """Write a measurement into a bundle, in place of one taken under the same conditions; its path."""
    conditions = {
        "model": measurement.model_sha256,
        "runtime": [measurement.runtime, measurement.runtime_version],
        "threads": measurement.threads,
        "length": measurement.length,
        "texts": None if isinstance(measurement, GenerationMeasurement) else measurement.texts_sha256,
        "machine": measurement.fingerprint.model_dump(mode="json"),
    }
    path = bundle / MEASUREMENTS / f"{measurement.kind}-{value_sha256(conditions)[:12]}.json"
    write_text(path, json.dumps(measurement.dump(), ensure_ascii=False) + "\n")
    return path


def read_measurements(bundle: Path) -> list[Measurement]:
    """The latencies kept in a bundle, in the order of their file names; `UsageError` for a file that is not valid."""
    return [Measurement.read(path) for path in kept(bundle, "latency")]


def read_generation(bundle: Path) -> list[GenerationMeasurement]:
    """The measurements of a decoder kept in its bundle, as `read_measurements`."""
    return [GenerationMeasurement.read(path) for path in kept(bundle, "generation")]


def read_counts(bundle: Path) -> list[InstructionCounts]:
    """The counted instructions kept in a bundle, as `read_measurements`."""
    return [InstructionCounts.read(path) for path in kept(bundle, "instructions")]


def kept(bundle: Path, kind: str) -> list[Path]:
    """The files with measurements of a kind in a bundle, in the order of their names."""
    files = sorted((bundle / MEASUREMENTS).glob("*.json"))
    return [path for path in files if read_mapping(path).get("kind", "latency") == kind]


def _latency(taken: Measurement) -> Percentiles:
    return summarise(taken).latency


def recommend_threads(measurements: Iterable[Taken], latency: Callable[[Any], Percentiles] = _latency) -> int:
    """The fewest threads that no greater number beats by more than `WORTH_A_THREAD` and by more than noise.

    The measurements must differ in their threads alone; `latency` says what of them counts. Beats: the median is
    lower by that share, and the two 95 % intervals do not touch. Raises `UsageError` without measurements.
    """
    figures = sorted(((taken.threads, latency(taken)) for taken in measurements), key=lambda pair: pair[0])
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
    by_length: dict[int | str, list[Taken]] = {}
    for taken in measurements:
        by_length.setdefault(taken.length, []).append(taken)
    return {
        length: recommend_threads(group, latency)
        for length, group in by_length.items()
        if len({taken.threads for taken in group}) > 1
    }


def check(what: Path) -> None:
    """Raise `UsageError` for what can be no model, `NotFoundError` for what is not there."""
    if what.is_dir():
        if not is_bundle(what):
            raise UsageError(f"{what} is no bundle: it has no manifest.json", advice="make one: edgekit export")
    elif not what.is_file():
        raise NotFoundError(f"{what} does not exist")
    elif what.suffix.lower() not in (".onnx", ".tflite"):
        raise UsageError(f"{what} is neither a bundle nor a .onnx or .tflite file")


def texts_to_run(options: ProfileOptions, given: Sequence[Text]) -> Sequence[Text]:
    """The texts that were given, or those of `options.data`; `UsageError` for both."""
    if options.data is None:
        return given
    if given:
        raise UsageError("texts are given, and a data file as well", advice="give one of them")
    return read_texts(options.data)


def ask_golden(device: Reached, remote: str, options: ProfileOptions) -> None:
    """Have the device run the golden cases; `ParityError` where its answers are wrong."""
    # in an agent of its own, as the memory it takes is none of the measurement's
    with device.start_agent(options.python) as agent:
        agent.request("golden", Golden, path=remote, runtime=options.runtime)


def _measure(
    device: Reached,
    remote: str,
    options: ProfileOptions,
    threads: int,
    length: int | None,
    texts: Sequence[Text],
    advance: Advance,
) -> Measurement:
    asked = {"threads": threads, "length": length, "texts": [list(text) for text in texts]}
    measurement = ask(device, remote, options, Measurement, advance, **asked)
    # the agent tells a length of "data" and not which data: only this side can
    told = value_sha256([list(text) for text in texts]) if texts else None
    return measurement.model_copy(update={"texts_sha256": told})


def ask(
    device: Reached, remote: str, options: ProfileOptions, kind: type[_Reply], advance: Advance, **asked: Any
) -> _Reply:
    """Have a fresh agent measure the file at `remote`."""
    with device.start_agent(options.python) as agent:
        found = agent.request("profile", kind, progress=teller(advance), path=remote, **asked_of(options), **asked)
    # many a small board has no clock that runs while it is off
    return found.model_copy(update={"taken_at": datetime.now(UTC).isoformat(timespec="seconds")})


def asked_of(options: ProfileOptions) -> dict[str, Any]:
    """The fields of a request to measure that are the same at every length and thread count."""
    same = {"runtime", "min_seconds", "min_runs", "max_runs", "warmup", "per_op", "energy"}
    return options.model_dump(include=same) | {"sustained_seconds": options.sustained}


def teller(advance: Advance) -> Callable[[News], None]:
    """Pass on how far an agent is."""

    def tell(news: News) -> None:
        advance(news.runs, f"{news.stage}, {news.seconds:.0f} s")

    return tell


def noted(taken: _Reply, notes: Sequence[str]) -> _Reply:
    """The measurement with more to be said of it."""
    return taken.model_copy(update={"notes": (*taken.notes, *notes)})


def plural(count: int, noun: str) -> str:
    """`1 thread`, `2 threads`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
