"""The registry of families, encoders and decoders alike: one file each, one protocol, described by their modules."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tiny_checkpoint import tiny_classifier, tiny_tokenizer
from transformers import AutoConfig

import edgekit.models.families
from edgekit.errors import UsageError
from edgekit.models.decoder import Decoder
from edgekit.models.encoder import Encoder
from edgekit.models.family import Family
from edgekit.models.registry import describe, describe_decoder, describe_encoder, family, family_of, is_decoder
from edgekit.models.scratch import new_language_model, train_tokenizer
from edgekit.schema.families import DECODERS, ENCODERS, FAMILIES, usual_task
from edgekit.schema.shape import Scratch, Shape

LAYERS = 3


def opened(name):
    """A random model for the family's usual task."""
    if FAMILIES[name].usual_task.labels:
        return tiny_classifier(tiny_tokenizer(name), family=name, layers=LAYERS)
    scratch = Scratch(family=name, layers=LAYERS, hidden=64, heads=4, ffn=128, vocabulary=300, max_length=48)
    return new_language_model(scratch, train_tokenizer(["once upon a time"], scratch)).eval()


@pytest.fixture(scope="module")
def models():
    return {name: opened(name) for name in FAMILIES}


@pytest.fixture(params=FAMILIES)
def name(request):
    return request.param


def test_every_family_is_a_file_and_every_file_a_family():
    files = {path.stem for path in Path(edgekit.models.families.__path__[0]).glob("*.py")} - {"__init__"}
    assert files == set(FAMILIES) == {*ENCODERS, *DECODERS}
    assert all(isinstance(family(name), Family) for name in FAMILIES)


def test_a_description_is_of_the_familys_architecture(models, name):
    model, facts = models[name], FAMILIES[name]
    assert family_of(model) is family(name)
    assert isinstance(describe(model), {"encoder": Encoder, "decoder": Decoder}[facts.architecture])
    assert is_decoder(model) == (facts.architecture == "decoder")
    right, wrong = describe_encoder, describe_decoder
    if is_decoder(model):
        right, wrong = wrong, right
    assert right(model).family == name
    with pytest.raises(UsageError, match=f"of the family '{name}' cannot be taken apart") as refused:
        wrong(model)
    assert name not in refused.value.advice


def test_a_description_has_the_shape_of_the_configuration(models, name):
    model, kind = models[name], family(name)
    parts = describe(model)
    assert kind.shape(model.config) == Shape(LAYERS, 64, 4, 128)
    assert (parts.hidden, parts.max_length) == (64, 48)
    assert {(block.heads, block.ffn, block.head_size) for block in parts.blocks} == {(4, 128, 16)}
    assert len(kind.blocks(model)) == len(parts.blocks)
    assert set(kind.inputs) <= {"input_ids", "token_type_ids", "attention_mask"}
    assert all(isinstance(layer, torch.nn.Linear) for layer in parts.dense())


def test_a_shape_that_is_set_is_the_one_that_is_read(name):
    kind, config = family(name), AutoConfig.for_model(name)
    kind.set_shape(config, Shape(2, 32, 2, 48))
    assert kind.shape(config) == Shape(2, 32, 2, 48)


def test_a_model_takes_its_own_weights_back_from_what_transformers_reads(models, name):
    model, kind = models[name], family(name)
    own = model.state_dict()
    again = kind.opened_state(dict(kind.plain_state(model)))
    assert again.keys() == own.keys()
    assert all(torch.equal(again[weight], own[weight]) for weight in own)


def test_a_models_usual_task_follows_from_its_architecture(name):
    assert usual_task(name).generates == (FAMILIES[name].architecture == "decoder")
    assert usual_task("electra").labels


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("albrt", "did you mean 'albert'?"),
        ("lama", "did you mean 'llama'?"),
        ("t5", "there are: albert, bert, distilbert, gpt2, llama, roberta"),
    ],
)
def test_an_unknown_family_is_refused_with_the_nearest_or_all(name, advice):
    with pytest.raises(UsageError, match=repr(name)) as caught:
        family(name)
    assert caught.value.advice == advice


def test_a_decoder_from_nothing_has_a_token_for_every_byte():
    with pytest.raises(UsageError, match="vocabulary 299 is less than 300: every byte is a token of it"):
        Scratch.from_text("family=llama,vocabulary=299")
    assert Scratch.from_text("family=bert,vocabulary=299").vocabulary == 299


def test_a_roberta_without_padding_has_no_first_position():
    with pytest.raises(UsageError, match="names no padding token"):
        family("roberta").first_position(AutoConfig.for_model("roberta", pad_token_id=None))
