"""A student in another family than its teacher's: the same embeddings and blocks under that family's names.

An encoder is embeddings, blocks and a head in every family here, so that what a teacher knows can be carried over.
"""

from __future__ import annotations

import copy
from typing import Any

from edgekit.data.tokenizer import Tokenizer
from edgekit.errors import UsageError
from edgekit.models.encoder import Encoder, EncoderBlock, activation_key
from edgekit.models.loaded_model import LoadedModel
from edgekit.models.registry import describe_encoder, family, family_of
from edgekit.models.scratch import new_classifier
from edgekit.models.token_types import give_inputs
from edgekit.schema.families import ENCODERS, FAMILIES
from edgekit.schema.shape import Scratch, Shape


def convert_family(
    model: LoadedModel, tokenizer: Tokenizer, name: str, embedding: int | None = None
) -> tuple[LoadedModel, Tokenizer]:
    """A model of the family `name` that begins where the encoder `model` is, and its tokenizer.

    Embeddings and blocks are copied, so that the states behind each block are those of `model`; token types that it
    does not know add nothing. ALBERT's one block is a copy of the middle one; its embeddings are copies too, or the
    nearest of the width `embedding`, with a projection fitted to them. The head is copied where it is of the same
    kind, and new otherwise. Raises `UsageError` from or to a decoder, from an ALBERT, whose embeddings are of another
    width than its block, and for embeddings wider than the teacher's.
    """
    import torch

    source = describe_encoder(model) if model.config.model_type in ENCODERS else None
    if source is None or name not in ENCODERS or source.projection is not None:
        raise UsageError(
            f"a student of the family {name} cannot be cut from a teacher of the family {model.config.model_type}",
            advice=f"--scratch family={name},layers=... begins from nothing",
        )
    shape = family_of(model).shape(model.config)
    if any((block.heads, block.ffn) != (shape.heads, shape.ffn) for block in source.blocks):
        raise UsageError(
            "a student of another family cannot be cut from a pruned model: its blocks are of several widths",
            advice="distill the teacher into the other family first, and prune that",
        )
    if (embedding or 0) > source.hidden:
        raise UsageError(
            f"student: embedding {embedding} is more than the {source.hidden} of the teacher's embeddings"
        )
    labels = [model.config.id2label[index] for index in range(model.config.num_labels)]
    activation = getattr(model.config, activation_key(model.config))
    converted = new_classifier(
        _scratch(shape, source.max_length, name, embedding), tokenizer, labels, activation=activation
    )
    converted.config.problem_type = model.config.problem_type
    target = describe_encoder(converted)
    with torch.no_grad():
        _copy_embeddings(source, target)
        blocks = [source.blocks[len(source.blocks) // 2]] if target.shared else source.blocks
        for theirs, mine in zip(blocks, target.blocks, strict=True):
            _copy_block(theirs, mine)
        if [layer.activation for layer in source.head] == [layer.activation for layer in target.head]:
            for old, new in zip(source.head, target.head, strict=True):
                _copy(old.linear, new.linear)
    student_tokenizer = copy.deepcopy(tokenizer)
    give_inputs(student_tokenizer, family(name).inputs)
    return converted, student_tokenizer


def _scratch(shape: Shape, max_length: int, name: str, embedding: int | None) -> Scratch:
    return Scratch(
        family=name,
        layers=shape.layers,
        hidden=shape.hidden,
        heads=shape.heads,
        ffn=shape.ffn,
        embedding=embedding or (shape.hidden if FAMILIES[name].factorized_embedding else None),
        max_length=max_length,
    )


def _copy_embeddings(source: Encoder, target: Encoder) -> None:
    """Token, position and token type embeddings, narrower where the target's are, and what follows on them."""
    import numpy as np
    import torch

    tokens, positions, token_types = _embedding_weights(source, typed=target.token_type_embedding is not None)
    width = target.token_embedding.embedding_dim
    # the directions in which tokens differ most: the truncated decomposition is the best embedding of its rank
    basis = torch.eye(source.hidden)
    if width < source.hidden:
        # by numpy, as in `_fit`
        directions = np.linalg.svd(tokens.double().numpy(), full_matrices=False)[2]
        basis = torch.from_numpy(directions[:width].T.copy()).float()
    rows = min(len(tokens), target.token_embedding.num_embeddings)
    target.token_embedding.weight[:rows] = tokens[:rows] @ basis
    places = min(len(positions), target.max_length)
    target.position_embedding.weight[target.first_position :][:places] = positions[:places] @ basis
    if target.token_type_embedding is not None:
        target.token_type_embedding.weight.copy_(token_types[: len(target.token_type_embedding.weight)] @ basis)
    if target.only_type is not None:
        target.only_type.weight.zero_()
    if width == source.hidden:
        _copy(source.embedding_norm, target.embedding_norm)
    if target.projection is not None:
        middle = positions[: len(positions) // 2].mean(0) + token_types[0]
        wanted = source.embedding_norm(tokens + middle)
        _fit(target.projection, target.embedding_norm((tokens + middle) @ basis), wanted)


def _embedding_weights(source: Encoder, *, typed: bool) -> tuple[Any, Any, Any]:
    """Weights for tokens [vocabulary, hidden], positions [max length, hidden] and token types [2, hidden].

    What the source adds to every token is with the positions, and the first type too if the target knows no types.
    """
    import torch

    positions = source.position_embedding.weight[source.first_position :].clone()
    token_types = torch.zeros(2, source.hidden)
    if source.only_type is not None:
        positions += source.only_type.weight[0]
    if source.token_type_embedding is not None:
        token_types[: len(source.token_type_embedding.weight)] = source.token_type_embedding.weight[:2]
    if not typed:
        positions, token_types = positions + token_types[0], torch.zeros_like(token_types)
    return source.token_embedding.weight, positions, token_types


def _fit(linear: Any, inputs: Any, outputs: Any) -> None:
    """Least squares: the dense layer that makes most nearly `outputs` [rows, out] of `inputs` [rows, in].

    By numpy and in float64: the last bits of what MKL gives depend on where in memory the numbers lie, and so on the
    process.
    """
    import numpy as np
    import torch

    with_one = np.column_stack([inputs.double().numpy(), np.ones(len(inputs))])
    solution = torch.from_numpy(np.linalg.lstsq(with_one, outputs.double().numpy(), rcond=None)[0]).float()
    linear.weight.copy_(solution[:-1].T)
    linear.bias.copy_(solution[-1])


def _copy_block(theirs: EncoderBlock, mine: EncoderBlock) -> None:
    for old, new in zip(theirs.dense(), mine.dense(), strict=True):
        _copy(old, new)
    _copy(theirs.attention_norm, mine.attention_norm)
    _copy(theirs.ffn_norm, mine.ffn_norm)


def _copy(old: Any, new: Any) -> None:
    """A dense layer or a norm."""
    new.weight.copy_(old.weight)
    new.bias.copy_(old.bias)
