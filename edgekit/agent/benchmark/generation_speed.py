"""Measuring a decoder on this machine: time to the first token, and of each token behind so many others."""

from __future__ import annotations

import dataclasses
import itertools
import time
from functools import partial

from ..errors import BadInput
from ..inference.bundle import Bundle
from ..inference.decoder_golden import read_decoder_golden
from ..inference.generator import load_generator
from ..inference.sampling import GREEDY, Sampler
from ..inference.tokenizer import TextPair
from ..json_object import JsonObject
from ..runtimes.base import DecoderSession
from .after_samples import after_samples
from .device_monitor import DeviceMonitor
from .kernels import ThreadCount, what_ran
from .record import ModelHashes, model_fields, process_fields
from .timing import Marks, Progress, sample, warm_up
from .workload import Length, PreparedRun, ProfileRequest

# prompts take seconds on small devices, and vary less than single tokens; of fewer, all processes together, nobody can
# tell whether they are independent of each other, so that their median has no interval
_FEWEST_PROMPTS, _FEWEST_IN_ONE = 36, 2


def measure_generation(bundle: Bundle, request: ProfileRequest, progress: Progress) -> JsonObject:
    """Measure a decoder at a prompt of `request.length` tokens.

    Gives the fields of `schema.measurement.GenerationMeasurement`.

    first_token: a prompt of that many tokens, as ids, into an empty cache, up to the choice of the next one
    token:       one more token behind them, and the choice of the next one
    The cache has room for all that the model was exported for, as in use. Peak memory and the cold load are as of
    `tasks.measure`. Raises `AgentError`s.
    """
    if request.texts or request.per_op:
        raise BadInput("decoders are measured on prompts of golden cases, and not by operator")
    workload = load_prompt(bundle, request)
    start, end = workload.prompt(0)
    stopping = request.stopping
    warmed = warm_up(workload.step, stopping, progress)
    prompts = max(_FEWEST_IN_ONE, -(-_FEWEST_PROMPTS // request.processes))
    few = dataclasses.replace(stopping, min_runs=min(prompts, stopping.max_runs))
    with DeviceMonitor() as monitor:
        started = time.monotonic()
        samples = sample(monitor.counting(workload.prompt), ("first_token",), few, progress)
        monitor.sample_state()
        with ThreadCount() as threads:
            samples.update(sample(monitor.counting(workload.step), ("token",), stopping, progress))
        seconds = time.monotonic() - started
        sustained, peak, energy, notes = after_samples(workload.step, monitor, request, progress)
    counts = {part: len(times) for part, times in samples.items()}
    common = model_fields("generation", workload.session, workload.hashes)
    return {
        **common,
        **monitor.states(),
        **process_fields(counts, seconds, workload.load_ms, (end - start) / 1e6, peak),
        "length": workload.length,
        "capacity": bundle.max_length,
        "samples_ms": samples,
        "sustained_ms": sustained,
        "warmup_runs": warmed,
        "ran": _what_ran(workload, request, threads.worked),
        "energy": energy,
        "notes": [*monitor.notes, *notes],
    }


def _what_ran(workload: PromptWorkload, request: ProfileRequest, threads: int | None) -> JsonObject:
    """What ran for a single token; the last use of a workload."""
    session = workload.session
    if not (session.can_profile and request.trace):
        return what_ran(session, threads, None)

    def run_profiled(profiled: DecoderSession) -> None:
        workload.session = profiled
        workload.prompt(0)
        workload.step(0)

    return what_ran(session, threads, lambda: session.profile(run_profiled).operators())


def load_prompt(bundle: Bundle, request: ProfileRequest) -> PromptWorkload:
    """A decoder, and a prompt of `request.length` tokens; errors as of `load_generator`.

    Raises `BadInput` for a prompt that does not fit as well.
    """
    length = request.length
    if length is None or not 1 <= length < bundle.max_length:
        raise BadInput(f"a length from 1 to {bundle.max_length - 1} is measured, as one token more must fit")
    started = time.perf_counter_ns()
    generator = load_generator(bundle, request.runtime, request.threads)
    load_ms = (time.perf_counter_ns() - started) / 1e6
    known = list(itertools.chain.from_iterable(case.ids for case in read_decoder_golden(bundle)))
    ids = list(itertools.islice(itertools.cycle(known), length + 1))
    return PromptWorkload(generator.session, ids, load_ms, ModelHashes.of(bundle))


class PromptWorkload:
    """A prompt, and over and over the same token behind it; see `workload.Workload`.

    length: tokens of the prompt
    """

    kind = "a decoder"

    def __init__(self, session: DecoderSession, ids: list[int], load_ms: float, hashes: ModelHashes) -> None:
        self.session, self.load_ms, self.hashes = session, load_ms, hashes
        self.length: Length = len(ids) - 1
        self.notes: tuple[str, ...] = ()
        self._prompt, self._next = ids[:-1], ids[-1]
        self._sampler = Sampler(GREEDY)

    def golden_texts(self) -> tuple[TextPair, ...]:
        """None: a prompt is token ids."""
        return ()

    def prepare(self) -> None:
        """Read the prompt."""
        self.prompt(0)

    def step(self, run: int) -> Marks:
        """One token behind the prompt, and the choice of the next."""
        self.session.rewind(len(self._prompt))
        start = time.perf_counter_ns()
        self._sampler.choose(self.session.step(self._next))
        return (start, time.perf_counter_ns())

    def prompt(self, run: int) -> Marks:
        """The whole prompt into an empty cache, and the choice of the next token."""
        self.session.rewind(0)
        start = time.perf_counter_ns()
        self._sampler.choose(self.session.prefill(self._prompt))
        return (start, time.perf_counter_ns())

    def counted(self) -> dict[str, PreparedRun]:
        """The prompt and the token, each with the choice of the next token, as it is part of their times."""
        return {"first_token": partial(partial, self.prompt), "token": partial(partial, self.step)}
