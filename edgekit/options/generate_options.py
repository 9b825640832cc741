"""What `edgekit generate` can be told."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from edgekit.options.stage_options import Threads
from edgekit.schema.base_model import Strict


class GenerateOptions(Strict):
    """Options of `edgekit generate`."""

    max_tokens: Annotated[int, Field(gt=0, description="The most new tokens.")] = 256
    temperature: Annotated[
        float,
        Field(ge=0, allow_inf_nan=False, description="0 takes the best token each time; 1 draws as the model says."),
    ] = 0.0
    top_k: Annotated[int, Field(ge=0, description="Draw from so many of the best tokens; 0: all.")] = 0
    top_p: Annotated[
        float, Field(gt=0, le=1, description="Draw from the fewest best tokens that have this probability together.")
    ] = 1.0
    seed: Annotated[int, Field(ge=0, description="The same seed draws the same text.")] = 0
    context_full: Annotated[
        Literal["stop", "slide"],
        Field(description="When the context is full: stop the text, or slide: forget the older half."),
    ] = "stop"
    context: Annotated[
        int | None, Field(gt=0, description="Tokens of the context. Default: as many as the bundle was exported for.")
    ] = None
    threads: Annotated[Threads, Field(description="Threads of the runtime.")] = 1
