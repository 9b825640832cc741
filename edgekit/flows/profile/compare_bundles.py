"""Compare: two bundles, or two model files, measured interleaved on one device."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from edgekit.agent.inference.tokenizer import TextPair
from edgekit.agent.json_object import JsonObject
from edgekit.devices.base import ConnectedDevice
from edgekit.errors import UsageError
from edgekit.flows.devices.device_pool import on_each
from edgekit.flows.profile.agent_requests import (
    lengths_to_run,
    merged,
    now,
    progress_callback,
    prove_on_device,
    request_fields,
    texts_to_run,
)
from edgekit.flows.profile.measured_model import Measurable, MeasuredModel
from edgekit.io.progress import SILENT, Advance, Progress
from edgekit.measure.performance.ab_comparison import SpeedComparison, compare_speed
from edgekit.measure.performance.processes import merge_comparisons
from edgekit.measure.performance.throttling import Disturbance, ever_disturbed
from edgekit.options.profile_options import ProfileOptions
from edgekit.report.figures import plural
from edgekit.schema.comparison import Interleaved


@dataclass(frozen=True)
class ComparedBundles:
    """Which of two is faster, and the runs that say so.

    disturbed: what slowed the device meanwhile; as both met it alike, the verdict stands. None where nothing did
    """

    ours: str
    theirs: str
    speed: SpeedComparison
    disturbed: Disturbance | None
    measured: Interleaved


def compare_bundles(
    what: Measurable,
    other: Measurable,
    options: ProfileOptions | None = None,
    *,
    texts: Sequence[TextPair] = (),
    progress: Progress = SILENT,
) -> dict[str, list[ComparedBundles]]:
    """Run `what` and `other` interleaved, both loaded in one agent, at every thread count and length asked for.

    That is done by `options.processes` fresh agents, one after the other, which share the runs. What each device says
    is under the name that it was asked for.

    texts: (text, pair or None) for both, in place of `options.data` and of the golden cases of `what`
    The golden cases of both are run first. Nothing is kept in the bundles. Raises as `profile.profile` does, and
    `UsageError` for two that cannot be compared, or for options that say nothing of a comparison.
    """
    options = options or ProfileOptions()
    pair = MeasuredModel.of(what), MeasuredModel.of(other)
    texts = texts_to_run(options, texts)
    if options.sustained or options.per_op or options.energy:
        raise UsageError(
            "two bundles are compared in short blocks", advice="leave out --sustained, --per-op, --energy"
        )
    return on_each(
        options.device, lambda device, progress: _compare_on(device, pair, options, texts, progress), progress
    )


def _compare_on(
    device: ConnectedDevice,
    pair: tuple[MeasuredModel, MeasuredModel],
    options: ProfileOptions,
    texts: Sequence[TextPair],
    progress: Progress,
) -> list[ComparedBundles]:
    what, other = pair
    remote, remote_other = device.put(what.path, progress), device.put(other.path, progress)
    for model, path in ((what, remote), (other, remote_other)):
        prove_on_device(device, model, path, options, keep=False)
    texts_of_both = [list(text) for text in texts]
    found = []
    for length, threads in product(lengths_to_run(options, what), options.threads):
        fields = {"path": remote, "other": remote_other, "threads": threads, "length": length, "texts": texts_of_both}
        with progress.task(f"compare {what.name} with {other.name}, {plural(threads, 'thread')}") as advance:
            measured = _interleaved(device, options, advance, fields)
        speed = compare_speed(measured.blocks, processes=measured.processes)
        found.append(ComparedBundles(str(what), str(other), speed, ever_disturbed(measured), measured))
    return found


def _interleaved(
    device: ConnectedDevice, options: ProfileOptions, advance: Advance, fields: JsonObject
) -> Interleaved:
    """The comparison that fresh agents take together, one after the other, in blocks of one size."""
    comparisons: list[Interleaved] = []
    for process in options.shares:
        fields |= request_fields(options, process)
        if comparisons:
            fields["block_runs"] = len(comparisons[0].blocks[0].ours_ms)
        with device.start_agent(options.python) as agent:
            comparisons.append(
                agent.request("compare", Interleaved, progress=progress_callback(advance, options, process), **fields)
            )
    return merged(merge_comparisons, comparisons, device).model_copy(update={"taken_at": now()})
