"""`edgekit profile`."""

from __future__ import annotations

from typing import Any

import click

from edgekit.cli.json_option import as_json
from edgekit.cli.options import model_argument, options_of
from edgekit.cli.output import print_json, print_rich
from edgekit.cli.progress import progress
from edgekit.spec.model_ref import ModelRef
from edgekit.spec.profile_options import ProfileOptions


@click.command("profile")
@model_argument("bundle")
@options_of(ProfileOptions)
@as_json
def command(model: ModelRef, options: ProfileOptions, as_json: bool, **given: Any) -> None:
    """Measure latency and memory of MODEL on a device: a bundle, or any .onnx or .tflite file.

    The agent runs as a process of its own; cold load, tokenization, inference and post-processing are separate
    figures, each percentile with its interval. Measurements of a bundle are kept in it, for `edgekit gate`.

    \b
    Examples:
      edgekit profile out/onnx --threads 1,2 --length 128
      edgekit profile somebody-elses.tflite --per-op
    """
    from edgekit.flows.profile import profile, recommended_threads
    from edgekit.report.terminal import latency_table, operators_table

    taken = profile(model.path, options, progress=progress(as_json), **given)
    recommended = recommended_threads(taken)
    if as_json:
        print_json({"measurements": taken, "recommended_threads": recommended})
        return
    print_rich(latency_table(taken))
    if options.per_op:
        print_rich(*(operators_table(measurement.operators) for measurement in taken))
    for length, threads in recommended.items():
        print_rich(f"recommended at length {length}: {threads} {'thread' if threads == 1 else 'threads'}")
