"""Count the instructions of single inferences on an emulated device: free of noise, blind to caches, never a time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from edgekit.agent.inference.tokenizer import TextPair
from edgekit.devices.base import ConnectedDevice
from edgekit.devices.emulation.counting import COUNTER
from edgekit.errors import DeviceError, UsageError
from edgekit.flows.devices.device_pool import on_each
from edgekit.flows.profile.agent_requests import lengths_to_run, now, progress_callback, prove_on_device, texts_to_run
from edgekit.flows.profile.measured_model import Measurable, MeasuredModel
from edgekit.io.hashing import value_sha256
from edgekit.io.progress import SILENT, Progress
from edgekit.options.profile_options import ProfileOptions
from edgekit.schema.measurement import InstructionCounts

_MEANT = ("device", "threads", "length", "data", "runtime")


def count_instructions(
    what: Measurable,
    options: ProfileOptions | None = None,
    *,
    texts: Sequence[TextPair] = (),
    progress: Progress = SILENT,
) -> dict[str, list[InstructionCounts]]:
    """The counts of `what`, a bundle or a model file, at every length, by the name of each device that was asked for.

    Texts, golden cases and what is kept in a bundle are as in `profile.profile`. One thread: threads that wait for
    each other spin, for a time that says nothing. Raises as that does; `DeviceError` for a device that cannot count.
    """
    options = options or ProfileOptions()
    model = MeasuredModel.of(what)
    model.check_keeps()
    _check(options)
    texts = texts_to_run(options, texts)
    return on_each(
        options.device, lambda device, progress: count_on(device, model, options, texts, progress), progress
    )


def count_on(
    device: ConnectedDevice,
    model: MeasuredModel,
    options: ProfileOptions,
    texts: Sequence[TextPair],
    progress: Progress,
) -> list[InstructionCounts]:
    """As `count_instructions`, on a device that was entered; `DeviceError` for one that cannot count."""
    counter = _counter(device)
    remote = device.put(model.path, progress)
    prove_on_device(device, model, remote, options)
    return [
        _count(device, counter, model, remote, options, length, texts, progress)
        for length in lengths_to_run(options, model)
    ]


def _counter(device: ConnectedDevice) -> str:
    """What runs Python on the device and counts: by its name, or beside the Python that it was added with."""
    beside = str(PurePosixPath(device.python).with_name(COUNTER))
    for program in (COUNTER, beside):
        if device.transport.run(["sh", "-c", 'command -v "$1"', "sh", program]).code == 0:
            return program
    raise DeviceError(
        f"{device.transport.where} does not count instructions",
        advice="an emulated one does: edgekit devices emulate rpi4",
    )


def _count(
    device: ConnectedDevice,
    counter: str,
    model: MeasuredModel,
    remote: str,
    options: ProfileOptions,
    length: int | None,
    texts: Sequence[TextPair],
    progress: Progress,
) -> InstructionCounts:
    pairs = [list(text) for text in texts]
    title = f"count {model.name}" + (f", length {length}" if length else "")
    with progress.task(title) as advance, device.start_agent(counter) as agent:
        found = agent.request(
            "count",
            InstructionCounts,
            progress=progress_callback(advance, ProfileOptions(processes=1), 0),
            path=remote,
            length=length,
            texts=pairs,
            runtime=options.runtime,
        )
    # as of a profile: the agent cannot know which texts, and a small board's clock is often wrong
    known_here = {"texts_sha256": value_sha256(pairs) if texts else None, "taken_at": now()}
    counted = found.model_copy(update=known_here)
    model.keep(counted)
    return counted


def _check(options: ProfileOptions) -> None:
    if options.threads != (1,):
        raise UsageError("instructions are counted with one thread", advice="leave out --threads")
    usual = ProfileOptions()
    other = [
        name
        for name in ProfileOptions.model_fields
        if name not in _MEANT and getattr(options, name) != getattr(usual, name)
    ]
    if other:
        names = ", ".join(f"--{name.replace('_', '-')}" for name in other)
        raise UsageError(f"{names} says nothing of a count of instructions", advice=f"leave out {names}")
