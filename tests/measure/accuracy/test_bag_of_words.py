"""The bag of words beside scikit-learn's on the same rows, where `evaluate` shows it, and the hints that follow."""

from __future__ import annotations

import json

import numpy as np
import pytest
from command_line import edgekit
from record_makers import accuracy
from tiny_recipe import rows

from edgekit.bundle.evaluation import ClassScore
from edgekit.data.splits import load_data
from edgekit.measure.accuracy.bag_of_words import bag_of_words
from edgekit.measure.accuracy.hints import evaluation_hints
from edgekit.options.data_options import DataSpec


def test_it_is_as_good_as_that_of_a_library():
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    data = load_data(DataSpec.from_text("smart-home"))
    train, test = data.train.take(range(0, 16000, 6)), data.test.take(range(0, 4000, 4))
    reference = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2), LogisticRegression(C=10, max_iter=100)
    ).fit(list(train.texts), list(train.labels))
    theirs = (reference.predict(list(test.texts)) == test.labels).mean()
    found = bag_of_words(train.pairs_of_text(), train.labels, test.pairs_of_text())
    ours = (found == test.labels).mean()
    assert ours == pytest.approx(theirs, abs=0.03) and ours > 0.6, (ours, theirs)
    again = bag_of_words(train.pairs_of_text(), train.labels, test.pairs_of_text())
    assert (again == found).all()


@pytest.mark.parametrize("swap", [False, True])
def test_the_halves_of_a_pair_are_told_apart(swap):
    generator = np.random.default_rng(0)
    words = np.array(["lamp", "door", "song", "rain"])
    made = []
    for _ in range(400):
        first, second = words[generator.permutation(4)[:2]]
        made.append(((first, second), int(first in ("lamp", "door"))))
    asked = [(pair[::-1], label) if swap else (pair, label) for pair, label in made[300:]]
    found = bag_of_words([pair for pair, _ in made[:300]], [y for _, y in made[:300]], [pair for pair, _ in asked])
    right = float(np.mean(found == [label for _, label in asked]))
    assert (right < 0.6) if swap else (right > 0.95)


def test_texts_without_spaces_and_without_words():
    texts = [("这个房间很好", None), ("房间太差了", None)] * 40
    asked = [("很好", None), ("太差", None), ("", None), ("!?", None)]
    found = bag_of_words(texts, [1, 0] * 40, asked)
    assert found[:2].tolist() == [1, 0] and len(found) == 4


def test_evaluate_and_the_report_show_it(finished_run):
    _, folder, summary = finished_run
    learned = [((text, None), sorted({"door", "light", "music"}).index(label)) for text, label in rows(600, 0)]
    asked = rows(150, 2)
    given = bag_of_words([pair for pair, _ in learned], [y for _, y in learned], [(text, None) for text, _ in asked])
    share = 100 * np.mean(given == [["door", "light", "music"].index(label) for _, label in asked])
    code, out, err = edgekit("evaluate", folder / "teacher", "--data", folder.parent / "data", "--json")
    assert code == 0, err
    assert json.loads(out)["bag_of_words"] == pytest.approx(share)
    _, out, _ = edgekit("evaluate", folder / "teacher", "--data", folder.parent / "data")
    said = f"on these rows a bag of words has {share:.2f} %, the most frequent label 33.33 %"
    assert said in out
    assert said in (folder / "report.md").read_text() and said in (folder / "report.html").read_text()
    assert all(model.accuracy.bag_of_words == pytest.approx(share) for model in summary.models)
    # of test rows alone nothing can be learned
    _, out, _ = edgekit("evaluate", folder / "teacher", "--test", folder.parent / "data" / "test.tsv", "--json")
    assert json.loads(out)["bag_of_words"] is None


def score(label, rows, predicted):
    f1 = 50.0 if predicted else 0.0
    return ClassScore(
        label=label, rows=rows, predicted=predicted, precision=f1 or None, recall=f1, f1=f1, low=f1, high=f1
    )


def test_hints():
    classes = (score("on", 60, 100), score("off", 39, 0), score("dim", 1, 0))
    found = list(evaluation_hints(accuracy("a", 60.0, classes=classes)))
    assert "no better than saying on always" in found[0] and "60 of the 100 rows" in found[0]
    assert "2 labels were never predicted (off, dim)" in found[1] and "--class-weights balanced" in found[1]
    even = (score("on", 50, 50), score("off", 50, 50))
    assert list(evaluation_hints(accuracy("a", 80.0, classes=even, bag_of_words=79.0))) == []
    (worse,) = evaluation_hints(accuracy("a", 80.0, classes=even, bag_of_words=81.5))
    assert worse.startswith("a bag of words does better (81.50 %)")
