"""Bundles of multi-label models and regressions that say what they must not, for packages to refuse."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from tiny_bundle import rehash, rewrite

from edgekit.agent.inference.bundle import open_bundle

TEXTS = (
    *("turn on the kitchen lights", "bad dirty kill", "what is the weather", "", "🔥 naïve", "play " * 90),
    *("turn on the lights in the bedroom", "set the alarm", "is it going to rain", "lock the door", "stop"),
)


def unsound_manifests(bundle: Path, folder: Path) -> dict[Path, str]:
    """Copies of a sound multi-label bundle below `folder`, each with a manifest of a fault, and what is said of it."""
    thresholds = list(open_bundle(bundle).head.thresholds)
    changed = shutil.copytree(bundle, folder / "changed")
    manifest = json.loads((changed / "manifest.json").read_text("utf-8"))
    (changed / "manifest.json").write_text(json.dumps(manifest | {"thresholds": [0.1, *thresholds[1:]]}), "utf-8")
    none, share = "thresholds must be one for each label", "each of thresholds must be a number between 0 and 1"
    problem = "problem_type must be regression or multi_label_classification"
    forged: dict[str, tuple[dict[str, object], str]] = {
        "none": ({"thresholds": None}, none),
        "few": ({"thresholds": thresholds[:2]}, none),
        "whole": ({"thresholds": [1.0, *thresholds[1:]]}, share),
        "text": ({"thresholds": ["0.5", *thresholds[1:]]}, share),
        "ordinal": ({"problem_type": "ordinal"}, problem),
        "unsaid": ({"problem_type": None}, problem),
        "number": ({"problem_type": "regression"}, "a regression has one output and no thresholds"),
        "format2": ({"format_version": 2}, "this format has no problem_type"),
        "format4": ({"format_version": 4}, "has format version 4; this package reads 2 and 3"),
    }
    copies = {rewrite(shutil.copytree(bundle, folder / name), **fact): why for name, (fact, why) in forged.items()}
    return {changed: "was changed: its content_hash does not follow from what it says"} | copies


def other_labels(bundle: Path, folder: Path) -> dict[Path, str]:
    """Copies of a multi-label bundle whose first golden case expects other labels than it gives."""
    row = json.loads((bundle / "golden.jsonl").read_text("utf-8").splitlines()[0])
    other = [] if row["labels"] else ["toxic"]
    expected = {"other": other, "more": [*row["labels"], "more"]}
    return {with_golden(bundle, folder / name, labels=labels): "the labels are" for name, labels in expected.items()}


def with_golden(bundle: Path, place: Path, **changes: object) -> Path:
    """A copy of a bundle that expects something else of its first golden case, its hashes in order."""
    copy = Path(shutil.copytree(bundle, place))
    golden = copy / "golden.jsonl"
    first, *others = golden.read_text("utf-8").splitlines()
    golden.write_text("\n".join([json.dumps(json.loads(first) | changes), *others]) + "\n", "utf-8")
    return rehash(copy)
