"""The commands under `edgekit devices`."""

from edgekit.cli.devices.command import command as command
