"""Data sets of the hub, by way of folders in its layout; and what is said of one that cannot be reached."""

from __future__ import annotations

import json

import pytest

from edgekit.cli import main
from edgekit.data.splits import load_data
from edgekit.errors import NotFoundError, UsageError
from edgekit.options.data_options import DataSpec

CARD = """---
configs:
- config_name: {first}
  data_files:
  - {{split: train, path: {first}/train-*}}
  - {{split: test, path: {first}/test-*}}
- config_name: {second}
  data_files:
  - {{split: train, path: {second}/train-*}}
---
"""


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path_factory.mktemp("cache"))


def write_parquet(path, texts, labels, names=("negative", "positive"), column="text"):
    import datasets

    features = datasets.Features(
        {
            column: datasets.Value("string"),
            "label": datasets.ClassLabel(names=list(names)),
            "more": [datasets.Value("int32")],
        }
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = {column: texts, "label": labels, "more": [[1, 2]] * len(texts)}
    datasets.Dataset.from_dict(rows, features=features).to_parquet(path)
    return path


def hub_folder(tmp_path):
    folder = tmp_path / "reviews"
    write_parquet(folder / "data/train-00000-of-00002.parquet", ["fine", "poor"], [1, 0])
    write_parquet(folder / "data/train-00001-of-00002.parquet", ["grand"], [1])
    write_parquet(folder / "data/validation-00000-of-00001.parquet", ["bad"], [0])
    write_parquet(folder / "data/test-00000-of-00001.parquet", ["who knows", "not I"], [-1, -1])
    return folder


def test_a_folder_in_the_layout_of_the_hub(tmp_path):
    spec = DataSpec.from_text(str(hub_folder(tmp_path)))
    data = load_data(spec)
    assert (data.name, data.labels) == ("reviews", ("negative", "positive"))
    assert list(data.train.texts) == ["fine", "poor", "grand"]
    assert data.train.labels.tolist() == [1, 0, 1]
    assert list(data.validation.texts) == ["bad"]
    with pytest.raises(UsageError, match="test, row 1: no label in 'label'"):
        data.split("test")


def test_names_of_classes_are_kept_with_a_parquet_file_too(tmp_path):
    path = write_parquet(tmp_path / "rows.parquet", ["fine", "poor"], [1, 0])
    data = load_data(DataSpec.from_text(str(path)))
    assert data.labels == ("negative", "positive")
    assert data.test.labels.tolist() == [1, 0]


def test_configurations_are_named_behind_a_colon(tmp_path):
    folder = tmp_path / "both"
    write_parquet(folder / "plain/train-0.parquet", ["fine", "poor"], [1, 0])
    write_parquet(folder / "plain/test-0.parquet", ["good"], [1])
    write_parquet(folder / "noisy/train-0.parquet", ["f1ne", "p00r"], [1, 0])
    (folder / "README.md").write_text(CARD.format(first="plain", second="noisy"))
    assert list(load_data(DataSpec.from_text(f"{folder}:plain")).train.texts) == ["fine", "poor"]
    assert list(load_data(DataSpec.from_text(f"{folder}:noisy")).train.texts) == ["f1ne", "p00r"]
    with pytest.raises(UsageError, match=r"cannot be loaded: .*plain"):
        load_data(DataSpec.from_text(f"{folder}:quiet"))


def test_hub_ids_are_told_from_files_and_misspelt_names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for text in ("stanfordnlp/sst2", "rotten_tomatoes", "nyu-mll/glue:mrpc"):
        assert (DataSpec.from_text(text).hub, DataSpec.from_text(text).embedded) == (text, False)
    for text in ("data/rows.tsv", "a/b/c", "./folder", "/no/where", "smart-hom", "rows.parquet"):
        with pytest.raises(NotFoundError):
            DataSpec.from_text(text)


def test_a_hub_id_goes_with_columns_but_not_with_files(tmp_path):
    assert DataSpec.parse({"hub": "owner/name", "text": "body", "skip_bad_rows": True}, "data").text == "body"
    for more in ({"test": "rows.tsv"}, {"encoding": "latin-1"}, {"columns": ["text"]}, {"format": "csv"}):
        with pytest.raises(UsageError, match="hub"):
            DataSpec.parse({"hub": "owner/name"} | more, "data")


def test_a_set_that_cannot_be_reached_is_one_line_and_exit_2(monkeypatch, tiny_checkpoint, capfd):
    import datasets
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    with pytest.raises(SystemExit) as ended:
        main(["evaluate", str(tiny_checkpoint), "--data", "nobody/nothing"])
    error = capfd.readouterr().err
    assert ended.value.code == 2
    assert error.startswith(
        "error: data 'nobody/nothing' cannot be loaded: Couldn't reach 'nobody/nothing' on the Hub"
    )
    assert "taken as a hub id" in error
    assert len(error.splitlines()) == 2


@pytest.mark.parametrize("spoil", ["not parquet", "code", "no known split"])
def test_folders_that_the_library_cannot_read(tmp_path, spoil):
    folder = tmp_path / "set"
    if spoil == "not parquet":
        write_parquet(folder / "data/train-00000-of-00001.parquet", ["fine"], [1]).write_bytes(b"PAR1 and no more")
    elif spoil == "code":
        (folder / "data").mkdir(parents=True)
        (folder / "set.py").write_text("raise SystemExit('this was run')")
    else:
        write_parquet(folder / "data/holdout-00000-of-00001.parquet", ["fine", "poor"], [1, 0])
        (folder / "README.md").write_text(
            "---\nconfigs:\n- config_name: default\n  data_files:\n  - {split: holdout, path: data/*}\n---\n"
        )
    with pytest.raises(UsageError, match=r"cannot be loaded|but holdout") as caught:
        load_data(DataSpec.from_text(str(folder)))
    assert "\n" not in caught.value.message


def test_plain_parquet_of_other_tools(tmp_path):
    import pandas

    frame = pandas.DataFrame({"Text": ["fine", "poor", None], "Label": [1.0, 0.0, 1.0]})
    frame.to_parquet(tmp_path / "rows.parquet")
    with pytest.raises(UsageError, match=r"rows.parquet, row 3: no text in 'Text'"):
        load_data(DataSpec(test=tmp_path / "rows.parquet"))
    with pytest.warns(UserWarning, match=r"1 row was left out; the first: .*row 3"):
        data = load_data(DataSpec(test=tmp_path / "rows.parquet", skip_bad_rows=True))
    assert (list(data.test.texts), data.labels) == (["fine", "poor"], ("0", "1"))


@pytest.mark.parametrize("cut", [0, 3, 40, 400])
def test_a_parquet_file_cut_short_is_one_line(tmp_path, cut):
    path = write_parquet(tmp_path / "rows.parquet", ["fine", "poor"] * 50, [1, 0] * 50)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(UsageError, match=r"rows.parquet is not a whole Parquet file: .") as caught:
        load_data(DataSpec(test=path))
    assert "\n" not in caught.value.message


def test_a_parquet_file_spoilt_in_the_middle_is_one_line(tmp_path):
    import pyarrow as pa
    from pyarrow import parquet

    path = tmp_path / "rows.parquet"
    table = pa.table({"text": [f"row {i}" for i in range(5000)], "label": [str(i % 2) for i in range(5000)]})
    parquet.write_table(table, path, compression="gzip", use_dictionary=False)
    content = bytearray(path.read_bytes())
    content[1000:3000] = bytes(2000)
    path.write_bytes(content)
    with pytest.raises(UsageError, match="is not a whole Parquet file"):
        load_data(DataSpec(test=path))


def test_recipes_take_hub_ids():
    spec = DataSpec.parse(json.loads('{"hub": "nyu-mll/glue:mrpc", "text": "sentence1"}'), "data")
    assert spec.hub == "nyu-mll/glue:mrpc"


def saved(names=("train", "test")):
    import datasets

    label = datasets.Features({"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["no", "yes"])})
    rows = {"text": [f"row {number}" for number in range(6)], "label": [number % 2 for number in range(6)]}
    splits = {name: {"text": [f"{name} {text}" for text in rows["text"]], "label": rows["label"]} for name in names}
    return datasets.DatasetDict(
        {name: datasets.Dataset.from_dict(found, features=label) for name, found in splits.items()}
    )


def test_what_save_to_disk_wrote_is_read_with_the_names_of_its_classes(tmp_path):
    saved().save_to_disk(tmp_path / "sets")
    data = load_data(DataSpec.from_text(str(tmp_path / "sets")))
    assert (data.labels, len(data.train), len(data.test)) == (("no", "yes"), 6, 6)
    assert (data.test.texts[1], data.test.labels[1]) == ("test row 1", 1)


def test_one_saved_split_is_taken_as_test_rows(tmp_path):
    saved()["train"].save_to_disk(tmp_path / "one")
    data = load_data(DataSpec.from_text(str(tmp_path / "one")))
    assert (len(data.train), len(data.test)) == (0, 6)


def test_a_saved_folder_with_a_file_missing_is_refused(tmp_path):
    saved().save_to_disk(tmp_path / "sets")
    next((tmp_path / "sets" / "test").glob("*.arrow")).unlink()
    with pytest.raises(UsageError, match="cannot be loaded"):
        load_data(DataSpec.from_text(str(tmp_path / "sets")))
