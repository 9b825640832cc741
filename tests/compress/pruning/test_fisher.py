"""Fisher importance against gradients taken one mask at a time, and what is cut by it."""

from __future__ import annotations

import contextlib

import pytest
import torch
from tiny_checkpoint import LABELS, TEXTS, hooks, tiny_classifier, tiny_tokenizer

from edgekit.compress.pruning.fisher import Importance, classifier_importance, cut_least_important, fisher
from edgekit.data.splits import Data, Split
from edgekit.errors import UsageError
from edgekit.io.progress import SILENT
from edgekit.models.registry import describe
from edgekit.models.resize import keep_ffn
from edgekit.options.train_options import PruneOptions

EMPTY = Split([], None, [])


@pytest.fixture(scope="module")
def tokenizer():
    return tiny_tokenizer()


def rows(texts, labels):
    return Data("tiny", LABELS, train=Split(list(texts), None, list(labels)), validation=EMPTY, test=EMPTY)


def test_importance_is_the_squared_gradient_of_a_mask(tokenizer):
    model = tiny_classifier(tokenizer).double()
    found = classifier_importance(model, tokenizer, rows(TEXTS[:1], [2]), PruneOptions(samples=1))
    block = describe(model).blocks[1]
    batch = tokenizer([TEXTS[0]], return_tensors="pt")

    def loss(scale_head=None, scale_neuron=None, scale=1.0):
        changed = tiny_classifier(tokenizer).double()
        other = describe(changed).blocks[1]
        with torch.no_grad():
            if scale_head is not None:
                other.output.weight[:, scale_head * block.head_size : (scale_head + 1) * block.head_size] *= scale
            else:
                other.ffn_out.weight[:, scale_neuron] *= scale
            logits = changed(**batch).logits
        return torch.nn.functional.cross_entropy(logits, torch.tensor([2])).item()

    step = 1e-4
    for head in range(4):
        slope = (loss(scale_head=head, scale=1 + step) - loss(scale_head=head, scale=1 - step)) / (2 * step)
        assert found.heads[1][head].item() == pytest.approx(slope**2, rel=1e-3, abs=1e-9)
    strongest = int(found.neurons[1].argmax())
    slope = (loss(scale_neuron=strongest, scale=1 + step) - loss(scale_neuron=strongest, scale=1 - step)) / (2 * step)
    assert found.neurons[1][strongest].item() == pytest.approx(slope**2, rel=1e-3, abs=1e-9)


@pytest.mark.parametrize("fails", [False, True])
def test_the_masks_are_gone_when_importance_is_measured(tokenizer, fails):
    model = tiny_classifier(tokenizer)
    found = []

    def losses():
        found.extend(hooks(model))
        yield 1, model(**tokenizer([TEXTS[0]], return_tensors="pt")).logits.sum()
        if fails:
            raise RuntimeError

    with pytest.raises(RuntimeError) if fails else contextlib.nullcontext():
        fisher(model, losses, 1, SILENT)
    assert len(found) == 4, "one for the heads and one for the neurons of each of two blocks"
    assert not hooks(model)


def test_the_least_important_go_and_widths_are_multiples(tokenizer):
    model = tiny_classifier(tokenizer)
    heads = [torch.tensor([9.0, 1.0, 8.0, 7.0]), torch.tensor([0.1, 0.2, 6.0, 0.3])]
    neurons = [torch.arange(128.0), torch.zeros(128)]
    kept = describe(model).blocks[0].ffn_in.weight[-64:].clone()
    cut_least_important(model, Importance(heads, neurons), PruneOptions(heads=0.5, ffn=0.25, multiple_of=16))
    first, second = describe(model).blocks
    assert (first.heads, second.heads) == (3, 1)
    assert (first.ffn, second.ffn) == (64, 16), "the second block keeps the least that is allowed"
    assert torch.equal(first.ffn_in.weight, kept)


@pytest.mark.parametrize(
    ("width", "share", "multiple", "left"),
    [
        # a width that is no multiple itself loses its rest, and is never widened
        (108, 1.0, 16, 96),
        (108, 1.0, 32, 96),
        (100, 0.99, 4, 100),
        # to the nearer multiple: 54 of 108 lies between 48 and 64
        (108, 0.5, 16, 48),
        (120, 0.5, 16, 64),
        (108, 0.01, 16, 16),
        (17, 0.5, 16, 16),
        (32, 0.5, 32, 32),
        (108, 0.5, 1, 54),
    ],
)
def test_a_width_is_cut_to_a_multiple_also_where_it_is_none(tokenizer, width, share, multiple, left):
    model = tiny_classifier(tokenizer, ffn=width)
    neurons = [torch.arange(float(width)) for _ in range(2)]
    options = PruneOptions(heads=1.0, ffn=share, multiple_of=multiple)
    cut_least_important(model, Importance([torch.ones(4)] * 2, neurons), options)
    assert [block.ffn for block in describe(model).blocks] == [left, left]
    assert describe(model).blocks[0].ffn_out.in_features == left


@pytest.mark.parametrize("multiple", [0, 3, 12, 33])
def test_multiples_are_powers_of_two(multiple):
    with pytest.raises(UsageError, match="multiple"):
        PruneOptions.parse({"multiple_of": multiple}, "prune")


def test_one_block_that_is_too_narrow_is_refused_as_well(tokenizer):
    """As of a model that was pruned before: its other block is wide enough."""
    model = tiny_classifier(tokenizer)
    with torch.no_grad():
        keep_ffn(describe(model).blocks[1], torch.arange(16))
    neurons = [torch.ones(128), torch.ones(16)]
    with pytest.raises(UsageError, match="the FFN is 16 wide: --multiple-of 32 leaves nothing"):
        cut_least_important(model, Importance([torch.ones(4)] * 2, neurons), PruneOptions(multiple_of=32))


def test_width_that_leaves_nothing_is_refused(tokenizer):
    with pytest.raises(UsageError, match="leaves nothing"):
        cut_least_important(
            tiny_classifier(tokenizer),
            Importance([torch.ones(4)] * 2, [torch.ones(128)] * 2),
            PruneOptions(multiple_of=256),
        )


def test_rows_longer_than_the_position_table_are_cut(tokenizer):
    model = tiny_classifier(tokenizer)
    long = " ".join(TEXTS * 5)
    options = PruneOptions(samples=1, max_length=500)
    heads = classifier_importance(model, tokenizer, rows([long], [0]), options).heads
    assert all(bool(torch.isfinite(head).all()) for head in heads)
