"""Structured pruning: the vocabulary, then heads and FFN neurons by their Fisher importance, and recovery."""

from __future__ import annotations

import copy
from pathlib import Path

from edgekit.compress.distillation.distill import follow_logits
from edgekit.compress.distillation.distill_language_model import follow_tokens
from edgekit.compress.distillation.student_init import CUT_RATE, same_tokens
from edgekit.compress.distillation.teacher import Teacher
from edgekit.compress.pruning.fisher import classifier_importance, cut_least_important, language_model_importance
from edgekit.compress.pruning.vocabulary import VocabularyTexts, trim_vocabulary
from edgekit.compress.training.train_language_model import tokenize_text
from edgekit.compress.training.training_job import TrainedModel, TrainingJob
from edgekit.data.splits import Data
from edgekit.data.token_blocks import TextData
from edgekit.errors import UsageError
from edgekit.io.progress import SILENT, Progress
from edgekit.models.checkpoint import Checkpoint, load_classifier, load_decoder, load_tokenizer
from edgekit.models.checkpoint_checks import check_pairs
from edgekit.models.head import order_logits
from edgekit.models.input_length import usable_length
from edgekit.models.loaded_model import LoadedModel
from edgekit.options.train_options import PruneOptions

# most probable tokens of a teacher that a pruned language model recovers by
_TOP_K = 64


def prune_classifier(
    start: Checkpoint,
    data: Data | None,
    options: PruneOptions,
    *,
    texts: VocabularyTexts | None = None,
    teacher: Checkpoint | None = None,
    folder: Path,
    progress: Progress = SILENT,
) -> TrainedModel:
    """The checkpoint without its least important tokens, heads and neurons, trained to recover.

    data:  rows with labels; only a vocabulary is trimmed without any
    texts: what the vocabulary is trimmed by, where the options ask for it
    It follows `teacher`, or the checkpoint as it was before pruning, which reads texts by its own tokens.
    Raises `UsageError` for a vocabulary or an FFN that cannot be cut to the size wanted.
    """
    from transformers import set_seed

    set_seed(options.seed)
    model, tokenizer = load_classifier(start), load_tokenizer(start)
    if data is not None and data.has_pairs:
        check_pairs(start.path, tokenizer.model_input_names)
    guide = None
    if options.epochs:
        guide = Teacher(
            _in_order_of(start, teacher) if teacher is not None else copy.deepcopy(model),
            load_tokenizer(teacher) if teacher is not None else tokenizer,
            options.temperature,
            options.soft_weight,
        )
    vocabulary = None
    if texts is not None:
        tokenizer, vocabulary = trim_vocabulary(model, tokenizer, texts, size=options.vocabulary, progress=progress)
    if data is not None and (options.heads < 1 or options.ffn < 1):
        importance = classifier_importance(model, tokenizer, data, options, progress)
        cut_least_important(model, importance, options)
    if data is None or guide is None:
        return TrainedModel(model, tokenizer, vocabulary=vocabulary)
    rate = options.learning_rate or CUT_RATE
    job = TrainingJob(model, tokenizer, data, options, rate, folder, "prune: recovering", progress)
    return TrainedModel(model, tokenizer, follow_logits(job, guide), vocabulary)


def _in_order_of(start: Checkpoint, teacher: Checkpoint) -> LoadedModel:
    """The teacher with its logits in the order of the labels of `start`, which it may number otherwise."""
    model = load_classifier(teacher)
    order_logits(model, start.labels)
    return model


def prune_language_model(
    start: Checkpoint,
    data: TextData,
    options: PruneOptions,
    *,
    teacher: Checkpoint | None = None,
    folder: Path,
    progress: Progress = SILENT,
) -> TrainedModel:
    """The language model without its least important heads and neurons, trained to recover.

    It follows `teacher`, or the checkpoint as it was, token by token; without epochs nothing is trained.
    Raises `UsageError` for a teacher with other tokens, and for an FFN that cannot be cut to the size wanted.
    """
    from transformers import set_seed

    set_seed(options.seed)
    model, tokenizer = load_decoder(start), load_tokenizer(start)
    if teacher is not None and not same_tokens(tokenizer, load_tokenizer(teacher)):
        raise UsageError(f"{teacher.path} has other tokens, and a language model is followed token by token")
    guide = None
    length = usable_length(model, tokenizer, options.max_length)
    if options.epochs:
        guide = Teacher(load_decoder(teacher or start), tokenizer, options.temperature, options.soft_weight)
        length = usable_length(guide.model, tokenizer, length)
    rate = options.learning_rate or CUT_RATE
    job = TrainingJob(model, tokenizer, data, options, rate, folder, "prune", progress)
    blocks, validation = tokenize_text(job, length)
    cut_least_important(model, language_model_importance(model, blocks, options, progress), options)
    if guide is None:
        return TrainedModel(model, tokenizer)
    return TrainedModel(model, tokenizer, follow_tokens(job, guide, blocks, validation, _TOP_K))


def trim_decoder(
    start: Checkpoint, options: PruneOptions, *, texts: VocabularyTexts, progress: Progress = SILENT
) -> TrainedModel:
    """The language model without its least frequent tokens in `texts`; raises as `trim_vocabulary`."""
    model, tokenizer = load_decoder(start), load_tokenizer(start)
    tokenizer, vocabulary = trim_vocabulary(model, tokenizer, texts, size=options.vocabulary, progress=progress)
    return TrainedModel(model, tokenizer, vocabulary=vocabulary)
