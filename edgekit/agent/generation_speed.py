"""Measuring a decoder on this machine: time to the first token, and of each token behind so many others."""

from __future__ import annotations

import dataclasses
import itertools
import time
from typing import Any

from .bundle import Bundle
from .decoder_golden import read_decoder_golden
from .decoders import DecoderSession
from .energy import measure_energy
from .errors import BadInput
from .generator import load_generator
from .memory import peak_rss_mb
from .order import Order, report
from .sampling import GREEDY, Sampler
from .timing import Marks, Progress, sample, sustain, warm_up
from .watch import Watched

# prompts take seconds on small devices, and vary less than single tokens
_FEWEST_PROMPTS = 5


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
    first = load.prompt(0)
    stopping = order.stopping
    warmed = warm_up(load.token, stopping, progress)
    few = dataclasses.replace(stopping, min_runs=min(stopping.min_runs, _FEWEST_PROMPTS))
    with Watched() as watched:
        samples = sample(watched.counting(load.prompt), ("first_token",), few, progress)
        samples.update(sample(watched.counting(load.token), ("token",), stopping, progress))
        sustained = sustain(watched.counting(load.token), order.sustained_seconds, progress)
        peak = peak_rss_mb()
        energy, notes = measure_energy(load.token, progress) if order.energy else (None, [])
    return {
        **report("generation", load.session, (bundle.model_sha256, bundle.content_hash)),
        **watched.report(),
        "length": load.length,
        "capacity": bundle.max_length,
        "samples_ms": samples,
        "sustained_ms": sustained,
        "cold_load_ms": load.load_ms,
        "first_inference_ms": (first[1] - first[0]) / 1e6,
        "warmup_runs": warmed,
        "peak_rss_mb": peak,
        "energy": energy,
        "notes": [*watched.notes, *notes],
    }


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
