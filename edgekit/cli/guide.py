"""`edgekit guide`: the guides that come with edgekit, in the terminal and offline."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import click

from edgekit.cli.click_base import Command
from edgekit.cli.output import as_json, print_json

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.markdown import Markdown

_FOLDER = Path(__file__).parent.parent / "guides"
# what computes the tables, and links to other guides: a terminal follows neither
_COMPUTED = re.compile(r"^<!-- \[\[\[.*?\]\]\] -->\n", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[([^\]]+)\]\((?:#[\w-]+|([\w-]+)\.md(?:#[\w-]+)?)\)")


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
    if topic is None:
        _list(as_json)
        return
    text = _guide(topic)
    if as_json:
        print_json({"topic": topic, "text": text})
    else:
        _show(text)


def _topics() -> dict[str, tuple[str, str]]:
    """Title and first sentence of every guide by its name, in the order in which one needs them."""
    order = re.findall(
        r"^- \[.*?\]\(([\w-]+)\.md\)", (_FOLDER / "README.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    heads = {name: (_FOLDER / f"{name}.md").read_text(encoding="utf-8").split("\n\n", 2) for name in order}
    return {name: (head[0].removeprefix("# "), " ".join(head[1].split())) for name, head in heads.items()}


def _list(as_json: bool) -> None:
    topics = _topics()
    if as_json:
        print_json([{"topic": name, "title": title, "about": about} for name, (title, about) in topics.items()])
        return
    width = max(map(len, topics))
    for name, (title, _) in topics.items():
        click.echo(f"{name:{width}}  {title}")
    click.echo("\nread one: edgekit guide TOPIC")


def _guide(topic: str) -> str:
    """The Markdown of a guide as a terminal shows it.

    Raises:
        UsageProblem: there is none of this name
    """
    from edgekit.errors import unknown_name

    topics = _topics()
    if topic not in topics:
        raise unknown_name("guide", topic, topics)
    text = _COMPUTED.sub("", (_FOLDER / f"{topic}.md").read_text(encoding="utf-8"))
    return _LINK.sub(lambda link: f"{link[1]} (`edgekit guide {link[2]}`)" if link[2] else link[1], text)


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
