"""Where a model starts: cut from a teacher, at another checkpoint, or from nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from edgekit.compress.distillation.cross_family import convert_family
from edgekit.compress.distillation.student import make_student
from edgekit.data.splits import Data
from edgekit.data.tokenizer import Tokenizer
from edgekit.errors import UsageError
from edgekit.models.checkpoint import Checkpoint, load_classifier, load_tokenizer, open_checkpoint
from edgekit.models.checkpoint_checks import check_pairs
from edgekit.models.decoder_classifier import make_classifying, pad_as
from edgekit.models.loaded_model import LoadedModel
from edgekit.models.registry import family
from edgekit.models.scratch import new_classifier, train_tokenizer
from edgekit.models.tokenizer.tokenizer_folder import open_tokenizer
from edgekit.options.train_options import DistillOptions
from edgekit.schema.families import DECODERS
from edgekit.schema.shape import Scratch

# peak learning rates: for a model that knows a language, one that is cut out of such, and one that knows nothing
PRETRAINED_RATE = 5e-5
CUT_RATE = 1e-4
SCRATCH_RATE = 5e-4

# parts of a tokenizer.json that hold how it was last called
_CALL_STATE = ("truncation", "padding")


def init_student(
    teacher: LoadedModel, tokenizer: Tokenizer, data: Data, options: DistillOptions
) -> tuple[LoadedModel, Tokenizer, float]:
    """A student as the options ask for it, its tokenizer, and its default learning rate.

    Raises `UsageError` for a student larger than its teacher, of a family that it cannot be cut into, or of one that
    the tokenizer does not serve.
    """
    if options.scratch is not None:
        return *init_from_scratch(options.scratch, data, options.tokenizer), SCRATCH_RATE
    if options.student_from is not None:
        return *init_classifier(open_checkpoint(options.student_from), data), PRETRAINED_RATE
    wanted, student = options.student, make_student(teacher, options.student)
    if wanted.family not in (None, student.config.model_type):
        return *convert_family(student, tokenizer, wanted.family, wanted.embedding), CUT_RATE
    if wanted.embedding is not None:
        raise UsageError(
            "a student cut from an ALBERT has embeddings as wide as its teacher's", advice="leave embedding out"
        )
    return student, tokenizer, CUT_RATE


def init_from_scratch(scratch: Scratch, data: Data, folder: Path | None) -> tuple[LoadedModel, Tokenizer]:
    """A random classifier of this shape and its tokenizer, that of `folder` or one made of the training texts."""
    rows = data.split("train")
    tokenizer = scratch_tokenizer(scratch, [*rows.texts, *(rows.pairs or ())], folder)
    if scratch.family in DECODERS:
        make_classifying(tokenizer)
    return new_classifier(scratch, tokenizer, data.labels, problem_type=data.problem_type), tokenizer


def scratch_tokenizer(scratch: Scratch, texts: Iterable[str], folder: Path | None) -> Tokenizer:
    """The tokenizer of a model from nothing, with all that its family reads.

    Raises `UsageError` for a `folder` whose tokenizer gives an encoder no padding, or no token by which it classifies.
    """
    if folder is None:
        return train_tokenizer(texts, scratch)
    tokenizer = open_tokenizer(folder, family(scratch.family).inputs, scratch.max_length)
    if tokenizer.pad_token is None and scratch.family not in DECODERS:
        raise UsageError(f"{folder}: the tokenizer has no padding token, which a {scratch.family} needs")
    if scratch.family not in DECODERS and not tokenizer("")["input_ids"]:
        raise UsageError(f"{folder}: the tokenizer puts no token before a text, by which a {scratch.family} labels it")
    return tokenizer


def init_classifier(checkpoint: Checkpoint, data: Data) -> tuple[LoadedModel, Tokenizer]:
    """The classifier of a checkpoint, with a new head where the labels are others, and its tokenizer."""
    tokenizer = load_tokenizer(checkpoint)
    model = load_classifier(checkpoint, data.labels, problem_type=data.problem_type)
    if data.has_pairs:
        check_pairs(checkpoint.path, tokenizer.model_input_names)
    if checkpoint.family in DECODERS:
        if not checkpoint.classifies:
            make_classifying(tokenizer)
        pad_as(model, tokenizer)
    return model, tokenizer


def same_tokens(one: Tokenizer, other: Tokenizer) -> bool:
    """Whether two tokenizers make the same ids of every text."""
    if one is other:
        return True
    first, second = (json.loads(it.backend_tokenizer.to_str()) for it in (one, other))
    return all(first.get(part) == second.get(part) for part in first.keys() | second.keys() if part not in _CALL_STATE)
