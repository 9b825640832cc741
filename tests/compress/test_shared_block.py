"""A block that all layers share is measured, cut and copied as one."""

from __future__ import annotations

import copy

import pytest
import torch
from tiny_checkpoint import LABELS, TEXTS, tiny_classifier, tiny_tokenizer

from edgekit.compress.distillation.student import make_student
from edgekit.compress.pruning.fisher import Importance, classifier_importance, cut_least_important
from edgekit.data.splits import Data, Split
from edgekit.models.registry import describe, family
from edgekit.options.train_options import PruneOptions
from edgekit.schema.shape import WantedShape

LAYERS = 4


@pytest.fixture(scope="module")
def tokenizer():
    return tiny_tokenizer("albert")


def albert(tokenizer):
    return tiny_classifier(tokenizer, family="albert", layers=LAYERS)


def test_importance_is_of_one_mask_for_all_runs(tokenizer):
    """Against slopes: a head or a neuron scaled in the shared weights is scaled in every run at once."""
    empty = Split([], None, [])
    data = Data("tiny", LABELS, train=Split([TEXTS[0]], None, [2]), validation=empty, test=empty)
    whole = albert(tokenizer).double()
    found = classifier_importance(whole, tokenizer, data, PruneOptions(samples=1))
    heads, neurons = found.heads, found.neurons
    assert (len(heads), len(neurons)) == (1, 1)
    batch = tokenizer([TEXTS[0]], return_tensors="pt")
    size = describe(whole).blocks[0].head_size

    def slope(change):
        step, losses = 1e-4, []
        for scale in (1 + step, 1 - step):
            model = copy.deepcopy(whole)
            with torch.no_grad():
                change(describe(model).blocks[0], scale)
                losses.append(torch.nn.functional.cross_entropy(model(**batch).logits, torch.tensor([2])).item())
        return (losses[0] - losses[1]) / (2 * step)

    for head in range(4):

        def scale_head(block, scale, head=head):
            block.output.weight[:, head * size : (head + 1) * size] *= scale

        assert heads[0][head].item() == pytest.approx(slope(scale_head) ** 2, rel=1e-3, abs=1e-9)
    strongest = int(neurons[0].argmax())

    def scale_neuron(block, scale):
        block.ffn_out.weight[:, strongest] *= scale

    assert neurons[0][strongest].item() == pytest.approx(slope(scale_neuron) ** 2, rel=1e-3, abs=1e-9)


def test_pruning_cuts_the_block_once_and_the_layers_stay(tokenizer):
    model = albert(tokenizer)
    cut_least_important(
        model,
        Importance([torch.tensor([9.0, 1.0, 8.0, 7.0])], [torch.arange(128.0)]),
        PruneOptions(heads=0.5, ffn=0.25),
    )
    encoder = describe(model)
    assert [(block.heads, block.ffn) for block in encoder.blocks] == [(2, 32)]
    assert encoder.repeats == LAYERS
    with torch.no_grad():
        assert model(**tokenizer([TEXTS[0]], return_tensors="pt")).logits.isfinite().all()


def test_a_student_of_fewer_layers_runs_the_same_block_less_often(tokenizer):
    teacher = albert(tokenizer)
    student = make_student(teacher, WantedShape(layers=2))
    assert describe(student).repeats == 2
    assert family("albert").shape(teacher.config).layers == LAYERS
    for name, value in teacher.state_dict().items():
        assert torch.equal(student.state_dict()[name], value)
    seen = []
    describe(student).blocks[0].ffn_in.register_forward_hook(lambda *_: seen.append(1))
    batch = tokenizer([TEXTS[0]], return_tensors="pt")
    with torch.no_grad():
        student(**batch)
    assert len(seen) == 2


def test_a_student_has_half_its_teachers_runs_by_default(tokenizer):
    assert describe(make_student(albert(tokenizer), WantedShape())).repeats == LAYERS // 2


def test_a_narrow_student_keeps_the_width_of_the_tables(tokenizer):
    student = make_student(albert(tokenizer), WantedShape(layers=3, hidden=32, ffn=48))
    encoder = describe(student)
    (block,) = encoder.blocks
    assert (encoder.hidden, block.heads, block.ffn, encoder.repeats) == (32, 2, 48, 3)
    assert encoder.token_embedding.embedding_dim == 64
    assert encoder.projection.weight.shape == (32, 64)
