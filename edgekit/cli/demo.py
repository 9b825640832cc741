"""`edgekit demo`."""

from __future__ import annotations

import click

from edgekit.cli.click_base import Command
from edgekit.cli.options import model_argument
from edgekit.cli.output import as_json, print_json
from edgekit.cli.progress import progress
from edgekit.options.model_ref import ModelRef


@click.command("demo", cls=Command)
@model_argument("bundle")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Of 127.0.0.1. Default: 0, a free one.")
@click.option("--no-open", is_flag=True, help="Open no browser.")
@as_json
def command(model: ModelRef, port: int, no_open: bool, as_json: bool) -> None:
    """Try an ONNX bundle in the browser: its web package's page, served on loopback until Ctrl-C.

    Type a text and see label, scores and latency, or a prompt and see what is written; the self-test runs there too.
    onnxruntime-web is fetched with npm once. --json prints the address as an object.

    \b
    Examples:
      edgekit demo out/onnx
      edgekit demo out/onnx --port 8080 --no-open
    """
    from edgekit.flows.demo import demo
    from edgekit.io.signals import Stopped

    try:
        with demo(model.path, port, progress=progress(as_json)) as served:
            if as_json:
                print_json({"url": served.url, "name": served.name})
            else:
                click.echo(f"{served.name}: {served.url} (Ctrl-C ends it)")
            if not no_open:
                click.launch(served.url)
            served.wait()
    except Stopped:  # it is how a person ends it
        click.echo(err=True)
