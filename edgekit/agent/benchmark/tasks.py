"""The tasks by name: how a bundle for each is measured, and loaded to be compared or counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..inference.bundle import CLASSIFICATION, GENERATION, Bundle, open_bundle
from ..json_object import JsonObject
from .generation_speed import load_prompt, measure_generation
from .inference_workload import load_file, load_texts
from .latency import measure_classifier, measure_inference
from .timing import Progress
from .workload import ProfileRequest, Workload


@dataclass(frozen=True)
class TaskBenchmark:
    """How a bundle for one task is measured, and what is run to compare it or to count its instructions."""

    measure: Callable[[Bundle, ProfileRequest, Progress], JsonObject]
    load: Callable[[Bundle, ProfileRequest], Workload]


BENCHMARKS = {
    CLASSIFICATION: TaskBenchmark(measure_classifier, load_texts),
    GENERATION: TaskBenchmark(measure_generation, load_prompt),
}


def measure(request: ProfileRequest, progress: Progress) -> JsonObject:
    """Measure a bundle, or a bare file, as its task is measured; a measurement as plain JSON values.

    Peak memory is that of the whole process: measure each setting in a process of its own. The cold load runs from
    the import of the runtime to a loaded tokenizer and model; its file was read once just before, to be checked.
    Raises `AgentError`s.
    """
    if not request.path.is_dir():
        return measure_inference(load_file(request), request, progress)
    bundle = open_bundle(request.path)
    return BENCHMARKS[bundle.task].measure(bundle, request, progress)


def load_workload(request: ProfileRequest) -> Workload:
    """What runs a bundle, or a bare file. Raises `AgentError`s."""
    if not request.path.is_dir():
        return load_file(request)
    bundle = open_bundle(request.path)
    return BENCHMARKS[bundle.task].load(bundle, request)
