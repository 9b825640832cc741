"""A language model, its tokenizer and its plan -> the folder that goes on a device, proven against its reference."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edgekit.bundle.manifest import Generation, Manifest
from edgekit.errors import UsageError
from edgekit.export.bundle import GOLDEN_FILE, Source, write_manifest
from edgekit.export.decoder_golden import HARD_PROMPTS, reference_texts, write_decoder_golden
from edgekit.export.decoder_parity import check_decoder, rounded_tolerance
from edgekit.export.model_file import Written
from edgekit.export.onnx.decoder_graph import write_onnx_decoder
from edgekit.export.onnx.verify import verify_integers
from edgekit.export.parity import FLOAT
from edgekit.export.quantized_weights import Weights
from edgekit.export.simulate_decoder import simulated_decoder
from edgekit.export.tflite.decoder_file import write_tflite_decoder
from edgekit.export.tokenizer_files import TOKENIZER_FILE, write_tokenizer
from edgekit.models.checkpoint import block_shapes
from edgekit.schema.schemes import Format
from edgekit.schema.target import Target

_GENERATION_FILE = "generation_config.json"


def build_decoder_bundle(
    source: Source,
    target: Target,
    format: Format,
    out: Path,
    *,
    max_length: int,
    golden_prompts: Sequence[str] = (),
) -> Manifest:
    """Write a complete bundle into the existing, empty folder `out`, for contexts of up to `max_length` tokens.

    The model file is written, run on the golden prompts through the written tokenizer, and checked against the
    checkpoint or, where quantized, against the simulation of the plan.
    Raises `ParityError` where it does not reproduce that, `UsageError` where the target cannot run it.
    """
    model, plan = source.model.eval(), source.plan
    quantized = plan is not None and bool(plan.tensors)
    runtime = target.runtime_for(format, plan.scheme if plan else "float")
    # tflite-runtime answers a dynamic int8 file with zeros
    explicit = runtime.name == "tflite-runtime"
    generation = generation_of(model, source.tokenizer)
    write_tokenizer(source.tokenizer, out, max_length, cut=False)
    model.config.save_pretrained(out)
    model.generation_config.save_pretrained(out)
    weights = Weights(model, plan, source.scales or {})
    if format == "tflite":
        written = write_tflite_decoder(model, weights, out, max_length=max_length, explicit=explicit)
    else:
        written = write_onnx_decoder(model, weights, out, max_length=max_length)
        verify_integers(out / written.file, weights, max_length)
    prompts = [*golden_prompts, *HARD_PROMPTS]
    with simulated_decoder(model, plan, format, explicit=explicit):
        cases = reference_texts(model, source.tokenizer, prompts, generation.bos_id, max_length)
    if not cases:
        raise UsageError(
            f"a context of {max_length} tokens leaves no room for any golden prompt", advice="--max-length"
        )
    allowed = rounded_tolerance(model, cases) if quantized else FLOAT
    generator = _generator(out, written, generation, max_length)
    parity = check_decoder(generator, cases, allowed, "simulation" if quantized else "checkpoint")
    write_decoder_golden(cases, out / GOLDEN_FILE)
    return write_manifest(
        source,
        target,
        written,
        parity,
        out,
        needed=(_GENERATION_FILE,),
        task="text-generation",
        format=format,
        runtime=runtime.name,
        labels=(),
        max_length=max_length,
        pad_id=_pad_id(source.tokenizer, generation),
        generation=generation,
        blocks=block_shapes(model),
    )


def generation_of(model: Any, tokenizer: Any) -> Generation:
    """With which ids a model begins and ends a text: as its generation settings say, else its tokenizer."""
    settings = model.generation_config
    ends = settings.eos_token_id if settings.eos_token_id is not None else tokenizer.eos_token_id
    begins = settings.bos_token_id if settings.bos_token_id is not None else tokenizer.bos_token_id
    eos = [] if ends is None else ends if isinstance(ends, list) else [ends]
    known = model.config.vocab_size
    return Generation(
        bos_id=begins if begins is not None and begins < known else None,
        eos_ids=tuple(sorted({int(end) for end in eos if end < known})),
    )


def _generator(out: Path, written: Written, generation: Generation, max_length: int) -> Any:
    from edgekit.agent.inference.bundle import Bundle
    from edgekit.agent.inference.generation import TextGenerator
    from edgekit.agent.inference.prompts import PromptTokenizer
    from edgekit.agent.runtimes.registry import open_decoder_session

    draft = Bundle(out, {"generation": generation.model_dump(mode="json")})
    session = open_decoder_session(out / written.file, max_length)
    return TextGenerator(draft, session, PromptTokenizer(out / TOKENIZER_FILE))


def _pad_id(tokenizer: Any, generation: Generation) -> int:
    if tokenizer.pad_token_id is not None:
        return int(tokenizer.pad_token_id)
    return generation.eos_ids[0] if generation.eos_ids else 0
