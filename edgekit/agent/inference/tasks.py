"""The tasks by name: how a bundle for each is loaded and proven by its golden cases."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Union

from .bundle import CLASSIFICATION, GENERATION, Bundle, read_golden
from .classifier import Classifier, load_classifier
from .decoder_golden import read_decoder_golden, run_decoder_golden
from .generation import TextGenerator
from .generator import load_generator
from .golden import GoldenResult, run_golden

Model = Union[Classifier, TextGenerator]


class ProvenModel(NamedTuple):
    """A loaded model, and how closely it reproduced the golden cases of its bundle."""

    model: Model
    golden: GoldenResult


def prove(bundle: Bundle, runtime: str | None = None, threads: int = 1) -> ProvenModel:
    """Load a bundle whose files are already checked, and run its golden cases.

    runtime: as in `registry.open_session`
    Raises `BadInput` where there are no golden cases, `RuntimeMissing` and `RuntimeFailed` as `open_session` does, and
    `GoldenMismatch` that names the first token, logit or label that differs.
    """
    return _PROVE[bundle.task](bundle, runtime, threads)


def _prove_classifier(bundle: Bundle, runtime: str | None, threads: int) -> ProvenModel:
    # read first: without cases nothing need be loaded
    cases = read_golden(bundle)
    classifier = load_classifier(bundle, runtime, threads)
    return ProvenModel(classifier, run_golden(classifier, cases))


def _prove_generator(bundle: Bundle, runtime: str | None, threads: int) -> ProvenModel:
    cases = read_decoder_golden(bundle)
    generator = load_generator(bundle, runtime, threads)
    return ProvenModel(generator, run_decoder_golden(generator, cases))


_PROVE: dict[str, Callable[[Bundle, str | None, int], ProvenModel]] = {
    CLASSIFICATION: _prove_classifier,
    GENERATION: _prove_generator,
}
