"""What regressions and multi-label models answer, against transformers' own pipeline."""

import json
import shutil

import pytest
from tiny_bundle import rehash, write_golden

from tests.command_line import edgekit
from tests.head_checkpoints import LABELS, head_checkpoint

TEXT = "turn on the kitchen lights"


def pipeline_scores(checkpoint, **options):
    from transformers import pipeline

    classify = pipeline("text-classification", model=str(checkpoint), tokenizer=str(checkpoint), top_k=None, **options)
    return {each["label"]: each["score"] for each in classify([TEXT])[0]}


def predicted(bundle):
    code, out, err = edgekit("predict", bundle, TEXT, "--json")
    assert code == 0, err
    return json.loads(out)


def test_one_logit_is_a_number(regression_checkpoint, regression_bundle):
    number = pipeline_scores(regression_checkpoint, function_to_apply="none")["LABEL_0"]
    found = predicted(regression_bundle)
    assert found == {"text": TEXT, "value": pytest.approx(number, abs=1e-5)}
    assert edgekit("predict", regression_bundle, TEXT)[1] == f"{number:.4f}\n"


def test_labels_are_sigmoids_and_hold_from_their_thresholds_on(multi_label_checkpoint, multi_label_bundle):
    scores = pipeline_scores(multi_label_checkpoint)
    found = predicted(multi_label_bundle)
    assert found["scores"] == pytest.approx(scores, abs=1e-5)
    thresholds = {"toxic": 0.4, "obscene": 0.4, "threat": 0.6}
    assert found["labels"] == [label for label in LABELS if scores[label] >= thresholds[label]]
    manifest = json.loads((multi_label_bundle / "manifest.json").read_text())
    assert (manifest["format_version"], manifest["problem_type"], manifest["thresholds"]) == (
        3,
        "multi_label_classification",
        [0.4, 0.4, 0.6],
    )


def test_thresholds_lie_under_the_content_hash(multi_label_bundle):
    from edgekit.agent.inference.content_hash import content_hash

    manifest = json.loads((multi_label_bundle / "manifest.json").read_text())
    assert content_hash(manifest) == manifest["content_hash"]
    assert content_hash(manifest | {"thresholds": [0.4, 0.4, 0.5]}) != manifest["content_hash"]
    assert content_hash(manifest | {"problem_type": "regression"}) != manifest["content_hash"]


def test_a_single_label_bundle_is_written_as_before(tiny_checkpoint, tmp_path):
    assert edgekit("export", tiny_checkpoint, "--format", "onnx", "-o", tmp_path / "out")[0] == 0
    manifest = json.loads((tmp_path / "out/onnx/manifest.json").read_text())
    assert manifest["format_version"] == 2
    assert not manifest.keys() & {"problem_type", "thresholds", "label_sets", "numbers"}


@pytest.mark.parametrize(
    ("labels", "problem_type", "message"),
    [
        (("a", "b"), "regression", "regression of 2 numbers"),
        (("a",), "single_label_classification", "one label, which every text would have"),
        (("a", "b"), "ordinal", "must be one of"),
    ],
)
def test_a_problem_type_that_does_not_fit_is_refused(tmp_path, labels, problem_type, message):
    folder = head_checkpoint(tmp_path / "model", problem_type, labels)
    code, _, err = edgekit("export", folder, "--format", "onnx", "-o", tmp_path / "out")
    assert (code, message in err) == (2, True), err


@pytest.mark.parametrize("threshold", ["0", "1", "toxic=2", "toxic=0.5,toxic=0.6", "many", "hate=0.5"])
def test_thresholds_that_are_none_are_refused(multi_label_checkpoint, tmp_path, threshold):
    code, _, err = edgekit(
        "export", multi_label_checkpoint, "--format", "onnx", "--threshold", threshold, "-o", tmp_path / "out"
    )
    assert code == 2, err


def test_thresholds_are_of_multi_label_models_alone(regression_checkpoint, tmp_path):
    code, _, err = edgekit("export", regression_checkpoint, "--threshold", "0.5", "-o", tmp_path / "out")
    assert (code, "only a multi-label classifier has thresholds" in err) == (2, True), err


@pytest.mark.parametrize(
    ("kind", "field", "value", "message"),
    [
        ("regression", "value", 77.0, r"golden case 1 .* the value is .*, expected 77"),
        ("multi_label", "labels", [], r"golden case 1 .* the labels are \['.*'\], expected \[\]"),
    ],
)
def test_the_answer_of_a_golden_case_is_proven(request, tmp_path, kind, field, value, message):
    from edgekit.agent.errors import GoldenMismatch
    from edgekit.agent.inference.bundle import open_bundle
    from edgekit.agent.inference.tasks import prove

    folder = shutil.copytree(request.getfixturevalue(f"{kind}_bundle"), tmp_path / "bundle")
    rows = [json.loads(line) for line in (folder / "golden.jsonl").read_text("utf-8").splitlines()]
    rows[0][field] = value
    write_golden(folder, rows)
    with pytest.raises(GoldenMismatch, match=message):
        prove(open_bundle(rehash(folder)))
