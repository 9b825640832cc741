import pytest

from tests.command_line import edgekit
from tests.head_checkpoints import LABELS, head_checkpoint, label_rows, number_rows, write_labels, write_numbers


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
def label_file(tmp_path_factory):
    return write_labels(tmp_path_factory.mktemp("rows") / "labels.jsonl", label_rows(120))


@pytest.fixture(scope="session")
def number_file(tmp_path_factory):
    return write_numbers(tmp_path_factory.mktemp("rows") / "numbers.csv", number_rows(120))
