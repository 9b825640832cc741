"""Reaching a device: one module for each way there."""
