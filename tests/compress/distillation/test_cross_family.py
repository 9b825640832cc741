"""What a teacher knows is carried over to another family: the same states, the same answers where heads are alike."""

from __future__ import annotations

import pytest
import torch
from tiny_checkpoint import TEXTS, tiny_classifier, tiny_tokenizer

from edgekit.compress.distillation.cross_family import convert_family
from edgekit.errors import UsageError
from edgekit.models.registry import family
from edgekit.schema.families import ENCODERS

PAIRS = [(a, b) for a in ENCODERS for b in ENCODERS if a != b and a != "albert"]


def carried(source, target, embedding=None, **shape):
    """A model, its tokenizer, and both once more in another family."""
    tokenizer = tiny_tokenizer(source)
    model = tiny_classifier(tokenizer, family=source, **{"layers": 1} | shape)
    made, reads = convert_family(model, tokenizer, target, embedding)
    assert made.config.model_type == target
    assert tuple(reads.model_input_names) == family(target).inputs
    assert tuple(tokenizer.model_input_names) == family(source).inputs, "the teacher's own is left alone"
    return model, tokenizer, made.eval(), reads


def states(model, tokenizer):
    """Behind the last block, of all tokens but padding."""
    batch = tokenizer([*TEXTS, ""], padding=True, return_tensors="pt")
    with torch.no_grad():
        return model.base_model(**batch).last_hidden_state[batch["attention_mask"] == 1]


def logits(model, tokenizer):
    with torch.no_grad():
        return model(**tokenizer([*TEXTS, ""], padding=True, return_tensors="pt")).logits


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_the_states_are_the_same_in_the_other_family(source, target):
    model, tokenizer, made, reads = carried(source, target)
    torch.testing.assert_close(states(made, reads), states(model, tokenizer), atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize(("source", "target"), [("bert", "roberta"), ("bert", "albert"), ("roberta", "bert")])
def test_where_heads_are_alike_so_are_the_answers(source, target):
    model, tokenizer, made, reads = carried(source, target)
    torch.testing.assert_close(logits(made, reads), logits(model, tokenizer), atol=1e-3, rtol=1e-3)
    assert made.config.id2label == model.config.id2label


def test_second_texts_keep_their_type_where_the_family_knows_types():
    model, tokenizer, made, reads = carried("bert", "albert")
    pairs = ([*TEXTS[:2]], [*TEXTS[2:4]])
    with torch.no_grad():
        before, after = (
            it(**read(*pairs, padding=True, return_tensors="pt")).logits
            for it, read in ((model, tokenizer), (made, reads))
        )
    torch.testing.assert_close(after, before, atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("source", ["bert", "distilbert"])
def test_several_blocks_are_all_carried_and_albert_runs_the_middle_one(source):
    model, tokenizer, made, reads = carried(source, "roberta", layers=3)
    torch.testing.assert_close(states(made, reads), states(model, tokenizer), atol=1e-2, rtol=1e-2)
    model, tokenizer, made, reads = carried(source, "albert", layers=3)
    layers = family(source).blocks(model)
    layers[0].load_state_dict(layers[1].state_dict())
    layers[2].load_state_dict(layers[1].state_dict())
    torch.testing.assert_close(states(made, reads), states(model, tokenizer), atol=1e-2, rtol=1e-2)


def test_the_wider_the_tables_of_an_albert_the_nearer_they_come():
    def distance(embedding):
        model, tokenizer, made, reads = carried("distilbert", "albert", embedding)
        assert made.albert.embeddings.word_embeddings.embedding_dim == embedding
        return float((states(made, reads) - states(model, tokenizer)).norm())

    found = [distance(width) for width in (8, 32, 56, 64)]
    assert found == sorted(found, reverse=True) and found[-1] < 0.01 * found[0]


@pytest.mark.parametrize(("source", "target"), [("albert", "bert"), ("bert", "gpt2")])
def test_what_cannot_be_carried_over_is_refused(source, target):
    tokenizer = tiny_tokenizer(source)
    with pytest.raises(UsageError, match=f"of the family {target} cannot be cut .* {source}"):
        convert_family(tiny_classifier(tokenizer, family=source), tokenizer, target)


def test_tables_wider_than_the_teachers_are_refused():
    with pytest.raises(UsageError, match="embedding 1024 is more than the"):
        carried("bert", "albert", embedding=1024)
