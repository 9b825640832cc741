"""What all commands and groups of commands are: an option that stands for one value is given once."""

from __future__ import annotations

import click


class Command(click.Command):
    """Refuses an option given twice, of which click would silently take the last."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse as click does, once every option is known to be given as often as it may be."""
        _, _, given = self.make_parser(ctx).parse_args(list(args))
        for parameter in dict.fromkeys(given):
            if isinstance(parameter, click.Option) and _stands_for_one(parameter) and given.count(parameter) > 1:
                ctx.fail(f"{parameter.opts[-1]} is given {given.count(parameter)} times, and takes one value")
        return super().parse_args(ctx, args)


class Group(click.Group):
    """A group of such commands."""

    command_class = Command


def _stands_for_one(option: click.Option) -> bool:
    return not (option.multiple or option.count or option.is_flag)
