"""Which evaluation counts: that on the data named, else on the lineage's own, else on the only one."""

from __future__ import annotations

import pytest
from record_makers import accuracy

from edgekit.bundle.manifest import Step
from edgekit.measure.evaluation_choice import Ambiguous, Elsewhere, on_data

HOME, OFFICE, GARDEN = "a" * 64, "b" * 64, "c" * 64


def record(data, sha256, value=90.0):
    name, _, split = data.rpartition("/")
    return accuracy(None, value, name=name, split=split, rows=sha256[0])


home, office = record("home/test", HOME), record("office/test", OFFICE)


def trained_on(*hashes, name="data.test"):
    return tuple(Step(stage="finetune", options={}, inputs={name: sha256}) for sha256 in hashes)


def choose(records, data, lineage):
    """The newest of the evaluations that count, None for none, or why none is chosen."""
    found = on_data(records, data, lineage)
    return (found[-1] if found else None) if isinstance(found, tuple) else found


def test_nothing_comes_of_nothing():
    assert choose((), None, ()) is None
    assert choose((record("home/train", HOME),), None, ()) is None
    assert choose((home,), "office", ()) is None


def test_the_only_test_rows_count_and_other_rows_only_by_name():
    train = record("home/train", GARDEN)
    assert choose((home, train), None, ()) == home
    assert choose((home, train), "home", ()) == home
    assert choose((home, train), "home/test", ()) == home
    assert choose((home, train), "home/train", ()) == train


@pytest.mark.parametrize("records", [(home, office), (office, home)])
def test_the_data_of_the_lineage_count_whatever_was_evaluated_last(records):
    assert choose(records, None, trained_on(HOME)) == home
    assert choose(records, None, trained_on(GARDEN, OFFICE)) == office
    assert choose(records, "office", trained_on(HOME)) == office
    # of a language model
    assert choose(records, None, trained_on(HOME, name="text.test")) == home
    # rows that it learned from are none that it is tested on
    assert isinstance(choose(records, None, trained_on(HOME, name="data.train")), Ambiguous)


@pytest.mark.parametrize("lineage", [(), trained_on(HOME, OFFICE)])
def test_of_several_without_a_word_none_counts_and_all_are_named(lineage):
    found = choose((home, office), None, lineage)
    assert found == Ambiguous(("home/test", "office/test"))
    for name, wanted in zip(found.names, (home, office), strict=True):
        assert choose((home, office), name, lineage) == wanted


def test_other_rows_than_those_of_the_lineage_count_only_by_name():
    assert choose((home,), None, trained_on(GARDEN)) == Elsewhere(("home/test",))
    assert choose((home, office), None, trained_on(GARDEN)) == Elsewhere(("home/test", "office/test"))
    assert choose((home,), "home", trained_on(GARDEN)) == home


def test_sets_of_one_name_are_told_apart_by_their_hashes():
    first, second = record("data/test", HOME, 80), record("data/test", OFFICE, 99)
    found = choose((first, second), None, ())
    assert found == Ambiguous((HOME[:12], OFFICE[:12]))
    assert choose((first, second), "data", ()) == found
    assert [choose((first, second), name, ()) for name in found.names] == [first, second]
    assert choose((first, second), OFFICE, ()) == second
    assert choose((first, second), "data", trained_on(HOME)) == first
    # a digit or two name nothing
    assert choose((first, second), HOME[:7], ()) is None


def test_of_one_set_the_newest_counts_and_all_are_there():
    older, newer = record("home/test", HOME, 80), record("home/test", HOME, 85)
    assert choose((older, office, newer), None, trained_on(HOME)) == newer
    assert on_data((older, office, newer), None, trained_on(HOME)) == (older, newer)
    assert on_data((), None, ()) == ()
