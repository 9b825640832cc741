"""What a configuration says that changes what a model computes: understood, without effect, or refused by name.

A file and the checkpoint that it was exported from are loaded alike, so that their parity shows nothing of a key that
was passed over: each key is one that the family takes, or one that no model computes with, or has the value at which
it changes nothing.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType

from edgekit.errors import UsageError

# what all configurations of transformers may hold beside what their model is built from: how it was made, trained and
# saved, what its outputs are called, and how a language model writes
_COMMON = frozenset(
    {
        *("architectures", "auto_map", "base_model_name_or_path", "dtype", "finetuning_task", "model_name_or_path"),
        *("model_type", "torch_dtype", "transformers_version", "unsloth_fixed", "unsloth_version"),
        *("unsloth_processed_in_place", "transformers.js_config", "sentence_transformers", "license", "datasets"),
        *("language", "languages", "tags", "id2label", "label2id", "num_labels", "problem_type"),
        *("task_specific_params", "tokenizer_class", "vocab_size", "tie_word_embeddings", "tie_weights_", "prefix"),
        *("pad_token_id", "bos_token_id", "eos_token_id", "sep_token_id", "cls_token_id", "mask_token_id"),
        *("unk_token_id", "decoder_start_token_id", "forced_bos_token_id", "forced_eos_token_id", "eos_token"),
        *("image_token_id", "chunk_size_feed_forward", "gradient_checkpointing", "initializer_range"),
        *("initializer_factor", "initializer_std", "cross_attention_hidden_size", "output_attentions"),
        *("output_hidden_states", "output_past", "output_scores", "return_dict", "return_dict_in_generate"),
        *("pruned_heads", "torchscript", "tf_legacy_loss", "use_bfloat16", "use_cache", "use_return_dict"),
        *("attn_implementation", "experts_implementation", "keys_to_ignore_at_inference", "pretraining_tp"),
        *("is_llama_config", "bad_words_ids", "begin_suppress_tokens", "diversity_penalty", "do_sample"),
        *("early_stopping", "encoder_no_repeat_ngram_size", "exponential_decay_length_penalty", "length_penalty"),
        *("max_length", "max_new_tokens", "min_length", "min_new_tokens", "no_repeat_ngram_size", "num_beam_groups"),
        *("num_beams", "num_return_sequences", "remove_invalid_values", "repetition_penalty", "suppress_tokens"),
        *("temperature", "top_k", "top_p", "typical_p", "dropout", "hidden_dropout", "attention_dropout"),
        *("attention_probs_dropout_prob", "classifier_dropout", "classifier_dropout_prob", "hidden_dropout_prob"),
        *("activation_dropout", "embd_pdrop", "attn_pdrop", "resid_pdrop", "qa_dropout", "seq_classif_dropout"),
        *("layerdrop", "summary_activation", "summary_first_dropout", "summary_proj_to_labels", "summary_type"),
        *("summary_use_proj", "pooler_fc_size", "pooler_num_attention_heads", "pooler_num_fc_layers"),
        *("pooler_size_per_head",),
    }
)
# the values at which a key that is nowhere computed with has no effect either
_NEUTRAL: Mapping[str, tuple[object, ...]] = {
    "directionality": ("bidi",),
    "down_scale_factor": (1,),
    "embedding_multiplier": (1,),
    "gap_size": (0,),
    "layer_types": ("full_attention",),
    "logit_scale": (1,),
    "logits_scaling": (1,),
    "net_structure_type": (0,),
    "num_memory_blocks": (0,),
    "partial_rotary_factor": (1,),
    "pooler_type": ("first_token_transform",),
    "position_embedding_type": ("absolute",),
    "residual_multiplier": (1,),
    "rotary_pct": (1,),
}
# additions to a model, which it has not where they are false; of all else in `_PARTS` false may be the change
_ADDITIONS = frozenset(
    {
        *("apply_residual_connection_post_layernorm", "attention_bias", "mlp_bias", "parallel_residual"),
        *("qk_layernorm", "qk_norm", "qkv_bias", "rope_interleaved", "scale_embedding", "scale_embeddings"),
        *("use_parallel_residual", "use_qk_norm", "use_scaled_rope"),
    }
)
_READ = re.compile(r"""getattr\(\s*(?:self\.)?config,\s*["'](\w+)["']""")
_PARTS = re.compile(r"causal|rope|rotary|position|norm|residual|scale|bias|pool")


def check_keys(path: Path, config: Mapping[str, object], family: str, known: Collection[str]) -> None:
    """Raise `UsageError` for the first key of a `config.json` that may change what a model of `family` computes.

    known: what the family takes, at any value, beside what all configurations may hold
    """
    for key, value in config.items():
        if key in known or key in _COMMON or key.startswith("_") or _is_neutral(key, value):
            continue
        raise UsageError(
            f"{path} says {key}: {_shortened(value)}, and edgekit knows no such thing of {family} models",
            advice="without it another model may be computed, which no check here can tell: take it out only where "
            "whoever trained the model says that it computes nothing with it",
        )


def _is_neutral(key: str, value: object) -> bool:
    if key in _NEUTRAL:
        values = value if isinstance(value, list) else [value]
        return all(each is None or each in _NEUTRAL[key] for each in values)
    if value is False:
        return key in _ADDITIONS or not _PARTS.search(key)
    return value is None or value in ("", [], {})


def _shortened(value: object) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else text[:57] + "..."


def keys_of_class(config_class: type) -> frozenset[str]:
    """The keys that a configuration class of transformers takes: its arguments, and what its own code names.

    Older releases take them in `__init__`, newer ones as annotations, and either takes some out of `kwargs` by name.
    Of others the class says nothing, and the code of its model asks for them, as DeBERTa's for `position_buckets`.
    """
    found: set[str] = set(getattr(config_class, "attribute_map", {}))
    for base in config_class.__mro__:
        if base.__name__ in ("PretrainedConfig", "PreTrainedConfig"):
            break
        found |= set(vars(base).get("__annotations__", {}))
        for function in vars(base).values():
            if isinstance(function, FunctionType):
                found |= set(_names(function.__code__))
    if "rope_parameters" in found:  # its base class reads what older releases wrote for it
        found |= {"rope_theta", "rope_scaling", "partial_rotary_factor"}
    return frozenset(found | _asked_for(config_class))


@cache
def _asked_for(config_class: type) -> frozenset[str]:
    """The keys that the code of the model itself reads where a configuration has them; nothing of it is run."""
    path = Path(inspect.getfile(config_class))
    path = path.with_name(path.name.replace("configuration_", "modeling_", 1))
    return frozenset(_READ.findall(path.read_text(encoding="utf-8"))) if path.is_file() else frozenset()


def _names(code: CodeType) -> Iterator[str]:
    """The arguments of a function, its texts, and the attributes that it sets or reads."""
    yield from code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, str):
            yield constant
        elif isinstance(constant, tuple):
            yield from (text for text in constant if isinstance(text, str))
        elif isinstance(constant, CodeType):
            yield from _names(constant)
