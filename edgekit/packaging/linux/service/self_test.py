"""A bundle that is opened and has reproduced its golden cases, before anybody is answered with it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Union

from edgekit.agent.inference.bundle import GENERATION, open_bundle, read_golden
from edgekit.agent.inference.classifier import Classifier, load_classifier
from edgekit.agent.inference.decoder_golden import read_decoder_golden, run_decoder_golden
from edgekit.agent.inference.generation import TextGenerator
from edgekit.agent.inference.generator import load_generator
from edgekit.agent.inference.golden import GoldenResult, run_golden

Model = Union[Classifier, TextGenerator]


@dataclass(frozen=True)
class Proven:
    """A model, and how closely it reproduced the golden cases."""

    model: Model
    golden: GoldenResult

    @property
    def facts(self) -> dict[str, Any]:
        """What the service says of it."""
        bundle, session = self.model.bundle, self.model.session
        return {
            "runtime": f"{session.runtime} {session.version}",
            "threads": session.threads,
            "golden_cases": self.golden.cases,
            "max_abs_difference": self.golden.max_abs_difference,
            "model_sha256": bundle.model_sha256,
            "max_length": bundle.max_length,
        }


def open_proven(folder: Path, threads: int) -> Proven:
    """Open a bundle and run its golden cases.

    Raises the agent's errors: `BadInput` for a file that is not the manifest's, `GoldenMismatch` that names the first
    token, logit or label that differs.
    """
    bundle = open_bundle(folder)
    if bundle.task == GENERATION:
        prompts = read_decoder_golden(bundle)
        generator = load_generator(bundle, threads=threads)
        return Proven(generator, run_decoder_golden(generator, prompts))
    cases = read_golden(bundle)
    classifier = load_classifier(bundle, threads=threads)
    return Proven(classifier, run_golden(classifier, cases))
