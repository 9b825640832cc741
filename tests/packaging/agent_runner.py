"""The agent's tokenizer as the runner of a language: `agent_runner.py tokenizer.json MAX_LENGTH < texts > ids`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from edgekit.agent.inference.tokenizer import Tokenizer


def main() -> None:
    tokenizer = Tokenizer(Path(sys.argv[1]), int(sys.argv[2]))
    for line in sys.stdin:
        report = json.loads(line)
        text, pair = (report, None) if isinstance(report, str) else report
        sys.stdout.write(f"{tokenizer.encode(text, pair).ids}\n")


if __name__ == "__main__":
    main()
