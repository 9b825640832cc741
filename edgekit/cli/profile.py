"""`edgekit profile`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from edgekit.cli.json_option import as_json
from edgekit.cli.options import model_argument, options_of
from edgekit.cli.output import print_json, print_rich
from edgekit.cli.progress import progress
from edgekit.spec.model_ref import ModelRef
from edgekit.spec.profile_options import ProfileOptions

if TYPE_CHECKING:
    from rich.console import RenderableType


@click.command("profile")
@model_argument("bundle")
@options_of(ProfileOptions)
@as_json
def command(model: ModelRef, options: ProfileOptions, as_json: bool, **given: Any) -> None:
    """Measure latency and memory of MODEL on a device: a bundle, or any .onnx or .tflite file.

    The agent runs as a process of its own; cold load, tokenization, inference and post-processing are separate
    figures, each percentile with its interval. Measurements of a bundle are kept in it, for `edgekit gate`. Of a
    decoder: time to the first token, and tokens a second behind contexts of growing length.

    \b
    Examples:
      edgekit profile out/onnx --threads 1,2 --length 128
      edgekit profile somebody-elses.tflite --per-op
      edgekit profile my-gpt2-rpi5/onnx --threads 2 --length 64,512
    """
    from edgekit.flows.profile import profile, recommended_threads
    from edgekit.flows.profile_decoder import profile_decoder, recommended_decoder_threads
    from edgekit.report.terminal import generation_table, latency_table, operators_table
    from edgekit.spec.manifest import writes_text

    if writes_text(model.path):
        speeds = profile_decoder(model.path, options, progress=progress(as_json), **given)
        _show(speeds, recommended_decoder_threads(speeds), generation_table, as_json)
        return
    taken = profile(model.path, options, progress=progress(as_json), **given)
    _show(taken, recommended_threads(taken), latency_table, as_json)
    if options.per_op and not as_json:
        print_rich(*(operators_table(measurement.operators) for measurement in taken))


def _show(
    taken: list[Any], recommended: dict[Any, int], table: Callable[[list[Any]], RenderableType], as_json: bool
) -> None:
    if as_json:
        print_json({"measurements": taken, "recommended_threads": recommended})
        return
    from edgekit.flows.profile import plural

    print_rich(table(taken))
    for length, threads in recommended.items():
        print_rich(f"recommended at length {length}: {plural(threads, 'thread')}")
