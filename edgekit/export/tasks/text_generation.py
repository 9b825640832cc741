"""Exporting language models: golden prompts with ids, greedy tokens and logits, which the written file must reproduce.

However the tokens are fed to it: in one piece, in two, token by token.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edgekit.agent.inference.bundle import TOKENIZER
from edgekit.agent.inference.generation import TextGenerator
from edgekit.agent.inference.tokenizer import load_tokenizer
from edgekit.agent.runtimes.base import DecoderSession
from edgekit.bundle.manifest import GenerationTokens, Parity
from edgekit.compress.quantization.grid import Floats
from edgekit.errors import ToolError
from edgekit.export.golden_texts import HARD_PROMPTS, joined, words_of
from edgekit.export.model_file import ModelFile
from edgekit.export.parity import FLOAT, Deviation, Reference, Tolerance, parity_of, require_same_ids, rounded_atol
from edgekit.export.source import Source, TextInput
from edgekit.export.task_export import GoldenTexts, Origin, TaskExport, origin_field
from edgekit.export.tokenizer_files import write_tokenizer
from edgekit.models.loaded_model import LoadedModel

# words of the prompts that are made of the vocabulary
_SHORT, _LONG = 3, 12
# new tokens of a case, where the context has room for them
NEW_TOKENS = 32
_TOP = 8


@dataclass(frozen=True)
class GenerationCase:
    """A prompt, and what the reference gives behind it.

    tokens: its best token each time, an end token as any other
    logits: float32 [prompt + tokens - 1, vocabulary]: after each token but the last, less their mean, which no
            probability depends on
    sizes:  float32 [prompt + tokens - 1]: the largest |logit| of each row, mean and all
    """

    prompt: str
    ids: tuple[int, ...]
    tokens: tuple[int, ...]
    logits: Floats
    sizes: Floats

    @property
    def choices(self) -> Floats:
        """The logits that chose each new token [tokens, vocabulary]."""
        return self.logits[len(self.ids) - 1 :]

    @property
    def best(self) -> list[tuple[int, float]]:
        """The best ids after the prompt, each with its logit."""
        after = self.choices[0]
        return [(int(index), float(after[index])) for index in np.argsort(-after, kind="stable")[:_TOP]]

    @property
    def text(self) -> TextInput:
        """The prompt."""
        return self.prompt

    @property
    def quoted(self) -> str:
        """The prompt as an error quotes it."""
        return repr(self.prompt[:57])


class Export(TaskExport[GenerationCase]):
    """The export of one language model."""

    device_files = ("generation_config.json",)

    def write_settings(self, out: Path) -> None:
        """See `TaskExport`; the tokenizer leaves prompts whole."""
        write_tokenizer(self.source.tokenizer, out, self.max_length, truncates=False)
        self.source.model.config.save_pretrained(out)
        self.source.model.generation_config.save_pretrained(out)

    def golden_texts(self, given: Sequence[TextInput]) -> GoldenTexts:
        """See `TaskExport`; of pairs there are none."""
        prompts: dict[TextInput, Origin | None] = dict.fromkeys(text for text in given if isinstance(text, str))
        return prompts | dict.fromkeys(HARD_PROMPTS, "fixed")

    def made_texts(self, file: ModelFile, folder: Path, *, pairs: bool, attempt: int) -> Mapping[str, TextInput]:
        """See `TaskExport`."""
        del file, pairs
        words = words_of(load_tokenizer(folder / TOKENIZER))
        first = attempt * (_SHORT + _LONG)
        made = {"short": words[first : first + _SHORT], "long": words[first + _SHORT : first + _SHORT + _LONG]}
        return {kind: joined(some) for kind, some in made.items() if some}

    def reference(self, texts: Sequence[TextInput], file: ModelFile) -> list[GenerationCase]:
        """Greedy tokens behind each prompt that leaves space in the context."""
        del file  # the same for all of them
        prompts = [text for text in texts if isinstance(text, str)]
        bos_id = generation_of(self.source).bos_id
        return reference_texts(self.source, prompts, bos_id, self.max_length)

    def tolerance(self, cases: Sequence[GenerationCase], file: ModelFile) -> Tolerance:
        """That of float files, or of rounded ones: some runtime rounds wherever weights are integers."""
        del file
        return rounded_tolerance(self.source.model, cases) if self.source.quantized else FLOAT

    def check(self, cases: Sequence[GenerationCase], allowed: Tolerance, file: ModelFile, folder: Path) -> Parity:
        """See `TaskExport`."""
        from edgekit.agent.inference.bundle import Bundle
        from edgekit.agent.inference.prompts import PromptTokenizer
        from edgekit.agent.runtimes.registry import open_decoder_session

        draft = Bundle(folder, {"generation": generation_of(self.source).model_dump(mode="json")})
        session = open_decoder_session(folder / file.file, self.max_length)
        generator = TextGenerator(draft, session, PromptTokenizer(folder / TOKENIZER))
        return check(generator, cases, allowed, self.source.reference)

    def golden_rows(
        self, cases: Sequence[GenerationCase], allowed: Tolerance, texts: GoldenTexts
    ) -> Iterator[dict[str, object]]:
        """Each with the best ids after the prompt and their logits."""
        del allowed  # the agent knows a tie
        for case in cases:
            yield {
                "text": case.prompt,
                "ids": case.ids,
                "tokens": case.tokens,
                "best": [index for index, _ in case.best],
                "logits": [logit for _, logit in case.best],
                **origin_field(texts[case.prompt]),
            }

    def manifest_facts(self, file: ModelFile) -> dict[str, object]:
        """See `TaskExport`."""
        generation, pad_id = generation_of(self.source), self.source.tokenizer.pad_token_id
        if pad_id is None:
            pad_id = generation.eos_ids[0] if generation.eos_ids else 0
        return {"labels": (), "pad_id": int(pad_id), "generation": generation}


def generation_of(source: Source) -> GenerationTokens:
    """With which ids a model begins and ends a text: as its generation settings say, else its tokenizer."""
    settings, tokenizer = source.model.generation_config, source.tokenizer
    ends = settings.eos_token_id if settings.eos_token_id is not None else tokenizer.eos_token_id
    begins = settings.bos_token_id if settings.bos_token_id is not None else tokenizer.bos_token_id
    eos = [] if ends is None else ends if isinstance(ends, list) else [ends]
    known = source.model.config.vocab_size
    return GenerationTokens(
        bos_id=begins if begins is not None and begins < known else None,
        eos_ids=tuple(sorted({int(end) for end in eos if end < known})),
    )


def reference_texts(
    source: Source, prompts: Sequence[str], bos_id: int | None, max_length: int
) -> list[GenerationCase]:
    """What the PyTorch model writes greedily behind each prompt that leaves space in a context of `max_length` tokens.

    bos_id: stands for an empty prompt
    """
    cases = []
    for prompt in dict.fromkeys(prompts):
        ids = list(source.tokenizer(prompt)["input_ids"]) or ([] if bos_id is None else [bos_id])
        if 0 < len(ids) < max_length:
            cases.append(_greedy(source.model, prompt, ids, min(NEW_TOKENS, max_length - len(ids))))
    return cases


def _greedy(model: LoadedModel, prompt: str, ids: list[int], count: int) -> GenerationCase:
    import torch

    tokens: list[int] = []
    rows: list[torch.Tensor] = []
    past, fed_ids = None, ids
    with torch.inference_mode():
        for _ in range(count):
            out = model(torch.tensor([fed_ids]), past_key_values=past, use_cache=True)
            rows.append(out.logits[0].float())
            past, fed_ids = out.past_key_values, [int(rows[-1][-1].argmax())]
            tokens += fed_ids
    logits = torch.cat(rows)
    sizes = logits.abs().amax(dim=-1).numpy()
    return GenerationCase(prompt, tuple(ids), tuple(tokens), centred(logits.numpy()), sizes)


def centred(logits: Floats) -> Floats:
    """Logits [rows, vocabulary], each row less its mean."""
    return np.asarray(logits - logits.mean(axis=-1, keepdims=True, dtype=np.float64), np.float32)


def rounded_tolerance(model: LoadedModel, cases: Sequence[GenerationCase]) -> Tolerance:
    """What parity allows a quantized decoder: half as much again as not rounding its activations at all would change.

    A value beside a rounding boundary falls to the other side when its last bit differs, and moves all later layers
    and, through the cache, all later tokens. In a trained decoder of five layers the simulation itself, its embeddings
    disturbed by 1e-6, moves by as much (0.3 to 0.6, at logits that spread by 7) as the rounding as a whole; runtimes
    do not round on cores without fast integer products. Where no value falls so, file and simulation are equal to
    the fifth digit.
    """
    import torch

    moved = 0.0
    with torch.inference_mode():
        for case in cases:
            logits = model(torch.tensor([[*case.ids, *case.tokens[:-1]]])).logits[0].float().numpy()
            moved = max(moved, float(np.abs(centred(logits) - case.logits).max()))
    return Tolerance(rounded_atol(moved), FLOAT.rtol)


def check(
    generator: TextGenerator, cases: Sequence[GenerationCase], allowed: Tolerance, reference: Reference
) -> Parity:
    """Run every case through a text generator: in one piece, in two, token by token.

    Each time with the reference's own tokens, so that one close choice does not spoil the rest. The relative part of
    the tolerance is of the largest logit of a row: GPT-2's lie far from 0 together, and are no more exact than that.
    Raises `ParityError` that names the worst case: other token ids, or a logit out of tolerance; `ToolError` where
    the file does not run.
    """
    from edgekit.agent.errors import AgentError

    deviations, equal = [], 0
    for case in cases:
        require_same_ids(generator.encode(case.prompt), case.ids, case.quoted)
        try:
            runs = list(_runs(generator.session, case))
        except AgentError as error:
            raise ToolError(f"the exported file does not run: {error.message}", advice=error.advice) from error
        for how, first, logits in runs:
            rows = slice(first, first + len(logits))
            limit = allowed.atol + allowed.rtol * case.sizes[rows, None]
            difference = np.abs(centred(logits) - case.logits[rows])
            deviations.append(Deviation.of(difference, limit, f", worst {how}, for {case.quoted}"))
        stepped = runs[-1][2]
        equal += tuple(int(row.argmax()) for row in stepped) == case.tokens
    return parity_of(deviations, allowed, reference, of="largest", cases=len(cases), equal=equal)


def _runs(session: DecoderSession, case: GenerationCase) -> Iterator[tuple[str, int, Floats]]:
    """How the tokens were fed, the first row of the reference that it gives, and the logits."""
    fed_ids = [*case.ids, *case.tokens[:-1]]
    prompt = len(case.ids)
    session.reset()
    yield "all tokens at once", 0, session.logits_of(fed_ids)
    if prompt > 1:
        session.reset()
        session.prefill(fed_ids[: prompt // 2])
        yield "the prompt in two pieces", prompt - 1, session.prefill(fed_ids[prompt // 2 : prompt])[None]
    session.reset()
    rows = [session.prefill(fed_ids[:prompt])]
    rows += [session.step(token).copy() for token in fed_ids[prompt:]]
    yield "token by token", prompt - 1, np.stack(rows)
