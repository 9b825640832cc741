"""What `edgekit evaluate` leaves in a bundle and in a run's folder, and what is taken from there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from labelled_rows import LABELS, bundle_of, found_in, labelled, write_rows
from record_makers import drop
from tiny_bundle import golden_rows, seal, write_golden
from tiny_decoder import TEXTS

from edgekit.bundle.bundle_folder import BundleFolder
from edgekit.bundle.manifest import Manifest
from edgekit.data.token_blocks import load_text
from edgekit.errors import UsageError
from edgekit.flows.evaluate.accuracy import Evaluation
from edgekit.flows.evaluate.evaluate import evaluate
from edgekit.flows.evaluate.perplexity import perplexity
from edgekit.flows.run.evaluation_cache import cached_evaluation, keep_evaluation
from edgekit.measure.evaluation_choice import Ambiguous, on_data
from edgekit.options.data_options import DataSpec
from edgekit.options.stage_options import EvaluateOptions


@pytest.fixture
def data(tmp_path):
    return write_rows(tmp_path / "多语言.jsonl", labelled())


def test_an_evaluation_of_another_bundle_is_none_of_this_one(tmp_path, data):
    one, other = bundle_of(tmp_path / "one"), bundle_of(tmp_path / "other", (LABELS[1], LABELS[0], LABELS[2]))
    write_golden(other, list(golden_rows())[:2])
    seal(other, labels=LABELS)
    found = evaluate(other, DataSpec(test=data)).accuracy
    manifest, before = Manifest.of(one), (one / "manifest.json").read_bytes()
    with pytest.raises(UsageError, match="one is another bundle than the one that was evaluated"):
        BundleFolder(one).record(found)
    assert (one / "manifest.json").read_bytes() == before
    (one / "manifest.json").write_text(manifest.model_copy(update={"accuracy": (found,)}).dump())
    with pytest.raises(UsageError, match="accuracy: another bundle was evaluated"):
        Manifest.of(one)


def test_a_comparison_is_kept_only_as_long_as_as_many_rows_are_right(tmp_path, data):
    bundle = bundle_of(tmp_path / "bundle")
    now = evaluate(bundle, DataSpec(test=data)).accuracy
    earlier = now.model_copy(update={"drops": (drop("student", 100 / now.rows, count=now.rows),)})
    BundleFolder(bundle).record(earlier)
    BundleFolder(bundle).record(now)
    assert Manifest.of(bundle).accuracy == (earlier,)
    one_less = {"accuracy": now.accuracy - 100 / now.rows, "low": 0.0}
    worse = now.model_copy(update=one_less)
    BundleFolder(bundle).record(worse)
    assert Manifest.of(bundle).accuracy == (worse,)


def test_an_evaluation_is_kept_and_read_back_whole(tmp_path, data):
    teacher = evaluate(bundle_of(tmp_path / "teacher"), DataSpec(test=data))
    found = evaluate(bundle_of(tmp_path / "bundle"), DataSpec(test=data), against={"teacher": teacher})
    keep_evaluation(tmp_path, "bundle", "key", found)
    again = cached_evaluation(tmp_path, "bundle", "key")
    assert again == found
    assert isinstance(again, Evaluation)
    assert cached_evaluation(tmp_path, "bundle", "another key") is None


def test_an_evaluation_that_was_changed_or_says_less_was_never_kept(tmp_path, data):
    found = evaluate(bundle_of(tmp_path / "bundle"), DataSpec(test=data))
    keep_evaluation(tmp_path, "bundle", "key", found)
    path = tmp_path / "evaluations" / "bundle.json"
    text = path.read_text()
    value = json.loads(text)
    value["evaluation"]["accuracy"]["high"] = 100.0
    path.write_text(json.dumps(value))
    assert cached_evaluation(tmp_path, "bundle", "key") is None
    del value["evaluation"]["accuracy"]["classes"]
    path.write_text(json.dumps(value))
    assert cached_evaluation(tmp_path, "bundle", "key") is None
    path.write_text(json.dumps(value["evaluation"]))
    assert cached_evaluation(tmp_path, "bundle", "key") is None
    path.write_text(text)
    assert cached_evaluation(tmp_path, "bundle", "key") == found


def contents(folder):
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("where", [[], ["--device", "local"]])
def test_no_record_leaves_nothing(tmp_path, data, device_home, where):
    before, after = bundle_of(tmp_path / "teacher"), bundle_of(tmp_path / "bundle")
    known = [contents(folder) for folder in (before, after)]
    words = (after, "--data", data, "--against", f"teacher={before}", *where)
    found = found_in(*words, "--no-record")
    assert [contents(folder) for folder in (before, after)] == known
    assert not Manifest.of(after).accuracy
    # and what is found is what would have been recorded; of the models it is compared with nothing is
    found_in(*words)
    (kept,) = Manifest.of(after).accuracy
    assert kept.model_dump(mode="json").items() <= found.items()
    assert contents(before) == known[0]


@pytest.mark.skipif(os.geteuid() == 0 and not shutil.which("setpriv"), reason="root may write anywhere")
def test_a_bundle_that_cannot_be_written_is_evaluated_without_a_record(data):
    someone = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        bundle, rows = bundle_of(folder / "bundle"), Path(shutil.copy(data, folder / "rows.jsonl"))
        # whatever mask another test has left
        for path in (rows, *bundle.iterdir()):
            path.chmod(0o644)
        bundle.chmod(0o555)
        folder.chmod(0o755)
        words = [*someone, sys.executable, "-m", "edgekit", "evaluate", bundle, "--data", rows]
        there = {"cwd": folder, "capture_output": True, "text": True, "env": {**os.environ, "HOME": place}}
        refused = subprocess.run(words, **there, check=False)
        assert refused.returncode == 2, refused.stderr
        assert "cannot be written" in refused.stderr and "--no-record" in refused.stderr
        done = subprocess.run([*words, "--no-record"], **there, check=False)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("accuracy ")
        bundle.chmod(0o755)


def test_the_test_rows_of_a_run_are_told_from_others_that_came_later(finished_run, tmp_path):
    _, folder, _ = finished_run
    bundle = shutil.copytree(folder / "bundles" / "onnx", tmp_path / "onnx")
    (own,) = Manifest.of(bundle).accuracy
    labels = Manifest.of(bundle).labels
    other = write_rows(tmp_path / "easy.jsonl", [(f"text {number}", labels[number % 2]) for number in range(40)])
    found_in(bundle, "--data", other)
    manifest = Manifest.of(bundle)
    assert [record.data for record in manifest.accuracy] == [own.data, "easy/test"]
    assert on_data(manifest.accuracy, None, manifest.lineage) == (own,)
    assert on_data(manifest.accuracy, "easy", manifest.lineage) == manifest.accuracy[-1:]
    assert on_data(manifest.accuracy, None, ()) == Ambiguous((own.data, "easy/test"))


def test_a_text_has_the_hash_that_lineages_record(decoder_bundles, tmp_path):
    for split in ("train", "test"):
        (tmp_path / f"{split}.txt").write_text("\n".join(TEXTS * (3 if split == "train" else 1)), encoding="utf-8")
    data = DataSpec(train=tmp_path / "train.txt", test=tmp_path / "test.txt")
    bundle = shutil.copytree(decoder_bundles["gpt2"], tmp_path / "bundle")
    found = perplexity(bundle, data, EvaluateOptions(max_length=24), record=False)
    assert found.data_sha256 == load_text(data).sha256["test"]
    assert found.content_hash == Manifest.of(bundle).content_hash
