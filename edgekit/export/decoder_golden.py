"""Golden cases of a decoder: prompts with ids, greedy tokens and logits that any runtime must reproduce."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edgekit.compress.quantization.grid import Floats

# what breaks tokenizers: nothing, many scripts, characters of several bytes, white space
HARD_PROMPTS: tuple[str, ...] = (
    "Once upon a time",
    "",
    "The capital of France is Paris. The capital of Italy is",
    "Crème brûlée für Zoë: naïve café",
    "明天早上七点",
    "🔥 is it hot in here? 🥵",
    "def add(a, b):\n\treturn  a +",
)
# new tokens of a case, where the context has room for them
NEW_TOKENS = 32
_TOP = 8


@dataclass(frozen=True)
class DecoderCase:
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


def reference_texts(
    model: Any, tokenizer: Any, prompts: Sequence[str], start: int | None, room: int
) -> list[DecoderCase]:
    """What the PyTorch model writes greedily behind each prompt that leaves space in a context of `room` tokens.

    start: the id that stands for an empty prompt
    """
    cases = []
    for prompt in dict.fromkeys(prompts):
        ids = list(tokenizer(prompt)["input_ids"]) or ([] if start is None else [start])
        if 0 < len(ids) < room:
            cases.append(_written(model, prompt, ids, min(NEW_TOKENS, room - len(ids))))
    return cases


def _written(model: Any, prompt: str, ids: list[int], count: int) -> DecoderCase:
    import torch

    tokens: list[int] = []
    rows: list[Any] = []
    past, fed = None, ids
    with torch.inference_mode():
        for _ in range(count):
            out = model(torch.tensor([fed]), past_key_values=past, use_cache=True)
            rows.append(out.logits[0].float())
            past, fed = out.past_key_values, [int(rows[-1][-1].argmax())]
            tokens += fed
    logits = torch.cat(rows)
    sizes = logits.abs().amax(dim=-1).numpy()
    return DecoderCase(prompt, tuple(ids), tuple(tokens), centred(logits.numpy()), sizes)


def centred(logits: Any) -> Floats:
    """Logits [rows, vocabulary], each row less its mean."""
    return np.asarray(logits - logits.mean(axis=-1, keepdims=True, dtype=np.float64), np.float32)


def write_decoder_golden(cases: Sequence[DecoderCase], path: Path) -> None:
    """Write one JSON object a line: text, ids, new tokens, and the best ids after the prompt with their logits."""
    with path.open("w", encoding="ascii") as file:
        for case in cases:
            row = {
                "text": case.prompt,
                "ids": case.ids,
                "tokens": case.tokens,
                "best": [index for index, _ in case.best],
                "logits": [logit for _, logit in case.best],
            }
            file.write(json.dumps(row) + "\n")
