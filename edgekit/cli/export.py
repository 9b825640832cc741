"""`edgekit export`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from edgekit.bundle.manifest import Manifest
from edgekit.cli.click_base import Command
from edgekit.cli.options import force, model_argument, options_of, out_option
from edgekit.cli.output import as_json, print_json
from edgekit.cli.progress import progress
from edgekit.options.export_options import ExportOptions
from edgekit.options.model_ref import ModelRef


@click.command("export", cls=Command)
@model_argument("checkpoint")
@options_of(ExportOptions)
@out_option("MODEL-TARGET")
@force
@as_json
def command(model: ModelRef, out: Path | None, as_json: bool, **given: Any) -> None:
    """Write one bundle a format for a target: model, tokenizer, labels, golden cases, manifest.

    Each file is run and checked against the checkpoint before it is kept.

    \b
    Examples:
      edgekit export --target rpi4
      edgekit export ./my-model --target rpi5 --format onnx --scheme int8-dynamic -o out/
    """
    from edgekit.flows.export import export

    bundles = export(model, out, progress=progress(as_json), **given)
    manifests = [(bundle, Manifest.of(bundle)) for bundle in bundles]
    if as_json:
        print_json([{"bundle": bundle, "manifest": manifest} for bundle, manifest in manifests])
        return
    for bundle, manifest in manifests:
        parity = manifest.parity
        click.echo(
            f"{bundle}: {manifest.size_mb:.2f} MB, {manifest.scheme}, for {manifest.runtime}; "
            f"{parity.cases} golden cases agree with the {parity.reference} (largest difference "
            f"{parity.max_abs_difference:.1e})"
        )
        for note in manifest.notes:
            click.echo(f"  note: {note}")
