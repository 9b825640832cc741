"""Perplexity of language models against transformers' own loss and a brute-force walk over every token."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from edgekit.cli import cli
from edgekit.errors import ToolError, UsageError
from edgekit.flows.evaluate.evaluate import is_language_model
from edgekit.flows.evaluate.perplexity import Baselines, perplexity
from edgekit.options.data_options import DataSpec
from edgekit.options.model_ref import ModelRef
from edgekit.options.stage_options import EvaluateOptions

STORIES = (
    "Once upon a time there was a little cat. The cat sat on the mat, and the cat was happy.",
    "从前有一只小猫。小猫很高兴。",
    "كان يا ما كان قطة صغيرة 🐈",
    "The dog ran and ran until the day was over.\nThen the dog slept.",
)
CONTEXT = 32


def byte_tokenizer():
    from tokenizers import ByteLevelBPETokenizer
    from transformers import PreTrainedTokenizerFast

    made = ByteLevelBPETokenizer()
    made.train_from_iterator(STORIES * 5, vocab_size=320, min_frequency=2, special_tokens=["<s>"])
    return PreTrainedTokenizerFast(tokenizer_object=made._tokenizer, bos_token="<s>", model_max_length=CONTEXT)


def config_of(family):
    from transformers import GPT2Config, GPTNeoXConfig, LlamaConfig

    narrow = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4}
    if family == "gpt2":
        return GPT2Config(vocab_size=320, n_embd=32, n_layer=2, n_head=4, n_positions=CONTEXT)
    made = {"llama": LlamaConfig, "gpt_neox": GPTNeoXConfig}[family]
    return made(vocab_size=320, max_position_embeddings=CONTEXT, bos_token_id=0, eos_token_id=0, **narrow)


def make_decoder(folder, family):
    """A random language model."""
    import torch
    from transformers import AutoModelForCausalLM

    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(config_of(family))
    for parameter in model.parameters():
        parameter.data *= 4 if parameter.ndim == 2 else 1
    model.save_pretrained(folder)
    byte_tokenizer().save_pretrained(folder)
    return folder


# the last is of a family that edgekit cannot take apart
@pytest.fixture(scope="module", params=["gpt2", "llama", "gpt_neox"])
def decoder(request, tmp_path_factory):
    return make_decoder(tmp_path_factory.mktemp("decoders") / request.param, request.param)


@pytest.fixture(scope="module")
def gpt2(tmp_path_factory):
    return make_decoder(tmp_path_factory.mktemp("decoders") / "gpt2", "gpt2")


def transformers_model(folder):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    return AutoModelForCausalLM.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)


def nats_of(model, known, wanted):
    """-ln p of each of the `wanted` ids after the `known` ones, all in one window."""
    import torch

    with torch.inference_mode():
        logits = model(torch.tensor([known + wanted[:-1]])).logits[0, len(known) - 1 :]
    return float(torch.nn.functional.cross_entropy(logits.double(), torch.tensor(wanted), reduction="sum"))


def rolling(ids, context, stride):
    """What is known and what is asked in each window, by the rule of lm-evaluation-harness; `ids` begin with BOS."""
    first = min(context, len(ids) - 1)
    yield ids[:1], ids[1 : first + 1]
    asked = first
    while asked < len(ids) - 1:
        count = min(stride, len(ids) - 1 - asked)
        end = asked + count
        yield ids[end - context : end][: context - count + 1], ids[end - count + 1 : end + 1]
        asked = end


def many_stories(count):
    """Stories of words in no order, so that none is like the one before."""
    generator = np.random.default_rng(1)
    words = [word for story in STORIES for word in story.split()]
    return tuple(" ".join(generator.choice(words, generator.integers(3, 14))) for _ in range(count))


def write_stories(path, stories=STORIES):
    if path.suffix == ".jsonl":
        path.write_text("".join(json.dumps({"text": story}) + "\n" for story in stories))
    elif path.suffix == ".json":
        path.write_text(json.dumps(stories))
    else:
        path.write_text("\n".join(stories))
    return path


def evaluate(*words):
    return CliRunner().invoke(cli, [str(word) for word in ("evaluate", *words)], standalone_mode=False)


# each kind of file and each stride once
FEW = [("txt", 10), ("jsonl", None), ("json", 1)]


def test_a_baseline_that_is_known_is_not_loaded_again(gpt2, tmp_path, monkeypatch):
    import edgekit.models.checkpoint

    path = tmp_path / "stories.txt"
    path.write_text("\n\n".join(STORIES))
    data, known = DataSpec(test=path), Baselines({})
    make_decoder(tmp_path / "other", "llama")
    alone = perplexity(tmp_path / "other", data, against={"gpt2": gpt2})
    loaded = []
    load = edgekit.models.checkpoint.load_decoder

    def counting(checkpoint, **options):
        loaded.append(checkpoint.path.name)
        return load(checkpoint, **options)

    monkeypatch.setattr(edgekit.models.checkpoint, "load_decoder", counting)
    first = perplexity(gpt2, data, against=known)
    known.models["gpt2"] = gpt2
    found = perplexity(tmp_path / "other", data, against=known)
    assert loaded == ["gpt2", "other"]
    assert found == alone
    assert found.increases[0].baseline_perplexity == first.perplexity


def test_a_text_that_fits_one_window_has_transformers_own_loss(tmp_path, decoder):
    import torch

    path = tmp_path / "short.txt"
    path.write_text("The cat sat. 🐈")
    model, tokenizer = transformers_model(decoder)
    ids = torch.tensor([[0, *tokenizer("The cat sat. 🐈").input_ids]])
    with torch.inference_mode():
        loss = float(model(ids, labels=ids).loss)
    result = evaluate(decoder, "--data", path, "--json")
    assert result.exception is None, result.exception
    found = json.loads(result.stdout)
    assert found["perplexity"] == pytest.approx(math.exp(loss), rel=1e-4)
    assert found["tokens"] == ids.shape[1] - 1
    assert found["bytes"] == len("The cat sat. 🐈".encode())
    assert found["bits_per_byte"] == pytest.approx(found["nats"] / math.log(2) / found["bytes"])
    assert found["low"] is None
    assert "too few windows to tell how sure this is" in evaluate(decoder, "--data", path).stdout


@pytest.mark.parametrize(
    ("kind", "stride"),
    [
        pytest.param(kind, stride, marks=() if (kind, stride) in FEW else pytest.mark.slow)
        for kind in ("txt", "jsonl", "json")
        for stride in (None, 1, 10)
    ],
)
def test_every_window_is_as_published(tmp_path, decoder, kind, stride):
    # an interval needs many windows, and each token its own window takes long
    stories = many_stories(5 if stride == 1 else 40)
    path = write_stories(tmp_path / f"stories.{kind}", stories)
    model, tokenizer = transformers_model(decoder)
    documents = ["\n".join(stories)] if kind == "txt" else stories
    nats, tokens = 0.0, 0
    for document in documents:
        ids = [0, *tokenizer(document).input_ids]
        for known, wanted in rolling(ids, CONTEXT, stride or CONTEXT):
            nats += nats_of(model, known, wanted)
            tokens += len(wanted)
    found = perplexity(decoder, DataSpec(test=path), EvaluateOptions(stride=stride))
    assert (found.tokens, found.documents) == (tokens, len(documents))
    assert found.nats == pytest.approx(nats, rel=1e-5)
    assert found.perplexity == pytest.approx(math.exp(nats / tokens), rel=1e-5)
    assert found.bytes == sum(len(document.encode()) for document in documents)
    assert (found.context, found.stride) == (CONTEXT, stride or CONTEXT)
    if stride != 1:
        assert found.low < found.perplexity < found.high
        assert found.bits_per_byte_low < found.bits_per_byte < found.bits_per_byte_high


def test_the_terminal_says_what_was_measured(tmp_path, gpt2):
    path = write_stories(tmp_path / "stories.json", many_stories(40))
    result = evaluate(gpt2, "--data", path, "--max-length", "16", "--stride", "8")
    assert result.exception is None, result.exception
    lines = result.stdout.splitlines()
    assert lines[0].startswith("perplexity ") and "95 %" in lines[0]
    assert lines[1].startswith("bits per byte ")
    assert "40 documents of stories, torch" in lines[2]
    assert lines[3].strip() == "windows of 16 tokens, each 8 further on"


@pytest.mark.parametrize(
    ("name", "content", "words", "complaint"),
    [
        ("a.txt", "", [], "holds no text"),
        ("a.json", "[]", [], "holds no text"),
        ("a.txt", "text", ["--stride", "33"], "a stride of 33 is more than the 32 tokens"),
        ("a.txt", "text", ["--against", "x=y", "--changes", "rows.csv"], "has no labels"),
        ("a.txt", "text", ["--against", "x"], "is not NAME=MODEL"),
        ("a.txt", "text", ["--split", "validation"], "tested on a file of text"),
        ("a.tsv", "text", [], "tested on text, not on '.tsv'"),
    ],
)
def test_what_is_wrong_is_one_line(tmp_path, gpt2, name, content, words, complaint):
    path = tmp_path / name
    path.write_text(content)
    error = evaluate(gpt2, "--data", path, *words).exception
    assert isinstance(error, UsageError)
    assert complaint in error.message
    assert "\n" not in error.message


def test_an_empty_file_ends_with_2(tmp_path, gpt2):
    (tmp_path / "a.txt").touch()
    command = [sys.executable, "-m", "edgekit", "evaluate", gpt2, "--data", tmp_path / "a.txt"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"error: {tmp_path / 'a.txt'} holds no text\n"


def test_a_tokenizer_of_another_model_and_weights_that_overflow(tmp_path, gpt2):
    from transformers import GPT2LMHeadModel

    config = config_of("gpt2")
    path = write_stories(tmp_path / "stories.txt")
    config.vocab_size = 100
    GPT2LMHeadModel(config).save_pretrained(tmp_path / "small")
    byte_tokenizer().save_pretrained(tmp_path / "small")
    with pytest.raises(UsageError, match=r"with the number \d+, and the model's embedding ends at 99"):
        perplexity(tmp_path / "small", DataSpec(test=path))
    broken, _ = transformers_model(gpt2)
    broken.transformer.ln_f.weight.data[:] = 3e38
    broken.save_pretrained(tmp_path / "broken")
    byte_tokenizer().save_pretrained(tmp_path / "broken")
    with pytest.raises(ToolError, match="no probability"):
        perplexity(tmp_path / "broken", DataSpec(test=path))


def test_what_foretells_text(gpt2, tiny_checkpoint, onnx_bundle):
    assert is_language_model(ModelRef(str(gpt2)))
    assert not is_language_model(ModelRef(str(tiny_checkpoint)))
    assert not is_language_model(ModelRef(str(onnx_bundle)))


@pytest.mark.real_data
def test_a_real_decoder_is_as_good_as_it_was_trained_to_be(tmp_path):
    shared = Path(os.environ.get("EDGEKIT_REAL_DATA", "../shared/data"))
    script, text = shared.parent / "tools" / "make_stories260k.py", shared / "tinystories"
    if not script.is_file() or not text.is_dir():
        pytest.skip(f"{script} or {text} is absent; EDGEKIT_REAL_DATA names the data folder beside the tools")
    subprocess.run([sys.executable, script, tmp_path / "model"], check=True, capture_output=True)
    sample = (text / "tinystories_valid_sample.txt").read_text(encoding="utf-8")[:20_000]
    (tmp_path / "sample.txt").write_text(sample, encoding="utf-8")
    found = perplexity(tmp_path / "model", DataSpec(test=tmp_path / "sample.txt"))
    # llama2.c publishes a validation loss of 1.297 nats for it, on stories whole
    assert 1.2 < math.log(found.perplexity) < 1.5
    assert 0.85 < found.bits_per_byte < 1.1
