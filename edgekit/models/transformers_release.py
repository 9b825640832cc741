"""Which transformers is installed: releases 4 and 5 keep configurations and tokenizers in other ways."""

from __future__ import annotations


def release() -> int:
    """The first number of its version."""
    import transformers

    return int(transformers.__version__.partition(".")[0])
