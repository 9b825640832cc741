"""Run by test_many_rows: loads and tokenizes the rows of each file; prints the peak resident memory so far, in MB."""

from __future__ import annotations

import resource
import sys
from pathlib import Path


def main(path: str) -> None:
    from tiny_checkpoint import tiny_tokenizer

    from edgekit.data.splits import load_data
    from edgekit.data.tokens import ShuffledByLength, tokenize
    from edgekit.options.data_options import DataSpec

    data = load_data(DataSpec(train=Path(path)))
    rows = tokenize(tiny_tokenizer(), data.train, 48)
    order = list(zip(range(64), ShuffledByLength(rows.lengths, 32, 0), strict=False))
    assert len({rows[index]["labels"] for _, index in order}) > 1
    # Linux counts in KiB
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    sys.stdout.write(f"{len(data.train) + len(data.validation)} {peak}\n")


if __name__ == "__main__":
    for file in sys.argv[1:]:
        main(file)
