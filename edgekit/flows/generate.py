"""Generate: text behind a prompt, from a bundle alone; neither torch nor transformers is loaded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edgekit.errors import agent_errors
from edgekit.options.generate_options import GenerateOptions

if TYPE_CHECKING:
    from edgekit.agent.inference.generation import Generation


@dataclass(frozen=True)
class Generated:
    """A finished text and how it came about.

    ids:          the new tokens
    finish:       `eos` (the model ended it), `stop` (a stop string), `length` (max_tokens) or `context` (it is full)
    slides:       how often the older half of the context was forgotten
    first_ms:     for the prompt, up to the logits of the first new token
    tokens_per_s: of the new tokens after the first; 0 where there was but one
    """

    prompt: str
    text: str
    ids: tuple[int, ...]
    finish: str
    prompt_tokens: int
    context: int
    slides: int
    first_ms: float
    tokens_per_s: float


class Writing:
    """A text that is being written: iterate over it for its pieces, then read `result`."""

    def __init__(self, prompt: str, generation: Generation, context: int) -> None:
        self._prompt, self._generation, self._context = prompt, generation, context
        self._pieces: list[str] = []

    def __iter__(self) -> Iterator[str]:
        """The pieces of the text as they come, whole characters only."""
        with agent_errors():
            for piece in self._generation:
                self._pieces.append(piece)
                yield piece

    @property
    def result(self) -> Generated:
        """What was written so far."""
        done = self._generation
        return Generated(
            prompt=self._prompt,
            text="".join(self._pieces),
            ids=tuple(done.ids),
            finish=done.finish,
            prompt_tokens=len(done.prompt_ids),
            context=self._context,
            slides=done.slides,
            first_ms=1000 * done.prefill_s,
            tokens_per_s=done.tokens_per_s,
        )


def generate(
    bundle: str | Path, prompt: str, options: GenerateOptions | None = None, *, stop: Sequence[str] = ()
) -> Writing:
    """Open a decoder's bundle and begin a text behind `prompt`; it is written while it is iterated over.

    stop: strings that end the text and are left out of it
    Raises `UsageError` for a folder that is no sound bundle of a decoder, or a prompt that the context does not hold.
    """
    from edgekit.agent.inference.generation import GenerationLimits
    from edgekit.agent.inference.generator import open_generator
    from edgekit.agent.inference.sampling import Sampling

    options = options or GenerateOptions()
    with agent_errors():
        sampling = Sampling(options.temperature, options.top_k, options.top_p, options.seed)
        limits = GenerationLimits(options.max_tokens, tuple(stop), options.context_full)
        generator = open_generator(Path(bundle), threads=options.threads, capacity=options.context)
        return Writing(prompt, generator.start(prompt, sampling, limits), generator.session.capacity)
