"""`edgekit deploy`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from edgekit.cli.click_base import Command
from edgekit.cli.device_results import show_each
from edgekit.cli.options import default_model
from edgekit.cli.output import as_json
from edgekit.cli.progress import progress
from edgekit.errors import UsageError
from edgekit.schema.schemes import RuntimeName

if TYPE_CHECKING:
    from edgekit.devices.deploy import Deployed
    from edgekit.flows.deploy import Deployment


@click.command("deploy", cls=Command)
@click.argument("bundle", required=False)
@click.option(
    "--device",
    "devices",
    multiple=True,
    required=True,
    metavar="NAME|URL",
    help="Where to: once or several times; all.",
)
@click.option("--as", "name", metavar="NAME", help="What it is deployed as. Default: the bundle's own name.")
@click.option("--rollback", "instead", flag_value="rollback", help="Return to the release before the one that runs.")
@click.option("--list", "instead", flag_value="list", help="Show what is deployed.")
@click.option("--remove", "instead", flag_value="remove", help="Remove a deployment with all its releases.")
@click.option("--runtime", type=click.Choice(get_args(RuntimeName)), help="Runtime that the golden cases are run by.")
@click.option("--python", help="Python on the device. Default: the one it was added with, else python3.")
@as_json
def command(
    bundle: str | None,
    devices: tuple[str, ...],
    name: str | None,
    instead: str | None,
    runtime: RuntimeName | None,
    python: str | None,
    as_json: bool,
) -> None:
    """Let BUNDLE run on a device: checked there, switched to at once, with the way back kept.

    The bundle is copied beside the one that runs, its files are checked there, and its golden cases are run there;
    only then does `deployed/NAME/current` turn to it, by one rename. What ran before is kept. Golden cases that fail
    leave everything as it was, and exit with 5. It brings the bundle as it is, with golden texts that may be rows
    of your data: what is for others is a package.

    \b
    Examples:
      edgekit deploy out/onnx --device kitchen --as smart-home
      edgekit deploy --device kitchen --list
      edgekit deploy --device kitchen --as smart-home --rollback
      edgekit deploy out/onnx --device kitchen --device hall
    """
    if instead is not None and bundle is not None:
        raise UsageError(f"--{instead} takes no bundle", advice="it goes by the name of a deployment: --as NAME")
    if instead == "rollback":
        _rollback(devices, name, python, as_json)
    elif instead == "list":
        _list(devices, python, as_json)
    elif instead == "remove":
        _remove(devices, name, python, as_json)
    else:
        _deploy(bundle, devices, name, {"python": python, "runtime": runtime}, as_json)


def _deploy(
    bundle: str | None, devices: tuple[str, ...], name: str | None, options: dict[str, Any], as_json: bool
) -> None:
    from edgekit.flows.deploy import deploy

    path = Path(bundle) if bundle is not None else default_model("bundle")
    show_each(lambda: deploy(path, devices, name, progress=progress(as_json), **options), _deployment, as_json)


def _deployment(done: Deployment) -> str:
    proof = f"{done.golden} golden cases equal in {done.runtime}"
    if not done.switched:
        return f"{done.name} release {done.number} runs already ({proof}): {done.path}"
    back = f"; --rollback returns to {done.previous}" if done.previous else ""
    return f"{done.name} release {done.number} runs ({proof}): {done.path}{back}"


def _rollback(devices: tuple[str, ...], name: str | None, python: str | None, as_json: bool) -> None:
    from edgekit.flows.deploy import rollback

    show_each(
        lambda: rollback(devices, name, python=python),
        lambda done: f"{done.name} release {done.number} runs again: {done.path}",
        as_json,
    )


def _list(devices: tuple[str, ...], python: str | None, as_json: bool) -> None:
    from edgekit.flows.deploy import deployed

    show_each(lambda: deployed(devices, python=python), _deployed, as_json)


def _deployed(found: dict[str, Deployed]) -> str:
    from edgekit.report.figures import clean

    lines = []
    for name, deployment in found.items():
        for number, release in sorted(deployment.releases.items(), reverse=True):
            mark = "runs" if number == deployment.current else "kept" if number == deployment.previous else ""
            facts = f"{release.size_mb:.1f} MB, {release.content_hash[:12]}, deployed {release.deployed_at}"
            lines.append(f"{clean(name)} {number:3} {mark:5} {clean(release.bundle)}, {clean(facts)}")
    return "\n".join(lines) or "nothing is deployed"


def _remove(devices: tuple[str, ...], name: str | None, python: str | None, as_json: bool) -> None:
    from edgekit.flows.deploy import undeploy

    show_each(lambda: undeploy(devices, name, python=python), lambda gone: f"{gone} is removed", as_json)
