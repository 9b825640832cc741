"""Training with numbers and with sets of labels, from rows as people write them."""

import json

import pytest

from edgekit.data.splits import read_data
from edgekit.options.data_options import DataSpec
from tests.command_line import edgekit
from tests.head_checkpoints import LABELS, label_rows, number_rows, write_labels, write_numbers

FORMS = {
    "names.jsonl": '{"text": "one", "labels": ["toxic", "threat"]}\n{"text": "two", "labels": []}\n',
    "numbers.jsonl": '{"text": "one", "labels": [2, 0]}\n{"text": "two", "labels": []}\n',
    "hot.jsonl": '{"text": "one", "labels": [1.0, 0.0, 1.0]}\n{"text": "two", "labels": [0, 0, 0]}\n',
    "bars.csv": "text,labels\none,threat|toxic\ntwo,[]\n",
    "commas.tsv": "text\tlabels\none\ttoxic, threat\ntwo\t[]\n",
    "json.csv": 'text,labels\none,"[""toxic"", ""threat""]"\ntwo,[]\n',
    "python.csv": "text,labels\none,\"['toxic', 'threat']\"\ntwo,[]\n",
}


@pytest.mark.parametrize("name", FORMS)
def test_sets_of_labels_are_read_in_every_form(tmp_path, name):
    file = tmp_path / name
    file.write_text(FORMS[name])
    rows = read_data(DataSpec(test=file)).numbered(LABELS, "multi_label_classification").test
    assert rows.labels.tolist() == [[1, 0, 1], [0, 0, 0]]


def test_sets_of_labels_are_read_from_parquet(tmp_path):
    import pyarrow
    from pyarrow import parquet

    table = pyarrow.table({"text": ["one", "two"], "labels": [["toxic", "threat"], []]})
    parquet.write_table(table, tmp_path / "rows.parquet")
    rows = read_data(DataSpec(test=tmp_path / "rows.parquet")).numbered(LABELS, "multi_label_classification").test
    assert rows.labels.tolist() == [[1, 0, 1], [0, 0, 0]]


@pytest.mark.parametrize(
    ("labels", "problem_type"),
    [
        (("0.5", "1.25", "2"), "regression"),
        (("1", "2", "3"), "single_label_classification"),
        (('["a"]', '["a", "b"]'), "multi_label_classification"),
        (("a", "0.5"), "single_label_classification"),
    ],
)
def test_what_rows_are_about_is_told_by_their_labels(labels, problem_type):
    from edgekit.data.label_values import problem_of

    assert problem_of(labels) == problem_type


def trained(*arguments):
    code, _, err = edgekit(*arguments)
    assert code == 0, err
    return err


@pytest.mark.parametrize("stage", ["finetune", "distill", "prune"])
def test_a_regression_stays_one(tmp_path, regression_checkpoint, stage):
    rows = write_numbers(tmp_path / "train.csv", number_rows(80))
    message = trained(stage, regression_checkpoint, "--train", rows, "--epochs", "1", "-o", tmp_path / "out")
    assert "mean absolute error" in message
    config = json.loads((tmp_path / "out/config.json").read_text())
    assert (config["problem_type"], config["id2label"]) == ("regression", {"0": "LABEL_0"})


@pytest.mark.parametrize("stage", ["finetune", "distill", "prune"])
def test_a_multi_label_model_stays_one(tmp_path, multi_label_checkpoint, stage):
    rows = write_labels(tmp_path / "train.jsonl", label_rows(80))
    message = trained(stage, multi_label_checkpoint, "--train", rows, "--epochs", "1", "-o", tmp_path / "out")
    assert "cross entropy" in message
    config = json.loads((tmp_path / "out/config.json").read_text())
    assert config["problem_type"] == "multi_label_classification"
    assert list(config["id2label"].values()) == list(LABELS)


def test_what_the_teacher_says_stands_for_rows_without_labels(tmp_path, multi_label_checkpoint, regression_checkpoint):
    for checkpoint, rows in (
        (multi_label_checkpoint, write_labels(tmp_path / "train.jsonl", label_rows(40))),
        (regression_checkpoint, write_numbers(tmp_path / "train.csv", number_rows(40))),
    ):
        out = tmp_path / rows.stem / rows.suffix[1:]
        trained("distill", checkpoint, "--train", rows, "--epochs", "1", "--augment", "1", "-o", out)


def test_a_multi_label_model_learns(tmp_path, multi_label_checkpoint):
    rows = write_labels(tmp_path / "train.jsonl", label_rows(200))
    test = write_labels(tmp_path / "test.jsonl", label_rows(100, seed=9))
    out = tmp_path / "out"
    trained("finetune", multi_label_checkpoint, "--train", rows, "--epochs", "4", "--learning-rate", "5e-3", "-o", out)
    code, printed, err = edgekit("evaluate", out, "--test", test, "--json")
    assert code == 0, err
    assert json.loads(printed)["micro_f1"] > 70


def test_fractions_are_never_classes(tmp_path, tiny_checkpoint):
    rows = write_numbers(tmp_path / "train.csv", number_rows(60))
    message = trained("finetune", tiny_checkpoint, "--train", rows, "--epochs", "0.1", "-o", tmp_path / "out")
    assert "are asked of it (a number): it gets a new head" in message
    assert json.loads((tmp_path / "out/config.json").read_text())["problem_type"] == "regression"


def test_whole_numbers_are_a_regression_if_one_says_so(tmp_path, tiny_checkpoint):
    rows = tmp_path / "train.csv"
    rows.write_text("text,label\n" + "".join(f"turn on {n},{n % 5}\n" for n in range(60)))
    out = tmp_path / "out"
    trained("finetune", tiny_checkpoint, "--train", rows, "--epochs", "0.1", "--problem-type", "regression", "-o", out)
    assert json.loads((out / "config.json").read_text())["problem_type"] == "regression"


def test_rows_of_another_kind_are_refused(label_file, number_file, regression_checkpoint, multi_label_checkpoint):
    code, _, err = edgekit("evaluate", regression_checkpoint, "--test", label_file)
    assert (code, "is no number, which a regression is about" in err) == (2, True)
    code, _, err = edgekit("evaluate", multi_label_checkpoint, "--test", number_file)
    assert (code, "labels that the model was not trained on" in err) == (2, True)


@pytest.mark.parametrize("temperature", [1.0, 2.0])
def test_soft_bits_are_the_divergence_of_each_label(temperature):
    import torch
    from torch.distributions import Bernoulli, kl_divergence

    from edgekit.compress.training.losses import soft_bits

    student, teacher = torch.randn(5, 3), torch.randn(5, 3)
    exact = kl_divergence(Bernoulli(logits=teacher / temperature), Bernoulli(logits=student / temperature))
    assert soft_bits(student, teacher, temperature) == pytest.approx(float(temperature**2 * exact.mean()), rel=1e-4)
