"""Checkpoint to smaller checkpoint: fine-tune, distill, prune, quantize."""
