"""Each loss against a calculation that shares nothing with it, and what must hold for any numbers."""

from __future__ import annotations

import copy
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_checkpoint import TEXTS, hooks, tiny_classifier, tiny_tokenizer
from torch import nn

from edgekit.compress.distillation.activation_hooks import Activations, hook_activations
from edgekit.compress.distillation.relations import relation_divergence, relation_heads
from edgekit.compress.distillation.student import make_student
from edgekit.compress.distillation.teacher_losses import intermediate_loss, soft_target_loss
from edgekit.compress.training.losses import hidden_distance, next_token, top_tokens
from edgekit.errors import UsageError
from edgekit.options.train_options import DistillOptions
from edgekit.schema.shape import WantedShape


def softmax(values):
    powers = [math.exp(value) for value in values]
    return [power / sum(powers) for power in powers]


def divergence_by_hand(student, teacher, heads, lengths):
    """MiniLMv2's loss in loops: lists [batch][token][channel] for each of Q, K and V."""
    total = 0.0
    for mine, theirs in zip(student, teacher, strict=True):
        terms = []
        for row, length in enumerate(lengths):
            for head in range(heads):
                relations = []
                for vectors in (theirs[row], mine[row]):
                    size = len(vectors[0]) // heads
                    part = [vector[head * size : (head + 1) * size] for vector in vectors[:length]]
                    relations.append(
                        [
                            softmax(
                                [
                                    sum(a * b for a, b in zip(one, other, strict=True)) / math.sqrt(size)
                                    for other in part
                                ]
                            )
                            for one in part
                        ]
                    )
                for p, q in zip(*relations, strict=True):
                    terms.append(sum(a * math.log(a / b) for a, b in zip(p, q, strict=True)))
        total += sum(terms) / len(terms)
    return total


@pytest.mark.parametrize("heads", [1, 2, 4])
def test_relations_are_those_of_minilm_v2(heads):
    generator = torch.Generator().manual_seed(heads)
    lengths = [5, 3]
    student = [torch.randn(2, 5, 8, generator=generator) for _ in range(3)]
    teacher = [torch.randn(2, 5, 12, generator=generator) for _ in range(3)]
    mask = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])
    wanted = divergence_by_hand([s.tolist() for s in student], [t.tolist() for t in teacher], heads, lengths)
    assert relation_divergence(student, teacher, heads, mask).item() == pytest.approx(wanted, rel=1e-5)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31), st.sampled_from([1, 2, 4]))
def test_relations_of_one_with_itself_are_no_divergence_and_padding_does_not_matter(seed, heads):
    generator = torch.Generator().manual_seed(seed)
    vectors = [torch.randn(2, 6, 8, generator=generator) for _ in range(3)]
    others = [torch.randn(2, 6, 8, generator=generator) for _ in range(3)]
    mask = torch.tensor([[1] * 6, [1] * 4 + [0] * 2])
    assert relation_divergence(vectors, vectors, heads, mask).item() == pytest.approx(0, abs=1e-6)
    before = relation_divergence(others, vectors, heads, mask)
    assert before > 0
    changed = [vector.clone() for vector in vectors]
    for vector in changed:
        vector[1, 4:] = 100 * torch.randn(2, 8, generator=generator)
    assert relation_divergence(others, changed, heads, mask).item() == pytest.approx(before.item(), rel=1e-5)


def test_relation_heads_divide_both_widths():
    assert relation_heads(384, 768, None) == 48
    assert relation_heads(312, 768, None) == 24
    assert relation_heads(64, 96, 8) == 8
    with pytest.raises(UsageError, match="do not divide"):
        relation_heads(312, 768, 48)


def test_hidden_distance_is_the_mean_over_layers_tokens_and_channels():
    generator = torch.Generator().manual_seed(0)
    student = [torch.randn(2, 4, 3, generator=generator) for _ in range(2)]
    teacher = [torch.randn(2, 4, 5, generator=generator) for _ in range(2)]
    projections = [nn.Linear(3, 5, bias=False) for _ in range(2)]
    mask = torch.tensor([[1, 1, 1, 1], [1, 0, 0, 0]])
    kept = [(0, 0), (0, 1), (0, 2), (0, 3), (1, 0)]
    squares = []
    for mine, theirs, projection in zip(student, teacher, projections, strict=True):
        for row, token in kept:
            for channel in range(5):
                value = sum(projection.weight[channel, i].item() * mine[row, token, i].item() for i in range(3))
                squares.append((value - theirs[row, token, channel].item()) ** 2)
    found = hidden_distance(student, teacher, projections, mask).item()
    assert found == pytest.approx(sum(squares) / len(squares), rel=1e-5)


@pytest.mark.parametrize("family", ["distilbert", "bert", "roberta", "albert"])
def test_a_student_that_is_its_teacher_has_nothing_to_learn_from_the_inside(family):
    tokenizer = tiny_tokenizer(family)
    teacher = tiny_classifier(tokenizer, family=family)
    student = make_student(teacher, WantedShape(layers=2)).eval()
    names = set(student.state_dict())
    options = DistillOptions(soft_weight=1, hidden_weight=1, relation_weight=1)
    batch = dict(tokenizer(list(TEXTS), return_tensors="pt", padding=True))
    labels = torch.zeros(len(TEXTS), dtype=torch.long)
    with intermediate_loss(student, teacher, tokenizer.model_input_names, options) as loss:
        logits = student(**batch).logits
        assert loss(logits, batch | {"labels": labels}).item() == pytest.approx(0, abs=1e-5)
        assert set(student.state_dict()) > names, "what is learned for the training alone"
    assert set(student.state_dict()) == names
    assert not hooks(student) + hooks(teacher)


@pytest.mark.parametrize(
    ("weights", "error"),
    [
        # a block that fails, and a loss that cannot be made: relations do not split into these heads
        ({"hidden_weight": 1, "relation_weight": 1}, RuntimeError),
        ({"relation_weight": 1, "relation_heads": 7}, UsageError),
    ],
)
def test_models_that_were_watched_are_as_they_were_also_where_it_fails(weights, error):
    tokenizer = tiny_tokenizer()
    teacher, student = tiny_classifier(tokenizer), tiny_classifier(tokenizer)
    names = set(student.state_dict())
    options = DistillOptions(**weights)
    with pytest.raises(error), intermediate_loss(student, teacher, tokenizer.model_input_names, options):
        assert len(hooks(student)) == len(hooks(teacher)) == 1 + 3 + 3
        raise RuntimeError
    assert set(student.state_dict()) == names
    assert not hooks(student) + hooks(teacher)


@pytest.mark.parametrize("family", ["distilbert", "albert"])
def test_what_is_watched_is_what_transformers_says(family):
    tokenizer = tiny_tokenizer(family)
    model = tiny_classifier(tokenizer, family=family, layers=3)
    batch = tokenizer(["lock the front door"], return_tensors="pt")
    with hook_activations(model, hidden=True, relations=True) as watching, torch.no_grad():
        model(**batch)
        # a copy, in which newer releases of transformers leave hooks of their own
        wanted = copy.deepcopy(model)(**batch, output_hidden_states=True).hidden_states
        activations = Activations(watching.encoder, list(watching.hidden), dict(watching.vectors))
    assert not hooks(model)
    assert not watching.hidden + list(watching.vectors), "no batch is kept"
    first = 0 if family == "distilbert" else 1  # transformers has the embeddings before ALBERT's projection
    assert len(activations.hidden) == len(wanted) == 4
    for found, said in zip(activations.hidden[first:], wanted[first:], strict=True):
        assert torch.allclose(found, said, atol=1e-6)
    last = activations.encoder.blocks[-1]
    for name, found in zip(("query", "key", "value"), activations.relation_vectors, strict=True):
        assert torch.allclose(found, getattr(last, name)(wanted[2]), atol=1e-5), name


def test_gradients_reach_a_narrower_student_and_its_projections():
    tokenizer = tiny_tokenizer()
    teacher = tiny_classifier(tokenizer)
    student = make_student(teacher, WantedShape(layers=1, hidden=32)).train()
    options = DistillOptions(hidden_weight=1, relation_weight=1)
    batch = dict(tokenizer(list(TEXTS), return_tensors="pt", padding=True))
    labels = torch.tensor([0, 1, 2, 0, -1, -1])
    with intermediate_loss(student, teacher, tokenizer.model_input_names, options) as loss:
        loss(student(**batch).logits, batch | {"labels": labels}).backward()
        assert all(parameter.grad is not None for parameter in student.parameters())
    assert all(parameter.grad is None for parameter in teacher.parameters())


def test_a_row_without_a_label_has_the_one_that_the_teacher_gives_it():
    logits, teacher = torch.tensor([[0.1, 0.5, -1.0]]), torch.tensor([[0.0, -1.0, 2.0]])
    loss = soft_target_loss(2.0, 0.5)
    said = loss(logits, {"labels": torch.tensor([-1]), "teacher_logits": teacher})
    assert said == loss(logits, {"labels": torch.tensor([2]), "teacher_logits": teacher})


def test_next_token_is_the_mean_surprise_at_each_but_the_first():
    logits = torch.randn(2, 3, 4, generator=torch.Generator().manual_seed(0))
    ids = torch.tensor([[0, 3, 1], [2, 2, 0]])
    nats = [
        -math.log(softmax(logits[row, place].tolist())[int(ids[row, place + 1])])
        for row in range(2)
        for place in range(2)
    ]
    assert next_token(logits, {"labels": ids}).item() == pytest.approx(sum(nats) / 4, rel=1e-5)


@pytest.mark.parametrize("temperature", [1.0, 2.0])
def test_top_tokens_of_the_whole_vocabulary_is_the_divergence_of_torch(temperature):
    generator = torch.Generator().manual_seed(0)
    student, teacher = (torch.randn(2, 3, 11, generator=generator) for _ in range(2))
    student.requires_grad_()
    found = (teacher / temperature).log_softmax(-1).topk(11)
    mine = top_tokens(student, found.indices, found.values, temperature)
    wanted = temperature**2 * nn.functional.kl_div(
        (student / temperature).log_softmax(-1).flatten(0, 1),
        (teacher / temperature).log_softmax(-1).flatten(0, 1),
        reduction="batchmean",
        log_target=True,
    )
    assert mine.item() == pytest.approx(wanted.item(), rel=1e-4)
    (gradient,) = torch.autograd.grad(mine, student)
    (expected,) = torch.autograd.grad(wanted, student)
    assert torch.allclose(gradient, expected, atol=1e-5)


def test_top_tokens_holds_all_others_against_the_student_as_one():
    student, teacher = [0.5, -1.0, 2.0, 0.0], [1.0, 3.0, -0.5, 0.2]
    p, q = softmax(teacher), softmax(student)
    buckets = [(p[1], q[1]), (p[0], q[0]), (p[2] + p[3], q[2] + q[3])]
    wanted = sum(a * math.log(a / b) for a, b in buckets)
    found = torch.tensor([[teacher]]).log_softmax(-1).topk(2)
    mine = top_tokens(torch.tensor([[student]]), found.indices, found.values, 1.0)
    assert mine.item() == pytest.approx(wanted, rel=1e-5)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 11))
def test_top_tokens_is_no_more_than_the_whole_divergence_and_none_for_the_teacher_itself(seed, k):
    generator = torch.Generator().manual_seed(seed)
    student, teacher = (torch.randn(1, 4, 12, generator=generator) for _ in range(2))
    found = teacher.log_softmax(-1).topk(k)
    whole = (teacher.softmax(-1) * (teacher.log_softmax(-1) - student.log_softmax(-1))).sum(-1).mean()
    assert top_tokens(student, found.indices, found.values, 1.0) <= whole + 1e-5
    assert top_tokens(teacher, found.indices, found.values, 1.0).item() == pytest.approx(0, abs=1e-5)
    # as they are kept
    halves = top_tokens(teacher, found.indices, found.values.half(), 1.0)
    assert abs(halves.item()) < 2e-3
