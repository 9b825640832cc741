"""Checkpoint to TFLite file."""
