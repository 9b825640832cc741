"""Metrics as objects: what each takes, what is refused with the likely intention, and one that is added."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap

import pytest
from click.testing import CliRunner

from edgekit.cli import cli
from edgekit.errors import UsageError
from edgekit.measure.device_cases import TimedSource
from edgekit.measure.metric import LimitRange, Metric
from edgekit.measure.metrics import METRICS, check_budget, check_task
from edgekit.measure.statistics.estimate import Estimate
from edgekit.schema.budget import Budget


def refusal(text):
    with pytest.raises(UsageError) as caught:
        check_budget(Budget.from_text(text))
    return f"{caught.value.message}; {caught.value.advice}"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("size_mb=1,threads=4", "size_mb does not depend on threads"),
        ("size_mb=1,length=16", "size_mb does not depend on length"),
        ("size_mb=1,label=love", "size_mb does not depend on label"),
        ("min_accuracy=70,threads=99,baseline=x", "min_accuracy does not depend on baseline or threads"),
        ("latency_p95_ms=5,data=my-texts", "for the lengths of your own texts: length=data"),
        ("latency_p95_ms=5,baseline=teacher", "does not depend on baseline"),
        ("instructions_m=5,threads=2", "does not depend on threads"),
        ("accuracy_drop=1,length=16", "does not depend on length"),
        ("perplexity_increase_pct=1,threads=2", "does not depend on threads"),
        ("min_f1=80", "min_f1 needs label=NAME"),
        ("macro_f1=80,label=love", "macro_f1 does not depend on label"),
    ],
)
def test_a_condition_that_a_metric_does_not_take_is_refused(text, why):
    assert why in refusal(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("min_accuracy=0.95", "did you mean min_accuracy=95?"),
        ("min_accuracy=1", "as min_accuracy=90"),
        ("macro_f1=0.8", "did you mean macro_f1=80?"),
        ("min_f1=0.5,label=a", "did you mean min_f1=50?"),
        ("min_unchanged_pct=0.975", "did you mean min_unchanged_pct=97.5?"),
        ("min_accuracy=0", "it can never fail"),
        ("min_accuracy=-3", "it can never fail"),
        ("min_accuracy=100.1", "it can never pass"),
        ("min_accuracy=100", "its interval reaches below that"),
        ("mcc=1", "it can never pass"),
        ("accuracy_drop=100", "it can never fail"),
        ("accuracy_drop=101", "it can never fail"),
        ("accuracy_drop=-100", "it can never pass"),
        ("size_mb=0", "it can never pass"),
        ("latency_p95_ms=0", "it can never pass"),
        ("latency_p95_ms=-4", "it can never pass"),
        ("tokens_per_s=0", "it can never fail"),
        ("mcc=1.01", "it can never pass"),
        ("mcc=-1", "it can never fail"),
        ("perplexity_increase_pct=-100", "it can never pass"),
        ("energy_mj=0", "it can never pass"),
    ],
)
def test_a_limit_that_decides_nothing_is_refused_with_the_likely_intention(text, why):
    sentence = refusal(text)
    assert why in sentence
    assert not sentence.endswith("; None")


@pytest.mark.parametrize(
    ("text", "message", "advice"),
    [
        (
            "size_mb=1,threads=4,length=16,label=x",
            "size_mb does not depend on label or length or threads",
            "it takes format, target",
        ),
        # the lengths of one's own texts are for what is timed; a size has no length
        ("size_mb=1,data=x", "size_mb does not depend on data", "it takes format, target"),
        (
            "latency_p95_ms=5,data=x",
            "latency_p95_ms does not depend on data",
            "for the lengths of your own texts: length=data",
        ),
        (
            "latency_p95_ms=5,baseline=x",
            "latency_p95_ms does not depend on baseline",
            "it takes format, length, target, threads",
        ),
        ("min_f1=80", "min_f1 needs label=NAME, the class that is meant", None),
        (
            "size_mb=0",
            "it can never pass, as size is always above 0 MB",
            "give a limit in MB above 0, as size_mb=10",
        ),
        (
            "tokens_per_s=0",
            "it can never fail, as tokens per second is never below 0 1/s",
            "give a limit in 1/s above 0, as tokens_per_s=10",
        ),
        (
            "mcc=-1.5",
            "it can never fail, as Matthews correlation is never below -1",
            "give a limit between -1 and 1, as mcc=0.8",
        ),
        (
            "mcc=1",
            "it can never pass, as Matthews correlation is at most 1, and its interval reaches below that",
            "give a limit between -1 and 1, as mcc=0.8",
        ),
        (
            "accuracy_drop=100",
            "it can never fail, as accuracy drop is at most 100 points",
            "give the points that may be lost, as accuracy_drop=1",
        ),
        (
            "perplexity_increase_pct=-100",
            "it can never pass, as perplexity increase is always above -100 %",
            "give the increase that may be, in %, as perplexity_increase_pct=5",
        ),
        (
            "min_accuracy=1",
            "the limit is in %, and 1 % is next to nothing",
            "give the least share in %, as min_accuracy=90",
        ),
        ("min_accuracy=0.95", "the limit is in %, and 0.95 % is next to nothing", "did you mean min_accuracy=95?"),
    ],
)
def test_a_refusal_says_why_and_what_to_give(text, message, advice):
    with pytest.raises(UsageError) as caught:
        check_budget(Budget.from_text(text))
    assert caught.value.message.startswith("budget ")
    assert caught.value.message.endswith(f": {message}")
    assert caught.value.advice == advice


@pytest.mark.parametrize(
    "text",
    [
        "size_mb=0.5,target=rpi4,format=onnx",
        "latency_p50_ms=30,length=data,threads=2",
        "min_accuracy=99.9,data=home/validation",
        "min_accuracy=1.5",
        "accuracy_drop=0,baseline=student",
        "accuracy_drop=-1.5",
        "accuracy_drop=0.5",
        "perplexity_increase_pct=-1.5",
        "perplexity_increase_pct=250",
        "min_f1=80,label=love",
        "mcc=0.8",
        "min_unchanged_pct=95,baseline=teacher",
    ],
)
def test_what_decides_something_is_taken(text):
    assert check_budget(Budget.from_text(text)).metric in METRICS


def test_an_unknown_metric_is_answered_with_the_nearest():
    assert "did you mean 'size_mb'?" in refusal("size_md=10")
    assert len(refusal(f"{'m' * 5000}=3")) < 700


@pytest.mark.parametrize(
    ("text", "task", "named"),
    [
        ("latency_p95_ms=3", "text-generation", "tokens_per_s"),
        ("accuracy_drop=3", "text-generation", "perplexity_increase_pct"),
        ("tokens_per_s=3", "text-classification", "latency_p95_ms"),
    ],
)
def test_a_metric_of_the_other_task_names_those_of_this_one(text, task, named):
    with pytest.raises(UsageError) as caught:
        check_task(Budget.from_text(text), task)
    assert named in str(caught.value.advice)


@pytest.fixture
def first_inference(monkeypatch):
    """A metric more, as a contributor would add it: one object in the table."""
    added = Metric(
        "first_inference_ms",
        "first inference",
        "ms",
        "lower",
        "the first run after the model was loaded",
        "labels",
        LimitRange(0),
        TimedSource(
            records=lambda records: records.latency, value=lambda record: Estimate.exact(record.first_inference_ms)
        ),
    )
    monkeypatch.setitem(METRICS, added.name, added)
    return added


def test_a_metric_that_is_added_is_judged_by_its_own_figure_and_found_everywhere(first_inference, onnx_bundle):
    from record_makers import latency

    from edgekit.bundle.manifest import Manifest
    from edgekit.bundle.records import write_record

    manifest = Manifest.of(onnx_bundle)
    write_record(onnx_bundle, latency(manifest, 10.0, first_inference_ms=32.7), {})

    def gate(*words):
        return CliRunner().invoke(cli, ["gate", str(onnx_bundle), *words])

    for limit, code in ((1, 1), (32.8, 0)):
        found = json.loads(gate("--budget", f"first_inference_ms={limit}", "--json").stdout)
        assert (found["exit_code"], found["verdicts"][0]["verdict"]["measured"]) == (code, 32.7)
    assert "first inference" in gate("--budget", "first_inference_ms=40").stdout
    assert "the first run after the model was loaded" in " ".join(gate("--help").stdout.split())
    assert gate("--budget", "first_inference_ms=40,baseline=x").exit_code != 0


def test_a_metric_without_a_value_does_not_type_check(tmp_path):
    code = """
        from edgekit.measure.device_cases import TimedSource
        from edgekit.measure.metric import Limits, Metric
        from edgekit.measure.metrics import ANY

        Metric("cold_load_ms", "cold load", "ms", "lower", "from file to model", ANY, Limits(0))
        TimedSource(records=lambda records: records.latency)
    """
    path = tmp_path / "added.py"
    path.write_text(textwrap.dedent(code))
    result = subprocess.run([sys.executable, "-m", "mypy", "--strict", path], capture_output=True, text=True)
    assert 'Missing positional argument "source"' in result.stdout
    assert 'Missing named argument "value"' in result.stdout
