"""The whole road of a language model: fine-tune, distill, quantize, export, evaluate, profile, judge, report."""

from __future__ import annotations

import json
from contextlib import contextmanager

import pytest
from tiny_decoder import TEXTS

from edgekit.bundle.manifest import Manifest
from edgekit.errors import NotFoundError, UsageError
from edgekit.flows.evaluate.perplexity import perplexity
from edgekit.flows.gate.gate import gate
from edgekit.flows.lineage import checkpoint_sha256
from edgekit.flows.run.plan import plan
from edgekit.flows.run.run import run
from edgekit.models.checkpoint import open_checkpoint
from edgekit.options.data_options import DataSpec
from edgekit.options.recipe import Recipe
from edgekit.options.stage_options import EvaluateOptions
from edgekit.schema.budget import Budget

pytestmark = pytest.mark.usefixtures("device_home")


@pytest.fixture
def recipe(decoder_checkpoints, tmp_path):
    """A function that gives the recipe with changes."""
    for name, times in (("train", 30), ("validation", 6), ("test", 8)):
        (tmp_path / f"{name}.txt").write_text("\n".join(TEXTS * times), encoding="utf-8")

    def make(**stages):
        usual = {
            "finetune": {"epochs": 1, "max_length": 32, "batch_size": 4},
            "quantize": {"scheme": "int8-weight"},
            "export": {"format": "onnx", "max_length": 64},
            "evaluate": {"max_length": 32},
            "profile": {
                "length": [8, 16],
                "threads": [1],
                "min_seconds": 0,
                "min_runs": 5,
                "warmup": 1,
                "processes": 1,
            },
        }
        return Recipe.parse(
            {
                "name": "writer",
                "task": "text-generation",
                "model": str(decoder_checkpoints["llama"]),
                "data": {split: str(tmp_path / f"{split}.txt") for split in ("train", "validation", "test")},
                "target": "x86-64",
                "stages": usual | stages,
                "budgets": [
                    {"metric": "perplexity_increase_pct", "limit": 20},
                    {"metric": "tokens_per_s", "limit": 0.001, "length": 16, "threads": 1, "gate": False},
                    {"metric": "first_token_ms", "limit": 100000, "gate": False},
                    {"metric": "peak_memory_mb", "limit": 10000},
                    {"metric": "size_mb", "limit": 100},
                ],
            },
            "recipe",
        )

    return make


def test_a_language_model_goes_the_whole_road(recipe, tmp_path):
    out = tmp_path / "run"
    summary = run(recipe(), out=out)
    outcomes = {row.verdict.budget.metric: row.verdict.outcome for row in summary.verdicts}
    assert [outcomes[name] for name in ("perplexity_increase_pct", "size_mb", "peak_memory_mb")] == ["pass"] * 3
    # a busy machine leaves these undecided
    assert {outcomes["tokens_per_s"], outcomes["first_token_ms"]} <= {"pass", "inconclusive"}
    assert summary.exit_code == 0, [row.verdict.reason for row in summary.verdicts]
    manifest = Manifest.read(out / "bundles" / "onnx" / "manifest.json")
    assert [step.stage for step in manifest.lineage] == ["finetune", "quantize", "export"]
    [kept] = manifest.perplexity
    assert kept.increases[0].baseline == "teacher"
    assert [model.name for model in summary.models] == ["teacher", "quantized", "onnx"]
    assert all(model.perplexity is not None and model.accuracy is None for model in summary.models)
    assert [taken.length for taken in summary.speeds] in ([8, 16], [16, 8])
    page, text = (out / "report.html").read_text(), (out / "report.md").read_text()
    for said in ("Perplexity", "Speed", f"{kept.perplexity:.4g}"):
        assert said in page
        assert said in text
    assert "tokens a second by tokens of context: " in page
    assert "Conditions of the measurements" in page
    speeds = json.loads((out / "summary.json").read_text())["speeds"]
    assert all(taken["speed"]["tokens_per_s"]["value"] > 0 for taken in speeds)
    assert [stage.stage for stage in plan(recipe(), out=out) if stage.why] == ["report"]
    # again: nothing is done twice, and the report is the same
    again = run(recipe(), out=out)
    assert figures(again) == figures(summary)
    assert again.speeds == summary.speeds


def figures(summary):
    """What was judged, but for how old it is."""
    return [(row.verdict.budget, row.verdict.measured, row.verdict.outcome) for row in summary.verdicts]


def test_a_model_that_is_only_measured_needs_no_training_text(recipe, tmp_path):
    asked = recipe(finetune=None, quantize=None, profile=None)
    asked = asked.model_copy(update={"data": asked.data.model_copy(update={"train": None, "validation": None})})
    summary = run(asked, out=tmp_path / "run")
    assert summary.rows == {"test": 1}
    outcomes = {row.verdict.budget.metric: row.verdict.outcome for row in summary.verdicts}
    assert outcomes["perplexity_increase_pct"] == outcomes["size_mb"] == "pass"
    assert outcomes["tokens_per_s"] == outcomes["first_token_ms"] == outcomes["peak_memory_mb"] == "unmeasured"


def test_a_text_to_evaluate_on_and_a_baseline_must_be_there(recipe, tmp_path):
    asked = recipe(finetune=None)
    with pytest.raises(UsageError, match="no test text to evaluate on"):
        run(asked.model_copy(update={"data": asked.data.model_copy(update={"test": None})}), out=tmp_path / "run")
    budget = asked.budgets[0].model_copy(update={"baseline": "studnet"})
    with pytest.raises((UsageError, NotFoundError), match="studnet"):
        run(asked.model_copy(update={"budgets": (budget,)}), out=tmp_path / "run")


class Titles:
    """Progress that keeps what was begun."""

    def __init__(self):
        self.begun = []

    @contextmanager
    def task(self, title, total=None):
        self.begun.append(title)
        yield lambda done, note="": None

    def say(self, text):
        pass


def test_every_model_is_asked_once_and_the_very_teacher_counts(recipe, tmp_path):
    distill = {"student": {"layers": 1}, "epochs": 0.1, "max_length": 32, "batch_size": 4}
    asked = recipe(distill=distill, profile=None)
    budgets = [
        {"metric": "perplexity_increase_pct", "limit": 1e9, "baseline": name} for name in ("teacher", "student")
    ]
    asked = asked.model_copy(update={"budgets": tuple(Budget.parse(each, "budget") for each in budgets)})
    progress = Titles()
    summary = run(asked, out=tmp_path / "run", progress=progress)
    models = ["teacher", "student", "quantized", "onnx"]
    assert [title for title in progress.begun if title.startswith("evaluate")] == [f"evaluate {it}" for it in models]
    compared = {model.name: [found.baseline for found in model.perplexity.increases] for model in summary.models}
    both = ["teacher", "student"]
    assert compared == {"teacher": [], "student": ["teacher"], "quantized": both, "onnx": both}
    assert [row.verdict.outcome for row in summary.verdicts] == ["pass", "pass"]
    # under the teacher's name, another model
    bundle, text = tmp_path / "run" / "bundles" / "onnx", DataSpec(test=tmp_path / "test.txt")
    student = {"teacher": tmp_path / "run" / "student"}
    found = perplexity(bundle, text, EvaluateOptions(max_length=32), against=student)
    assert found.increases[0].baseline_sha256 == checkpoint_sha256(open_checkpoint(student["teacher"]))
    verdicts = {row.verdict.budget.baseline: row.verdict for row in gate(bundle, asked.budgets)}
    assert verdicts["teacher"].outcome == "unmeasured"
    assert "as teacher is another model, not the one that taught it" in verdicts["teacher"].reason
    assert verdicts["student"].outcome == "pass"
