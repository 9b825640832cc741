"""Measuring a decoder on this machine: time to the first token, and of each token behind so many others."""

from __future__ import annotations

import dataclasses
import itertools
import time
from typing import Any

from ..errors import BadInput
from ..inference.bundle import Bundle
from ..inference.decoder_golden import read_decoder_golden
from ..inference.generator import load_generator
from ..inference.sampling import GREEDY, Sampler
from ..runtimes.base import DecoderSession
from .after_samples import after_samples
from .device_monitor import Watched
from .kernels import ThreadCount, what_ran
from .profile_request import Order, one_process, report
from .timing import Marks, Progress, sample, warm_up

# prompts take seconds on small devices, and vary less than single tokens; of fewer, all processes together, nobody can
# tell whether they are independent of each other, so that their median has no interval
_FEWEST_PROMPTS, _FEWEST_IN_ONE = 36, 2


def measure_generation(bundle: Bundle, order: Order, progress: Progress) -> dict[str, Any]:
    """Measure a decoder at a prompt of `order.length` tokens; the fields of `spec.measurement.GenerationMeasurement`.

    first_token: a prompt of that many tokens, as ids, into an empty cache, up to the choice of the next one
    token:       one more token behind them, and the choice of the next one
    The cache has room for all that the model was exported for, as in use. Peak memory and the cold load are as of
    `latency.measure`. Raises `AgentError`s.
    """
    if order.texts or order.per_op:
        raise BadInput("decoders are measured on prompts of golden cases, and not by operator")
    load = load_prompt(bundle, order)
    start, end = load.prompt(0)
    stopping = order.stopping
    warmed = warm_up(load.token, stopping, progress)
    prompts = max(_FEWEST_IN_ONE, -(-_FEWEST_PROMPTS // order.processes))
    few = dataclasses.replace(stopping, min_runs=min(prompts, stopping.max_runs))
    with Watched() as watched:
        started = time.monotonic()
        samples = sample(watched.counting(load.prompt), ("first_token",), few, progress)
        watched.look()
        with ThreadCount() as threads:
            samples.update(sample(watched.counting(load.token), ("token",), stopping, progress))
        seconds = time.monotonic() - started
        sustained, peak, energy, notes = after_samples(load.token, watched, order, progress)
    counts = {part: len(taken) for part, taken in samples.items()}
    common = report("generation", load.session, (bundle.model_sha256, bundle.content_hash))
    return {
        **common,
        **watched.report(),
        **one_process(counts, seconds, load.load_ms, (end - start) / 1e6, peak),
        "length": load.length,
        "capacity": bundle.max_length,
        "samples_ms": samples,
        "sustained_ms": sustained,
        "warmup_runs": warmed,
        "ran": _what_ran(load, order, threads.worked),
        "energy": energy,
        "notes": [*watched.notes, *notes],
    }


def _what_ran(load: PromptLoad, order: Order, threads: int | None) -> dict[str, Any]:
    """What ran for a single token; the last use of a load."""
    session = load.session
    if not (session.can_profile and order.trace):
        return what_ran(session, threads, None)

    def run_profiled(profiled: DecoderSession) -> None:
        load.session = profiled
        load.prompt(0)
        load.token(0)

    return what_ran(session, threads, lambda: session.profile(run_profiled).operators())


def load_prompt(bundle: Bundle, order: Order) -> PromptLoad:
    """A decoder, and a prompt of `order.length` tokens; `BadInput` for one that does not fit."""
    length = order.length
    if length is None or not 1 <= length < bundle.max_length:
        raise BadInput(f"a length from 1 to {bundle.max_length - 1} is measured, as one token more must fit")
    started = time.perf_counter_ns()
    generator = load_generator(bundle, order.runtime, order.threads)
    load_ms = (time.perf_counter_ns() - started) / 1e6
    known = list(itertools.chain.from_iterable(case.ids for case in read_decoder_golden(bundle)))
    return PromptLoad(generator.session, list(itertools.islice(itertools.cycle(known), length + 1)), load_ms)


class PromptLoad:
    """A prompt, and over and over the same token behind it.

    length:  tokens of the prompt
    load_ms: what it took to load the tokenizer and the model
    """

    def __init__(self, session: DecoderSession, ids: list[int], load_ms: float) -> None:
        self.session, self.load_ms = session, load_ms
        self.length = len(ids) - 1
        self._prompt, self._next = ids[:-1], ids[-1]
        self._sampler = Sampler(GREEDY)

    def prompt(self, _run: int) -> Marks:
        """The whole prompt into an empty cache, and the choice of the next token."""
        self.session.rewind(0)
        start = time.perf_counter_ns()
        self._sampler.choose(self.session.prefill(self._prompt))
        return (start, time.perf_counter_ns())

    def token(self, _run: int) -> Marks:
        """One token behind the prompt, and the choice of the next."""
        self.session.rewind(len(self._prompt))
        start = time.perf_counter_ns()
        self._sampler.choose(self.session.step(self._next))
        return (start, time.perf_counter_ns())
