"""A bundle as a function from text to label, on both runtimes."""

import numpy as np
import pytest
from tiny_bundle import LABELS, LENGTHS, TEXTS, reference_ids, reference_logits, seal, tiny_onnx, write_tflite

from edgekit.agent.errors import BadInput, GoldenMismatch, RuntimeFailed
from edgekit.agent.inference.bundle import open_bundle, read_golden
from edgekit.agent.inference.classifier import open_classifier
from edgekit.agent.inference.golden import run_golden
from edgekit.agent.runtimes.base import length_for, synthetic_feeds
from edgekit.agent.runtimes.registry import open_session


@pytest.mark.parametrize(("text", "pair"), TEXTS)
def test_logits_are_those_of_plain_numpy(bundle, text, pair):
    classifier = open_classifier(bundle)
    prediction = classifier.classify(text, pair)
    expected = reference_logits(reference_ids(text, pair))
    np.testing.assert_allclose(prediction.logits, expected, atol=1e-5)
    assert prediction.label == LABELS[int(expected.argmax())]
    softmax = np.exp(expected) / np.exp(expected).sum()
    assert prediction.score == pytest.approx(softmax.max(), rel=1e-5)


def test_answers_do_not_depend_on_what_ran_before(bundle):
    classifier = open_classifier(bundle)
    first = classifier.classify("open")
    kept = first.logits.copy()
    classifier.classify("lock the kitchen door now please warmer warmer")
    np.testing.assert_array_equal(first.logits, kept)
    np.testing.assert_array_equal(classifier.classify("open").logits, kept)


def test_tflite_pads_to_the_smallest_length_that_holds_the_text(tflite_bundle):
    classifier = open_classifier(tflite_bundle)
    for words, length in ((1, 8), (6, 8), (7, 16), (14, 16), (40, 16)):
        feeds = classifier.feeds(classifier.tokenizer.encode(" ".join(["fan"] * words)))
        ids, mask = feeds["args_0"], feeds["args_1"]
        assert ids.shape == mask.shape == (1, length)
        assert mask.sum() == min(words + 2, 16)
        assert not ids[mask == 0].any()


def test_onnx_takes_any_length_and_cuts_at_the_models_own(onnx_bundle):
    classifier = open_classifier(onnx_bundle)
    for words in (1, 9, 30, 31, 100):
        feeds = classifier.feeds(classifier.tokenizer.encode(" ".join(["fan"] * words)))
        assert feeds["input_ids"].shape == (1, min(words + 2, 32))


def test_third_input_holds_the_segments(onnx_bundle):
    import onnx

    path = onnx_bundle / "model.onnx"
    model = onnx.load(path)
    # logits + 100 * (number of tokens of the second text)
    model.graph.input.append(
        onnx.helper.make_tensor_value_info("token_type_ids", onnx.TensorProto.INT64, ["batch", "length"])
    )
    model.graph.node[-1].output[0] = "before"
    hundred = onnx.numpy_helper.from_array(np.array(100, np.float32), "hundred")
    model.graph.initializer.append(hundred)
    model.graph.node.extend(
        [
            onnx.helper.make_node("Cast", ["token_type_ids"], ["types"], to=onnx.TensorProto.FLOAT),
            onnx.helper.make_node("ReduceSum", ["types", "axis1"], ["count"], keepdims=1),
            onnx.helper.make_node("Mul", ["count", "hundred"], ["offset"]),
            onnx.helper.make_node("Add", ["before", "offset"], ["logits"]),
        ]
    )
    onnx.save(model, path)
    names = ("input_ids", "attention_mask", "token_type_ids")
    seal(onnx_bundle, inputs=tuple({"name": n, "dtype": "int64", "shape": (None, None)} for n in names))
    logits = open_classifier(onnx_bundle).classify("warmer please", "the bedroom fan").logits
    plain = reference_logits(reference_ids("warmer please", "the bedroom fan"))
    np.testing.assert_allclose(logits - plain, 400, atol=1e-3)


def test_golden_cases_are_reproduced(bundle):
    result = run_golden(open_classifier(bundle), read_golden(open_bundle(bundle)))
    assert result.cases == len(TEXTS)
    assert result.max_abs_difference < 1e-5


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ids": [2, 4, 9, 7, 8, 3]}, r"golden case 1 .*token 2 is 5, expected 9"),
        ({"ids": [2, 4, 5, 7, 8, 3, 3]}, r"golden case 1 .*6 tokens, expected 7"),
        ({"logits": [50.0, 0.0, 0.0]}, r"golden case 1 .*logit 0 is .*, expected 50 within"),
        ({"logits": [50.0]}, r"3 logits, expected 1"),
        ({"answer": "window"}, r"expected 'window'"),
    ],
)
def test_golden_mismatch_names_what_differs(onnx_bundle, change, message):
    from dataclasses import replace

    case, *others = read_golden(open_bundle(onnx_bundle))
    changed = replace(case, **{key: tuple(v) if isinstance(v, list) else v for key, v in change.items()})
    with pytest.raises(GoldenMismatch, match=message):
        run_golden(open_classifier(onnx_bundle), [changed, *others])


def test_a_file_that_answers_nan_is_no_match(onnx_bundle):
    classifier = open_classifier(onnx_bundle)
    classifier.logits = lambda encoding: np.full(3, np.nan, np.float32)
    with pytest.raises(GoldenMismatch, match="nan"):
        run_golden(classifier, read_golden(classifier.bundle))


def test_bare_files_get_inputs_made_up(tmp_path):
    onnx = open_session(tiny_onnx(tmp_path / "m.onnx"))
    assert onnx.lengths == ()
    assert [value.shape for value in synthetic_feeds(onnx, 5).values()] == [(1, 5), (1, 5)]
    assert onnx.run(synthetic_feeds(onnx, 5))[0].shape == (1, 3)
    fixed = open_session(tiny_onnx(tmp_path / "fixed.onnx", length=12))
    assert fixed.lengths == (12,)
    assert fixed.run(synthetic_feeds(fixed, 12))[0].shape == (1, 3)
    with pytest.raises(BadInput, match="13 tokens do not fit"):
        length_for(fixed, 13)


@pytest.mark.parametrize("signatures", [True, False])
def test_bare_tflite_with_and_without_signatures(tmp_path, signatures):
    lengths = LENGTHS if signatures else (16,)
    session = open_session(write_tflite(tmp_path / "m.tflite", lengths, signatures))
    assert session.lengths == lengths
    ids = np.array([[2, 4, 5, 3] + [0] * 12])
    names = [spec.name for spec in session.inputs(16)]
    logits = session.run(dict(zip(names, (ids, (ids > 0) * 1), strict=True)))[0]
    np.testing.assert_allclose(logits[0], reference_logits([2, 4, 5, 3]), atol=1e-5)
    feeds = synthetic_feeds(session, 16)
    assert feeds[names[0]].max() < 16
    assert (feeds[names[1]] == 1).all()


def test_files_that_cannot_be_opened(tmp_path, onnx_bundle):
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no model")
    with pytest.raises(RuntimeFailed, match=r"onnxruntime .* cannot load broken\.onnx"):
        open_session(broken)
    broken = broken.rename(tmp_path / "broken.tflite")
    with pytest.raises(RuntimeFailed, match=r"ai-edge-litert .* cannot load broken\.tflite"):
        open_session(broken)
    with pytest.raises(BadInput, match=r"neither \.onnx nor \.tflite"):
        open_session(onnx_bundle / "config.json")
    with pytest.raises(BadInput, match="does not read"):
        open_session(onnx_bundle / "model.onnx", runtime="tflite-runtime")


def test_wrong_number_of_labels_is_an_error(onnx_bundle):
    seal(onnx_bundle, labels=("a", "b"))
    with pytest.raises(RuntimeFailed, match="3 logits for 2 labels"):
        open_classifier(onnx_bundle).classify("open")
