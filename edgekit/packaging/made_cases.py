"""Golden cases made here, of a bundle's vocabulary and as its model answers, for bundles that bring none such."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np

from edgekit.agent.inference.bundle import Bundle
from edgekit.agent.inference.classifier import Classifier, load_classifier
from edgekit.agent.inference.problem_type import threshold_logit
from edgekit.agent.inference.tokenizer import load_tokenizer
from edgekit.compress.quantization.grid import Floats
from edgekit.export.goal_search import Edges, further_texts
from edgekit.export.golden_texts import HARD_PAIRS, HARD_TEXTS, made_texts
from edgekit.export.parity import FLOAT, Tolerance
from edgekit.export.source import TextInput
from edgekit.export.task_export import Origin
from edgekit.export.tasks.text_classification import ClassificationCase, golden_row, is_tie
from edgekit.packaging.contents import golden_rows
from edgekit.tasks.registry import task_named


def made_cases(bundle: Bundle) -> list[str]:
    """Lines of golden cases whose texts `edgekit export` would make; none of a decoder.

    The bundle's own golden cases are reproduced already, so that its model answers here as its reference does.
    Raises `RuntimeMissing` of the agent where nothing runs it here: another machine has reproduced them.
    """
    if not task_named(bundle.task).labels:
        return []
    return _lines(load_classifier(bundle))


def _lines(classifier: Classifier) -> list[str]:
    """A line of JSON for each text whose answer is no tie within what the manifest allows."""
    bundle = classifier.bundle
    parity = bundle.manifest.get("parity") or {}
    allowed = Tolerance(float(parity.get("atol", FLOAT.atol)), float(parity.get("rtol", FLOAT.rtol)))

    def logits(texts: Sequence[TextInput]) -> Floats:
        return np.stack([_case(classifier, text).logits for text in texts])

    tokenizer = load_tokenizer(bundle.tokenizer)
    tokenizer.no_truncation()
    tokenizer.no_padding()
    # pairs of texts are for models that were given some
    pairs = bundle.needs_pairs or any(row.get("text_pair") for row in golden_rows(bundle))
    made = list(dict.fromkeys(made_texts(tokenizer, classifier.tokenizer.max_length, pairs=pairs).values()))
    hard: Sequence[TextInput] = HARD_PAIRS if bundle.needs_pairs else HARD_TEXTS
    made += further_texts(tokenizer, Edges(classifier.head, allowed), logits, logits([*hard, *made]))
    origins: dict[TextInput, Origin] = dict.fromkeys(made, "vocabulary")
    origins |= dict.fromkeys(hard, "fixed")
    cases = [_case(classifier, text) for text in origins]
    return [json.dumps(golden_row(case, origins[case.text])) for case in cases if not is_tie(case, allowed)]


def _case(classifier: Classifier, text: TextInput) -> ClassificationCase:
    encoding = classifier.tokenizer.encode(*((text,) if isinstance(text, str) else text))
    logits = classifier.logits(encoding)
    edges = tuple(map(threshold_logit, classifier.head.thresholds))
    return ClassificationCase(text, tuple(encoding.ids), logits, classifier.head.predict(logits).answer, edges)
