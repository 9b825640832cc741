"""Checkpoint to checkpoint by training."""
