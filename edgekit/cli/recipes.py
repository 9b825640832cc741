"""`edgekit recipes`: list the shipped recipes, and print one to start your own from."""

from __future__ import annotations

import json
from pathlib import Path

import click

from edgekit.cli.click_base import Group
from edgekit.cli.output import as_json, print_json

command = Group(
    "recipes",
    help="""Recipes that come with edgekit.

    \b
    Example:
      edgekit recipes list
      edgekit recipes show NAME > my-recipe.yaml
    """,
)


@command.command("list")
@as_json
def list_recipes(as_json: bool) -> None:
    """List the shipped recipes.

    \b
    Example:
      edgekit recipes list
    """
    rows = [{"name": name, "title": title} for name, (title, _) in _recipes().items()]
    if as_json:
        print_json(rows)
        return
    width = max((len(row["name"]) for row in rows), default=0)
    for row in rows:
        click.echo(f"{row['name']:{width}}  {row['title']}".rstrip())


@command.command("show")
@click.argument("name")
@as_json
def show_recipe(name: str, as_json: bool) -> None:
    """Print a shipped recipe.

    \b
    Example:
      edgekit recipes show NAME > my-recipe.yaml
    """
    from edgekit.errors import unknown_name

    recipes = _recipes()
    if name not in recipes:
        raise unknown_name("recipe", name, recipes)
    text = recipes[name][1].read_text(encoding="utf-8")
    click.echo(json.dumps({"name": name, "text": text}, ensure_ascii=False) if as_json else text, nl=as_json)


def _recipes() -> dict[str, tuple[str, Path]]:
    """The shipped recipes by name: the title and the file of each."""
    from edgekit.schema.base_model import read_mapping
    from edgekit.schema.resources import shipped_files

    found = {}
    for stem, path in shipped_files("recipes").items():
        recipe = read_mapping(path)
        found[str(recipe.get("name", stem))] = (str(recipe.get("title", "")), path)
    return found
