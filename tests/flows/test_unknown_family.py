"""A family that cannot be taken apart is refused by its name, and before its weights are read."""

from __future__ import annotations

import pytest
from tiny_checkpoint import LABELS, tiny_tokenizer
from tiny_recipe import write_data

from edgekit.errors import UsageError
from edgekit.flows.export import export
from edgekit.flows.quantize import quantize
from edgekit.flows.train.prune import prune
from edgekit.flows.train.train import distill, finetune
from edgekit.models.transformers_release import release
from edgekit.options.data_options import DataSpec
from edgekit.options.export_options import ExportOptions
from edgekit.options.train_options import DistillOptions, FinetuneOptions


def t5(labels):
    from transformers import T5Config, T5ForConditionalGeneration, T5ForSequenceClassification

    kind = T5ForSequenceClassification if labels else T5ForConditionalGeneration
    return kind(T5Config(vocab_size=300, d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2, **labels))


def electra(labels):
    from transformers import ElectraConfig, ElectraForPreTraining, ElectraForSequenceClassification

    kind = ElectraForSequenceClassification if labels else ElectraForPreTraining
    sizes = {"embedding_size": 16, "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1}
    return kind(ElectraConfig(vocab_size=300, num_attention_heads=2, **sizes, **labels))


def mistral(labels):
    from transformers import MistralConfig, MistralForCausalLM, MistralForSequenceClassification

    kind = MistralForSequenceClassification if labels else MistralForCausalLM
    sizes = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_key_value_heads": 1}
    return kind(MistralConfig(vocab_size=300, num_attention_heads=2, **sizes, **labels))


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return DataSpec.from_text(str(write_data(tmp_path_factory.mktemp("unknown") / "rows")))


@pytest.fixture
def folder(tmp_path):
    """A function that gives the folder of a model whose weights nobody can read."""

    def make(model):
        model.save_pretrained(tmp_path / "model")
        tiny_tokenizer().save_pretrained(tmp_path / "model")
        (tmp_path / "model" / "model.safetensors").write_bytes(b"no weights")
        return tmp_path / "model"

    return make


NAMED = {"id2label": dict(enumerate(LABELS)), "label2id": {label: index for index, label in enumerate(LABELS)}}


@pytest.mark.parametrize("labels", [{}, NAMED], ids=["pretrained", "classifier"])
@pytest.mark.parametrize("make", [t5, electra, mistral])
def test_no_stage_takes_it(data, folder, tmp_path, make, labels):
    start, out, family = folder(make(labels)), tmp_path / "out", make.__name__
    generation = FinetuneOptions(task="text-generation")
    attempts = [
        lambda: finetune(start, data, out),
        lambda: finetune(start, data, out, generation),
        lambda: distill(start, data, out),
        lambda: distill(start, data, out, DistillOptions(student_from=str(start))),
        lambda: prune(start, data, out),
        lambda: quantize(start, out),
    ]
    for attempt in attempts:
        with pytest.raises(UsageError, match=rf"family '{family}'"):
            attempt()
    assert not out.exists()


@pytest.mark.parametrize("labels", [{}, NAMED], ids=["pretrained", "classifier"])
def test_an_encoder_with_a_decoder_is_not_exported(folder, tmp_path, labels):
    with pytest.raises(UsageError, match=r"\bt5\b"):
        export(folder(t5(labels)), tmp_path / "out")


def test_a_language_model_is_not_exported(folder, tmp_path):
    with pytest.raises(UsageError, match="family 'mistral' cannot be taken apart"):
        export(folder(mistral({})), tmp_path / "out", ExportOptions(target="rpi5"))


@pytest.mark.skipif(release() >= 5, reason="the exporter of transformers 5 asks for no family")
def test_optimum_must_know_how_to_export_it(folder, tmp_path):
    from transformers import FunnelConfig, FunnelForSequenceClassification

    sizes = {"d_model": 16, "d_inner": 16, "d_head": 8, "n_head": 2, "block_sizes": [1]}
    model = FunnelForSequenceClassification(FunnelConfig(vocab_size=300, **sizes, **NAMED))
    with pytest.raises(UsageError, match="family 'funnel' cannot be exported"):
        export(folder(model), tmp_path / "out")
