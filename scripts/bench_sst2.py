"""The road on SST-2 from a real pretrained encoder: teacher, 3-layer student, int8 ONNX and TFLite bundles.

    .venv/bin/python scripts/bench_sst2.py --data SST2_FOLDER --model ENCODER_FOLDER

SST2_FOLDER holds train.tsv, dev.tsv and test.tsv with the columns sentence and label; ENCODER_FOLDER is a DistilBERT
checkpoint, or a hub id. It is `edgekit run quickstart` with the settings below, so that it goes on where it stopped.
Writes JSON, and prints it as a table. Latency is that of this machine, 1 thread.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from condense import condensed, table

from edgekit.cli.progress import progress
from edgekit.flows.run import run

SETTINGS = (
    "name=sst2",
    "title=SST-2 from a pretrained encoder of 22.6M parameters",
    "stages.finetune={epochs: 1, learning_rate: 5.0e-5, batch_size: 32, max_length: 64}",
    "stages.distill={student: {layers: 3}, epochs: 1, learning_rate: 1.0e-4, batch_size: 32, max_length: 64}",
    "stages.prune=null",
    "stages.quantize=null",
    "stages.export={format: all, max_length: 128}",
    "stages.profile={device: local, threads: [1], length: [128], min_seconds: 10}",
    "budgets=[{metric: size_mb, limit: 20}, {metric: accuracy_drop, limit: 3, baseline: teacher}]",
)


def main() -> None:
    """Run, write, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--model", required=True)
    parser.add_argument("--run", type=Path, default=Path("runs/sst2"), help="folder of the run")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "sst2.json")
    given = parser.parse_args()
    settings = [*SETTINGS, f"data={given.data}", f"model={given.model}"]
    summary = run("quickstart", settings, out=given.run, progress=progress())
    result = condensed(summary)
    given.out.write_text(json.dumps(result, indent=1) + "\n")
    print(table(result))


if __name__ == "__main__":
    main()
