"""The longest input: what the model's positions, its configuration and its tokenizer take."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from edgekit.models.input_length import usable_length


@pytest.mark.parametrize(
    ("wanted", "limit", "table", "padding", "configured", "usable"),
    [
        (128, 512, 512, None, 512, 128),
        (1000, 512, 600, None, 600, 512),
        (1000, 10**30, 512, None, 512, 512),
        (1000, 10**30, 514, 1, 514, 512),
        (1000, 10**30, None, None, 40, 40),
        (1000, 10**30, None, None, None, 1000),
        (1000, 10**30, None, None, -1, 1000),
    ],
)
def test_no_row_is_longer_than_model_and_tokenizer_take(wanted, limit, table, padding, configured, usable):
    model = torch.nn.Module()
    model.config = SimpleNamespace(max_position_embeddings=configured)
    if table is not None:
        model.position_embeddings = torch.nn.Embedding(table, 2, padding_idx=padding)
    assert usable_length(model, SimpleNamespace(model_max_length=limit), wanted) == usable
