"""Memory does not grow with the rows beyond a few bytes for each: they lie in files without a name."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
from tiny_checkpoint import tiny_tokenizer

from edgekit.data.ragged import RaggedWriter, TextWriter, mapped_zeros
from edgekit.data.splits import Split
from edgekit.data.tokens import tokenize

TESTS = Path(__file__).parents[1]
WORDS = ("turn", "on", "the", "lights", "weather", "paris", "music", "door", "rain", "sunday", "garage", "alarm")


def write_rows(path: Path, count: int) -> Path:
    generator = random.Random(0)
    with path.open("w", encoding="utf-8") as file:
        file.write("text\tlabel\n")
        for row in range(count):
            file.write(f"{' '.join(generator.choices(WORDS, k=12))} {row}\tclass {row % 5}\n")
    return path


def peaks_mb(*paths: Path) -> list[tuple[int, float]]:
    """Rows read of each file, and the peak MB until then of a process that reads one after the other."""
    environment = os.environ | {"PYTHONPATH": f"{TESTS}:{TESTS.parent}", "TOKENIZERS_PARALLELISM": "false"}
    script = TESTS / "data" / "measure_memory.py"
    done = subprocess.run(
        [sys.executable, str(script), *map(str, paths)], env=environment, capture_output=True, text=True, check=True
    )
    lines = [line.split() for line in done.stdout.splitlines()]
    return [(int(rows), float(peak)) for rows, peak in lines]


# What a row may cost in memory, in bytes. In arrays: 24 bytes for its text and 24 for its two columns of tokens
# (where each starts, how long it is), 4 for its label, 16 for the orders in which rows are carved and shuffled; while
# they are made, as much again. In the maps of the files: its own 70 bytes of text and 5 bytes for each of 20 tokens,
# which the system counts though it can drop them at any time. Lists of Python took more than 2,000.
BYTES_A_ROW = 400


def test_twenty_thousand_rows_cost_little_more_than_one_thousand(tmp_path):
    files = [write_rows(tmp_path / f"{count}.tsv", count) for count in (1_000, 20_000)]
    (_, few), (rows, many) = peaks_mb(*files)
    assert rows == 20_000
    # and 10 MB for what differs from one process to the next
    assert many - few < 10 + 19_000 * BYTES_A_ROW / 1e6


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_million_rows_are_bounded(tmp_path):
    files = [write_rows(tmp_path / f"{count}.tsv", count) for count in (100_000, 1_000_000)]
    (_, few), (rows, many) = peaks_mb(*files)
    assert rows == 1_000_000
    assert many - few < 900_000 * BYTES_A_ROW / 1e6


def test_tokenized_rows_are_those_of_the_tokenizer():
    texts, pairs = ["turn on the lights", "", "rain " * 60], ["please", "sunday", ""]
    tokenizer = tiny_tokenizer()
    rows = tokenize(tokenizer, Split(texts, pairs, [2, 0, 1]), 16)
    expected = tokenizer(texts, pairs, truncation=True, max_length=16)
    for index, row in enumerate(rows):
        wanted = {name: expected[name][index] for name in tokenizer.model_input_names}
        assert row == wanted | {"labels": [2, 0, 1][index]}
    assert rows.lengths.tolist() == [len(ids) for ids in expected["input_ids"]]


def test_a_column_is_added_without_copying():
    rows = tokenize(tiny_tokenizer(), Split(["rain", "sun"], None, [0, 1]), 16)
    logits = mapped_zeros((2, 3), np.float32)
    more = rows.adding("teacher_logits", logits)
    logits[1] = [1.5, -2.0, 0.25]
    assert more[1]["teacher_logits"] == [1.5, -2.0, 0.25]
    assert "teacher_logits" not in rows[1]


def test_texts_are_a_sequence():
    words = ["", "día", "雨", "🌧️", "plain", ""]
    with TextWriter() as writer:
        for word in words:
            writer.add(word)
        texts = writer.texts()
    assert list(texts) == words
    assert [list(texts[1:4]), texts[-2], list(texts.take([3, 0, 3]))] == [words[1:4], "plain", ["🌧️", "", "🌧️"]]
    with pytest.raises(IndexError):
        texts[6]


def test_no_rows_at_all():
    with RaggedWriter(np.int32) as writer:
        assert len(writer.rows()) == 0


def test_nothing_is_left_behind_even_by_a_process_that_is_killed(tmp_path):
    script = textwrap.dedent(
        """
        import os, signal
        from edgekit.data.ragged import TextWriter
        with TextWriter() as writer:
            writer.add("text " * 100_000)
            texts = writer.texts()
            assert len(texts[0]) == 500_000
            os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", script], env=environment, check=False)
    assert done.returncode == -signal.SIGKILL
    assert not list(tmp_path.iterdir())
