"""`edgekit package`."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edgekit.cli.click_base import Command
from edgekit.cli.options import described, force, model_argument, options_of, out_option
from edgekit.cli.output import as_json, print_json, print_rich
from edgekit.cli.progress import progress
from edgekit.options.model_ref import ModelRef
from edgekit.options.package_options import ALL, PLATFORMS, PackageOptions

if TYPE_CHECKING:
    from edgekit.flows.package import Packaged

_OWN = {
    "platform": click.option(
        "--platform",
        multiple=True,
        type=click.Choice([*PLATFORMS, ALL]),
        callback=lambda context, parameter, value: value or None,
        help=described(PackageOptions, "platform"),
    ),
    "max_size": click.option("--max-size", metavar="MB", help=described(PackageOptions, "max_size")),
}


@click.command("package", cls=Command)
@model_argument("bundle")
@options_of(PackageOptions, own=_OWN)
@out_option("NAME-packages, with a folder for each platform")
@force
@as_json
@click.pass_context
def command(context: click.Context, /, model: ModelRef, out: Path | None, as_json: bool, **given: Any) -> None:
    """Make packages for apps of a bundle: model, tokenizer, labels and the code that runs them, each with a self-test.

    android: a Gradle library module; ios: a Swift package; web: an npm package, for browsers, Node and React Native;
    linux: an HTTP service. Printed is what each adds to an app; the runtime that it loads comes on top. No row of your
    data goes with them, no lineage and no name of your data; one line says what leaves the house.

    \b
    Examples:
      edgekit package out/onnx --platform web --platform android
      edgekit package out/onnx --name smart-home --version 1.2.0 --id com.example.smarthome -o packages
      edgekit package out/onnx --max-size 12MB
    """
    from edgekit.flows.package import package

    done = package(model.path, out, progress=progress(as_json), **given)
    if as_json:
        print_json(_json(done))
    else:
        _show(done)
    context.exit(done.exit_code)


def _show(done: Packaged) -> None:
    from edgekit.report.terminal import packages_table

    print_rich(packages_table(done.packages))
    for row, verdict in zip(done.packages, done.verdicts, strict=False):
        if verdict.outcome == "fail":
            click.echo(f"FAIL {row.platform}: {verdict.reason}")
    for name, why in done.left_out.items():
        click.echo(f"left out: {name}; {why}")
    for note in done.notes:
        click.echo(f"note: {note}")
    if done.written:
        click.echo(f"leaves the house: {done.disclosure.sentence}")
    places = ", ".join(row.path for row in done.packages)
    named = f"{done.identity.name} {done.identity.version}"
    click.echo(f"{named} is in {places}" if done.written else "nothing was written")


def _json(done: Packaged) -> dict[str, object]:
    outcomes: list[str | None] = [verdict.outcome for verdict in done.verdicts] or [None] * len(done.packages)
    packages = zip(map(dataclasses.asdict, done.packages), outcomes, strict=True)
    return {
        **done.identity.model_dump(),
        "written": done.written,
        "packages": [row | {"max_size": outcome} for row, outcome in packages],
        "left_out": done.left_out,
        "notes": done.notes,
        "golden": dict(done.disclosure.golden),
        "lineage_sha256": done.disclosure.lineage_sha256,
        "leaves": done.disclosure.sentence,
    }
