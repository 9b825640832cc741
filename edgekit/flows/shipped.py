"""What comes with edgekit by name: targets, recipes and guides."""

from __future__ import annotations

import re
from pathlib import Path

from edgekit.errors import unknown_name
from edgekit.options.recipe import Recipe, load_recipe
from edgekit.schema.resources import load_target, shipped_files
from edgekit.schema.target import Target

_GUIDES = Path(__file__).parent.parent / "guides"
# what computes the tables, and links to other guides: a terminal follows neither
_COMPUTED = re.compile(r"^<!-- \[\[\[.*?\]\]\] -->\n", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[([^\]]+)\]\((?:#[\w-]+|([\w-]+)\.md(?:#[\w-]+)?)\)")


def targets() -> dict[str, Target]:
    """The shipped targets by name; one of your own is read by `load_target`."""
    return {name: load_target(name) for name in shipped_files("targets")}


def recipes() -> dict[str, Recipe]:
    """The shipped recipes by name; one of your own is read by `load_recipe`."""
    found = [load_recipe(str(path)) for path in shipped_files("recipes").values()]
    return {recipe.name: recipe for recipe in found}


def guides() -> dict[str, tuple[str, str]]:
    """Title and first sentence of every guide by its topic, in the order in which one needs them."""
    contents = (_GUIDES / "README.md").read_text(encoding="utf-8")
    topics = re.findall(r"^- \[.*?\]\(([\w-]+)\.md\)", contents, re.MULTILINE)
    heads = {topic: (_GUIDES / f"{topic}.md").read_text(encoding="utf-8").split("\n\n", 2) for topic in topics}
    return {topic: (head[0].removeprefix("# "), " ".join(head[1].split())) for topic, head in heads.items()}


def guide(topic: str) -> str:
    """The Markdown of a guide as a terminal shows it; `NotFoundError` for a topic that has none."""
    known = guides()
    if topic not in known:
        raise unknown_name("guide", topic, known)
    text = _COMPUTED.sub("", (_GUIDES / f"{topic}.md").read_text(encoding="utf-8"))
    return _LINK.sub(lambda link: f"{link[1]} (`edgekit guide {link[2]}`)" if link[2] else link[1], text)
