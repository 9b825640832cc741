"""Parity at an export: how far a file may be from its reference, and that nothing wrong passes for that."""

from dataclasses import replace

import numpy as np
import onnx
import pytest
from bundles import build, quantized
from hypothesis import given
from hypothesis import strategies as st
from onnx import numpy_helper
from tiny_bundle import LABELS, TEXTS, make_bundle

from edgekit.agent.inference.classifier import open_classifier
from edgekit.errors import ParityError
from edgekit.export.parity import FLOAT, Tolerance
from edgekit.export.tasks.text_classification import ClassificationCase, check, is_tie, rounded_tolerance


@pytest.fixture(scope="module")
def classifier(tmp_path_factory):
    return open_classifier(make_bundle(tmp_path_factory.mktemp("parity") / "tiny", "onnx"))


@pytest.fixture(scope="module")
def cases(classifier):
    """What the file itself answers, as if that were its reference."""
    found = []
    for text, pair in TEXTS:
        encoding = classifier.tokenizer.encode(text, pair)
        prediction = classifier.head.predict(classifier.logits(encoding))
        given = text if pair is None else (text, pair)
        logits = prediction.logits.astype(np.float32)
        found.append(ClassificationCase(given, tuple(encoding.ids), logits, prediction.label))
    return found


def moved(cases, place, by):
    """The cases with one logit of one reference moved away from what the file answers."""
    logits = cases[place].logits.copy()
    index = int(np.abs(logits).argmin())
    logits[index] += by * (1 if logits[index] >= 0 else -1)
    return [*cases[:place], replace(cases[place], logits=logits), *cases[place + 1 :]]


@pytest.mark.parametrize("place", range(len(TEXTS)))
def test_a_rounded_file_may_be_off_by_a_twentieth_and_a_fiftieth_of_the_logit(classifier, cases, place):
    allowed = rounded_tolerance(cases, cases)
    smallest = float(np.abs(cases[place].logits).min())
    # |difference| = 0.05 + 0.02 * |reference|, whose reference moves with it
    limit = (0.05 + 0.02 * smallest) / 0.98
    check(classifier, moved(cases, place, 0.99 * limit), allowed, "simulation")
    with pytest.raises(ParityError, match="does not reproduce its simulation"):
        check(classifier, moved(cases, place, 1.01 * limit), allowed, "simulation")


@pytest.mark.parametrize("by", [2e-4, 1e-3, 0.1])
def test_a_float_file_may_be_off_by_the_order_of_additions(classifier, cases, by):
    smallest = float(np.abs(cases[0].logits).min())
    check(classifier, moved(cases, 0, 0.9e-4 * (1 + smallest)), FLOAT, "checkpoint")
    with pytest.raises(ParityError, match="does not reproduce its checkpoint"):
        check(classifier, moved(cases, 0, by * (1 + smallest)), FLOAT, "checkpoint")


def test_what_rounding_moves_widens_the_tolerance_by_half_as_much_again(cases):
    unrounded = moved(cases, 1, 0.2)
    assert rounded_tolerance(cases, unrounded) == Tolerance(0.3, 0.02)
    assert rounded_tolerance(cases, moved(cases, 1, 0.01)) == Tolerance(0.05, 0.02)


def with_other_label(case, lead):
    """A reference of which the other of the two best labels leads by `lead`."""
    logits = case.logits.copy()
    best, other = (int(index) for index in np.argsort(-logits)[:2])
    middle = (logits[best] + logits[other]) / 2
    logits[best], logits[other] = middle - lead / 2, middle + lead / 2
    return replace(case, logits=logits, answer=LABELS[other])


def test_another_label_is_an_error_though_every_logit_is_within_the_tolerance(classifier, cases):
    margin = cases[0].margin
    # both logits are (margin + lead) / 2 off
    clear, allowed = with_other_label(cases[0], 1.09 * margin), Tolerance(1.05 * margin, 0.0)
    assert float(np.abs(clear.logits - cases[0].logits).max()) < allowed.atol
    with pytest.raises(ParityError):
        check(classifier, [clear], allowed, "simulation")
    assert check(classifier, [with_other_label(cases[0], 1.04 * margin)], allowed, "simulation").labels_equal == 0


@given(st.floats(0.01, 10), st.floats(-20, 20), st.floats(0, 1), st.floats(0, 0.1))
def test_a_tie_is_a_lead_within_one_tolerance(lead, lower, atol, rtol):
    case = ClassificationCase("a", (1,), np.array([lower, lower + lead, lower - 5], np.float32), "b")
    largest = max(abs(float(value)) for value in case.logits)
    limit = atol + rtol * largest
    if not np.isclose(case.margin, limit, rtol=1e-5):
        assert is_tie(case, Tolerance(atol, rtol)) == (case.margin < limit)


def test_one_label_is_never_a_tie():
    assert not is_tie(ClassificationCase("a", (1,), np.array([3.0], np.float32), "a"), Tolerance(10, 10))


def off_by_one(path, place):
    """One integer of one weight, the `place`-th, one higher or lower: its lowest bit is another."""
    model = onnx.load(path)
    values = [each for each in model.graph.initializer if each.data_type in (2, 3) and len(each.dims) > 1]
    value = values[place % len(values)]
    array = numpy_helper.to_array(value).copy()
    index = np.unravel_index(place * 7919 % array.size, array.shape)
    array[index] ^= 1
    value.CopyFrom(numpy_helper.from_array(array, value.name))
    onnx.save(model, path)


@pytest.mark.parametrize("place", [0, 7, 20])
@pytest.mark.parametrize("scheme", ["int8-weight", "int8-dynamic", "int8-static", "int4-weight"])
def test_one_integer_that_is_off_by_one_is_noticed(model, tokenizer, tmp_path, monkeypatch, scheme, place):
    from edgekit.export.onnx import format

    written = format.write_encoder_graph

    def broken(model, weights, path, **options):
        file = written(model, weights, path, **options)
        off_by_one(path, place)
        return file

    monkeypatch.setattr(format, "write_encoder_graph", broken)
    with pytest.raises(ParityError, match=r"holds other integers than the plan for \d+ of \d+ rows of .*weight"):
        build(quantized(model, tokenizer, scheme), tmp_path / "broken")
