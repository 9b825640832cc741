"""What all commands and groups are: options stand in sections, and one that stands for one value is given once."""

from __future__ import annotations

from typing import Any

import click

from edgekit.cli.log import log_options

# of options that belong to no other
OTHERS = "Options"


class Option(click.Option):
    """An option in a section of its command's help."""

    def __init__(self, *arguments: Any, section: str = OTHERS, **rest: Any) -> None:
        super().__init__(*arguments, **rest)
        self.section = section


class _Logged(click.Command):
    """Takes the options of `cli.log`, before its `--help`."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """All options and arguments."""
        params = super().get_params(ctx)
        helps = [each for each in params if "--help" in each.opts]
        return [*(each for each in params if each not in helps), *log_options(), *helps]


class Command(_Logged):
    """Refuses an option given twice, of which click would silently take the last."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse as click does, once every option is known to be given as often as it may be."""
        _, _, given = self.make_parser(ctx).parse_args(list(args))
        for parameter in dict.fromkeys(given):
            if isinstance(parameter, click.Option) and _stands_for_one(parameter) and given.count(parameter) > 1:
                ctx.fail(f"{parameter.opts[-1]} is given {given.count(parameter)} times, and takes one value")
        return super().parse_args(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the sections in the order in which their first options stand, what belongs to none at the end."""
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            if isinstance(parameter, click.Option) and (record := parameter.get_help_record(ctx)) is not None:
                sections.setdefault(getattr(parameter, "section", OTHERS), []).append(record)
        for title in sorted(sections, key=OTHERS.__eq__):
            with formatter.section(title):
                formatter.write_dl(sections[title])


class Group(_Logged, click.Group):
    """A group of such commands."""

    command_class = Command


def _stands_for_one(option: click.Option) -> bool:
    return not (option.multiple or option.count or option.is_flag)
