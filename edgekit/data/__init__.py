"""Data sets, tokenized batches and task metrics."""
