"""Tokenizers as releases 4 and 5 of transformers save them: the ids of their own tokenizer.json, or a refusal."""

import json
import shutil

import pytest
import tokenizers
from command_line import edgekit
from tiny_checkpoint import TEXTS, tiny_classifier, tiny_tokenizer
from tiny_decoder import byte_level_bpe, save_decoder, tiny_llama

from edgekit.errors import UsageError
from edgekit.models.checkpoint import load_tokenizer, open_checkpoint

NEWER = {"backend": "tokenizers", "is_local": True, "model_max_length": 96, "tokenizer_class": "TokenizersBackend"}
ENDS = dict.fromkeys(("bos_token", "eos_token", "unk_token"), "<|endoftext|>")


@pytest.fixture
def llama(tmp_path):
    return save_decoder(tiny_llama(byte_level_bpe()), byte_level_bpe(), tmp_path / "llama")


@pytest.fixture
def bert(tmp_path):
    tokenizer = tiny_tokenizer("bert")
    return save_decoder(tiny_classifier(tokenizer, family="bert"), tokenizer, tmp_path / "bert")


def saved_as(folder, **settings):
    """The folder with these settings of its tokenizer, and no others."""
    (folder / "special_tokens_map.json").unlink(missing_ok=True)
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    return folder


def ids_of_file(folder, text):
    return tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json")).encode(text).ids


@pytest.mark.parametrize(
    "kind", ["TokenizersBackend", "PreTrainedTokenizerFast", "GPT2Tokenizer", "GPT2TokenizerFast"]
)
@pytest.mark.parametrize("splitter", ["plain", "digits"])
def test_a_class_of_either_release_gives_the_ids_of_its_file(kind, splitter, llama):
    """Release 5 makes a GPT2Tokenizer anew, without what else the file splits by, as SmolLM2's does digits."""
    path = llama / "tokenizer.json"
    file = json.loads(path.read_text())
    if splitter == "digits":
        digits = {"type": "Digits", "individual_digits": True}
        file["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": [digits, file["pre_tokenizer"]]}
        file["model"]["merges"].append(["1", "2"])
        file["model"]["vocab"]["12"] = 300
        edited = json.loads((llama / "config.json").read_text()) | {"vocab_size": 301}
        (llama / "config.json").write_text(json.dumps(edited))
    path.write_text(json.dumps(file))
    tokenizer = load_tokenizer(open_checkpoint(saved_as(llama, **NEWER | ENDS | {"tokenizer_class": kind})))
    for text in (*TEXTS, "12 times 3412", "naïve 🔥"):
        assert tokenizer(text)["input_ids"] == ids_of_file(llama, text)
    assert tokenizer.eos_token_id == 0 and tokenizer.model_max_length == 96


def test_special_tokens_that_release_5_lists_are_taken(llama):
    saved_as(llama, **NEWER, **ENDS, extra_special_tokens=["<|endoftext|>"])
    assert load_tokenizer(open_checkpoint(llama)).all_special_ids == [0]


@pytest.mark.parametrize("setting", [{"do_lower_case": False}, {"strip_accents": False}])
def test_settings_that_contradict_the_file_are_refused_by_every_command(setting, bert, tmp_path):
    saved_as(bert, tokenizer_class="BertTokenizer", **setting)
    with pytest.raises(UsageError, match=r"transformers makes other ids of .* than its tokenizer\.json does"):
        load_tokenizer(open_checkpoint(bert))
    code, _, err = edgekit("export", bert, "--scheme", "float", "-o", tmp_path / "out")
    assert code == 2 and "contradicts tokenizer.json" in " ".join(err.split())


def test_a_number_that_no_token_has_is_refused_before_memory_is_spent_on_those_before_it(tiny_checkpoint, tmp_path):
    folder = shutil.copytree(tiny_checkpoint, tmp_path / "far")
    content = json.loads((folder / "tokenizer.json").read_text())
    content["model"]["vocab"]["far"] = 2**32 - 1
    (folder / "tokenizer.json").write_text(json.dumps(content))
    with pytest.raises(UsageError, match="gives a token the number 4294967295: no vocabulary has so many"):
        load_tokenizer(open_checkpoint(folder))
