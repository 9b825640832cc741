"""The command `edgekit profile` in its modes."""

from edgekit.cli.profile.command import command as command
