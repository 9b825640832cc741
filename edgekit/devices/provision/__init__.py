"""Bringing a device the runtimes that it lacks."""
