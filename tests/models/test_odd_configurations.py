"""Configurations as people have them: answers as tuples, heads pruned before, rarer activations, sizes that differ."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from command_line import edgekit
from tiny_checkpoint import TEXTS, tiny_classifier, tiny_tokenizer

from edgekit.agent.inference.classifier import open_classifier
from edgekit.models.checkpoint import load_classifier, load_tokenizer, open_checkpoint, save_checkpoint

DATA = "text\tlabel\n" + "".join(f"{text}\t{label}\n" for text in TEXTS for label in ("lights", "weather", "alarm"))


@pytest.fixture(scope="module", params=["bert"])
def checkpoint(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("odd") / "start"
    folder.mkdir()
    tokenizer = tiny_tokenizer(request.param)
    save_checkpoint(tiny_classifier(tokenizer, family=request.param), tokenizer, folder, lineage=())
    return folder


def changed(checkpoint, out, **values):
    """A copy with other values in its configuration; None takes a key out."""
    shutil.copytree(checkpoint, out)
    config = json.loads((out / "config.json").read_text()) | values
    (out / "config.json").write_text(json.dumps({name: value for name, value in config.items() if value is not None}))
    return out


def by_transformers(folder, text):
    """The logits of a text, by transformers alone."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    with torch.no_grad():
        return model(**AutoTokenizer.from_pretrained(folder)(text, return_tensors="pt"))[0][0].numpy()


def exported(folder, out, *words):
    code, _, err = edgekit("export", folder, "--format", "onnx", "--scheme", "float", "-o", out, "--force", *words)
    assert code == 0, err
    return out / "onnx"


@pytest.mark.parametrize(
    "values",
    [
        {"return_dict": False},
        {"torchscript": True},
        {"output_attentions": True, "output_hidden_states": True},
        {"pruned_heads": {"7": [0, 1]}},
        {"pruned_heads": {"0": [1], "1": [0, 2]}},
        {"hidden_act": "gelu_python"},
        {"chunk_size_feed_forward": 4},
    ],
    ids=lambda values: next(iter(values)),
)
def test_what_changes_no_number_changes_nothing(checkpoint, values, tmp_path):
    start = changed(checkpoint, tmp_path / "start", **values)
    (tmp_path / "rows.tsv").write_text(DATA)
    before = by_transformers(checkpoint, TEXTS[0])
    found = open_classifier(exported(start, tmp_path / "out")).classify(TEXTS[0])
    assert np.abs(found.logits - before).max() < 1e-4
    rows = ("--train", tmp_path / "rows.tsv", "--validation", tmp_path / "rows.tsv")
    for words in (
        ("evaluate", start, "--data", tmp_path / "rows.tsv"),
        ("finetune", start, *rows, "--epochs", 1, "-o", tmp_path / "tuned"),
        ("prune", start, *rows, "--heads", 0.5, "--epochs", 0, "-o", tmp_path / "pruned"),
    ):
        code, _, err = edgekit(*words)
        assert code == 0, err


def test_heads_that_transformers_pruned_stay_so(checkpoint, tmp_path):
    from transformers import AutoModelForSequenceClassification

    model = AutoModelForSequenceClassification.from_pretrained(checkpoint)
    if not hasattr(model.base_model.encoder.layer[0].attention, "prune_heads"):
        pytest.skip("this release of transformers prunes no heads")
    start = shutil.copytree(checkpoint, tmp_path / "start")
    model.prune_heads({0: [1], 1: [0, 2]})
    model.save_pretrained(start)
    (start / "edgekit.json").unlink()
    loaded = load_classifier(open_checkpoint(start))
    import torch

    with torch.no_grad():
        given = load_tokenizer(open_checkpoint(start))(TEXTS[0], return_tensors="pt")
        expected, found = model.eval()(**given).logits, loaded(**given).logits
    assert torch.allclose(expected, found, atol=1e-5)
    out = exported(start, tmp_path / "out")
    assert [block["heads"] for block in json.loads((out / "manifest.json").read_text())["blocks"]] == [3, 2]


@pytest.mark.parametrize(
    "activation",
    ["silu", "quick_gelu", "mish", "tanh", "sigmoid", "relu6", "leaky_relu", "gelu_fast", "gelu_accurate", "relu"],
)
def test_rarer_activations_are_computed(checkpoint, activation, tmp_path):
    start = changed(checkpoint, tmp_path / "start", hidden_act=activation)
    found = open_classifier(exported(start, tmp_path / "out")).classify(TEXTS[0])
    assert np.abs(found.logits - by_transformers(start, TEXTS[0])).max() < 1e-3


@pytest.mark.parametrize("positions", ["relative_key", "relative_key_query"])
def test_relative_positions_go_by_the_exporter_that_knows_them(positions, tmp_path):
    transformers = pytest.importorskip("transformers")
    if int(transformers.__version__.partition(".")[0]) >= 5:
        pytest.skip("transformers 5 computes no relative positions for BERT")
    import torch

    tokenizer = tiny_tokenizer("bert")
    config = transformers.BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=48,
        position_embedding_type=positions,
    )
    torch.manual_seed(0)
    model = transformers.BertForSequenceClassification(config).eval()
    for parameter in model.parameters():
        parameter.data = torch.randn_like(parameter) * 0.3
    model.save_pretrained(tmp_path / "start")
    tokenizer.save_pretrained(tmp_path / "start")
    bundle = exported(tmp_path / "start", tmp_path / "out")
    for text in (TEXTS[0], " ".join(TEXTS), "lights"):
        with torch.no_grad():
            expected = model(**tokenizer(text, truncation=True, max_length=48, return_tensors="pt")).logits[0].numpy()
        assert np.abs(open_classifier(bundle).classify(text).logits - expected).max() < 1e-3
    code, _, err = edgekit("quantize", tmp_path / "start", "--scheme", "int8-dynamic", "-o", tmp_path / "q")
    assert (code, f"{positions} positions cannot be taken apart" in err) == (2, True), err


def refused(words, sentence):
    code, _, err = edgekit(*words)
    assert code == 2, err
    assert sentence in " ".join(err.split())
    assert not any(word in err for word in ("Traceback", "fault of edgekit", "IndexError"))


def test_tokens_without_a_row_of_the_embedding_are_refused_by_every_command(checkpoint, tmp_path):
    start = shutil.copytree(checkpoint, tmp_path / "start")
    tokenizer = load_tokenizer(open_checkpoint(start))
    tokenizer.add_tokens(["covidxyz"])
    tokenizer.save_pretrained(start)
    (tmp_path / "rows.tsv").write_text(DATA)
    rows = ("--train", tmp_path / "rows.tsv", "--validation", tmp_path / "rows.tsv")
    for words in (
        ("export", start, "--scheme", "float", "-o", tmp_path / "out"),
        ("evaluate", start, "--data", tmp_path / "rows.tsv"),
        ("finetune", start, *rows, "-o", tmp_path / "out"),
        ("distill", start, *rows, "--student", "layers=1", "-o", tmp_path / "out"),
        ("distill", checkpoint, "--student-from", start, *rows, "-o", tmp_path / "out"),
        ("prune", start, *rows, "--heads", 0.5, "-o", tmp_path / "out"),
    ):
        refused(words, "its tokenizer has the token 'covidxyz' with the number")
        assert not (tmp_path / "out").exists()


def test_a_vocabulary_that_the_configuration_leaves_out_is_that_of_its_family(checkpoint, tmp_path):
    start = changed(checkpoint, tmp_path / "start", vocab_size=None)
    with (start / "tokenizer.json").open() as file:
        tokenizer = json.load(file)
    tokenizer["model"]["vocab"]["far"] = 40_000
    (start / "tokenizer.json").write_text(json.dumps(tokenizer))
    refused(("export", start, "--scheme", "float", "-o", tmp_path / "out"), "the token 'far' with the number 40000")


def test_a_key_that_cannot_be_set_is_told_in_one_sentence_alone(checkpoint, tmp_path, capfd):
    start = changed(checkpoint, tmp_path / "start", use_return_dict=False)
    code, out, err = edgekit("export", start, "--scheme", "float", "-o", tmp_path / "out")
    assert (code, out, len(err.strip().splitlines())) == (2, "", 1), err
    assert "use_return_dict" in err
    assert "Can't set" not in "".join(capfd.readouterr())


def test_pairs_on_one_token_type_are_refused_by_every_command(checkpoint, tmp_path):
    from safetensors.torch import load_file, save_file

    start = changed(checkpoint, tmp_path / "start", type_vocab_size=1)
    weights = load_file(start / "model.safetensors")
    name = "bert.embeddings.token_type_embeddings.weight"
    weights[name] = weights[name][:1].clone()
    save_file(weights, start / "model.safetensors", {"format": "pt"})
    pairs = tmp_path / "pairs.tsv"
    found = [line.split("\t") for line in DATA.splitlines()[1:]]
    pairs.write_text("text\ttext_pair\tlabel\n" + "".join(f"{text}\twhy\t{label}\n" for text, label in found))
    rows = ("--train", pairs, "--validation", pairs)
    for words in (
        ("evaluate", start, "--data", pairs),
        ("finetune", start, *rows, "-o", tmp_path / "out"),
        ("distill", start, *rows, "--student", "layers=1", "-o", tmp_path / "out"),
        ("prune", start, *rows, "--heads", 0.5, "-o", tmp_path / "out"),
    ):
        refused(words, "takes single texts: it knows one token type")
    bundle = exported(start, tmp_path / "out")
    assert np.abs(open_classifier(bundle).classify(TEXTS[0]).logits - by_transformers(start, TEXTS[0])).max() < 1e-4
    refused(("predict", bundle, "the cat", "--pair", "the dog"), "this model takes single texts")
    refused(("evaluate", bundle, "--data", pairs), "this model takes single texts")


def test_a_bundle_that_takes_pairs_has_nothing_to_say_of_it(checkpoint, tmp_path):
    bundle = exported(checkpoint, tmp_path / "out")
    assert "pairs" not in json.loads((bundle / "manifest.json").read_text())
    assert len(open_classifier(bundle).classify("the cat", "the dog").logits) == 3


def test_texts_are_not_cut_or_padded_on_the_left_unseen(checkpoint, tmp_path):
    start = shutil.copytree(checkpoint, tmp_path / "start")
    (tmp_path / "rows.tsv").write_text(DATA)
    tell_tokenizer(start, truncation_side="left")
    rows = ("--train", tmp_path / "rows.tsv", "--validation", tmp_path / "rows.tsv")
    refused(("finetune", start, *rows, "-o", tmp_path / "out"), "cuts long texts on the left")
    refused(("export", start, "--scheme", "float", "-o", tmp_path / "out"), "cuts long texts on the left")
    tell_tokenizer(start, truncation_side="right", padding_side="left")
    tokenizer = load_tokenizer(open_checkpoint(start))
    masks = tokenizer([TEXTS[0], "lights"], padding=True)["attention_mask"]
    assert (masks[1][0], masks[1][-1]) == (1, 0)


def tell_tokenizer(checkpoint, **settings):
    path = checkpoint / "tokenizer_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | settings))


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        (
            {"id2label": {"0": 0, "1": 1, "2": 2}},
            "the labels in id2label must be texts, each one once: 0 is none put them in quotes",
        ),
        ({"id2label": {"0": "a", "1": "b", "3": "c"}}, "id2label must give a label to each number from 0 on"),
        ({"id2label": None, "num_labels": 10**9}, "num_labels must be a number from 1 to 100,000"),
    ],
)
def test_labels_that_cannot_be_read_are_refused_with_what_to_do(checkpoint, labels, sentence, tmp_path):
    start = changed(checkpoint, tmp_path / "start", **labels)
    refused(("export", start, "--scheme", "float", "-o", tmp_path / "out"), sentence)


def test_weights_of_another_kind_come_with_how_to_convert_them(checkpoint, tmp_path):
    start = shutil.copytree(checkpoint, tmp_path / "start")
    (start / "model.safetensors").rename(start / "pytorch_model.bin")
    refused(("export", start, "-o", tmp_path / "out"), "save_pretrained(FOLDER, safe_serialization=True)")


def test_as_many_labels_as_the_configuration_counts(checkpoint, tmp_path):
    start = changed(checkpoint, tmp_path / "start", id2label=None, label2id=None, num_labels=3)
    assert open_checkpoint(start).labels == ("LABEL_0", "LABEL_1", "LABEL_2")
    bundle = exported(start, tmp_path / "out")
    assert json.loads((bundle / "manifest.json").read_text())["labels"] == ["LABEL_0", "LABEL_1", "LABEL_2"]
