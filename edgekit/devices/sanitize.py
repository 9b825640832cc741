"""What a device says, fit to be shown."""

from __future__ import annotations

from edgekit.io.printable import clean


def plain(output: str | bytes, most: int = 500) -> str:
    """The end of it on one line, of at most `most` characters, without what would steer a terminal."""
    text = output.decode(errors="replace") if isinstance(output, bytes) else output
    line = " ".join(text.split())
    return clean(line)[-most:]
