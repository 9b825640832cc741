"""Measuring time, memory, energy and instructions."""
