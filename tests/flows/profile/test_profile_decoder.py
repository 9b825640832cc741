"""Profiling decoders on this machine, and the verdicts on what was measured."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from click.testing import CliRunner
from record_makers import generation
from tiny_bundle import rewrite
from tiny_decoder import CONTEXT, TEXTS

import edgekit
from edgekit.agent.errors import BadInput
from edgekit.agent.inference.prompts import PromptTokenizer
from edgekit.agent.runtimes.registry import open_decoder_session
from edgekit.bundle.bundle_folder import BundleFolder
from edgekit.bundle.manifest import Manifest
from edgekit.bundle.records import write_record
from edgekit.cli import cli
from edgekit.errors import ParityError, UsageError
from edgekit.flows.evaluate.perplexity import perplexity
from edgekit.flows.gate.gate import gate
from edgekit.flows.profile.profile import profile
from edgekit.measure.performance.generation import summarise_generation
from edgekit.measure.performance.measurement_summary import recommended_threads
from edgekit.measure.statistics.percentiles import percentile
from edgekit.options.data_options import DataSpec
from edgekit.options.profile_options import ProfileOptions
from edgekit.schema.budget import Budget
from edgekit.schema.measurement import GenerationMeasurement

pytestmark = pytest.mark.usefixtures("device_home")
QUICK = {"min_seconds": 0, "min_runs": 5, "warmup": 1, "processes": 1}


@pytest.fixture
def bundle(decoder_bundles, tmp_path):
    return shutil.copytree(decoder_bundles["gpt2"], tmp_path / "gpt2-bundle")


def test_every_length_and_thread_count_is_kept(bundle):
    assert BundleFolder(bundle).task.generates
    taken = profile(bundle, ProfileOptions(threads=(1, 2), length=(7, 40), **QUICK))
    assert [(found.length, found.threads) for found in taken] == [(7, 1), (7, 2), (40, 1), (40, 2)]
    assert sorted(BundleFolder(bundle).records.generation, key=lambda found: (found.length, found.threads)) == taken
    assert BundleFolder(bundle).records.latency == ()
    assert all(found.capacity == CONTEXT and len(found.samples_ms["token"]) >= 5 for found in taken)
    profile(bundle, ProfileOptions(threads=(2,), length=(40,), **QUICK))
    assert len(BundleFolder(bundle).records.generation) == 4
    assert set(recommended_threads(taken)) == {7, 40}
    assert all(any("Attention" in name for name in found.ran.operators) for found in taken)
    (golden,) = BundleFolder(bundle).records.golden
    assert golden.content_hash == taken[0].content_hash


def test_several_processes_share_the_runs(bundle):
    """Prompts enough for a median in each, and the runs that were asked for."""
    (taken,) = profile(bundle, ProfileOptions(length=(7,), **QUICK | {"processes": 3}))
    assert taken.counted("token") == (2, 2, 1)
    assert taken.counted("first_token") == (12, 12, 12)


def test_lengths_run_up_to_a_full_cache_by_default(bundle):
    assert [found.length for found in profile(bundle, ProfileOptions(**QUICK))] == [16, 64, CONTEXT - 1]


def test_the_command_and_its_figures(bundle):
    words = ["profile", str(bundle), "--length", "16", "--min-seconds", "0", "--min-runs", "5", "--warmup", "1"]
    words += ["--processes", "1"]
    result = CliRunner().invoke(cli, words, standalone_mode=False)
    assert result.exception is None, result.exception
    assert "tokens / s" in result.stdout
    result = CliRunner().invoke(cli, [*words, "--json"], standalone_mode=False)
    [shown] = json.loads(result.stdout)["measurements"]
    taken = GenerationMeasurement.model_validate(shown)
    speed = summarise_generation(taken)
    median = percentile(taken.samples_ms["token"], 50)
    assert speed.tokens_per_s.value == pytest.approx(1000 / median)
    assert speed.tokens_per_s.low <= speed.tokens_per_s.value <= speed.tokens_per_s.high
    assert speed.tokens_per_s.doubt, "five tokens are no evidence"
    assert speed.first_token.p50.value == pytest.approx(percentile(taken.samples_ms["first_token"], 50))
    # a longer prompt takes longer, whatever else the machine does
    assert taken.first_inference_ms > 0


def test_what_cannot_be_measured_is_said(bundle, tmp_path):
    with pytest.raises(UsageError, match="at lengths up to 95, not at 96"):
        profile(bundle, ProfileOptions(length=(96,), **QUICK))
    (tmp_path / "a.txt").write_text("x")
    for option in ({"data": tmp_path / "a.txt"}, {"per_op": True}):
        with pytest.raises(UsageError, match="prompts of golden cases"):
            profile(bundle, ProfileOptions(**option, **QUICK))
    with pytest.raises(UsageError, match="prompts of golden cases"):
        profile(bundle, ProfileOptions(**QUICK), texts=[("hello", None)])


def test_the_python_function_measures_by_the_bundles_task(bundle):
    (measured,) = edgekit.profile(bundle, edgekit.ProfileOptions(length=(7,), **QUICK))
    assert isinstance(measured, GenerationMeasurement)
    assert measured.samples_ms["first_token"]


def test_wrong_answers_are_not_measured(bundle):
    manifest = json.loads((bundle / "manifest.json").read_text())
    rewrite(bundle, parity=manifest["parity"] | {"atol": 0.0, "rtol": 0.0})
    with pytest.raises(ParityError, match="golden case"):
        profile(bundle, ProfileOptions(length=(16,), **QUICK))
    assert BundleFolder(bundle).records.generation == ()


def keep(bundle, length, first_ms, token_ms, days):
    """Keep a measurement of this very file, as an x86 machine would have taken it so many days ago."""
    figures = {"first_ms": first_ms, "token_ms": token_ms, "length": length, "days": days}
    record = generation(Manifest.of(bundle), peak_mb=50.0 + length, **figures)
    write_record(bundle, record, {"length": length, "days": days})


@pytest.mark.parametrize(
    ("budget", "outcome"),
    [
        ("tokens_per_s=98,target=x86-64,length=16", "pass"),
        ("tokens_per_s=102,target=x86-64,length=16", "fail"),
        # the length left open: the worst, which of a rate is the lowest
        ("tokens_per_s=49,target=x86-64", "pass"),
        ("tokens_per_s=51,target=x86-64", "fail"),
        ("tokens_per_s=1,target=x86-64,length=17", "unmeasured"),
        ("first_token_ms=8.2,target=x86-64,length=16", "pass"),
        ("first_token_ms=78,target=x86-64", "fail"),
        ("first_token_ms=82,target=x86-64", "pass"),
        ("peak_memory_mb=130,target=x86-64", "pass"),
        ("peak_memory_mb=129,target=x86-64", "fail"),
        ("tokens_per_s=1,target=rpi5", "unmeasured"),
    ],
)
def test_budgets_of_a_decoder(bundle, budget, outcome):
    keep(bundle, 16, 4.0, 1000.0, days=2.0)  # an older one, which counts no more
    keep(bundle, 16, 8.0, 10.0, days=1.0)
    keep(bundle, 80, 80.0, 20.0, days=2.0)
    [found] = gate(bundle, [Budget.from_text(budget)])
    assert found.verdict.outcome == outcome


def test_a_budget_on_perplexity(bundle, decoder_checkpoints, tmp_path):
    text = tmp_path / "stories.txt"
    # long enough for an interval
    text.write_text("\n".join(TEXTS * 40), encoding="utf-8")

    def outcome(budget):
        [found] = gate(bundle, [Budget.from_text(budget)])
        return found.verdict.outcome, found.verdict.reason

    assert outcome("perplexity_increase_pct=1") == ("unmeasured", "never evaluated")
    perplexity(bundle, DataSpec(test=text))
    assert outcome("perplexity_increase_pct=1") == ("unmeasured", "never compared with teacher")
    perplexity(bundle, DataSpec(test=text), against={"teacher": decoder_checkpoints["gpt2"]})
    assert outcome("perplexity_increase_pct=1")[0] == "pass"
    assert outcome("perplexity_increase_pct=1,data=stories")[0] == "pass"
    assert outcome("perplexity_increase_pct=-1")[0] == "fail"
    assert outcome("perplexity_increase_pct=1,data=other")[0] == "unmeasured"
    assert outcome("perplexity_increase_pct=1,baseline=student")[0] == "unmeasured"


def test_a_session_rewinds(decoder_bundles):
    folder = decoder_bundles["llama"]
    ids = PromptTokenizer(folder / "tokenizer.json").encode(TEXTS[0])
    session = open_decoder_session(folder / "model.onnx", CONTEXT)
    wanted = session.logits_of(ids)
    session.rewind(5)
    np.testing.assert_allclose(session.step(ids[5]), wanted[5], atol=1e-5)
    for length in (-1, 7):
        with pytest.raises(BadInput, match="the cache holds 6 tokens"):
            session.rewind(length)
