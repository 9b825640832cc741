"""`edgekit completion`: what lets a shell complete commands and options with Tab."""

from __future__ import annotations

import click
from click.shell_completion import BashComplete, FishComplete, ZshComplete

from edgekit.cli.click_base import Command
from edgekit.cli.output import as_json, print_json
from edgekit.errors import unknown_name

_SHELLS = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}


def completion(shell: str) -> str:
    """What lets a shell, `bash`, `zsh` or `fish`, complete commands and options; `NotFoundError` for another one."""
    from edgekit.cli import cli

    if shell not in _SHELLS:
        raise unknown_name("shell", shell, _SHELLS)
    return _SHELLS[shell](cli, {}, "edgekit", "_EDGEKIT_COMPLETE").source()


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
    source = completion(shell)
    print_json({"shell": shell, "source": source}) if as_json else click.echo(source)
