"""Every encoder family: its description against PyTorch, cutting it down, saving it; shared blocks are there once."""

from __future__ import annotations

import copy

import pytest
import torch
from tiny_checkpoint import TEXTS, tiny_classifier, tiny_tokenizer

from edgekit.compress.distillation.student import make_student
from edgekit.compress.quantization.quantize import apply_plan, make_plan
from edgekit.errors import UsageError
from edgekit.models.checkpoint import load_classifier, load_tokenizer, open_checkpoint, save_checkpoint
from edgekit.models.encoder import Encoder, parameter_names
from edgekit.models.registry import describe, family
from edgekit.models.resize import keep_blocks, keep_ffn, keep_heads, keep_hidden
from edgekit.models.sizes import tensor_parts
from edgekit.schema.families import ENCODERS
from edgekit.schema.shape import Scratch, WantedShape

ROWS = [*TEXTS[:2], "", ("turn it off", "switch the lamp off, please")]
LAYERS = 3


@pytest.fixture(params=ENCODERS)
def name(request):
    return request.param


@pytest.fixture
def tokenizer(name):
    return tiny_tokenizer(name)


@pytest.fixture
def model(name, tokenizer):
    return tiny_classifier(tokenizer, family=name, layers=LAYERS)


def encoded(tokenizer):
    firsts = [row[0] if isinstance(row, tuple) else row for row in ROWS]
    pairs = [row[1] if isinstance(row, tuple) else "" for row in ROWS]
    return tokenizer(firsts, pairs, padding=True, return_tensors="pt")


def logits(model, tokenizer):
    with torch.no_grad():
        return model(**encoded(tokenizer)).logits


def by_description(encoder: Encoder, batch):
    """The classifier once more, by its description alone."""
    mask, ids = batch["attention_mask"], batch["input_ids"]
    places = torch.arange(ids.shape[1]) + encoder.first_position
    x = encoder.token_embedding(ids) + encoder.position_embedding(places)
    if encoder.token_type_embedding is not None:
        x = x + encoder.token_type_embedding(batch["token_type_ids"])
    if encoder.only_type is not None:
        x = x + encoder.only_type.weight[0]
    x = encoder.embedding_norm(x)
    if encoder.projection is not None:
        x = encoder.projection(x)
    gelu = {"gelu": "none", "gelu_tanh": "tanh"}[encoder.activation]
    for _, block, _ in encoder.runs():
        query, key, value = (
            layer(x).unflatten(-1, (block.heads, block.head_size)).transpose(1, 2)
            for layer in (block.query, block.key, block.value)
        )
        scores = query @ key.transpose(-1, -2) / block.head_size**0.5
        scores = scores.masked_fill(mask[:, None, None] == 0, -1e9)
        joined = (scores.softmax(-1) @ value).transpose(1, 2).flatten(2)
        x = block.attention_norm(x + block.output(joined))
        x = block.ffn_norm(x + block.ffn_out(torch.nn.functional.gelu(block.ffn_in(x), approximate=gelu)))
    x = x[:, 0]
    for layer in encoder.head:
        x = {"relu": torch.relu, "tanh": torch.tanh, "none": lambda y: y}[layer.activation](layer.linear(x))
    return x


def test_the_description_computes_what_the_model_computes(model, tokenizer):
    encoder = describe(model)
    with torch.no_grad():
        found = by_description(encoder, encoded(tokenizer))
    assert torch.allclose(found, logits(model, tokenizer), atol=1e-4)
    assert len(list(encoder.runs())) == LAYERS
    assert [last for _, _, last in encoder.runs()] == [False] * (LAYERS - 1) + [True]
    assert encoder.max_length == 48
    named = {id(linear.weight) for linear in encoder.dense()} | {id(table.weight) for table in encoder.embeddings}
    others = {name for name, value in model.named_parameters() if value.ndim == 2 and id(value) not in named}
    assert others == ({"roberta.embeddings.token_type_embeddings.weight"} if encoder.only_type is not None else set())


def test_the_pair_is_told_from_the_text_where_the_family_has_token_types(name, tokenizer, model):
    one, two = (tokenizer(*texts, return_tensors="pt") for texts in (("turn it", "off"), ("turn", "it off")))
    assert ("token_type_ids" in one) == ("token_type_ids" in family(name).inputs)
    with torch.no_grad():
        same = torch.allclose(model(**one).logits, model(**two).logits, atol=1e-6)
    assert not same or torch.equal(one["input_ids"], two["input_ids"])


def test_removed_heads_and_neurons_equal_silenced_ones(model, tokenizer):
    silenced = copy.deepcopy(model)
    neurons = torch.arange(0, 128, 3)
    with torch.no_grad():
        for block, other in zip(describe(model).blocks, describe(silenced).blocks, strict=True):
            size = block.head_size
            other.output.weight[:, size : 2 * size] = 0
            other.ffn_out.weight[:, [unit for unit in range(128) if unit % 3]] = 0
            keep_heads(model, block, [0, 2, 3])
            keep_ffn(block, neurons)
    assert torch.allclose(logits(model, tokenizer), logits(silenced, tokenizer), atol=1e-4)


def test_a_narrow_model_keeps_the_chosen_channels_and_still_fits_together(model, tokenizer):
    channels = torch.arange(0, 64, 2)
    before = [block.ffn_out.weight[channels].clone() for block in describe(model).blocks]
    keep_hidden(model, channels)
    encoder = describe(model)
    assert encoder.hidden == 32
    assert all(torch.equal(block.ffn_out.weight, kept) for block, kept in zip(encoder.blocks, before, strict=True))
    with torch.no_grad():
        assert torch.allclose(by_description(encoder, encoded(tokenizer)), logits(model, tokenizer), atol=1e-4)


def test_fewer_layers_are_blocks_less_or_runs_less(model, tokenizer):
    encoder = describe(model)
    shared = encoder.shared
    kept = None if shared else encoder.blocks[-1].query.weight.clone()
    keep_blocks(model, [0, 2])
    assert len(list(describe(model).runs())) == 2
    assert family(model.config.model_type).shape(model.config).layers == 2
    assert shared or torch.equal(describe(model).blocks[-1].query.weight, kept)
    with torch.no_grad():
        found = by_description(describe(model), encoded(tokenizer))
    assert torch.allclose(found, logits(model, tokenizer), atol=1e-4)


def test_a_plain_model_is_a_plain_hugging_face_folder(model, tokenizer, tmp_path):
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    save_checkpoint(model, tokenizer, tmp_path, lineage=())
    assert open_checkpoint(tmp_path).extras.blocks == ()
    again = AutoModelForSequenceClassification.from_pretrained(tmp_path).eval()
    theirs = AutoTokenizer.from_pretrained(tmp_path)
    assert theirs.model_input_names == list(family(model.config.model_type).inputs)
    assert torch.equal(logits(again, theirs), logits(model, tokenizer))


def test_a_pruned_student_survives_saving_and_loading(model, tokenizer, tmp_path):
    student = make_student(model, WantedShape(layers=2, hidden=32, ffn=48))
    first = describe(student).blocks[0]
    keep_heads(student, first, [1])
    keep_ffn(describe(student).blocks[-1], torch.arange(20))
    save_checkpoint(student, tokenizer, tmp_path, lineage=())
    checkpoint = open_checkpoint(tmp_path)
    shapes = [(block.heads, block.ffn) for block in checkpoint.extras.blocks]
    assert shapes == ([(1, 20)] if describe(model).shared else [(1, 48), (2, 20)])
    loaded = load_classifier(checkpoint)
    assert torch.equal(logits(loaded, load_tokenizer(checkpoint)), logits(student, tokenizer))
    shape = family(loaded.config.model_type).shape(loaded.config)
    assert (shape.layers, shape.hidden, shape.heads, shape.ffn) == (2, 32, 2, 48)


def test_a_student_of_all_its_teachers_layers_answers_as_the_teacher(model, tokenizer):
    student = make_student(model, WantedShape(layers=LAYERS))
    assert torch.equal(logits(student, tokenizer), logits(model, tokenizer))


def test_parameters_bytes_and_plan_count_a_tensor_once(model, tokenizer, tmp_path):
    save_checkpoint(model, tokenizer, tmp_path, lineage=())
    parts, parameters = tensor_parts(open_checkpoint(tmp_path))
    assert parameters == sum(parameter.numel() for parameter in model.parameters())
    assert sum(parts.values()) == 4 * parameters
    assert "other" not in parts
    encoder = describe(model)
    hidden = encoder.hidden
    assert parts["FFN"] == 4 * len(encoder.blocks) * (2 * 128 * hidden + 128 + hidden)
    assert parts["attention"] == 4 * len(encoder.blocks) * 4 * (hidden * hidden + hidden)
    plan = make_plan(model, "int8-dynamic")
    weights = dict(model.named_parameters())
    assert len({id(weights[name]) for name in plan.tensors}) == len(plan.tensors)
    names = parameter_names(model)
    floats = [encoder.head[-1].linear, *([encoder.only_type] if encoder.only_type is not None else [])]
    matrices = {name for name, value in weights.items() if value.ndim == 2}
    assert matrices - set(plan.tensors) == {names[id(module.weight)] for module in floats}


def test_a_quantized_checkpoint_keeps_its_scales(model, tokenizer, tmp_path):
    from edgekit.models.checkpoint import load_scales

    plan = make_plan(model, "int4-weight")
    scales = apply_plan(model, plan)
    save_checkpoint(model, tokenizer, tmp_path, lineage=(), plan=plan, scales=scales)
    checkpoint = open_checkpoint(tmp_path)
    assert checkpoint.extras.plan == plan
    assert load_scales(checkpoint).keys() == scales.keys() == plan.tensors.keys()
    assert torch.equal(logits(load_classifier(checkpoint), tokenizer), logits(model, tokenizer))


def test_albert_has_one_block_and_narrow_tables():
    one, many = (
        tiny_classifier(tiny_tokenizer("albert"), family="albert", layers=layers, embedding=24) for layers in (1, 6)
    )
    assert sum(value.numel() for value in one.parameters()) == sum(value.numel() for value in many.parameters())
    encoder = describe(many)
    assert (encoder.token_embedding.embedding_dim, encoder.hidden, len(encoder.blocks), encoder.repeats) == (
        24,
        64,
        1,
        6,
    )


@pytest.mark.parametrize("changes", [{"num_hidden_groups": 2}, {"inner_group_num": 2}])
def test_an_albert_of_several_blocks_is_refused_when_it_is_loaded(tmp_path, changes):
    from transformers import AlbertConfig, AlbertForSequenceClassification

    config = AlbertConfig(
        vocab_size=100, embedding_size=16, hidden_size=32, num_attention_heads=2, intermediate_size=64,
        num_hidden_layers=4, **changes,
    )  # fmt: skip
    AlbertForSequenceClassification(config).save_pretrained(tmp_path)
    with pytest.raises(UsageError, match=r"edgekit takes those with one block that all layers share"):
        load_classifier(open_checkpoint(tmp_path))


@pytest.mark.parametrize("changes", [{"position_embedding_type": "relative_key"}, {"is_decoder": True}])
def test_rare_kinds_of_attention_are_refused(changes):
    model = tiny_classifier(tiny_tokenizer("bert"), family="bert")
    for name, value in changes.items():
        setattr(model.config, name, value)
    with pytest.raises(UsageError, match=r"bert .* cannot be taken apart"):
        describe(model)


def test_only_an_albert_from_nothing_has_tables_of_their_own_width():
    assert Scratch.from_text("family=albert,hidden=64,embedding=32").embedding == 32
    with pytest.raises(UsageError, match="embedding is for albert"):
        Scratch.from_text("family=bert,embedding=32")
