"""Data sets and tokenized batches."""
