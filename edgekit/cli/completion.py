"""`edgekit completion`: what lets a shell complete commands and options with Tab."""

from __future__ import annotations

import click
from click.shell_completion import BashComplete, FishComplete, ZshComplete

from edgekit.cli.click_base import Command
from edgekit.cli.output import as_json, print_json

_SHELLS = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}


@click.command("completion", cls=Command)
@click.argument("shell", type=click.Choice(tuple(_SHELLS)))
@as_json
def command(shell: str, as_json: bool) -> None:
    """Print what lets a shell complete edgekit's commands and options with Tab.

    \b
    Examples:
      eval "$(edgekit completion bash)"          in ~/.bashrc
      eval "$(edgekit completion zsh)"           in ~/.zshrc
      edgekit completion fish > ~/.config/fish/completions/edgekit.fish
    """
    from edgekit.cli import cli

    source = _SHELLS[shell](cli, {}, "edgekit", "_EDGEKIT_COMPLETE").source()
    print_json({"shell": shell, "source": source}) if as_json else click.echo(source)
