"""Checkpoints of a regression and of a multi-label model, and the ONNX bundles that the command line makes of them."""

import json
import math
import shutil
import statistics

import pytest
from tiny_bundle import rehash, rewrite

from tests.command_line import edgekit
from tests.head_checkpoints import LABELS, head_checkpoint


def _bundle(checkpoint, *options):
    out = checkpoint.parent / "bundles"
    code, _, err = edgekit("export", checkpoint, "--format", "onnx", "--scheme", "float", "-o", out, *options)
    assert code == 0, err
    return out / "onnx"


@pytest.fixture(scope="session")
def regression_checkpoint(tmp_path_factory):
    return head_checkpoint(tmp_path_factory.mktemp("regression") / "model", "regression", ["LABEL_0"], named=False)


@pytest.fixture(scope="session")
def multi_label_checkpoint(tmp_path_factory):
    folder = tmp_path_factory.mktemp("multi") / "model"
    return head_checkpoint(folder, "multi_label_classification", LABELS)


@pytest.fixture(scope="session")
def regression_bundle(regression_checkpoint):
    return _bundle(regression_checkpoint)


@pytest.fixture(scope="session")
def multi_label_bundle(multi_label_checkpoint):
    return _bundle(multi_label_checkpoint, "--threshold", "0.4,threat=0.6")


@pytest.fixture(scope="session")
def telling_bundle(multi_label_bundle, tmp_path_factory):
    """The multi-label bundle with thresholds between the scores of its golden cases: they have other labels, or none.

    The model has learned nothing, and its scores hardly vary.
    """
    folder = shutil.copytree(multi_label_bundle, tmp_path_factory.mktemp("telling") / "onnx")
    golden = folder / "golden.jsonl"
    rows = [json.loads(line) for line in golden.read_text("utf-8").splitlines()]
    scores = [[1 / (1 + math.exp(-logit)) for logit in row["logits"]] for row in rows]
    thresholds = [statistics.median(of_label) for of_label in zip(*scores, strict=True)]
    for row, shares in zip(rows, scores, strict=True):
        each = zip(LABELS, shares, thresholds, strict=True)
        row["labels"] = [label for label, share, threshold in each if share >= threshold]
    assert {0, 1, 2} <= {len(row["labels"]) for row in rows}
    golden.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    # evaluations by other tests are of the bundle as it was
    rewrite(folder, thresholds=thresholds, label_sets=[])
    return rehash(folder)
