"""The quickstart recipe as a table: every model of `edgekit run quickstart` beside the others.

    .venv/bin/python scripts/bench_quickstart.py

It goes on where an earlier run stopped. Writes JSON, and prints it as a table.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from condense import condensed, table

from edgekit.cli.progress import progress
from edgekit.flows.run.run import run


def main() -> None:
    """Run, write, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, default=Path("runs/quickstart"), help="folder of the run")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "quickstart.json")
    given = parser.parse_args()
    result = condensed(run("quickstart", out=given.run, progress=progress()))
    given.out.write_text(json.dumps(result, indent=1) + "\n")
    print(table(result))


if __name__ == "__main__":
    main()
