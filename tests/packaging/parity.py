"""Ids of a program in another language against those of Hugging Face `tokenizers`: one tokenizer, many texts."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# a text, or a text and its pair
Text = str | tuple[str, str]
# more tokens than any text of the corpora has
WHOLE = 1_000_000


class RunnerFailed(Exception):
    """A runner that ended with an error, or gave no line for a text."""


@dataclass(frozen=True)
class Mismatch:
    """A text, and the ids that the library and the other program have for it."""

    text: Text
    expected: list[int]
    got: list[int]

    def __str__(self) -> str:
        at = next((i for i, (a, b) in enumerate(zip(self.expected, self.got, strict=False)) if a != b), None)
        at = min(len(self.expected), len(self.got)) if at is None else at
        here = slice(max(0, at - 2), at + 6)
        return (
            f"{ascii(self.text)[:200]}: from token {at} on {self.expected[here]} expected, {self.got[here]} got; "
            f"{len(self.expected)} tokens expected, {len(self.got)} got"
        )


def expected_ids(tokenizer: Path, max_length: int, texts: Sequence[Text]) -> list[list[int]]:
    """What the library says: special tokens added, the longer text cut first, no padding."""
    from tokenizers import Tokenizer

    library = Tokenizer.from_buffer(tokenizer.read_bytes())
    library.no_padding()
    library.enable_truncation(max_length, strategy="longest_first")
    return [encoding.ids for encoding in library.encode_batch_fast(list(texts))]


def ids_of(runner: Sequence[str | Path], tokenizer: Path, max_length: int, texts: Sequence[Text]) -> list[list[int]]:
    """What `RUNNER tokenizer.json MAX_LENGTH` answers: for each line, a JSON string or a pair of them, a line of ids.

    Raises `RunnerFailed`, with what it said on stderr.
    """
    lines = "".join(json.dumps(text) + "\n" for text in texts)
    done = subprocess.run(
        [*runner, tokenizer, str(max_length)], input=lines.encode(), capture_output=True, check=False, timeout=900
    )
    output = done.stderr.decode(errors="replace").strip()
    if done.returncode:
        raise RunnerFailed(f"{tokenizer.name}: exit code {done.returncode}: {output[-2000:]}")
    answers: list[Any] = [json.loads(line) for line in done.stdout.splitlines() if line.strip()]
    if len(answers) != len(texts):
        raise RunnerFailed(f"{tokenizer.name}: {len(answers)} lines for {len(texts)} texts: {output[-2000:]}")
    return answers


def mismatches(
    runner: Sequence[str | Path], tokenizer: Path, max_length: int, texts: Sequence[Text], expected: list[list[int]]
) -> list[Mismatch]:
    """Each text for which the runner's ids are not the library's."""
    got = ids_of(runner, tokenizer, max_length, texts)
    return [Mismatch(*found) for found in zip(texts, expected, got, strict=True) if found[1] != found[2]]
