"""Measurements on a device in figures."""
