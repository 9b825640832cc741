"""Perplexity: how well a language model foretells a text, through its own tokenizer."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from edgekit.data.language import Corpus
from edgekit.measure.perplexity import Ids, Runner, Surprise, bits_per_byte, windows
from edgekit.measure.perplexity import perplexity as estimated
from edgekit.models.checkpoint import open_checkpoint
from edgekit.spec.data_options import DataSpec
from edgekit.spec.errors import ToolError, UsageError
from edgekit.spec.manifest import Perplexity
from edgekit.spec.model_ref import ModelRef
from edgekit.spec.progress import SILENT, Progress
from edgekit.spec.stage_options import EvaluateOptions
from edgekit.spec.strict import read_mapping

# what a model of very long contexts is run at unless more is asked for: its logits must fit into memory
MOST_CONTEXT = 2048


@dataclass(frozen=True)
class _LanguageModel:
    """What a text is held against, whatever runs it.

    encode: a text as ids, without special tokens and whole
    begin:  the token that begins a document, None where the tokenizer has none
    """

    name: str
    encode: Callable[[str], list[int]]
    begin: int | None
    context: int
    run: Runner
    runtime: str


def foretells(model: ModelRef) -> bool:
    """Whether a checkpoint is a language model, by the class that its config.json names, or by what was said of it."""
    if model.task is not None or (model.path / "manifest.json").is_file():
        return model.task == "text-generation"
    named = read_mapping(open_checkpoint(model).path / "config.json").get("architectures")
    return isinstance(named, list) and any(str(name).endswith(("ForCausalLM", "LMHeadModel")) for name in named[:1])


def perplexity(
    what: str | Path | ModelRef,
    data: DataSpec,
    options: EvaluateOptions | None = None,
    *,
    progress: Progress = SILENT,
) -> Perplexity:
    """Perplexity and bits per byte of a language model, a checkpoint, on the text of a split.

    data: the split is a file of text (`data.language`)
    options: `max_length` bounds the context, which else is the model's own; `stride` is how far each window moves on
    How tokens are conditioned is in `measure.perplexity`. Raises `UsageError` for bad input, `ToolError` for a model
    that gives no probabilities.
    """
    options = options or EvaluateOptions()
    path = getattr(data, options.split)
    if path is None:
        raise UsageError("a language model is tested on a file of text", advice="as in --data text.txt")
    corpus = Corpus(path, data.text, data.encoding)
    size = path.stat().st_size if path.is_file() else 0
    # what is wrong with the text is said before the model is loaded
    next(iter(corpus), None)
    model = _open_checkpoint(ModelRef.of(what), options)
    stride = options.stride or model.context
    if stride > model.context:
        raise UsageError(f"a stride of {stride} is more than the {model.context} tokens of a window")
    surprise = Surprise()
    with progress.task(f"evaluate {model.name}", size) as advance:
        for document in corpus:
            for window, targets in windows(_ids(model, document), model.context, stride):
                surprise.add(window, targets, model.run)
                advance(min(corpus.bytes, size))
    return _record(path.stem, corpus, model, stride, surprise)


def _record(name: str, corpus: Corpus, model: _LanguageModel, stride: int, surprise: Surprise) -> Perplexity:
    tokens, nats = surprise.total_tokens, surprise.total_nats
    if not tokens:
        raise UsageError(f"{corpus.path} is too short: it has no token after its first")
    if not math.isfinite(nats):
        raise ToolError(f"{model.name} gives a token of {corpus.path} no probability")
    value, interval = estimated(surprise)
    low, high = (interval.low, interval.high) if interval else (None, None)
    return Perplexity(
        data=name,
        data_sha256=corpus.sha256,
        documents=corpus.documents,
        tokens=tokens,
        bytes=corpus.bytes,
        context=model.context,
        stride=stride,
        nats=max(nats, 0.0),
        perplexity=value,
        low=low,
        high=high,
        bits_per_byte=bits_per_byte(value, tokens, corpus.bytes),
        bits_per_byte_low=None if low is None else bits_per_byte(low, tokens, corpus.bytes),
        bits_per_byte_high=None if high is None else bits_per_byte(high, tokens, corpus.bytes),
        runtime=model.runtime,
    )


def _ids(model: _LanguageModel, pieces: Iterator[str]) -> Iterator[int]:
    """The ids of a document, the one that begins it first; a piece is tokenized as if it stood alone."""
    begin = () if model.begin is None else (model.begin,)
    return chain(begin, chain.from_iterable(map(model.encode, pieces)))


def _open_checkpoint(model: ModelRef, options: EvaluateOptions) -> _LanguageModel:
    import torch

    from edgekit.data.tokens import usable_length
    from edgekit.models.checkpoint import load_decoder, load_tokenizer

    checkpoint = open_checkpoint(model)
    tokenizer = load_tokenizer(checkpoint)
    decoder = load_decoder(checkpoint, any_family=True)
    wanted = options.max_length if "max_length" in options.model_fields_set else MOST_CONTEXT
    vocabulary = decoder.get_input_embeddings().num_embeddings

    def run(ids: Ids) -> Any:
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
        encode=encode,
        begin=tokenizer.eos_token_id if begin is None else begin,
        context=usable_length(decoder, tokenizer, wanted),
        run=run,
        runtime=f"torch {torch.__version__}",
    )
