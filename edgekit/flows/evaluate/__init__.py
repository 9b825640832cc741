"""Accuracy and perplexity of checkpoints and bundles."""
