"""Token types as the tokenizer of a checkpoint gives them, whatever is usual in its family: pairs show it."""

from __future__ import annotations

import json

import numpy as np
import pytest
from command_line import edgekit
from tiny_checkpoint import LABELS, TEXTS, tiny_tokenizer

from edgekit.agent.inference.classifier import open_classifier
from edgekit.models.token_types import gives_types

PAIRS = [(text, TEXTS[-number - 1]) for number, text in enumerate(TEXTS)]
TYPED, UNTYPED = ["input_ids", "token_type_ids", "attention_mask"], ["input_ids", "attention_mask"]
# model, its own settings, what its tokenizer gives, whether its bundle reads types, and whether it takes pairs
KINDS = {
    "bert without types": ("Bert", {}, UNTYPED, False, True),
    "bert with one type, never given": ("Bert", {"type_vocab_size": 1}, UNTYPED, False, True),
    "albert without types": ("Albert", {"embedding_size": 16}, UNTYPED, False, True),
    "roberta with types": ("Roberta", {"pad_token_id": 0}, TYPED, True, True),
    "roberta without types": ("Roberta", {"pad_token_id": 0}, UNTYPED, False, True),
    "electra without types": ("Electra", {"embedding_size": 16}, UNTYPED, False, True),
    "electra with one type": ("Electra", {"embedding_size": 16, "type_vocab_size": 1}, TYPED, None, False),
    "xlm-roberta with types": ("XLMRoberta", {"pad_token_id": 0}, TYPED, None, None),
}


def made(folder, name, settings, inputs):
    """A checkpoint whose token types matter, and its tokenizer as transformers opens it."""
    import torch
    import transformers

    tokenizer = tiny_tokenizer("bert")
    shape = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 4, "intermediate_size": 48}
    shape |= {"type_vocab_size": 2, "max_position_embeddings": 64, "id2label": dict(enumerate(LABELS))}
    config = getattr(transformers, f"{name}Config")(vocab_size=len(tokenizer), **(shape | settings))
    torch.manual_seed(0)
    model = getattr(transformers, f"{name}ForSequenceClassification")(config).eval()
    for parameter in model.parameters():
        parameter.data = torch.randn_like(parameter) * 0.3
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    saved = folder / "tokenizer_config.json"
    saved.write_text(json.dumps(json.loads(saved.read_text()) | {"model_input_names": inputs}))
    return model, transformers.AutoTokenizer.from_pretrained(folder)


def logits(model, tokenizer, *texts):
    import torch

    with torch.no_grad():
        return model(**tokenizer(*texts, return_tensors="pt")).logits[0].numpy()


@pytest.mark.parametrize("kind", KINDS)
def test_a_pair_is_read_as_transformers_reads_it(kind, tmp_path):
    name, settings, inputs, reads, pairs = KINDS[kind]
    model, tokenizer = made(tmp_path / "start", name, settings, inputs)
    code, _, err = edgekit(
        "export", tmp_path / "start", "--format", "onnx", "--scheme", "float", "-o", tmp_path / "out"
    )
    assert code == 0, err
    manifest = json.loads((tmp_path / "out" / "onnx" / "manifest.json").read_text())
    read = "token_type_ids" in {spec["name"] for spec in manifest["inputs"]}
    if reads is None:  # that is the exporter's choice
        reads = read
    if pairs is None:  # where it passes over types it takes no pairs
        pairs = read
    assert (read, manifest.get("pairs", True)) == (reads, pairs)
    classifier = open_classifier(tmp_path / "out" / "onnx")
    assert np.abs(classifier.classify(TEXTS[0]).logits - logits(model, tokenizer, TEXTS[0])).max() < 1e-4
    if not pairs:
        code, _, err = edgekit("predict", tmp_path / "out" / "onnx", *PAIRS[0][:1], "--pair", PAIRS[0][1])
        assert (code, "takes single texts" in err) == (2, True), err
        return
    for pair in PAIRS:
        assert np.abs(classifier.classify(*pair).logits - logits(model, tokenizer, *pair)).max() < 1e-4
    told = [LABELS[int(logits(model, tokenizer, *pair).argmax())] for pair in PAIRS]
    rows = [{"text": one, "text_pair": two, "label": label} for (one, two), label in zip(PAIRS, told, strict=True)]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    code, out, err = edgekit("evaluate", tmp_path / "start", "--data", tmp_path / "rows.jsonl", "--json")
    assert code == 0, err
    assert json.loads(out)["accuracy"] == 100


@pytest.mark.parametrize("format", ["onnx", pytest.param("tflite", marks=pytest.mark.slow)])
@pytest.mark.parametrize("pad", [0, 7])
def test_what_a_roberta_calls_padding_counts_for_no_position_within_a_text(pad, format, tmp_path):
    """Also where its configuration calls another token so than its tokenizer does."""
    model, tokenizer = made(tmp_path / "start", "Roberta", {"pad_token_id": pad}, UNTYPED)
    words = ("--format", format, "--scheme", "float", "--max-length", 32, "-o", tmp_path / "out")
    code, _, err = edgekit("export", tmp_path / "start", *words)
    assert code == 0, err
    classifier, token = open_classifier(tmp_path / "out" / format), tokenizer.convert_ids_to_tokens(pad)
    ids = tokenizer(f"the {token} {token} kitchen {token} lights")["input_ids"]
    assert ids.count(pad) == 3
    for text in (f"the {token} {token} kitchen {token} lights", f"{token} turn", " ".join(TEXTS), *TEXTS):
        given = tokenizer(text, truncation=True, max_length=32, return_tensors="pt")
        assert np.abs(classifier.classify(text).logits - model(**given).logits[0].detach().numpy()).max() < 1e-4


@pytest.mark.parametrize("format", ["onnx", pytest.param("tflite", marks=pytest.mark.slow)])
def test_integers_keep_to_it(format, tmp_path):
    model, tokenizer = made(tmp_path / "start", *KINDS["bert without types"][:3])
    words = ("--format", format, "--scheme", "int8-dynamic", "-o", tmp_path / "out")
    code, _, err = edgekit("export", tmp_path / "start", *words)
    assert code == 0, err
    found = open_classifier(tmp_path / "out" / format).classify(*PAIRS[0]).logits
    assert np.abs(found - logits(model, tokenizer, *PAIRS[0])).max() < 0.15


@pytest.mark.parametrize(
    ("settings", "config", "expected"),
    [
        ({"tokenizer_class": "BertTokenizer"}, {}, True),
        ({"tokenizer_class": "DistilBertTokenizer"}, {}, False),
        ({"tokenizer_class": "BertTokenizer", "model_input_names": UNTYPED}, {}, False),
        ({"tokenizer_class": "TokenizersBackend"}, {}, False),
        ({"tokenizer_class": "PreTrainedTokenizerFast"}, {"transformers_version": "4.40.1"}, True),
        ({"tokenizer_class": "AlbertTokenizer"}, {"transformers_version": "5.1.0"}, False),
        ({"tokenizer_class": "OfAnotherRelease"}, {}, None),
        ({}, {}, None),
    ],
)
def test_what_a_saved_tokenizer_gives_does_not_depend_on_what_opens_it(settings, config, expected, tmp_path):
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(settings))
    assert gives_types(tmp_path, config) is expected
