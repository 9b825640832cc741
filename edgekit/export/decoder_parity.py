"""Parity of a decoder: the written file against its reference, however the tokens are fed to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from edgekit.bundle.manifest import Parity
from edgekit.compress.quantization.grid import Floats
from edgekit.errors import ParityError, ToolError
from edgekit.export.decoder_golden import DecoderCase, centred
from edgekit.export.parity import FLOAT, Reference, Tolerance, rounded_atol


def check_decoder(generator: Any, cases: Sequence[DecoderCase], allowed: Tolerance, reference: Reference) -> Parity:
    """Run every case through an `edgekit.agent` text generator: in one piece, in two, token by token.

    Each time with the reference's own tokens, so that one close choice does not spoil the rest. The relative part of
    the tolerance is of the largest logit of a row: GPT-2's lie far from 0 together, and are no more exact than that.
    Raises `ParityError` that names the worst case: other token ids, or a logit out of tolerance.
    """
    from edgekit.agent.errors import AgentError

    worst, largest, equal = (0.0, ""), 0.0, 0
    for case in cases:
        _same_ids(generator, case)
        try:
            runs = list(_runs(generator.session, case))
        except AgentError as error:
            raise ToolError(f"the exported file does not run: {error.message}", advice=error.advice) from error
        for how, first, found in runs:
            wanted = case.logits[first : first + len(found)]
            difference = np.abs(centred(found) - wanted)
            # written so that a NaN counts as off
            limit = allowed.atol + allowed.rtol * case.sizes[first : first + len(found), None]
            excess = float((difference / limit).max())
            if not excess <= worst[0]:
                worst = (excess if np.isfinite(excess) else float("inf"), f"{how}, for {case.prompt[:57]!r}")
            largest = float(np.maximum(largest, difference.max()))  # of a NaN, NaN
        stepped = runs[-1][2]
        equal += tuple(int(row.argmax()) for row in stepped) == case.tokens
    if worst[0] > 1:
        raise ParityError(
            f"the exported file does not reproduce its {reference}: its logits differ by up to {largest:.4g} "
            f"(allowed {allowed.atol:g} + {allowed.rtol:g} of the largest), worst {worst[1]}",
            advice="this is a fault of the conversion, not of the model; nothing was written",
        )
    return Parity(
        reference=reference,
        cases=len(cases),
        atol=allowed.atol,
        rtol=allowed.rtol,
        max_abs_difference=largest,
        labels_equal=equal,
    )


def rounded_tolerance(model: Any, cases: Sequence[DecoderCase]) -> Tolerance:
    """What parity allows a quantized decoder: half as much again as not rounding its activations at all would change.

    A value beside a rounding boundary falls to the other side when its last bit differs, and moves all later layers
    and, through the cache, all later tokens. In a trained decoder of five layers the simulation itself, its embeddings
    disturbed by 1e-6, moves by as much (0.3 to 0.6, at logits that spread by 7) as the rounding as a whole; runtimes
    do not round on cores without fast integer products. Where no value falls so, file and simulation are equal to
    the fifth digit.
    """
    import torch

    moved = 0.0
    with torch.inference_mode():
        for case in cases:
            logits = model(torch.tensor([[*case.ids, *case.tokens[:-1]]])).logits[0].float().numpy()
            moved = max(moved, float(np.abs(centred(logits) - case.logits).max()))
    return Tolerance(rounded_atol(moved), FLOAT.rtol)


def _runs(session: Any, case: DecoderCase) -> Iterator[tuple[str, int, Floats]]:
    """How the tokens were fed, the first row of the reference that it gives, and the logits."""
    fed = [*case.ids, *case.tokens[:-1]]
    prompt = len(case.ids)
    session.reset()
    yield "all tokens at once", 0, session.logits_of(fed)
    if prompt > 1:
        session.reset()
        session.prefill(fed[: prompt // 2])
        yield "the prompt in two pieces", prompt - 1, session.prefill(fed[prompt // 2 : prompt])[None]
    session.reset()
    rows = [session.prefill(fed[:prompt])]
    rows += [session.step(token).copy() for token in fed[prompt:]]
    yield "token by token", prompt - 1, np.stack(rows)


def _same_ids(generator: Any, case: DecoderCase) -> None:
    if tuple(generator.encode(case.prompt)) != case.ids:
        raise ParityError(
            f"the written tokenizer.json gives other token ids than the checkpoint's for {case.prompt[:57]!r}"
        )
