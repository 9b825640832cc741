"""A real decoder of 260,000 parameters (stories260K) in every scheme and format: perplexity, and its published story.

    .venv/bin/python scripts/bench_stories.py --checkpoint STORIES260K_FOLDER --page stories260K.md --text TEXT \\
        --calibrate STORIES

The checkpoint is karpathy/tinyllamas stories260K in Hugging Face's form; its page holds the text that it writes when
the most probable token is always taken. TEXT is the validation sample of TinyStories, which the model never saw;
STORIES are others, by which 4 bits are rounded.
Writes JSON, and prints it as a table.
"""

from __future__ import annotations

import argparse
import json
import shutil
from itertools import takewhile
from pathlib import Path
from typing import Any

from edgekit.cli.progress import progress
from edgekit.flows.evaluate.perplexity import perplexity
from edgekit.flows.export import export
from edgekit.flows.generate import generate
from edgekit.flows.inspect import inspect
from edgekit.options.data_options import DataSpec
from edgekit.options.export_options import ExportOptions
from edgekit.options.generate_options import GenerateOptions

SCHEMES = ("float", "int8-dynamic", "int8-weight", "int4-weight")
# the name of the last scheme once more, with weights rounded by texts
BY_TEXTS = "int4-weight by texts"
# stories260K.md gives 257 as the number of tokens that its story takes
TOKENS = 260
PROMPT = "Once upon a time"


def main() -> None:
    """Export, measure, write, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", required=True, type=Path)
    parser.add_argument("--page", required=True, type=Path)
    parser.add_argument("--text", required=True, type=Path)
    parser.add_argument("--calibrate", required=True, type=Path)
    parser.add_argument("--runs", type=Path, default=Path("runs/stories260k"))
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "stories260k.json")
    given = parser.parse_args()
    story = given.page.read_text(encoding="utf-8").split("-t 0.0\n")[1].split("```")[0].strip()
    checkpoint = _with_its_own_tokens(given.checkpoint, given.runs / "checkpoint")
    rows = [
        _row(bundle, scheme, story, DataSpec(test=given.text), checkpoint)
        for scheme in (*SCHEMES, BY_TEXTS)
        for bundle in _bundles(checkpoint, scheme, given.runs, given.calibrate)
    ]
    result = {"story_characters": len(story), "checkpoint_mb": inspect(checkpoint).size_mb, "bundles": rows}
    given.out.write_text(json.dumps(result, indent=1) + "\n")
    print(table(result))


def _with_its_own_tokens(checkpoint: Path, out: Path) -> Path:
    """A copy of the checkpoint that cuts texts as its SentencePiece model does, with a space before the first word.

    transformers 4.57 leaves that space out of the tokenizer.json that it makes by its defaults: `Once` is then three
    tokens, none of them the one that the model learned to begin a story with.
    """
    from transformers import LlamaTokenizerFast

    if not out.exists():
        shutil.copytree(checkpoint, out)
        whole = LlamaTokenizerFast(vocab_file=str(out / "tokenizer.model"), legacy=True, add_prefix_space=True)
        whole.save_pretrained(out)
    return out


def _bundles(checkpoint: Path, scheme: str, runs: Path, texts: Path) -> list[Path]:
    """The bundles of a scheme in every format, made once."""
    out = runs / scheme.replace(" ", "-")
    if not out.exists():
        by_texts = {"scheme": SCHEMES[-1], "calibrate": str(texts)} if scheme == BY_TEXTS else {"scheme": scheme}
        options = ExportOptions.parse({"target": "rpi5", "format": "all", **by_texts}, scheme)
        export(checkpoint, out, options, progress=progress())
    return sorted(path.parent for path in out.glob("*/manifest.json"))


def _row(bundle: Path, scheme: str, story: str, text: DataSpec, checkpoint: Path) -> dict[str, Any]:
    found = perplexity(bundle, text, against={"checkpoint": checkpoint}, progress=progress())
    [increase] = found.increases
    written = "".join(generate(bundle, PROMPT, GenerateOptions(max_tokens=TOKENS)))
    return {
        "format": bundle.name,
        "scheme": scheme,
        "size_mb": round(inspect(bundle).size_mb, 3),
        "tokens": found.tokens,
        "perplexity": [found.perplexity, found.low, found.high],
        "increase_pct": [increase.pct, increase.low, increase.high],
        "story_equal": _equal(story, PROMPT + written),
    }


def _equal(one: str, other: str) -> int:
    """How many characters two texts begin with in common."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def table(result: dict[str, Any]) -> str:
    """The figures as a Markdown table."""
    lines = [
        "| bundle | MB | perplexity (95 %) | above the checkpoint, % (95 %) | characters as published |",
        "|---|---|---|---|---|",
    ]
    for row in result["bundles"]:
        cells = [
            f"{row['scheme']}, {row['format']}",
            f"{row['size_mb']:.2f}",
            "{:.4f} ({:.4f} to {:.4f})".format(*row["perplexity"]),
            "{:.3f} ({:.3f} to {:.3f})".format(*row["increase_pct"]),
            f"{row['story_equal']} of {result['story_characters']}",
        ]
        lines.append(f"| {' | '.join(cells)} |")
    tokens = result["bundles"][0]["tokens"]
    return "\n".join([*lines, "", f"{tokens:,} tokens of the validation sample of TinyStories."])


if __name__ == "__main__":
    main()
