"""`edgekit devices setup`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from edgekit.cli.click_base import Command
from edgekit.cli.device_results import show_each
from edgekit.cli.output import as_json
from edgekit.cli.progress import progress

if TYPE_CHECKING:
    from edgekit.flows.devices.setup import SetUp


@click.command("setup", cls=Command)
@click.argument("names", metavar="DEVICE...", nargs=-1, required=True)
@click.option(
    "--runtime",
    "runtimes",
    multiple=True,
    metavar="NAME[==VERSION]",
    help="A runtime in a folder of its own, once or several times. Default: every runtime that there are wheels of.",
)
@click.option(
    "--remove", is_flag=True, help="Remove these runtimes, or all that edgekit brought but what was deployed."
)
@click.option("--python", metavar="PATH", help="Python there. Default: the one it was added with, else python3.")
@as_json
def setup(names: tuple[str, ...], runtimes: tuple[str, ...], remove: bool, python: str | None, as_json: bool) -> None:
    """Bring runtimes to a device that needs neither internet nor root for it.

    DEVICE is a name, a URL, or all. The wheels for its Python, processor and C library are fetched on this machine,
    pushed with checksums, and unpacked in the one folder that edgekit owns there; each is imported before it takes
    its place. Several versions stand side by side: `edgekit profile --runtime A --runtime B` compares them.

    \b
    Examples:
      edgekit devices setup pi4
      edgekit devices setup pi4 --runtime onnxruntime==1.20.1 --runtime onnxruntime==1.23.2
      edgekit devices setup pi4 --remove
    """
    from edgekit.flows.devices.setup import clear, setup
    from edgekit.schema.runtime_ref import RuntimeRef

    references = [RuntimeRef.from_text(text) for text in runtimes]
    if remove:
        show_each(lambda: clear(names, references, python=python), lambda freed: f"{freed:.1f} MB freed", as_json)
        return
    show_each(lambda: setup(names, references, python=python, progress=progress(as_json)), _set_up, as_json)


def _set_up(done: SetUp) -> str:
    lines = [f"Python {done.python}, {done.arch}"]
    for runtime in done.runtimes:
        how = f"{runtime.sent_mb:.1f} MB sent" if runtime.brought else "was there already"
        packages = ", ".join(f"{project} {version}" for project, version in runtime.packages.items())
        lines.append(f"  {runtime.name}: {packages} ({how})")
        lines += [f"  left out: {note}" for note in runtime.notes]
    return "\n".join(lines)
