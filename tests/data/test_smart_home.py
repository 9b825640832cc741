"""The embedded data set: pinned, split cleanly, and out of reach for a bag of words."""

import hashlib
import json
import subprocess
import sys
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from edgekit.data.smart_home import LABELS, OUT_OF_SCOPE, Example, generate, templates
from edgekit.data.smart_home.constructions import CONSTRUCTIONS
from edgekit.data.smart_home.hard import ROLE
from edgekit.options.stage_options import SplitName

ROOT = Path(__file__).parents[2]
ROWS: dict[SplitName, int] = {"train": 16_000, "validation": 2_000, "test": 4_000}

# A change of any word, template or rate shows here; then run scripts/baseline_smart_home.py again, too.
SHA256: dict[SplitName, str] = {
    "train": "526878f6fae19c827d1dfa7ae2d808a40433938f4a7aac3baef46f4ac38259f7",
    "validation": "04acc28764f0d07fd808761a9ab1d50e77c6db2c126725ee729c8328b1862666",
    "test": "54f5d76b7350a56408261992965d10bb0b1d382e3529f319e8cf42547d33be2d",
}


@pytest.fixture(scope="module")
def splits() -> dict[SplitName, list[Example]]:
    return {split: generate(split) for split in ROWS}


@pytest.fixture(scope="module")
def baseline(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    pytest.importorskip("sklearn")
    out = tmp_path_factory.mktemp("baseline") / "result.json"
    script = ROOT / "scripts" / "baseline_smart_home.py"
    subprocess.run([sys.executable, str(script), "--out", str(out)], check=True, cwd=ROOT, capture_output=True)
    result: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return result


def test_default_splits_are_pinned(splits: dict[SplitName, list[Example]]) -> None:
    assert {split: len(rows) for split, rows in splits.items()} == ROWS
    found = {split: hashlib.sha256(json.dumps(rows).encode()).hexdigest() for split, rows in splits.items()}
    assert found == SHA256


def test_the_same_arguments_give_the_same_rows_and_another_seed_gives_others() -> None:
    assert generate("test", 50, seed=3) == generate("test", 50, seed=3)
    assert generate("test", 50, seed=3) != generate("test", 50, seed=4)


def test_fewer_rows_are_the_first_rows(splits: dict[SplitName, list[Example]]) -> None:
    assert generate("train", 100) == splits["train"][:100]


def test_labels(splits: dict[SplitName, list[Example]]) -> None:
    assert len(LABELS) == 17
    assert list(LABELS) == sorted(set(LABELS))
    assert OUT_OF_SCOPE in LABELS
    for rows in splits.values():
        counts = {label: sum(row.label == label for row in rows) for label in LABELS}
        assert sum(counts.values()) == len(rows)
        assert min(counts.values()) > 0.04 * len(rows)


@pytest.mark.parametrize(("one", "other"), list(combinations(ROWS, 2)))
def test_no_template_and_no_text_stands_in_two_splits(
    one: SplitName, other: SplitName, splits: dict[SplitName, list[Example]]
) -> None:
    assert not set(templates(one)) & set(templates(other))
    assert not {row.text for row in splits[one]} & {row.text for row in splits[other]}


def test_no_text_of_another_seed_leaks_into_training(splits: dict[SplitName, list[Example]]) -> None:
    train = {row.text for row in splits["train"]}
    assert not train & {row.text for row in generate("test", 1_000, seed=7)}


def test_texts_are_speakable(splits: dict[SplitName, list[Example]]) -> None:
    for rows in splits.values():
        assert len({row.text for row in rows}) == len(rows)
        assert all(1 <= len(row.text.split()) <= 32 for row in rows)
        assert not [row.text for row in rows if "{" in row.text or "  " in row.text or " ," in row.text]


def test_a_good_third_of_the_rows_is_hard(splits: dict[SplitName, list[Example]]) -> None:
    for rows in splits.values():
        assert 0.33 < sum(row.hard for row in rows) / len(rows) < 0.40


@pytest.mark.parametrize("split", list(ROWS))
def test_hard_templates_name_both_actions_in_the_same_form(split: SplitName) -> None:
    """Or else the form alone ("locking", "lock") would tell which one is wanted."""
    own = CONSTRUCTIONS[split]
    for template in (*own.choice, *own.state, *own.order):
        assert sorted(role[1] for role in ROLE.finditer(template)) == ["no", "yes"], template
        assert len({role[2] for role in ROLE.finditer(template)}) == 1, template


@pytest.mark.slow
def test_a_bag_of_words_stays_below_85_percent(baseline: dict[str, Any]) -> None:
    assert 0.75 < baseline["test"] <= 0.85


@pytest.mark.slow
def test_a_bag_of_words_guesses_on_the_hard_rows(baseline: dict[str, Any]) -> None:
    """Two actions are named, so chance is one half."""
    assert baseline["test_hard"] < 0.60
    assert baseline["test_hard_trained_on_hard_alone"] < 0.60
