"""Published sets from training to evaluation through the commands: every row counts, the figures are scikit-learn's.

EDGEKIT_REAL_DATA names the folder that holds sst2/, banking77/ and others.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner
from sklearn.metrics import accuracy_score, f1_score, matthews_corrcoef

from edgekit.cli import cli

FOLDER = Path(os.environ.get("EDGEKIT_REAL_DATA", "../shared/data"))
# options, the split with labels to evaluate on and its rows, the number of labels, and the share of an epoch that is
# enough for a model that says more than one label
SETS = {
    "sst2": ((), "test", 1_821, 2, 0.05),
    "banking77": ((), "test", 3_080, 77, 0.3),
    "mrpc": ((), "test", 1_725, 2, 0.3),
    "trec6": (("--encoding", "latin-1"), "test", 500, 6, 0.5),
    "chnsenticorp": (("--columns", "text,label"), "validation", 1_200, 2, 0.1),
}
SHAPE = "family=distilbert,layers=1,hidden=64,heads=2,ffn=128,vocabulary=2000,max_length=64"


def edgekit(*arguments: object) -> str:
    result = CliRunner().invoke(cli, [str(argument) for argument in arguments], standalone_mode=False)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.real_data
@pytest.mark.parametrize("name", SETS)
def test_published_sets_are_trained_on_and_evaluated_whole(name, tmp_path):
    options, split, rows, labels, epochs = SETS[name]
    folder = FOLDER / name
    if not folder.is_dir():
        pytest.skip(f"{folder} is absent; EDGEKIT_REAL_DATA names the folder that holds it")
    model, changes = tmp_path / "model", tmp_path / "rows.jsonl"
    data = ("--data", folder, *options)
    edgekit("finetune", "--scratch", SHAPE, *data, "--epochs", epochs, "--learning-rate", 2e-3, "-o", model)
    # a model that has seen next to nothing, to be compared with
    weak = tmp_path / "weak"
    edgekit("finetune", "--scratch", SHAPE, *data, "--epochs", 0.001, "--seed", 1, "-o", weak)
    found = json.loads(
        edgekit(
            "evaluate", model, *data, "--split", split, "--against", f"weak={weak}", "--changes", changes, "--json"
        ),
    )
    # rows that are training rows too count in no figure
    assert found["rows"] + found["left_out"] == rows
    assert len(found["classes"]) == labels
    assert sum(row["rows"] for row in found["classes"]) == found["rows"]
    expected, predicted = outcomes(model, folder, options, split)
    _, weaker = outcomes(weak, folder, options, split)
    changed = [json.loads(line) for line in changes.read_text(encoding="utf-8").splitlines()]
    differing = [row for row, (now, then) in enumerate(zip(predicted, weaker, strict=True), 1) if now != then]
    assert [row["row"] for row in changed] == differing
    assert found["accuracy"] == pytest.approx(100 * accuracy_score(expected, predicted))
    assert found["macro_f1"] == pytest.approx(100 * f1_score(expected, predicted, average="macro", zero_division=0))
    assert found["mcc"] == pytest.approx(matthews_corrcoef(expected, predicted), abs=1e-9)


def outcomes(model: Path, folder: Path, options: tuple[str, ...], split: str) -> tuple[list[int], list[int]]:
    from edgekit.flows.evaluate.evaluate import evaluate
    from edgekit.options.data_options import DataSpec
    from edgekit.options.stage_options import EvaluateOptions

    given = {"columns": ["text", "label"]} if "--columns" in options else {}
    given |= {"encoding": "latin-1"} if "--encoding" in options else {}
    spec = DataSpec.parse(DataSpec.from_text(str(folder)).model_dump(exclude_defaults=True) | given, "data")
    found = evaluate(model, spec, EvaluateOptions.parse({"split": split}, "options"))
    return list(found.expected), list(found.predicted)
