"""Families of models, taken apart and put together again; loading and saving checkpoints."""
