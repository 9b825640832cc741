"""`edgekit guide`: the guides that come with edgekit, in the terminal and offline."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import click

from edgekit.cli.click_base import Command
from edgekit.cli.output import as_json, print_json

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.markdown import Markdown


@click.command("guide", cls=Command)
@click.argument("topic", required=False)
@as_json
def command(topic: str | None, as_json: bool) -> None:
    """Read a guide; without TOPIC, list them.

    \b
    Examples:
      edgekit guide
      edgekit guide devices
      edgekit guide budgets | less
    """
    from edgekit.flows.shipped import guide

    if topic is None:
        _list(as_json)
        return
    text = guide(topic)
    if as_json:
        print_json({"topic": topic, "text": text})
    else:
        _show(text)


def _list(as_json: bool) -> None:
    from edgekit.flows.shipped import guides

    topics = guides()
    if as_json:
        print_json([{"topic": name, "title": title, "about": about} for name, (title, about) in topics.items()])
        return
    width = max(map(len, topics))
    for name, (title, _) in topics.items():
        click.echo(f"{name:{width}}  {title}")
    click.echo("\nread one: edgekit guide TOPIC")


def _show(text: str) -> None:
    """As a page where a person reads it, as it is in a pipe."""
    from edgekit.cli.terminal import terminal_console

    console = terminal_console()
    if console.is_terminal:
        # what a command is cropped or wrapped by is not to be copied
        console.print(_page(text), crop=False)
    else:
        click.echo(text, nl=False)


def _page(text: str) -> Markdown:
    """Markdown whose code stays on its lines, however narrow the terminal is."""
    from rich.markdown import CodeBlock, Markdown
    from rich.text import Text

    class Code(CodeBlock):
        def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
            yield Text(str(self.text).rstrip(), style="cyan", no_wrap=True, overflow="ignore")

    class Page(Markdown):
        elements: ClassVar = {**Markdown.elements, "fence": Code, "code_block": Code}

    return Page(text)
