"""Text of unknown origin, fit to be shown: the one place that decides what never reaches a terminal or a file raw."""

from __future__ import annotations

import json
import re

# of Unicode's categories Cc, Cf, Cs, Zl and Zp, and the non-characters: what steers a terminal, turns the direction
# of what is read, or is not seen at all
_SPACING = "\t\n"
_JOINERS = "\u200c\u200d"
_STEERING = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u180e\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u206f\ud800-\udfff\ufdd0-\ufdef\ufeff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e0fff"
)
# the joiners are letters' own in Persian, in Indic scripts and between emoji, and nothing among ASCII
_LONE_JOINER = f"(?:(?<=[\x00-\x7f])[{_JOINERS}]|[{_JOINERS}](?=[\x00-\x7f]))"
_UNSEEN = re.compile(f"[{_STEERING}]|{_LONE_JOINER}")
_UNSEEN_OR_SPACING = re.compile(f"[{_STEERING}{_SPACING}]|{_LONE_JOINER}")
_SPACES = re.compile("[\t\n\r\u2028\u2029]")
# and what is no character of XML; marks of direction are a part of right-to-left writing
_REPLACED = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2060\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufeff\ufffe\uffff]"
)


def visible(text: str) -> str:
    """The text with what cannot be seen written out, as `\\x1b`; line ends and tabs are as they are."""
    return text if text.isascii() and text.isprintable() else _UNSEEN.sub(_written_out, text)


def visible_name(name: str) -> str:
    """A label or a name with all that cannot be seen written out, line ends and tabs too."""
    return _UNSEEN_OR_SPACING.sub(_written_out, name)


def visible_json(text: str) -> str:
    """JSON in which what cannot be seen stands as JSON's own escapes, so that its values are the same."""
    return _UNSEEN.sub(lambda found: json.dumps(found[0])[1:-1], text)


def clean(value: object) -> str:
    """Text of unknown origin in one line, with nothing in it that steers a terminal or breaks a file."""
    return _REPLACED.sub("\ufffd", _SPACES.sub(" ", str(value)))


def _written_out(found: re.Match[str]) -> str:
    return ascii(found[0])[1:-1]
