"""Published data sets as they are: EDGEKIT_REAL_DATA names the folder that holds sst2/, banking77/ and others."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

import pytest

from edgekit.data.splits import load_data
from edgekit.errors import EdgekitWarning, NoLabelError
from edgekit.options.data_options import DataSpec

FOLDER = Path(os.environ.get("EDGEKIT_REAL_DATA", "../shared/data"))
# rows of training, validation and test (a validation split that is not published is a tenth of training), labels,
# and the beginnings of the first training and the last test row
SETS: dict[str, tuple[tuple[int, int, int], int, str, str]] = {
    "sst2": ((67_349, 872, 1_821), 2, "hide new secretions", "but here 's the real damn"),
    "banking77": ((9_003, 1_000, 3_080), 77, "I am still waiting on my card?", "Can the card be mailed"),
    "mrpc": ((3_669, 407, 1_725), 2, 'Amrozi accused his brother, whom he called "the witness"', "Sobig.F spreads"),
    "trec6": ((4_907, 545, 500), 6, "How did serfdom develop", "What is e-coli ?"),
}
CHINESE = "chnsenticorp"


def spec_of(name: str, **options: Any) -> DataSpec:
    if not (FOLDER / name).is_dir():
        pytest.skip(f"{FOLDER / name} is absent; EDGEKIT_REAL_DATA names the folder that holds it")
    return DataSpec.parse(DataSpec.from_text(str(FOLDER / name)).model_dump(exclude_defaults=True) | options, name)


@pytest.mark.real_data
@pytest.mark.parametrize("name", SETS)
def test_published_sets_load_whole(name):
    rows, labels, first, last = SETS[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", EdgekitWarning)
        data = load_data(spec_of(name))
    assert (len(data.train), len(data.validation), len(data.test)) == rows
    assert len(data.labels) == labels
    assert data.train.texts[0].startswith(first)
    assert data.test.texts[-1].startswith(last)
    assert (data.train.pairs is not None) == (name == "mrpc")


@pytest.mark.real_data
def test_questions_in_latin_1():
    spec = spec_of("trec6")
    with pytest.warns(EdgekitWarning, match="TREC.train is not UTF-8"):
        guessed = load_data(spec)
    declared = load_data(spec_of("trec6", encoding="latin-1"))
    assert guessed.sha256 == declared.sha256
    assert declared.labels == ("ABBR", "DESC", "ENTY", "HUM", "LOC", "NUM")
    assert len(load_data(spec_of("trec6", encoding="latin-1", label="fine")).labels) == 50


@pytest.mark.real_data
def test_chinese_reviews_without_a_header_and_with_unlabelled_test_rows():
    with pytest.warns(EdgekitWarning, match="test.tsv has a header"):
        data = load_data(spec_of(CHINESE, columns=["text", "label"]))
    assert (len(data.train), len(data.validation), data.labels) == (9_600, 1_200, ("negative", "positive"))
    assert data.train.texts[0].startswith("选择珠江花园的原因就是方便")
    with pytest.raises(NoLabelError, match="no label column among qid, text_a"):
        data.split("test")


@pytest.mark.real_data
def test_numbers_and_lines_of_published_files():
    data = load_data(spec_of("banking77"))
    assert any("\n" in text for text in data.train.texts)
    pairs = load_data(spec_of("mrpc"))
    assert sum(text.count('"') for text in pairs.test.texts) > 100
    assert sorted({*pairs.labels}) == ["0", "1"]
