"""Running the golden cases of a decoder: prompt -> ids -> logits -> tokens, each as the bundle says."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import BadInput, GoldenMismatch
from ..runtimes.base import Array
from .bundle import GOLDEN, Bundle, golden_lines
from .generation import TextGenerator
from .golden import GoldenResult, same_ids, tolerance


@dataclass(frozen=True)
class DecoderGoldenCase:
    """A prompt with its ids, the tokens that follow greedily, and the best ids after it with their logits.

    The logits are less the mean of all logits, which no probability depends on.
    """

    text: str
    ids: tuple[int, ...]
    tokens: tuple[int, ...]
    best: tuple[int, ...]
    logits: tuple[float, ...]


def read_decoder_golden(bundle: Bundle) -> tuple[DecoderGoldenCase, ...]:
    """The golden cases of a decoder's bundle; `BadInput` where there are none or they cannot be read."""
    return tuple(_case(line, number) for number, line in golden_lines(bundle))


def run_decoder_golden(generator: TextGenerator, cases: Sequence[DecoderGoldenCase]) -> GoldenResult:
    """Run every case; the logits within the parity tolerance of the bundle's manifest.

    Behind the prompt the case's own tokens are fed, one by one: each must be the best, or within the tolerance of it.
    Raises `GoldenMismatch` that names the case and its first differing token or logit, and `BadInput` for a tolerance
    that wrong answers would be within.
    """
    # less their mean, so that 0 is among them
    atol, rtol = tolerance(generator.bundle, [0.0, *(value for case in cases for value in case.logits)])
    session, largest = generator.session, 0.0
    for number, case in enumerate(cases, 1):
        where = f"golden case {number} ({case.text[:40]!r}) on {session.runtime}"
        same_ids(generator.encode(case.text), case.ids, where)
        session.reset()
        row = session.prefill(case.ids)
        largest = max(largest, _close(row, case, atol, rtol, where))
        for position, token in enumerate(case.tokens):
            if position:
                row = session.step(case.tokens[position - 1])
            _check_best(row, token, position, atol, rtol, where)
    return GoldenResult(len(cases), largest)


def _close(row: Array, case: DecoderGoldenCase, atol: float, rtol: float, where: str) -> float:
    """The largest difference of a logit after the prompt."""
    expected = np.array(case.logits, np.float32)
    found = (row - row.mean(dtype=np.float64)).astype(np.float32)[list(case.best)]
    difference = np.abs(found - expected)
    # written so that a NaN counts as off
    off = np.flatnonzero(~(difference <= atol + rtol * float(np.abs(row).max())))
    if off.size:
        first = int(off[0])
        raise GoldenMismatch(
            f"{where}: the logit of token {case.best[first]} is {found[first]:.6g} above the mean, expected "
            f"{expected[first]:.6g} within {atol:g} + {rtol:g} of the largest logit",
            "this runtime or processor does not execute the file as the one that exported it did",
        )
    return float(difference.max())


def _check_best(row: Array, token: int, position: int, atol: float, rtol: float, where: str) -> None:
    best = int(np.argmax(row))
    if not row[best] - row[token] <= 2 * (atol + rtol * float(np.abs(row).max())):
        raise GoldenMismatch(f"{where}: new token {position} is {best}, expected {token}")


def _case(line: str, number: int) -> DecoderGoldenCase:
    try:
        row = json.loads(line)
        case = DecoderGoldenCase(
            text=str(row["text"]),
            ids=tuple(int(value) for value in row["ids"]),
            tokens=tuple(int(value) for value in row["tokens"]),
            best=tuple(int(value) for value in row["best"]),
            logits=tuple(float(value) for value in row["logits"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"{GOLDEN}:{number}: not a golden case of a decoder: {error!r}") from None
    if not case.ids or not case.best or len(case.best) != len(case.logits):
        raise BadInput(f"{GOLDEN}:{number}: not a golden case of a decoder: ids, best or logits are missing")
    return case
