"""Layer-wise decay of the learning rate: the nearer a layer is to the input, the slower it learns."""

from __future__ import annotations

from itertools import groupby, takewhile
from typing import Any

from edgekit.models.registry import family_of


def decay_by_layer(optimizer: Any, model: Any, decay: float) -> None:
    """Split the groups of an optimizer that has taken no step: each block learns `decay` times as fast as the next.

    The head keeps its rate, the last block has `decay` times it, the tables have decay^(blocks + 1) times it (Clark et
    al. 2020, arXiv 2003.10555, section 3.2 and appendix B). A table that is the head as well counts as a table.
    Raises `UsageError` for a model of a family that cannot be taken apart.
    """
    depths = _depths(model)

    def depth(parameter: Any) -> int:
        return depths.get(id(parameter), 0)

    optimizer.param_groups = [
        {**group, "params": list(alike), "lr": group["lr"] * decay**below}
        for group in optimizer.param_groups
        for below, alike in groupby(sorted(group["params"], key=depth), key=depth)
    ]


def _depths(model: Any) -> dict[int, int]:
    """How far below the head a parameter is, by its id; the head's own, and those of the loss, are not named."""
    blocks = list(family_of(model).blocks(model))
    inside = {id(each): len(blocks) - number for number, block in enumerate(blocks) for each in block.parameters()}
    # in every family modules are registered in the order in which they run: the tables, the blocks, the head
    tables = takewhile(lambda each: id(each) not in inside, model.parameters())
    return inside | {id(each): len(blocks) + 1 for each in tables}
