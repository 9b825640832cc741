"""Profile by a runtime's own benchmark program, for devices without Python, as most Android phones are."""

from __future__ import annotations

import math
import posixpath
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import cast, get_args

from edgekit.devices.adb.android_state import android_state
from edgekit.devices.adb.android_tools import TOOL_BY_SUFFIX, WARMUP_RUNS, ToolCall, read_output
from edgekit.devices.doctor.probe import Probe, probe
from edgekit.devices.transport import Transport
from edgekit.errors import DeviceError, ToolError, UsageError, agent_errors, unknown_name
from edgekit.flows.devices.device_pool import SomeDevicesFailed, look_at_each
from edgekit.flows.profile.agent_requests import now
from edgekit.flows.profile.measured_model import Measurable, MeasuredModel
from edgekit.io.hashing import file_sha256
from edgekit.io.progress import SILENT, Progress
from edgekit.measure.performance.benchmark_tool import FEWEST
from edgekit.options.profile_options import ProfileOptions
from edgekit.report.figures import plural
from edgekit.schema.measurement import Conditions
from edgekit.schema.tool_measurement import Battery, Invocation, ToolMeasurement, ToolName

BARE_LENGTH = 128
_RUN_SECONDS = 900.0
_NOT_HERE = ("processes", "data", "per_op", "energy", "sustained", "cool_down", "runtime", "python")


@dataclass(frozen=True)
class _ToolModel:
    """A model file on this machine, the hashes of it and of its bundle, and the lengths that it is run at."""

    file: Path
    sha256: str
    content_hash: str | None
    lengths: tuple[int, ...]
    static: bool


def parse_tool(text: str) -> tuple[ToolName, str]:
    """`benchmark_model=/data/local/tmp/benchmark_model` as the program's name and its path on the device.

    Raises `UsageError` for a program that is not known, or text that does not say where it is.
    """
    name, equals, path = text.partition("=")
    if name not in get_args(ToolName):
        raise unknown_name("benchmark program", name, get_args(ToolName))
    if not equals or not path or "\0" in path:
        raise UsageError(
            f"--tool {text!r} does not say where it is on the device", advice=f"as in {name}=/data/{name}"
        )
    return cast(ToolName, name), path


def profile_tool(
    what: Measurable,
    tool: ToolName,
    program: str,
    options: ProfileOptions | None = None,
    *,
    affinity: str | None = None,
    progress: Progress = SILENT,
) -> list[ToolMeasurement]:
    """Measure `what`, a classifier's bundle or a model file, by `program`, which is on the device already.

    affinity: the cores to bind it to, as a hexadecimal mask
    The program is run `FEWEST` times, so that its figures have an interval. Of the device it needs a shell, nothing
    else; what is brought there is removed again. Measurements of a bundle are kept in it. Raises `UsageError` for what
    cannot be measured so, `DeviceError` when the device fails, `ToolError` when the program gives no result.
    """
    options = options or ProfileOptions()
    measured = MeasuredModel.of(what)
    measured.check_keeps()
    model = _model(measured, tool, options)

    def look(_: str, transport: Transport) -> list[ToolMeasurement]:
        warmup = WARMUP_RUNS if options.warmup is None else options.warmup
        call = ToolCall(tool, program, "", 1, 1, 0.0, warmup, affinity)
        return [_keep(measured, measurement) for measurement in _measure(transport, model, call, options, progress)]

    outcomes = look_at_each(options.device, look)
    errors = {outcome.name: outcome.error for outcome in outcomes if outcome.error is not None}
    results = {outcome.name: outcome.result for outcome in outcomes if outcome.result is not None}
    if errors:
        raise SomeDevicesFailed(results, errors) if len(outcomes) > 1 else next(iter(errors.values()))
    return [measurement for result in results.values() for measurement in result]


def _model(what: MeasuredModel, tool: ToolName, options: ProfileOptions) -> _ToolModel:
    default = ProfileOptions()
    if given := [name for name in _NOT_HERE if getattr(options, name) != getattr(default, name)]:
        flags = ", ".join(f"--{name.replace('_', '-')}" for name in given)
        raise UsageError(f"{tool} measures the model alone: {flags} is the agent's", advice="leave it out")
    if what.generates:
        raise UsageError(f"{tool} cannot run a decoder, which has a cache", advice="measure it through the agent")
    manifest = what.bundle.manifest if what.bundle else None
    file = what.bundle.model_file if what.bundle else what.path
    fitting = TOOL_BY_SUFFIX[file.suffix.lower()]
    if tool != fitting:
        raise UsageError(f"{tool} does not read {file.suffix} files", advice=f"for these there is {fitting}")
    static = manifest.lengths if manifest else ()
    usual = static[-1] if static else min(BARE_LENGTH, manifest.max_length) if manifest else BARE_LENGTH
    lengths = options.length or (usual,)
    if manifest and max(lengths) > (static[-1] if static else manifest.max_length):
        raise UsageError(f"{what} takes {static[-1] if static else manifest.max_length} tokens, not {max(lengths)}")
    padded = tuple(dict.fromkeys(next((each for each in static if each >= wanted), wanted) for wanted in lengths))
    return _ToolModel(file, file_sha256(file), manifest.content_hash if manifest else None, padded, bool(static))


def _measure(
    transport: Transport, model: _ToolModel, call: ToolCall, options: ProfileOptions, progress: Progress
) -> Iterator[ToolMeasurement]:
    found = probe(transport)
    if transport.run(["test", "-x", call.program]).code != 0:
        raise UsageError(
            f"{transport.where}: {call.program} is no program there",
            advice="push it, and make it executable: chmod 755",
        )
    for length, threads in product(model.lengths, options.threads):
        with _pushed(transport, model, length, progress) as remote:
            signature = f"s{length}" if model.static else None
            own = replace(call, model=remote, threads=threads, signature=signature)
            before, battery = _state(transport, found)
            title = f"{call.tool} {model.file.name}, {plural(threads, 'thread')}, length {length}"
            with progress.task(title, FEWEST) as advance:
                invocations = []
                for number, invocation in enumerate(_invocations(transport, own, options), 1):
                    invocations.append(invocation)
                    advance(number, f"{invocation.mean_ms:.3g} ms")
            after, battery_after = _state(transport, probe(transport))
        yield ToolMeasurement(
            fingerprint=found.fingerprint(),
            before=before,
            after=after,
            taken_at=now(),
            agent_version="none",
            notes=("the model alone, on inputs made up from the file's declaration",),
            tool=call.tool,
            tool_sha256=_sha256(transport, call.program),
            model_sha256=model.sha256,
            content_hash=model.content_hash,
            threads=threads,
            length=length,
            affinity=call.affinity,
            invocations=tuple(invocations),
            battery_before=battery,
            battery_after=battery_after,
        )


def _invocations(transport: Transport, call: ToolCall, options: ProfileOptions) -> Iterator[Invocation]:
    """What the program says, time after time; its runs are as many as both minima need, shared out."""
    runs, seconds = math.ceil(options.min_runs / FEWEST), options.seconds / FEWEST
    most = max(1, math.ceil(options.max_runs / FEWEST))
    for _ in range(FEWEST):
        done = transport.run(replace(call, runs=min(runs, most), seconds=seconds).command(), timeout=_RUN_SECONDS)
        output = (done.stdout + b"\n" + done.stderr).decode(errors="replace")
        if done.code != 0:
            raise ToolError(f"{transport.where}: {call.tool} failed: {done.complaint()}")
        found = read_output(call.tool, output)
        yield found
        # one of the two programs knows no shortest time
        runs = max(runs, math.ceil(seconds * 1e3 / max(found.mean_ms, 1e-3)))


@contextmanager
def _pushed(transport: Transport, model: _ToolModel, length: int, progress: Progress) -> Iterator[str]:
    """The model's path on the device, in a folder that goes again; an ONNX file with inputs beside it."""
    folder = f"{transport.home()}/tools/{uuid.uuid4().hex[:12]}"
    path = posixpath.join(folder, f"model{model.file.suffix.lower()}")
    try:
        with progress.task(f"push {model.file.name}", model.file.stat().st_size) as advance:
            _run(transport, "mkdir", "-p", f"{folder}/test_data_set_0")
            transport.push(model.file, path, advance)
        if _sha256(transport, path) not in (model.sha256, None):
            raise DeviceError(f"{transport.where}: {model.file.name} was changed on the way", advice="try again")
        if model.file.suffix.lower() == ".onnx":
            with tempfile.TemporaryDirectory(prefix="edgekit-inputs-") as scratch:
                for number, content in enumerate(_inputs(model.file, length)):
                    source = Path(scratch) / str(number)
                    source.write_bytes(content)
                    transport.push(source, f"{folder}/test_data_set_0/input_{number}.pb")
        yield path
    finally:
        with suppress(DeviceError):
            transport.run(["rm", "-rf", folder])


def _inputs(file: Path, length: int) -> list[bytes]:
    """Made-up inputs as ONNX tensors, in the file's order."""
    from onnx import numpy_helper

    from edgekit.agent.runtimes.base import length_for, synthetic_feeds
    from edgekit.agent.runtimes.registry import open_session

    with agent_errors():
        session = open_session(file)
        feeds = synthetic_feeds(session, length_for(session, length))
    return [numpy_helper.from_array(value, name).SerializeToString() for name, value in feeds.items()]


def _state(transport: Transport, found: Probe) -> tuple[Conditions, Battery]:
    """What Android says, and what the kernel does where that says nothing."""
    android, battery = android_state(transport)
    kernel = None if found.temperature_millic is None else found.temperature_millic / 1e3
    bits = found.bits_of_throttling
    return (
        Conditions(
            load_1min=found.load,
            governor=found.governor,
            clock_mhz=None if found.clock_khz is None else found.clock_khz / 1e3,
            temperature_c=kernel if android.temperature_c is None else android.temperature_c,
            throttled=android.throttled if bits is None else bool(bits & 0b1110),
            under_voltage=None if bits is None else bool(bits & 1),
        ),
        battery,
    )


def _sha256(transport: Transport, path: str) -> str | None:
    """The hash of a file there; None where the device cannot tell."""
    done = transport.run(["sha256sum", path], timeout=_RUN_SECONDS)
    digest = done.stdout.decode(errors="replace").removeprefix("\\")[:64]
    return digest if done.code == 0 and len(digest) == 64 and set(digest) <= set("0123456789abcdef") else None


def _run(transport: Transport, *command: str) -> None:
    done = transport.run(command)
    if done.code != 0:
        raise DeviceError(f"{transport.where}: {command[0]} failed: {done.complaint()}")


def _keep(what: MeasuredModel, measurement: ToolMeasurement) -> ToolMeasurement:
    """Write a measurement into its bundle, in place of one taken under the same conditions."""
    if what.bundle is not None:
        same = {"model_sha256", "tool", "tool_sha256", "threads", "length", "affinity", "fingerprint"}
        what.bundle.keep(measurement, measurement.model_dump(mode="json", include=same))
    return measurement
