"""What the configuration of a checkpoint says of its model: labels, what its logits mean, pruned heads, outputs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from edgekit.agent.inference.bundle import MOST_LABELS
from edgekit.bundle.manifest import BlockShape
from edgekit.errors import UsageError
from edgekit.models.loaded_model import ModelConfig
from edgekit.models.registry import family
from edgekit.schema.families import FAMILIES
from edgekit.tasks.problem_type import MULTI_LABEL, PROBLEMS, REGRESSION, SINGLE_LABEL, ProblemType

# how an answer is given, which changes no number of it: a tuple in place of names, what comes beside the logits, and
# in parts of how many tokens a layer is computed, which must divide every text
_ANSWERS = {
    "return_dict": True,
    "torchscript": False,
    "output_attentions": False,
    "output_hidden_states": False,
    "chunk_size_feed_forward": 0,
}


def configured_labels(path: Path, config: Mapping[str, object], *, classifies: bool) -> tuple[str, ...]:
    """The labels in the order of the logits; `classifies` says whether it is of a classifier.

    transformers leaves them out of the file where they are its own two, or as many as `num_labels` says; a checkpoint
    without a head has none. Raises `UsageError` for labels that are no texts, stand there twice or are too many.
    """
    labels = config.get("id2label")
    if labels is None:
        return _default_labels(path, config.get("num_labels")) if classifies else ()
    if isinstance(labels, dict) and len(labels) > MOST_LABELS:
        raise UsageError(f"{path / 'config.json'}: a model may have {MOST_LABELS:,} labels, and not {len(labels):,}")
    if not isinstance(labels, dict) or set(labels) != {str(number) for number in range(len(labels))}:
        raise UsageError(f"{path / 'config.json'}: id2label must give a label to each number from 0 on")
    named = tuple(labels[str(number)] for number in range(len(labels)))
    if not all(isinstance(label, str) for label in named):
        raise UsageError(
            f"{path / 'config.json'}: the labels in id2label must be texts, each one once: {_not_text(named)} is none",
            advice="put them in quotes there, and in label2id: " + json.dumps({"0": "0", "1": "1"}),
        )
    if len(set(named)) < len(named):
        raise UsageError(f"{path / 'config.json'}: the labels in id2label must be texts, each one once")
    return named


def configured_problem(path: Path, config: Mapping[str, object], labels: Sequence[str]) -> ProblemType:
    """What the configuration says of the logits or, as transformers takes it, a regression where there is one logit.

    Raises `UsageError` for one that does not go with the number of labels, or is none.
    """
    given, where = config.get("problem_type"), f"{path / 'config.json'}: problem_type"
    if given is None:
        return REGRESSION if len(labels) == 1 else SINGLE_LABEL
    if given == REGRESSION and len(labels) > 1:
        raise UsageError(f"{where} is regression of {len(labels)} numbers; edgekit takes regressions of one number")
    if given == SINGLE_LABEL and len(labels) == 1:
        raise UsageError(
            f"{where} is {SINGLE_LABEL} with one label, which every text would have",
            advice=f"say what its one logit means: {REGRESSION} for the number, {MULTI_LABEL} for yes or no",
        )
    if given not in PROBLEMS:
        raise UsageError(f"{where} must be one of {', '.join(PROBLEMS)}")
    return given


def answer_by_name(config: ModelConfig) -> None:
    """Have models of this configuration answer with names and logits alone, and in one go, in place."""
    for name, value in _ANSWERS.items():
        if hasattr(config, name):
            setattr(config, name, value)


def take_pruned_heads(config: ModelConfig) -> tuple[BlockShape, ...]:
    """What `pruned_heads` says of the blocks, which transformers cut before version 5; it is taken out, in place.

    Empty where it says nothing, or of a family whose blocks are one.
    """
    pruned = getattr(config, "pruned_heads", None)
    if not isinstance(pruned, dict) or not pruned:
        return ()
    config.pruned_heads = {}
    if config.model_type not in FAMILIES or FAMILIES[config.model_type].factorized_embedding:
        return ()
    shape = family(config.model_type).shape(config)
    gone = {int(block): len(heads) for block, heads in pruned.items()}
    return tuple(
        BlockShape(heads=max(1, shape.heads - gone.get(block, 0)), ffn=shape.ffn) for block in range(shape.layers)
    )


def _not_text(labels: Sequence[object]) -> str:
    return next(repr(label)[:40] for label in labels if not isinstance(label, str))


def _default_labels(path: Path, number: object) -> tuple[str, ...]:
    """As many of transformers' own names as `num_labels` says, else two."""
    number = 2 if number is None else number
    if not isinstance(number, int) or isinstance(number, bool) or not 0 < number <= MOST_LABELS:
        raise UsageError(f"{path / 'config.json'}: num_labels must be a number from 1 to {MOST_LABELS:,}")
    return tuple(f"LABEL_{place}" for place in range(number))
