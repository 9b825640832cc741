import pytest

from tests.head_checkpoints import label_rows, number_rows, write_labels, write_numbers


@pytest.fixture(scope="session")
def label_file(tmp_path_factory):
    return write_labels(tmp_path_factory.mktemp("rows") / "labels.jsonl", label_rows(120))


@pytest.fixture(scope="session")
def number_file(tmp_path_factory):
    return write_numbers(tmp_path_factory.mktemp("rows") / "numbers.csv", number_rows(120))
