"""Naming, setting up, examining and using devices."""
