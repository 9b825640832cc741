"""Random decoders of two narrow layers, GPT-2 and Llama, with tokenizers of their own, as checkpoint folders."""

from __future__ import annotations

import copy
import json

import pytest
from made_once import made_once

TEXTS = (
    "once upon a time there was a little girl who lived in a house by the sea",
    "the fox and the crow sat on the wall and looked at the moon",
    "naïve café, größer; 明天早上七点; 🔥 hot 🥵",
)
CONTEXT = 96
LABELS = ("tale", "fable", "other")


def byte_level_bpe():
    """As GPT-2's: any bytes, one end token, nothing before a text."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=300,
        special_tokens=["<|endoftext|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(TEXTS * 3, trainer)
    end = "<|endoftext|>"
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token=end, eos_token=end, unk_token=end, model_max_length=CONTEXT
    )


def byte_fallback_bpe():
    """As Llama's: pieces of words with ▁, bytes for what they do not cover, <s> before a text."""
    from tokenizers import Tokenizer, decoders, models, normalizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    special = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    learner = Tokenizer(models.BPE(unk_token="<unk>"))
    learner.normalizer = normalizers.Replace(" ", "▁")
    learner.train_from_iterator(
        TEXTS[:2], trainers.BpeTrainer(vocab_size=320, special_tokens=special, show_progress=False)
    )
    learned = json.loads(learner.to_str())["model"]
    merges = [tuple(merge) for merge in learned["merges"]]
    model = models.BPE(learned["vocab"], merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True)
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    tokenizer.add_special_tokens(special[:3])
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", unk_token="<unk>", model_max_length=CONTEXT
    )


def tiny_gpt2(tokenizer, **changes):
    from transformers import GPT2Config, GPT2LMHeadModel

    shape = {"n_embd": 64, "n_layer": 2, "n_head": 4, "n_positions": CONTEXT}
    ends = {"bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id}
    return _lively(GPT2LMHeadModel(GPT2Config(vocab_size=len(tokenizer), **(shape | ends | changes))))


def tiny_llama(tokenizer, **changes):
    from transformers import LlamaConfig, LlamaForCausalLM

    shape = {"hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2, "num_attention_heads": 4}
    heads = {"num_key_value_heads": 2, "max_position_embeddings": CONTEXT, "tie_word_embeddings": True}
    ends = {"bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id}
    return _lively(LlamaForCausalLM(LlamaConfig(vocab_size=len(tokenizer), **(shape | heads | ends | changes))))


def tiny_classifier_of(model, tokenizer, labels=LABELS):
    """The classifier that transformers builds on the body of a language model, told which token is padding."""
    from transformers import AutoModelForSequenceClassification

    config = copy.deepcopy(model.config)
    config.id2label, config.label2id = dict(enumerate(labels)), {label: i for i, label in enumerate(labels)}
    config.pad_token_id = tokenizer.eos_token_id
    classifier = _lively(AutoModelForSequenceClassification.from_config(config), seed=1)
    classifier.score.weight.data *= 5
    return classifier


def _lively(model, seed=0):
    """Weights that make every token matter, as trained ones do."""
    import torch

    torch.manual_seed(seed)
    for parameter in model.parameters():
        if parameter.ndim == 2:
            parameter.data = torch.randn_like(parameter) * 0.2
        else:
            parameter.data += torch.randn_like(parameter) * 0.1
    return model.eval()


def save_decoder(model, tokenizer, folder):
    folder.mkdir(parents=True)
    model.save_pretrained(folder, safe_serialization=True)
    tokenizer.save_pretrained(folder)
    return folder


# name -> (tokenizer, model, what is changed of it)
KINDS = {
    "gpt2": (byte_level_bpe, tiny_gpt2, {}),
    "llama": (byte_fallback_bpe, tiny_llama, {}),
    # heads that GroupQueryAttention does not rotate itself, a head of its own, biases
    "llama-24": (
        byte_fallback_bpe,
        tiny_llama,
        {"hidden_size": 48, "num_attention_heads": 2, "num_key_value_heads": 1, "tie_word_embeddings": False}
        | {"attention_bias": True, "mlp_bias": True},
    ),
}


@pytest.fixture(scope="session")
def decoder_checkpoints(tmp_path_factory):
    """The folder of each kind."""

    def make(root):
        made = {}
        for name, (new_tokenizer, new_model, changes) in KINDS.items():
            tokenizer = new_tokenizer()
            made[name] = save_decoder(new_model(tokenizer, **changes), tokenizer, root / name)
        return made

    return made_once(tmp_path_factory, "decoders", make)


@pytest.fixture(scope="session")
def decoder_classifiers(tmp_path_factory):
    """The folder of a classifier on the body of each kind, as transformers writes one."""

    def make(root):
        made = {}
        for name, (new_tokenizer, new_model, changes) in KINDS.items():
            tokenizer = new_tokenizer()
            model = tiny_classifier_of(new_model(tokenizer, **changes), tokenizer)
            made[name] = save_decoder(model, tokenizer, root / name)
        return made

    return made_once(tmp_path_factory, "decoder-classifiers", make)


@pytest.fixture(scope="session")
def decoder_bundles(decoder_checkpoints, tmp_path_factory):
    """The float ONNX bundle of each kind, which nothing may be written into."""
    from edgekit.flows.export import export
    from edgekit.options.export_options import ExportOptions

    options = ExportOptions(target="rpi5", format="onnx", scheme="float")

    def make(root):
        return {name: export(folder, root / name, options)[0] for name, folder in decoder_checkpoints.items()}

    return made_once(tmp_path_factory, "decoder-bundles", make)
