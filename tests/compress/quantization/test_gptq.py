"""Rounding by the inputs of layers: against brute force, and what it saves in a model."""

import copy
import itertools

import numpy as np
import pytest
import torch

from edgekit.compress.quantization.gptq import round_blocks, round_by_inputs
from edgekit.compress.quantization.grid import from_grid, integers, to_grid
from edgekit.compress.quantization.quantize import apply_plan, make_plan
from edgekit.io.progress import SILENT
from edgekit.models.registry import describe, family_of
from edgekit.schema.plan import TensorPlan
from tests.tiny_checkpoint import TEXTS as ENCODER_TEXTS
from tests.tiny_checkpoint import tiny_classifier, tiny_tokenizer
from tests.tiny_decoder import KINDS

PLAN = TensorPlan(bits=4, block=4)
WORDS = ["abc", "xyz", "the", "quick", "brown", "fox", "jumps", "over", "a", "lazy", "dog"]
# in any order, so that what holds for these holds for others
TEXTS, OTHERS = (
    [" ".join(np.random.default_rng(seed).choice(WORDS, 10)) for seed in range(first, first + 40)]
    for first in (0, 100)
)
SPOKEN = " ".join(ENCODER_TEXTS).split()
ENCODED = tuple(" ".join(np.random.default_rng(seed).choice(SPOKEN, 12)) for seed in range(80))


def lost(weight, values, inputs):
    """Squared error of the outputs of a layer [rows, columns] on inputs [tokens, columns]."""
    return float(np.square(inputs @ (weight - values).T).sum())


@pytest.mark.parametrize("seed", range(4))
def test_a_good_part_of_the_way_from_the_nearest_to_the_best_rounding(seed):
    generator = np.random.default_rng(seed)
    inputs = generator.standard_normal((64, 4)) @ generator.standard_normal((4, 4))
    weight = generator.standard_normal((40, 4)).astype(np.float32)
    found, scales = round_by_inputs(weight, torch.from_numpy(inputs.T @ inputs), PLAN)
    best = nearest = 0.0
    for row, (scale,) in zip(weight, scales, strict=True):
        floors = np.floor(row / scale).astype(int)
        tried = itertools.product(*[range(max(-8, each - 1), min(7, each + 2) + 1) for each in floors])
        best += min(lost(row[None], np.array([each]) * scale, inputs) for each in tried)
        nearest += lost(row[None], np.clip(np.rint(row[None] / scale), -8, 7) * scale, inputs)
    reached = lost(weight, from_grid(found, scales), inputs)
    assert reached - best <= 0.7 * (nearest - best)


def test_wide_layers_lose_less_than_by_the_nearest():
    generator = np.random.default_rng(0)
    inputs = generator.standard_normal((512, 64)) @ generator.standard_normal((64, 64)) / 8
    weight = generator.standard_normal((16, 64)).astype(np.float32)
    plan = TensorPlan(bits=4, block=32)
    found, scales = round_by_inputs(weight, torch.from_numpy(inputs.T @ inputs), plan)
    assert found.min() >= -8
    assert found.max() <= 7
    assert np.array_equal(integers(from_grid(found, scales), scales, plan), found)
    assert lost(weight, from_grid(found, scales), inputs) < 0.6 * lost(
        weight, from_grid(*to_grid(weight, plan)), inputs
    )


def test_inputs_that_are_never_there_do_no_harm():
    inputs = np.random.default_rng(1).standard_normal((32, 4))
    inputs[:, 2] = 0
    found, scales = round_by_inputs(np.ones((2, 4), np.float32), torch.from_numpy(inputs.T @ inputs), PLAN)
    assert np.isfinite(from_grid(found, scales)).all()


@pytest.mark.parametrize("kind", ["gpt2", "llama"])
def test_a_decoder_stays_nearer_to_what_it_said(kind):
    make_tokenizer, make_model, changes = KINDS[kind]
    tokenizer = make_tokenizer()
    model = make_model(tokenizer, **changes)
    family_of(model).unpack_fused(model)
    plain, rounded = copy.deepcopy(model), copy.deepcopy(model)
    apply_plan(plain, make_plan(plain, "int4-weight"))
    apply_plan(rounded, make_plan(rounded, "int4-weight", tuple(TEXTS)), tokenizer)

    def off(changed):
        total = 0.0
        for text in OTHERS:
            row = {key: torch.tensor([value]) for key, value in tokenizer(text).items() if key != "token_type_ids"}
            with torch.no_grad():
                total += float((changed(**row).logits - model(**row).logits).square().mean())
        return total

    assert off(rounded) < 0.8 * off(plain)
    hooks = [hook for module in rounded.modules() for hook in (*module._forward_hooks, *module._forward_pre_hooks)]
    assert not hooks


@pytest.mark.parametrize("name", ["distilbert", "bert", "roberta", "albert"])
def test_what_the_first_block_of_an_encoder_gives_stays_nearer(name):
    """Later ones, and logits of networks that nobody trained, magnify what is left as chance will have it."""
    tokenizer = tiny_tokenizer(name)
    model = tiny_classifier(tokenizer, family=name)
    plain, rounded = copy.deepcopy(model), copy.deepcopy(model)
    apply_plan(plain, make_plan(plain, "int4-weight"))
    apply_plan(rounded, make_plan(rounded, "int4-weight", ENCODED[:40]), tokenizer)

    def off(changed):
        rows = [tokenizer(text, return_tensors="pt") for text in ENCODED[40:]]
        with torch.inference_mode():
            pairs = [(first(changed, row), first(model, row)) for row in rows]
        return sum(float((ours - theirs).square().mean()) for ours, theirs in pairs)

    def first(model, row):
        return model(**row, output_hidden_states=True).hidden_states[1]

    assert off(rounded) < 0.95 * off(plain)


def test_blocks_without_a_plan_are_left_alone():
    make_tokenizer, make_model, changes = KINDS["llama"]
    tokenizer = make_tokenizer()
    model = make_model(tokenizer, **changes)
    with SILENT.task("rounding") as advance:
        assert not list(round_blocks(model, describe(model), tokenizer, TEXTS, lambda layer: None, advance))
