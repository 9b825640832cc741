"""`edgekit doctor`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from edgekit.cli.click_base import Command
from edgekit.cli.output import as_json, print_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgekit.flows.doctor import Installation, Package


@click.command("doctor", cls=Command)
@as_json
@click.pass_context
def command(context: click.Context, as_json: bool) -> None:
    """Say what is installed on this machine, what is missing, and the command that adds it.

    Of a device, `edgekit devices doctor` says how it fares. The exit code is 2 where something is broken.

    \b
    Examples:
      edgekit doctor
      edgekit doctor --json
    """
    from edgekit.flows.doctor import examine_installation

    found = examine_installation()
    if as_json:
        print_json(found)
    else:
        for line in _lines(found):
            click.echo(line)
    context.exit(2 if found.problems else 0)


def _lines(found: Installation) -> Iterator[str]:
    yield f"edgekit {found.edgekit}"
    yield f"python {found.python}"
    yield f"{found.system}, {found.cores} cores, {', '.join(found.accelerators) or 'no accelerator for training'}"
    for part in found.parts:
        name = part.name if part.name == "base" else f"[{part.name}]"
        yield f"\n{name}  {part.purpose}"
        yield from (f"  {_package(package)}" for package in part.packages)
        if part.add:
            yield f"  add it: {part.add}"
    yield ""
    yield from (f"no {name}: {purpose}" for name, purpose in found.programs.items())
    shared = [name for name, value in found.telemetry.items() if value != "1"]
    yield f"telemetry of libraries: {'on by ' + ', '.join(shared) if shared else 'off'}"
    yield from (f"\nproblem: {problem}" for problem in found.problems)


def _package(package: Package) -> str:
    if not package.version:
        return f"{package.name:16} missing"
    other = package.tested and package.version.partition("+")[0] != package.tested
    return f"{package.name:16} {package.version}" + (f"  (tested with {package.tested})" if other else "")
