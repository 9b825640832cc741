"""The commands under `edgekit targets`."""

from edgekit.cli.targets.command import command as command
