"""`edgekit guide`: topics, pages and what is to be copied from them."""

import json
import re

import pytest
from rich.console import Console

from edgekit.cli import guide
from edgekit.flows.shipped import guide as read_guide
from tests.command_line import edgekit


def test_without_a_topic_it_lists_them():
    code, out, _ = edgekit("guide", "--json")
    assert code == 0
    topics = [row["topic"] for row in json.loads(out)]
    assert {"install", "devices", "budgets", "ci", "extending"} <= set(topics)
    assert all(topic in edgekit("guide")[1] for topic in topics)


def test_a_topic_in_a_pipe_is_its_markdown_without_what_computes_tables():
    code, out, _ = edgekit("guide", "budgets")
    assert code == 0
    assert out.startswith("# Budgets and verdicts")
    assert "cog" not in out
    assert "| `size_mb` |" in out
    assert "(`edgekit guide intervals`)" in out
    assert json.loads(edgekit("guide", "budgets", "--json")[1]) == {"topic": "budgets", "text": out}


def test_an_unknown_topic_names_the_nearest():
    code, _, err = edgekit("guide", "devicez")
    assert code == 2
    assert "did you mean 'devices'?" in err


@pytest.mark.parametrize("width", [60, 200])
def test_a_terminal_breaks_no_command(width, capsys):
    console = Console(width=width, force_terminal=True, color_system=None)
    for topic in ("devices", "compression", "recipes"):
        text = read_guide(topic)
        console.print(guide._page(text), crop=False)
        shown = {line.rstrip() for line in capsys.readouterr().out.splitlines()}
        for block in re.findall(r"```bash\n(.*?)```", text, re.DOTALL):
            assert set(block.splitlines()) <= shown
