"""What a real run leaves: a page, Markdown and JSON that say what was evaluated and measured."""

from __future__ import annotations

import json
from pathlib import Path

from sklearn.metrics import precision_recall_fscore_support

from edgekit.report.summary import Summary


def test_a_run_s_files_say_what_was_found(finished_run: tuple[Path, Path, Summary]) -> None:
    _, folder, summary = finished_run
    known = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    page = (folder / "report.html").read_text(encoding="utf-8")
    text = (folder / "report.md").read_text(encoding="utf-8")
    assert [step["stage"] for step in known["lineage"]][-1] == "export", "the chain ends in the bundles"
    assert len(known["measurements"]) == len(summary.measurements) > 0
    assert "samples_ms" not in json.dumps(known)
    assert [made["model"] for made in known["mistakes"]] == [model.name for model in summary.models]
    assert "Paired comparisons" in text and "Classes of onnx" in text
    assert all(f"{row.f1:.1f}" in page for row in summary.shown_mistakes[0].classes if row.f1 is not None)


def test_the_classes_are_those_of_scikit_learn(finished_run: tuple[Path, Path, Summary]) -> None:
    _, folder, summary = finished_run
    kept = json.loads((folder / "evaluations" / "onnx.json").read_text(encoding="utf-8"))["evaluation"]
    parts = precision_recall_fscore_support(kept["expected"], kept["predicted"], labels=range(3), zero_division=0)
    [made] = summary.shown_mistakes
    for row, precision, recall, f1, support in zip(made.classes, *parts, strict=True):
        assert row.rows == support
        assert abs((row.precision or 0) - 100 * precision) < 1e-9
        assert abs((row.recall or 0) - 100 * recall) < 1e-9
        assert abs((row.f1 or 0) - 100 * f1) < 1e-9
    wrong = sum(one != other for one, other in zip(kept["expected"], kept["predicted"], strict=True))
    assert sum(pair.rows for pair in made.pairs) == wrong, "three classes have six pairs, so that all are shown"
