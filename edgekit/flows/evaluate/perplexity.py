"""Perplexity: how well a language model, a checkpoint or a bundle, predicts a text through its own tokenizer."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from edgekit.bundle.bundle_folder import BundleFolder, bundle_or_checkpoint
from edgekit.bundle.evaluation import Increase, Perplexity
from edgekit.data.text_corpus import Corpus
from edgekit.devices.base import ConnectedDevice
from edgekit.errors import ToolError, UsageError, agent_errors
from edgekit.flows.lineage import checkpoint_sha256
from edgekit.io.progress import SILENT, Progress
from edgekit.measure.accuracy.perplexity import Ids, Scorer, Surprise, bits_per_byte, increase, scorer, windows
from edgekit.measure.accuracy.perplexity import perplexity as estimated
from edgekit.measure.statistics.estimate import Estimate, ends
from edgekit.models.checkpoint import open_checkpoint
from edgekit.options.data_options import DataSpec
from edgekit.options.model_ref import ModelRef
from edgekit.options.stage_options import EvaluateOptions, SplitName

if TYPE_CHECKING:
    from edgekit.agent.inference.bundle import Bundle
    from edgekit.agent.inference.prompts import PromptTokenizer

# what a model of very long contexts is run at unless more is asked for: its logits must fit into memory
MOST_CONTEXT = 2048


class _Window(NamedTuple):
    """How many tokens a model is given at once, and by how many the windows are apart."""

    context: int
    stride: int


@dataclass(frozen=True)
class _LanguageModel:
    """What a text is checked against, whatever runs it.

    encode: a text as ids, without special tokens and whole
    begin:  the token that begins a document, None where the tokenizer has none
    sha256: the content hash of the checkpoint or the bundle
    """

    name: str
    sha256: str
    is_bundle: bool
    encode: Callable[[str], list[int]]
    begin: int | None
    context: int
    score: Scorer
    runtime: str


@dataclass(frozen=True)
class Baselines:
    """Models that others are compared with, by name, and what was found of every model that was run.

    surprises: by the content hash of the model, what ran it, the file and the windows
    """

    models: dict[str, str | Path | ModelRef]
    surprises: dict[tuple[str, str, Path, _Window], Surprise] = field(default_factory=dict)

    def surprise(self, model: _LanguageModel, corpus: Corpus, window: _Window, progress: Progress) -> Surprise:
        """What a model makes of the text; it is run if it was not before. Raises as `perplexity`."""
        known = self.surprises.get((model.sha256, model.runtime, corpus.path, window))
        return self.run(model, corpus, window, progress) if known is None else known

    def run(self, model: _LanguageModel, corpus: Corpus, window: _Window, progress: Progress) -> Surprise:
        """What a model makes of the text, found anew. Raises as `perplexity`."""
        surprise = _surprise(model, corpus, window, progress)
        self.surprises[model.sha256, model.runtime, corpus.path, window] = surprise
        return surprise


def perplexity(
    what: str | Path | ModelRef | BundleFolder,
    data: DataSpec,
    options: EvaluateOptions | None = None,
    *,
    against: Mapping[str, str | Path | ModelRef] | Baselines | None = None,
    device: str | ConnectedDevice | None = None,
    record: bool = True,
    progress: Progress = SILENT,
) -> Perplexity:
    """Perplexity and bits per byte of a language model on the text of a split.

    data: the split is a file of text (`data.text_corpus`)
    options: `max_length` bounds the context, which else is the model's own; `stride` is how far each window moves on
    against: models that are run on the same windows, by name; the context is then the shortest of all. `Baselines`
             that are handed on from call to call are run once
    device: where a bundle is run, as of `evaluate.evaluate`; the baselines are always run in this process
    record: whether the figures of a bundle are kept in its manifest; else nothing is written into the bundle
    How tokens are conditioned is in `measure.accuracy.perplexity`.
    Raises `UsageError` for bad input, also baselines that cut the text into other tokens, `ToolError` for a model that
    gives no probabilities.
    """
    options = options or EvaluateOptions()
    compared = against if isinstance(against, Baselines) else Baselines(dict(against or {}))
    corpus = _corpus(data, options.split)
    evaluated = bundle_or_checkpoint(what)
    bundle = evaluated if isinstance(evaluated, BundleFolder) else None
    if record and bundle is not None:
        bundle.check_writable()
    with ExitStack() as stack:
        if device is None:
            model = _open(evaluated, options)
        else:
            model = stack.enter_context(_open_on_device(evaluated, device, options, progress))
        baselines = {name: _open(bundle_or_checkpoint(other), options) for name, other in compared.models.items()}
        window = _window((model, *baselines.values()), options.stride)
        before = {name: compared.surprise(other, corpus, window, progress) for name, other in baselines.items()}
        # what is evaluated itself is always run: its record says what was read
        surprise = compared.run(model, corpus, window, progress)
    found = _perplexity(options.split, corpus, model, window, surprise)
    increases = tuple(_increase(name, other, before[name], surprise) for name, other in baselines.items())
    found = found.model_copy(update={"increases": increases})
    if bundle is not None and record:
        bundle.record(found)
    return found


def _corpus(data: DataSpec, split: SplitName) -> Corpus:
    """The text of a split; what is wrong with it is said before a model is loaded."""
    path = getattr(data, split)
    if path is None:
        raise UsageError("a language model is tested on a file of text", advice="as in --data text.txt")
    corpus = Corpus(path, data.text, data.encoding, data.documents)
    next(iter(corpus), None)
    return corpus


def _window(models: Sequence[_LanguageModel], stride: int | None) -> _Window:
    """The shortest context of all models, and how far it moves on: by default as far as it is long."""
    context = min(each.context for each in models)
    if (stride or context) > context:
        raise UsageError(f"a stride of {stride} is more than the {context} tokens of a window")
    return _Window(context, stride or context)


def _surprise(model: _LanguageModel, corpus: Corpus, window: _Window, progress: Progress) -> Surprise:
    surprise, size = Surprise(), corpus.path.stat().st_size
    with progress.task(f"evaluate {model.name}", size) as advance:
        for document in corpus:
            for ids, targets in windows(_ids(model, document), *window):
                surprise.add(ids, targets, model.score)
                advance(min(corpus.bytes, size))
    if not surprise.total_tokens:
        raise UsageError(f"{corpus.path} is too short: it has no token after its first")
    if not math.isfinite(surprise.total_nats):
        raise ToolError(f"{model.name} gives a token of {corpus.path} no probability")
    return surprise


def _increase(name: str, model: _LanguageModel, baseline: Surprise, surprise: Surprise) -> Increase:
    try:
        value, interval = increase(baseline, surprise)
    except ValueError:
        raise UsageError(
            f"{name} cuts the text into other tokens, and perplexity is that of a token",
            advice="leave out --against, and compare bits per byte",
        ) from None
    low, high = _bounds(interval)
    return Increase(
        baseline=name,
        baseline_sha256=model.sha256,
        baseline_perplexity=estimated(baseline)[0],
        pct=value,
        low=low,
        high=high,
    )


def _perplexity(
    split: SplitName, corpus: Corpus, model: _LanguageModel, window: _Window, surprise: Surprise
) -> Perplexity:
    tokens, nats = surprise.total_tokens, surprise.total_nats
    value, interval = estimated(surprise)
    low, high = _bounds(interval)
    return Perplexity(
        data=corpus.path.stem,
        split=split,
        data_sha256=corpus.sha256,
        content_hash=model.sha256 if model.is_bundle else None,
        documents=corpus.documents,
        tokens=tokens,
        bytes=corpus.bytes,
        context=window.context,
        stride=window.stride,
        nats=max(nats, 0.0),
        perplexity=value,
        low=low,
        high=high,
        bits_per_byte=bits_per_byte(value, tokens, corpus.bytes),
        bits_per_byte_low=None if low is None else bits_per_byte(low, tokens, corpus.bytes),
        bits_per_byte_high=None if high is None else bits_per_byte(high, tokens, corpus.bytes),
        runtime=model.runtime,
    )


def _bounds(interval: Estimate | None) -> tuple[float, float] | tuple[None, None]:
    """The ends of an interval; none where there is none, or one that is open to one side."""
    if interval is None or not math.isfinite(interval.low) or not math.isfinite(interval.high):
        return None, None
    return ends(interval, -math.inf, math.inf)


def _ids(model: _LanguageModel, pieces: Iterator[str]) -> Iterator[int]:
    """The ids of a document, the one that begins it first; a piece is tokenized as if it stood alone."""
    begin = () if model.begin is None else (model.begin,)
    return chain(begin, chain.from_iterable(map(model.encode, pieces)))


def _open(model: ModelRef | BundleFolder, options: EvaluateOptions) -> _LanguageModel:
    if isinstance(model, BundleFolder):
        return _open_bundle(model, options)
    return _open_checkpoint(model, options)


def _open_bundle(folder: BundleFolder, options: EvaluateOptions) -> _LanguageModel:
    from edgekit.agent.inference.generator import load_generator

    bundle = folder.checked()
    context = _context(bundle, options)
    with agent_errors():
        generator = load_generator(bundle, options.runtime, options.threads, context)
    session = generator.session

    def run(ids: Ids) -> Any:
        with agent_errors():
            session.reset()
            return session.logits_of(ids.tolist())

    runtime = f"{session.runtime} {session.version}"
    return _of_bundle(bundle, generator.tokenizer, context, scorer(run), runtime)


@contextmanager
def _open_on_device(
    model: ModelRef | BundleFolder, device: str | ConnectedDevice, options: EvaluateOptions, progress: Progress
) -> Iterator[_LanguageModel]:
    """A bundle that runs on a device; texts become ids here, by the bundle's own tokenizer."""
    from edgekit.agent.inference.prompts import PromptTokenizer
    from edgekit.flows.evaluate.device_inference import device_scorer

    if not isinstance(model, BundleFolder):
        raise UsageError(f"{model} is no bundle: only a bundle runs on a device", advice="make one: edgekit export")
    bundle = model.checked()
    with agent_errors():
        tokenizer = PromptTokenizer(bundle.tokenizer)
    context = _context(bundle, options)
    with device_scorer(model, device, context, options, progress) as (score, runtime):
        yield _of_bundle(bundle, tokenizer, context, score, runtime)


def _context(bundle: Bundle, options: EvaluateOptions) -> int:
    is_given = "max_length" in options.model_fields_set
    return min(bundle.max_length, options.max_length if is_given else MOST_CONTEXT)


def _of_bundle(
    bundle: Bundle, tokenizer: PromptTokenizer, context: int, score: Scorer, runtime: str
) -> _LanguageModel:
    def encode(text: str) -> list[int]:
        with agent_errors():
            return tokenizer.encode_plain(text)

    return _LanguageModel(
        name=bundle.folder.name,
        sha256=bundle.content_hash,
        is_bundle=True,
        encode=encode,
        begin=min(bundle.eos_ids, default=None) if bundle.start_id is None else bundle.start_id,
        context=context,
        score=score,
        runtime=runtime,
    )


def _open_checkpoint(model: ModelRef, options: EvaluateOptions) -> _LanguageModel:
    import torch

    from edgekit.models.checkpoint import decoder_outline, load_decoder, load_tokenizer
    from edgekit.models.input_length import usable_length

    checkpoint = open_checkpoint(model)
    tokenizer = load_tokenizer(checkpoint)
    outline = decoder_outline(checkpoint)
    wanted = options.max_length if "max_length" in options.model_fields_set else MOST_CONTEXT
    vocabulary = outline.get_input_embeddings().num_embeddings

    @cache
    def loaded() -> Any:
        # not before it is run: a baseline whose figures are known never is
        return load_decoder(checkpoint, any_family=True)

    def run(ids: Ids) -> Any:
        decoder = loaded()
        if ids.max() >= vocabulary:
            raise UsageError(f"{checkpoint.path}: its tokenizer gives the id {ids.max()}, its model has {vocabulary}")
        with torch.inference_mode():
            return decoder(torch.from_numpy(ids[np.newaxis]), use_cache=False).logits[0].float().numpy()

    def encode(text: str) -> list[int]:
        encoded = tokenizer(text, add_special_tokens=False, truncation=False, verbose=False)
        return list(encoded["input_ids"])

    begin = tokenizer.bos_token_id
    return _LanguageModel(
        name=checkpoint.path.name,
        sha256=checkpoint_sha256(checkpoint),
        is_bundle=False,
        encode=encode,
        begin=tokenizer.eos_token_id if begin is None else begin,
        context=usable_length(outline, tokenizer, wanted),
        score=scorer(run),
        runtime=f"torch {torch.__version__}",
    )
