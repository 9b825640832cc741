"""Prune: from a checkpoint to one with fewer tokens, fewer heads and narrower feed-forward layers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from edgekit.agent.inference.tokenizer import TextPair
from edgekit.compress.pruning.prune import prune_classifier, prune_language_model, trim_decoder
from edgekit.compress.pruning.vocabulary import VocabularyTexts
from edgekit.data.label_order import label_order
from edgekit.data.splits import Data, load_data
from edgekit.data.text_corpus import Corpus
from edgekit.data.texts import read_texts
from edgekit.data.token_blocks import load_text
from edgekit.errors import UsageError
from edgekit.flows.train.training_stage import TrainingStage
from edgekit.io.atomic import check_output
from edgekit.io.progress import SILENT, Progress, Timed
from edgekit.models.checkpoint import Checkpoint, open_checkpoint
from edgekit.models.model_task import trained_task
from edgekit.models.registry import family
from edgekit.options.data_options import DataSpec
from edgekit.options.input_files import input_files
from edgekit.options.model_ref import ModelRef
from edgekit.options.train_options import PruneOptions
from edgekit.parts import require_torch

# characters of a stream that count as one text
_WINDOW = 2000


def prune(
    model: str | Path | ModelRef,
    data: DataSpec | None,
    out: str | Path,
    options: PruneOptions | None = None,
    *,
    teacher: str | Path | ModelRef | None = None,
    force: bool = False,
    progress: Progress = SILENT,
) -> Path:
    """Cut the least important tokens, heads and FFN neurons from the checkpoint `model` and write it to `out`.

    It recovers by following `teacher`, or itself as it was. To trim a vocabulary alone takes no teacher, and no
    `data` where the options name texts. A language model's data are files of text.
    Raises `UsageError` for bad input or an existing `out`.
    """
    require_torch()
    out = Path(out)
    options = options or PruneOptions()
    start = open_checkpoint(model)
    check_output(out, force=force, sources=[start.path, *input_files(data, options)])
    family(start.family)
    language = trained_task(start).generates
    _check_options(options, data, language=language)
    guide = open_checkpoint(teacher) if teacher is not None and options.cuts else None
    if guide is not None:
        check_output(out, force=force, sources=[guide.path])
    if guide is not None and not language and not _answers_alike(guide, start):
        raise UsageError(
            f"{guide.path} has other labels than {start.path}",
            advice="follow the teacher that it was made from, or leave --teacher out",
        )
    progress = Timed(progress)
    stage = TrainingStage("prune", start, data, out, options, guide, force, progress)
    if language and data is not None:
        text = load_text(data)
        return stage.run(
            text,
            lambda folder: prune_language_model(start, text, options, teacher=guide, folder=folder, progress=progress),
        )
    rows = _rows(data, start, progress) if data is not None else None
    texts = _vocabulary_texts(options, rows, language=language)
    if language and texts is not None:
        return stage.run(None, lambda folder: trim_decoder(start, options, texts=texts, progress=progress))
    return stage.run(
        rows,
        lambda folder: prune_classifier(
            start, rows, options, texts=texts, teacher=guide, folder=folder, progress=progress
        ),
    )


def _vocabulary_texts(options: PruneOptions, rows: Data | None, *, language: bool) -> VocabularyTexts | None:
    """What a vocabulary is trimmed by: the training rows and the files of the options; None where it is not."""
    if not options.trims:
        return None
    counted: list[Sequence[TextPair]] = [rows.split("train").pairs_of_text()] if rows is not None else []
    counted += [_texts(path, language=language) for path in (options.texts, options.vocabulary_from) if path]
    return VocabularyTexts(counted, counted[-1] if options.vocabulary_from else ())


def _check_options(options: PruneOptions, data: DataSpec | None, *, language: bool) -> None:
    """Raise `UsageError` for what cannot be done, before anything is read."""
    if language and options.cuts and options.trims:
        raise UsageError(
            "a language model's vocabulary is trimmed by itself: what is pruned follows the tokens that there were",
            advice="--vocabulary N --texts FILE first, then --heads and --ffn",
        )
    if language and options.trims and data is not None:
        raise UsageError("a language model has no labelled rows", advice="give texts: --texts FILE")
    if language and options.cuts and data is None:
        raise UsageError("no text was given", advice="--train FILE.txt --validation FILE.txt")
    if data is None and options.cuts:
        raise UsageError("no data was given", advice="--data smart-home, --data FOLDER, or --train FILE --test FILE")
    if data is None and options.texts is None and options.vocabulary_from is None:
        raise UsageError("a vocabulary is chosen by texts, and none were given", advice="--texts FILE, or --data")


def _texts(path: Path, *, language: bool) -> list[TextPair]:
    """The texts of a file; of a language model's, documents and the windows of a stream."""
    if not language:
        return read_texts(path)
    pieces = (piece for document in Corpus(path) for piece in document)
    return [(window, None) for piece in pieces for window in _windows(piece)]


def _windows(text: str) -> Iterator[str]:
    """The text in windows that end where lines do."""
    window = ""
    for line in text.splitlines(keepends=True):
        window += line
        if len(window) >= _WINDOW:
            yield window
            window = ""
    if window:
        yield window


def _rows(data: DataSpec, start: Checkpoint, progress: Progress) -> Data:
    return load_data(data, labels=start.labels, problem_type=start.problem_type, progress=progress)


def _answers_alike(guide: Checkpoint, start: Checkpoint) -> bool:
    """Whether the logits of two classifiers mean the same, in whatever order."""
    return guide.problem_type == start.problem_type and label_order(guide.labels, start.labels) is not None
