"""The computed parts of README and guides. Refresh: `cog -r README.md edgekit/guides/*.md`."""

from __future__ import annotations

import json
import re
from pathlib import Path

from condense import table

RESULTS = Path(__file__).parent / "results"
_HEADLINES = {
    "SST-2, sentiment: 3 layers of 384, 8,000 tokens, int8": "sst2",
    "SST-2 in 4 bits with 3,500 tokens, of another teacher": "sst2-5mb",
    "banking77, 77 intents: 3 layers of 384, int8": "banking77",
    "the same in 4 bits with 3,000 tokens": "banking77-5mb",
}
# the parts of a bundle, as `edgekit inspect` names them, that are no weights
_NO_WEIGHTS = ("graph", "tokenizer.json", "config.json")


def commands() -> str:
    """Every command with what it does, in the sections of the help."""
    from edgekit.cli import SECTIONS

    lines = ["| | command | what it does |", "|---|---|---|"]
    for title, section in SECTIONS.items():
        lines += [
            f"| {'' if place else title} | `edgekit {name}` | {what} |"
            for place, (name, what) in enumerate(section.items())
        ]
    return "\n".join(lines)


def guides() -> str:
    """Every guide with its title, as the index of the guides has them."""
    folder = Path(__file__).parent.parent / "edgekit" / "guides"
    rows = re.findall(r"^- \[(.+)\]\((.+)\)$", (folder / "README.md").read_text(), re.MULTILINE)
    return " · ".join(f"[{title}](edgekit/guides/{file})" for title, file in rows)


def headline(
    bundle: str = "bundle for a Raspberry Pi 4, ONNX",
    accuracy: str = "accuracy on test, %",
    drop: str = "below its teacher, points (95 %)",
) -> str:
    """Of each measured recipe the ONNX bundle, under these heads."""
    lines = [f"| {bundle} | MB | {accuracy} | {drop} |", "|---|--:|--:|--:|"]
    for title, name in _HEADLINES.items():
        rows = {row["name"]: row for row in json.loads((RESULTS / f"{name}.json").read_text())["models"]}
        row = rows["onnx"]
        points, low, high = row["below_teacher_test"]
        cells = (title, f"{row['size_mb']:.2f}", f"{sum(row['test']) / len(row['test']):.2f}")
        lines.append(f"| {' | '.join(cells)} | {points:.2f} ({low:.2f} to {high:.2f}) |")
    return "\n".join(lines)


def metrics() -> str:
    """Every metric with the conditions that it takes beside target and format."""
    from edgekit.measure.metrics import METRICS

    lines = ["| metric | limits | conditions |", "|---|---|---|"]
    for metric in METRICS.values():
        side = "at most" if metric.better == "lower" else "at least"
        own = ", ".join(f"`{name}`" for name in sorted(metric.source.conditions - {"target", "format"}))
        unit = f", {metric.unit}" if metric.unit else ""
        lines.append(f"| `{metric.name}` | {side}{unit}: {metric.about} | {own} |")
    return "\n".join(lines)


def targets() -> str:
    """Every shipped target."""
    from edgekit.schema.resources import load_target, shipped_files

    lines = ["| target | device | runtimes | int8 peak, GOP/s | default scheme |", "|---|---|---|---|---|"]
    for name in shipped_files("targets"):
        target = load_target(name)
        peak = f"{target.peak.int8_gops.value:g}" if target.peak.int8_gops else "no source"
        runtimes = ", ".join(runtime.name for runtime in target.runtimes)
        lines.append(f"| `{name}` | {target.title} | {runtimes} | {peak} | {target.scheme['text-classification']} |")
    return "\n".join(lines)


def packages() -> str:
    """The runtime that each package is made for, and what was run of it."""
    from edgekit.packaging.runtimes import ANDROID, APPLE, NODE, REACT_NATIVE, WEB
    from edgekit.packaging.tried import TRIED

    runtimes = {
        "android": " or ".join(map(str, ANDROID.values())),
        "ios": f"ONNX Runtime for Apple systems, {APPLE.version} or newer",
        "web": ", ".join(map(str, (WEB, NODE, REACT_NATIVE))),
        "linux": "the bundle's own",
    }
    lines = ["| platform | runtime | what was run |", "|---|---|---|"]
    return "\n".join([*lines, *(f"| `{name}` | {runtimes[name]} | {tried} |" for name, tried in TRIED.items())])


def recipe(name: str) -> str:
    """Every model of a recipe, as `scripts/bench_recipe.py` measured it."""
    from bench_recipe import table as recipe_table

    return recipe_table(json.loads((RESULTS / f"{name}.json").read_text()))


def one_rate() -> str:
    """What the teacher of recipe sst2 reaches where every layer learns at the same rate, over the same seeds."""
    from bench_recipe import by_seed

    teacher = json.loads((RESULTS / "sst2-one-rate.json").read_text())["models"][0]
    return f"{by_seed(teacher['validation'])} % on validation, {by_seed(teacher['test'])} % on test."


def weights(name: str) -> str:
    """What of the bundles of a recipe is weights, and what comes on top."""
    rows = json.loads((RESULTS / f"{name}.json").read_text())["models"]
    told = []
    for row in rows:
        if row["name"] in ("onnx", "tflite"):
            around = sum(mb for part, mb in row["parts_mb"].items() if part in _NO_WEIGHTS)
            stored = row["size_mb"] - around
            told.append(f"{row['name']}: {stored:.2f} MB of weights, and {100 * around / stored:.1f} % on top of them")
    return "; ".join(told) + " (graph, tokenizer, configuration)."


def words(name: str) -> str:
    """The bag of words on a data set, as `scripts/baseline_words.py` measured it."""
    result = json.loads((RESULTS / "baseline_words.json").read_text())[name]
    return (
        "A bag of {features} (TF-IDF with logistic regression, chosen on validation) reaches "
        "{test[0]:.2f} % ({test[1]:.2f} to {test[2]:.2f}) on the same test rows."
    ).format(**result)


def stories() -> str:
    """The small story teller in every scheme and format, as `scripts/bench_stories.py` measured it."""
    from bench_stories import table as stories_table

    return stories_table(json.loads((RESULTS / "stories260k.json").read_text()))


def gpt2() -> str:
    """A small GPT-2 from a larger one, as `scripts/bench_gpt2.py` measured it."""
    from bench_gpt2 import table as gpt2_table

    return gpt2_table(json.loads((RESULTS / "gpt2.json").read_text()))


def quickstart() -> str:
    """The road on the embedded data, as `scripts/bench_quickstart.py` measured it."""
    return table(json.loads((RESULTS / "quickstart.json").read_text()))


def instructions() -> str:
    """Instructions of one inference on two cores, as `scripts/bench_instructions.py` counted them."""
    from bench_instructions import table as instructions_table

    return instructions_table(json.loads((RESULTS / "instructions.json").read_text()))


def intervals() -> str:
    """How honest the intervals of percentiles are, as `scripts/bench_intervals.py` simulated them."""
    from bench_intervals import percentiles_table

    return percentiles_table(json.loads((RESULTS / "intervals.json").read_text()))


def interval_figures() -> str:
    """How honest the intervals of the other figures are, as `scripts/bench_intervals.py` simulated them."""
    from bench_intervals import figures_table

    return figures_table(json.loads((RESULTS / "intervals.json").read_text()))


def tokenizers() -> str:
    """Texts that the packages' tokenizers number in another way, as `scripts/tokenizer_parity.py` counted them."""
    from tokenizer_parity import table as parity_table

    return parity_table(json.loads((RESULTS / "tokenizers.json").read_text()))


def web_apps() -> str:
    """The web package in each framework, as `scripts/check_web_packages` built and opened it."""
    from web_apps.table import table as web_table

    results = json.loads((RESULTS / "web_apps.json").read_text())
    return f"{web_table(results)}\n\nChromium {results['chromium']}, Node {results['node']}, {results['date']}."


def smart_home() -> str:
    """The bag of words on the embedded data, as `scripts/baseline_smart_home.py` measured it."""
    result = json.loads((RESULTS / "baseline_smart_home.json").read_text())
    low, high = (100 * share for share in result["test_interval_95"])
    return (
        f"TF-IDF with logistic regression, chosen on validation, reaches {100 * result['test']:.2f} % on its test "
        f"({low:.2f} to {high:.2f}): {100 * result['test_easy']:.2f} % on the easy rows, "
        f"{100 * result['test_hard']:.2f} % on the hard third."
    )
