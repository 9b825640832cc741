"""Tokenizers: read, trimmed, and copied from folder to folder."""
