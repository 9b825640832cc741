"""The loop of a decoder: prompt in, text out piece by piece, until something ends it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import BadInput, RuntimeFailed
from ..runtimes.base import Array, DecoderSession
from .bundle import Bundle
from .prompts import PromptTokenizer, StopStringMatcher, TextStream
from .sampling import GREEDY, Sampler, Sampling

CONTEXT_FULL = ("stop", "slide")


@dataclass(frozen=True)
class GenerationLimits:
    """What ends a text, beside the model's own end.

    max_tokens:   the most new tokens
    stops:        strings that end the text where they appear; they are left out of it
    context_full: what happens when the cache is full: `stop` ends the text, `slide` forgets the older half
    """

    max_tokens: int = 256
    stops: tuple[str, ...] = ()
    context_full: str = "stop"

    def __post_init__(self) -> None:
        if self.max_tokens < 1:
            raise BadInput(f"max_tokens must be at least 1, not {self.max_tokens}")
        if self.context_full not in CONTEXT_FULL:
            raise BadInput(f"context_full must be {' or '.join(CONTEXT_FULL)}, not {self.context_full!r}")


USUAL = GenerationLimits()


class Generation:
    """One text in the making: iterate over it for its pieces, then read how it went.

    prompt_ids: the tokens of the prompt
    ids:        the new tokens; the model's end token is not among them
    finish:     `eos` (the model ended it), `stop` (a stop string), `length` (max_tokens), `context` (the cache is
                full); empty while it goes on
    slides:     how often the older half of the context was forgotten
    prefill_s, decode_s: seconds for the prompt, and for the new tokens after the first
    """

    def __init__(
        self, generator: TextGenerator, prompt_ids: Sequence[int], sampling: Sampling, limits: GenerationLimits
    ) -> None:
        self._session = generator.session
        self._start, self._eos = generator.bundle.start_id, generator.bundle.eos_ids
        self._sampler, self._limits = Sampler(sampling), limits
        self._text, self._watch = TextStream(generator.tokenizer, prompt_ids), StopStringMatcher(limits.stops)
        self.prompt_ids = list(prompt_ids)
        self.ids: list[int] = []
        self.finish = ""
        self.slides = 0
        self.prefill_s = self.decode_s = 0.0
        self._steps = 0

    def __iter__(self) -> Iterator[str]:
        """The pieces of the text, as soon as their characters are whole. Runs once."""
        started = time.perf_counter()
        logits = self._prefill()
        self.prefill_s = time.perf_counter() - started
        while not self.finish:
            token = self._sampler.choose(_finite(logits))
            if token in self._eos:
                self.finish = "eos"
                break
            self.ids.append(token)
            if piece := self._watch.add(self._text.add(token)):
                yield piece
            self.finish = self._reason()
            if not self.finish:
                started = time.perf_counter()
                logits = self._next(token)
                self.decode_s += time.perf_counter() - started
                self._steps += 1
        if not self._watch.stopped and (rest := self._watch.add(self._text.end()) + self._watch.end()):
            yield rest

    @property
    def tokens_per_s(self) -> float:
        """Tokens a second after the prompt, the first token not counted; 0 where there was but one."""
        return self._steps / self.decode_s if self._steps else 0.0

    def _prefill(self) -> Array:
        session, ids = self._session, self.prompt_ids
        session.reset()
        if len(ids) > session.capacity:
            if self._limits.context_full == "stop":
                raise BadInput(
                    f"the prompt has {len(ids)} tokens, and the context holds {session.capacity}",
                    "shorten the prompt, or let the context slide: --context-full slide",
                )
            return self._slide()
        return session.prefill(ids)

    def _next(self, token: int) -> Array:
        return self._slide() if self._session.length == self._session.capacity else self._session.step(token)

    def _slide(self) -> Array:
        """Forget all but the newest half of a full context and the token that begins texts, and read these again."""
        self.slides += 1
        self._session.reset()
        newest = (self.prompt_ids + self.ids)[-max(1, self._session.capacity // 2) :]
        if self.prompt_ids[0] == self._start and self._session.capacity > 1:
            newest = [self.prompt_ids[0], *newest]
        return self._session.prefill(newest)

    def _reason(self) -> str:
        """Why the text ends after the newest token, or nothing."""
        if self._watch.stopped:
            return "stop"
        if len(self.ids) >= self._limits.max_tokens:
            return "length"
        full = self._session.length == self._session.capacity
        return "context" if full and self._limits.context_full == "stop" else ""


class TextGenerator:
    """A decoder's bundle, ready to write; one text at a time."""

    def __init__(self, bundle: Bundle, session: DecoderSession, tokenizer: PromptTokenizer) -> None:
        self.bundle = bundle
        self.session = session
        self.tokenizer = tokenizer

    def start(self, prompt: str, sampling: Sampling = GREEDY, limits: GenerationLimits = USUAL) -> Generation:
        """A text that begins behind `prompt`. Raises `BadInput` for a prompt without tokens."""
        return Generation(self, self.encode(prompt), sampling, limits)

    def encode(self, prompt: str) -> list[int]:
        """The ids of a prompt; an empty one becomes the token that begins a text.

        Raises `BadInput` where there is no such token, and as `prompts.PromptTokenizer.encode` does.
        """
        ids = self.tokenizer.encode(prompt)
        if not ids and self.bundle.start_id is not None:
            return [self.bundle.start_id]
        if not ids:
            raise BadInput("the prompt is empty, and the model has no token that begins a text")
        return ids


def _finite(logits: Array) -> Array:
    if not np.isfinite(logits).all():
        raise RuntimeFailed("the model gives logits that are no numbers")
    return logits
