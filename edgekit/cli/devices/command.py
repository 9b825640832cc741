"""`edgekit devices`: name the devices that you have, look for others, and ask one how it fares."""

from __future__ import annotations

import click

from edgekit.cli.click_base import Group
from edgekit.cli.devices.doctor import doctor
from edgekit.cli.devices.emulate import emulate
from edgekit.cli.devices.setup import setup
from edgekit.cli.log import hint
from edgekit.cli.output import as_json, print_json, print_rich

command = Group(
    "devices",
    help="""The devices that you have, by names of your own.

    \b
    Example:
      edgekit devices find
      edgekit devices add pi4 ssh://pi@raspberrypi --target rpi4
      edgekit devices doctor pi4
      edgekit devices setup pi4
      edgekit profile out/onnx --device pi4
    """,
)
command.add_command(doctor)
command.add_command(setup)
command.add_command(emulate)


@command.command("find")
@as_json
def find(as_json: bool) -> None:
    """Look for devices: what adb lists, and the hosts of ~/.ssh/config. No network is scanned.

    \b
    Example:
      edgekit devices find
    """
    from edgekit.devices.find import find_devices
    from edgekit.devices.registry import known_devices
    from edgekit.report.figures import clean

    found = find_devices()
    names = {device.url: name for name, device in known_devices().items()}
    if as_json:
        rows = [{"url": each.url, "note": each.note, "name": names.get(each.url)} for each in found.candidates]
        print_json({"devices": rows, "notes": found.notes})
        return
    for each in found.candidates:
        named = f"  named {names[each.url]}" if each.url in names else ""
        click.echo(f"{each.url}  ({clean(each.note)}){named}")
    for note in found.notes:
        hint(f"note: {clean(note)}")
    if not found.candidates:
        hint("no device was found")
    else:
        hint("name one: edgekit devices add NAME URL")


@command.command("add")
@click.argument("name")
@click.argument("url")
@click.option("--target", help="The target that it is one of, by name or file. `edgekit targets detect` tells.")
@click.option("--python", metavar="PATH", help="Python there that runs the agent. Default: python3.")
@click.option("--home", metavar="DIR", help="Folder there that is edgekit's alone. Default: ~/.cache/edgekit/device.")
@click.option("--check", is_flag=True, help="Reach it first, and check it against its target.")
@click.option("--force", is_flag=True, help="Replace a device of this name.")
@as_json
def add(
    name: str,
    url: str,
    check: bool,
    force: bool,
    as_json: bool,
    **given: str | None,
) -> None:
    """Give the device at URL a name: local:, ssh://[user@]host[:port] or adb://SERIAL.

    A host is what you would say to `ssh`, aliases of ~/.ssh/config included. --home is for a home folder that is
    read-only, mounted noexec, small or absent: a new or empty folder, in which everything of edgekit's lies then.

    \b
    Example:
      edgekit devices add pi4 ssh://pi@raspberrypi --target rpi4
      edgekit devices add hub ssh://hub --home /mnt/ssd/edgekit
      edgekit devices add phone adb://R58M123ABC --target android-arm64 --check
    """
    from edgekit.devices.registry import registry_path
    from edgekit.flows.devices.register import add_known
    from edgekit.schema.device import KnownDevice

    wanted = KnownDevice.from_flags({"url": url} | {key: value for key, value in given.items() if value is not None})
    device = add_known(name, wanted, force=force, check=check)
    if as_json:
        print_json({"name": name} | device.model_dump(mode="json"))
        return
    click.echo(
        f"{name} is {device.url}"
        + (f", of target {device.target}" if device.target else "")
        + f"  ({registry_path()})"
    )
    if not check:
        hint(f"how it fares: edgekit devices doctor {name}")


@command.command("list")
@as_json
def list_devices(as_json: bool) -> None:
    """List the devices that have a name. `--device all` means all of them.

    \b
    Example:
      edgekit devices list
    """
    from rich.table import Table

    from edgekit.devices.registry import known_devices, registry_path

    known = known_devices()
    if as_json:
        print_json([{"name": name} | device.model_dump(mode="json") for name, device in known.items()])
        return
    if not known:
        hint("no device has a name yet: edgekit devices add NAME URL")
        return
    table = Table("device", "url", "target", "python", "home", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name, device in known.items():
        table.add_row(name, device.url, device.target or "-", device.python or "python3", device.home or "-")
    print_rich(table)
    hint(f"kept in {registry_path()}")


@command.command("remove")
@click.argument("name")
@as_json
def remove(name: str, as_json: bool) -> None:
    """Forget the name of a device. What is on the device stays: `edgekit devices setup NAME --remove` clears it.

    \b
    Example:
      edgekit devices remove pi4
    """
    from edgekit.devices.registry import remove_device

    gone = remove_device(name)
    print_json({"name": name} | gone.model_dump(mode="json")) if as_json else click.echo(
        f"{name} ({gone.url}) is forgotten"
    )
