"""Golden cases: texts with the token ids, logits and label that any runtime must reproduce."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edgekit.compress.quantization.grid import Floats

Text = str | tuple[str, str]

# what breaks tokenizers and padding: nothing, one character, many scripts, invisible characters, a text far too long
HARD_TEXTS: tuple[str, ...] = (
    "",
    "a",
    "Turn OFF the   kitchen-lights, please!",
    "Crème brûlée für Zoë: naïve café",
    "明天早上七点叫我起床",
    "شغّل الضوء في غرفة النوم",
    "🔥🔥 is it hot in here? 🥵",
    "tab\there\x00null\x07bell\u200bzero\u2028line\ufeffmark",
    "supercalifragilisticexpialidocious" * 4,
    "what will the weather be like in the city tomorrow " * 120,
)


@dataclass(frozen=True)
class Case:
    """One golden case; logits are the reference's, float32 [labels]."""

    text: Text
    ids: tuple[int, ...]
    logits: Floats
    label: str

    @property
    def margin(self) -> float:
        """How far the best logit lies above the next."""
        if len(self.logits) < 2:
            return float("inf")
        best = np.sort(self.logits)[-2:]
        return float(best[1] - best[0])


def reference_cases(
    model: Any,
    tokenizer: Any,
    texts: Sequence[Text],
    labels: Sequence[str],
    max_length: int,
    inputs: Sequence[str] = ("input_ids", "attention_mask"),
) -> list[Case]:
    """What the PyTorch model gives for each text, one at a time and without padding, fed with `inputs`."""
    import torch

    takes_types = "token_type_ids" in inputs
    cases = []
    for text in dict.fromkeys(texts):
        # as a batch of one, for by itself an empty second text would be no pair to transformers
        row = tokenizer(
            [text], truncation=True, max_length=max_length, return_token_type_ids=takes_types, return_tensors="pt"
        )
        feeds = {name: row[name] for name in inputs}
        with torch.inference_mode():
            logits = model(**feeds).logits[0].float().numpy()
        cases.append(Case(text, tuple(row["input_ids"][0].tolist()), logits, labels[int(logits.argmax())]))
    return cases


def write_golden(cases: Sequence[Case], path: Path) -> None:
    """Write one JSON object a line: text, text_pair, ids, logits, label.

    ASCII only: some characters that JSON leaves alone end a line for Python.
    """
    with path.open("w", encoding="ascii") as file:
        for case in cases:
            text, pair = case.text if isinstance(case.text, tuple) else (case.text, None)
            row = {
                "text": text,
                "text_pair": pair,
                "ids": case.ids,
                "logits": [float(value) for value in case.logits],
                "label": case.label,
            }
            file.write(json.dumps(row) + "\n")
