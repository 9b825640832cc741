"""`edgekit devices emulate`."""

from __future__ import annotations

import click

from edgekit.cli.click_base import Command
from edgekit.cli.log import hint
from edgekit.cli.output import as_json, print_json
from edgekit.cli.progress import progress


@click.command("emulate", cls=Command)
@click.argument("target")
@click.option("--name", help="Name of the device. Default: emulated-TARGET.")
@click.option("--force", is_flag=True, help="Make it anew.")
@as_json
def emulate(target: str, name: str | None, force: bool, as_json: bool) -> None:
    """Make a device of this machine that counts the instructions of a TARGET: rpi3, rpi4 or rpi5. No root is needed.

    QEMU plays the processor for a Python of its architecture. Packages of Debian or Ubuntu are fetched by apt and
    unpacked in ~/.cache/edgekit/emulated, some 350 MB with the runtimes; a C compiler makes the counter. Counts have
    no noise, so that a hosted runner can gate on them; times of this device are none of a board's, and count for no
    budget.

    \b
    Examples:
      edgekit devices emulate rpi4
      edgekit profile out/onnx --device emulated-rpi4 --instructions --length 128
      edgekit gate out/onnx --device emulated-rpi4 --budget instructions_m=90,length=128
    """
    from edgekit.flows.devices.emulate import emulate

    made = emulate(target, name, force=force, progress=progress(as_json))
    if as_json:
        print_json(made)
        return
    packages = ", ".join(
        f"{project} {version}" for each in made.set_up.runtimes for project, version in each.packages.items()
    )
    click.echo(f"{made.name} counts instructions of {target}, by Python {made.set_up.python} with {packages}")
    hint(f"count: edgekit profile BUNDLE --device {made.name} --instructions")
