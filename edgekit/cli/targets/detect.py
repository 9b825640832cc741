"""`edgekit targets detect`."""

from __future__ import annotations

from pathlib import Path

import click

from edgekit.cli.click_base import Command
from edgekit.cli.log import hint
from edgekit.cli.output import as_json, print_json


@click.command("detect", cls=Command)
@click.option("--device", default="local", metavar="NAME|URL", help="The device to look at. Default: local.")
@click.option("--name", help="Name of the new target. Default: made from the board's.")
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Write a target file of its own for this device.")
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
@as_json
def detect(device: str, name: str | None, out: Path | None, force: bool, as_json: bool) -> None:
    """Name the targets that a device is of; for a new kind of device, write a target file from what it says.

    Without -o, and where no shipped target means this kind of board, the file is printed. Figures that were not
    measured are marked as estimated in it.

    \b
    Example:
      edgekit targets detect --device pi4
      edgekit targets detect --device ssh://root@orangepi -o orange-pi-5.yaml
    """
    from edgekit.errors import UsageError
    from edgekit.flows.devices.detect import detect, is_specific
    from edgekit.flows.devices.draft_target import draft_target
    from edgekit.report.figures import clean
    from edgekit.schema.resources import load_target

    if out is not None and out.exists() and not force:
        raise UsageError(f"{out} exists", advice="give another -o, or --force to replace it")
    probe, matches = detect(device)
    specific = any(is_specific(load_target(match)) for match in matches)
    text = draft_target(probe, name) if out is not None or not specific else None
    if out is not None and text is not None:
        _write(out, text)
    if as_json:
        result = {"device": device, "matches": matches, "fingerprint": probe.fingerprint()}
        print_json(result | {"file": out, "target": text})
        return
    hint(f"{device} is a {clean(probe.board)}: {clean(probe.cpu)}, {probe.arch}, {clean(probe.system)}")
    click.echo(f"targets: {', '.join(matches) or 'none'}", err=text is not None and out is None)
    if out is not None:
        click.echo(f"wrote {out}")
    elif text is not None:
        hint("no target means this kind of board; one of its own, to be written by -o FILE:")
        click.echo(text, nl=False)


def _write(out: Path, text: str) -> None:
    from edgekit.errors import UsageError
    from edgekit.io.atomic import write_named_text
    from edgekit.schema.target import Target

    if out.suffix not in (".yaml", ".yml"):
        raise UsageError(f"{out} is no name of a target file", advice="end it in .yaml")
    write_named_text(out, text)
    Target.read(out)
