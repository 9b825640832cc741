"""Keys of a configuration that change what a model computes are understood, or refused by name; others are let be."""

import json
import shutil

import pytest
from command_line import edgekit
from tiny_checkpoint import tiny_classifier, tiny_tokenizer
from tiny_decoder import byte_level_bpe, save_decoder, tiny_gpt2, tiny_llama

from edgekit.errors import UsageError
from edgekit.models.checkpoint import load_classifier, load_decoder, open_checkpoint
from edgekit.schema.families import FAMILIES

ENCODERS = ("albert", "bert", "distilbert", "roberta")


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A checkpoint of each family."""
    folder = tmp_path_factory.mktemp("families")
    for name in ENCODERS:
        save_decoder(tiny_classifier(tiny_tokenizer(name), family=name), tiny_tokenizer(name), folder / name)
    for name, make in (("gpt2", tiny_gpt2), ("llama", tiny_llama)):
        save_decoder(make(byte_level_bpe()), byte_level_bpe(), folder / name)
    return folder


def load_with(folders, family, tmp_path, **said):
    folder = tmp_path / family
    shutil.copytree(folders / family, folder)
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | said))
    load = load_classifier if FAMILIES[family].architecture == "encoder" else load_decoder
    return load(open_checkpoint(folder))


@pytest.mark.parametrize(
    ("family", "key", "value"),
    [
        ("llama", "partial_rotary_factor", 0.5),
        ("llama", "sliding_window", 64),
        ("llama", "layer_types", ["full_attention", "sliding_attention"]),
        ("llama", "no_rope_layers", [1, 0]),
        ("llama", "final_logit_softcapping", 30.0),
        ("llama", "attn_logit_softcapping", 50.0),
        ("llama", "attention_multiplier", 0.0078125),
        ("llama", "residual_multiplier", 0.22),
        ("llama", "embedding_multiplier", 12.0),
        ("llama", "logits_scaling", 8.0),
        ("llama", "logit_scale", 0.0625),
        ("llama", "use_qk_norm", True),
        ("llama", "clip_qkv", 8.0),
        ("llama", "rope_interleaved", True),
        ("llama", "is_causal", False),
        ("llama", "use_rope", False),
        ("llama", "post_norm", True),
        ("llama", "num_local_experts", 8),
        ("llama", "quantization_config", {"quant_method": "gptq", "bits": 4}),
        ("gpt2", "alibi", True),
        ("gpt2", "rotary_dim", 64),
        ("gpt2", "parallel_residual", True),
        ("gpt2", "scale_embeddings", True),
        ("gpt2", "position_embedding_type", "rotary"),
        ("bert", "add_cross_attention", True),
        ("bert", "embedding_size", 32),
        ("distilbert", "position_embedding_type", "relative_key"),
        ("distilbert", "layer_norm_eps", 1e-5),
        ("albert", "pre_norm", True),
    ],
)
def test_what_changes_the_function_is_refused_by_name(family, key, value, folders, tmp_path):
    with pytest.raises(UsageError, match=rf"says {key}: .*knows no such thing of {family} models"):
        load_with(folders, family, tmp_path, **{key: value})


@pytest.mark.parametrize("family", ["bert", "roberta", "albert"])
def test_rarer_attention_is_understood_or_refused_by_what_transformers_computes(family, folders, tmp_path):
    """transformers 5 takes the key for nothing, and would answer with absolute positions."""
    from transformers import AutoConfig

    if hasattr(AutoConfig.for_model(family), "position_embedding_type"):
        said = "lack .*distance_embedding"
    else:
        said = "says position_embedding_type: 'relative_key'"
    with pytest.raises(UsageError, match=said):
        load_with(folders, family, tmp_path, position_embedding_type="relative_key")


@pytest.mark.parametrize("family", [*ENCODERS, "gpt2", "llama"])
def test_what_changes_nothing_is_let_be(family, folders, tmp_path):
    harmless = {
        "torch_dtype": "float32",
        "transformers_version": "5.24.0",
        "use_cache": False,
        "_name_or_path": "x/y",
        "_attn_implementation": "sdpa",
        "temperature": 0.7,
        "max_length": 50,
        "sliding_window": None,
        "use_sliding_window": False,
        "rope_interleaved": False,
        "logit_scale": 1.0,
        "partial_rotary_factor": 1.0,
        "is_encoder_decoder": False,
        "cross_attention_hidden_size": None,
        "gradient_checkpointing": False,
        "output_past": True,
        "initializer_range": 0.02,
        "use_bfloat16": False,
        "task_specific_params": {"text-generation": {"max_length": 50}},
        "transformers.js_config": {"x": 1},
        "layer_types": ["full_attention", "full_attention"],
        "position_embedding_type": "absolute",
        "directionality": "bidi",
        "pooler_type": "first_token_transform",
        "pretraining_tp": 1,
    }
    assert load_with(folders, family, tmp_path, **harmless) is not None


def test_a_family_that_is_not_taken_apart_takes_what_its_class_takes(tmp_path):
    from transformers import ElectraConfig, ElectraForSequenceClassification

    shape = {"hidden_size": 16, "embedding_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2}
    ElectraForSequenceClassification(ElectraConfig(vocab_size=50, intermediate_size=16, **shape)).save_pretrained(
        tmp_path
    )
    load_classifier(open_checkpoint(tmp_path))
    path = tmp_path / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"rope_parameters": {"rope_theta": 5.0}}))
    with pytest.raises(UsageError, match="says rope_parameters: "):
        load_classifier(open_checkpoint(tmp_path))


def logits(model):
    import torch

    with torch.no_grad():
        return model(torch.tensor([[5, 9, 12, 30, 7, 21, 40, 3]])).logits


def lively(model):
    import torch

    torch.manual_seed(0)
    for parameter in model.parameters():
        parameter.data = torch.randn_like(parameter) * 0.3
    return model.eval()


@pytest.mark.parametrize(
    ("family", "said", "parameters"),
    [
        ("Mistral", {"rope_theta": 100.0}, {"rope_type": "default", "rope_theta": 100.0}),
        ("Qwen2", {"rope_theta": 100.0}, {"rope_type": "default", "rope_theta": 100.0}),
        (
            "GPTNeoX",
            {"rotary_pct": 0.5, "rotary_emb_base": 100},
            {"rope_type": "default", "rope_theta": 100.0, "partial_rotary_factor": 0.5},
        ),
        ("Qwen2", {}, {"rope_type": "linear", "factor": 4.0, "rope_theta": 10000.0}),
    ],
)
def test_rotary_positions_of_any_family_are_read_as_either_release_wrote_them(family, said, parameters, tmp_path):
    import transformers

    shape = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    if family != "GPTNeoX":
        shape["num_key_value_heads"] = 1
    if "factor" in parameters:
        said = {"rope_scaling": {"rope_type": "linear", "factor": 4.0}}
    config = getattr(transformers, f"{family}Config")(vocab_size=50, pad_token_id=0, **shape, **said)
    model = lively(getattr(transformers, f"{family}ForSequenceClassification")(config))
    model.save_pretrained(tmp_path)
    path = tmp_path / "config.json"
    older = {"rope_theta", "rope_scaling", "rotary_pct", "rotary_emb_base", "partial_rotary_factor"}
    raw = {key: value for key, value in json.loads(path.read_text()).items() if key not in older}
    path.write_text(json.dumps(raw | {"rope_parameters": parameters}))
    loaded = load_classifier(open_checkpoint(tmp_path))
    assert (logits(loaded) - logits(model)).abs().max() < 1e-5
    for name in ("rotary_pct", "rotary_emb_base"):
        if name in said and not hasattr(config, "rope_parameters"):
            path.write_text(json.dumps(raw | {"rope_parameters": parameters, name: 3}))
            with pytest.raises(UsageError, match=f"and {name} beside them 3"):
                load_classifier(open_checkpoint(tmp_path))
    path.write_text(json.dumps(raw | {"rope_parameters": parameters | {"rope_type": "dynamic"}}))
    if not hasattr(config, "rope_parameters"):
        with pytest.raises(UsageError, match="'dynamic' change with the length of a text"):
            load_classifier(open_checkpoint(tmp_path))


@pytest.mark.parametrize(
    "said",
    [
        {"position_buckets": 16, "norm_rel_ebd": "layer_norm", "share_att_key": True, "pos_att_type": "p2c|c2p"},
        {"position_buckets": 16, "conv_kernel_size": 3, "conv_act": "gelu", "pos_att_type": ["p2c", "c2p"]},
    ],
    ids=["v3", "v2"],
)
def test_keys_that_only_the_code_of_the_model_reads_are_computed_with(said, tmp_path):
    import numpy as np
    import torch
    from transformers import DebertaV2Config, DebertaV2ForSequenceClassification

    from edgekit.agent.inference.classifier import open_classifier

    tokenizer = tiny_tokenizer("bert")
    shape = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 4, "intermediate_size": 32}
    settings = {"relative_attention": True, "position_biased_input": False, "max_relative_positions": -1}
    config = DebertaV2Config(vocab_size=len(tokenizer), type_vocab_size=0, num_labels=3, **shape, **settings, **said)
    model = lively(DebertaV2ForSequenceClassification(config))
    save_decoder(model, tokenizer, tmp_path / "start")
    words = ("--format", "onnx", "--scheme", "float", "-o", tmp_path / "out")
    code, _, err = edgekit("export", tmp_path / "start", *words)
    assert code == 0, err
    classifier = open_classifier(tmp_path / "out" / "onnx")
    for texts in ("turn on the kitchen lights", " ".join(["what is the weather"] * 9)), ("the front door", None):
        with torch.no_grad():
            wanted = model(**tokenizer(*texts, truncation=True, return_tensors="pt")).logits[0].numpy()
        assert np.abs(classifier.classify(*texts).logits - wanted).max() < 1e-4


def test_the_installed_transformers_knows_every_key_that_a_family_takes():
    """A key of `keys` that its class passes over would be taken for understood."""
    from transformers import AutoConfig

    from edgekit.models import rotary
    from edgekit.models.registry import family

    own_way = {"n_ctx", "is_decoder", *rotary.KEYS}
    for name in FAMILIES:
        known = AutoConfig.for_model(name)
        assert [key for key in family(name).keys - own_way if not hasattr(known, key)] == [], name


def test_every_command_says_it_in_one_line(folders, tmp_path):
    folder = tmp_path / "llama"
    shutil.copytree(folders / "llama", folder)
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"sliding_window": 16}))
    (tmp_path / "x.txt").write_text("the fox and the crow sat on the wall\n" * 20)
    for words in (
        ("evaluate", folder, "--data", tmp_path / "x.txt"),
        ("quantize", folder, "--out", tmp_path / "q"),
        ("export", folder, "--out", tmp_path / "b"),
    ):
        code, _, err = edgekit(*words)
        assert code == 2
        assert "config.json says sliding_window: 16, and edgekit knows no such thing of llama models" in err
