"""Instructions of one inference on emulated boards, for bundles of any kind.

    scripts/emulated-pi up --model pi4 && edgekit devices setup ssh://emulated-pi4
    .venv/bin/python scripts/bench_instructions.py "my encoder=out/onnx" "my encoder=out/tflite" \\
        --device ssh://emulated-pi4 --length 128

Golden cases are run first. Counts of the same bundles on the same cores are replaced in the JSON file; the whole of it
is printed as a table.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from edgekit.bundle.manifest import Manifest
from edgekit.flows.profile.instructions import count_instructions
from edgekit.measure.performance.instructions import millions
from edgekit.options.profile_options import ProfileOptions

OUT = Path(__file__).parent / "results" / "instructions.json"
PARTS = {"infer": "", "first_token": "prompt and first token", "token": "one more token"}
_KEY = ("bundle", "format", "part", "length", "core")


def main() -> None:
    """Count, write, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundles", nargs="+", metavar="TITLE=FOLDER")
    parser.add_argument("--device", action="append", required=True, help="an emulated board; can be given again")
    parser.add_argument("--length", type=int, required=True, help="tokens of the input; of a decoder before the token")
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    asked = ProfileOptions(device=tuple(given.device), length=(given.length,))
    rows = json.loads(given.out.read_text()) if given.out.exists() else []
    for bundle in given.bundles:
        title, _, folder = bundle.partition("=")
        found = list(_counted(title, Path(folder), asked))
        # what was counted before is replaced where it stands
        rows = list({tuple(row[key] for key in _KEY): row for row in [*rows, *found]}.values())
        given.out.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    print(table(rows))


def _counted(title: str, bundle: Path, asked: ProfileOptions) -> Iterator[dict[str, Any]]:
    for counts in count_instructions(bundle, asked).values():
        for taken in counts:
            for part, each in taken.counts.items():
                figure = millions(each)
                yield {
                    "bundle": title,
                    "format": bundle.name,
                    "scheme": Manifest.of(bundle).scheme,
                    "part": PARTS[part],
                    "length": taken.length,
                    "core": taken.fingerprint.cpu_model,
                    "millions": round(figure.total, 2),
                    "dot_product": round(figure.dot_product, 2),
                    "fma": round(figure.fma, 2),
                    "spread_pct": round(figure.spread, 4),
                    "runtime": f"{taken.runtime} {taken.runtime_version}",
                }


def table(rows: list[dict[str, Any]]) -> str:
    """Millions of instructions as a Markdown table, a column for each core."""
    cores = sorted({row["core"] for row in rows})
    lines = [f"| bundle | {' | '.join(cores)} | of the last dot product |", "|---|" + "--:|" * (len(cores) + 1)]
    for key in dict.fromkeys(tuple(row[name] for name in _KEY[:-1]) for row in rows):
        on = {row["core"]: row for row in rows if tuple(row[name] for name in _KEY[:-1]) == key}
        title, format, part, length = key
        scheme = next(iter(on.values()))["scheme"]
        cells = [", ".join(filter(None, (title, f"{scheme} {format}", part, f"length {length}")))]
        cells += [f"{on[core]['millions']:.1f}" if core in on else "" for core in cores]
        cells.append(f"{on[cores[-1]]['dot_product']:.1f}" if cores[-1] in on else "")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
