"""How far the rules of a `tokenizer.json` may let a text grow: a few chained replacements make gigabytes of a word."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import BadInput
from ..json_object import JsonObject

if TYPE_CHECKING:
    from tokenizers import Tokenizer

# times its length; Unicode's own compatibility forms make 18 characters of one, real rules one or two
MOST_GROWTH = 1000
# characters that one rule may add to a text, however short that is
MOST_ADDED = 10_000
_NAMES = ("normalizer", "pre_tokenizer", "decoder")
_MEMBERS = ("normalizers", "pretokenizers", "decoders")


def check_growth(tokenizer: Tokenizer, path: Path) -> None:
    """Raise `BadInput` where the library's tokenizer may make more than `MOST_GROWTH` characters of one."""
    for name in _NAMES:
        part, growth = getattr(tokenizer, name), 1.0
        # as the library itself has read it, whatever the file says twice or in escapes
        for rule in _flat(None if part is None else json.loads(part.__getstate__())):
            growth *= _growth(rule)
            if growth > MOST_GROWTH or _added(rule) > MOST_ADDED:
                raise BadInput(f"{path}: its {name} may make more than {MOST_GROWTH:,} characters of one")


def _flat(rule: object) -> list[JsonObject]:
    """The rules in the order in which they are applied, those of a sequence one by one."""
    if not isinstance(rule, dict):
        return []
    members = next((rule[name] for name in _MEMBERS if isinstance(rule.get(name), list)), None)
    return [rule] if members is None else [inner for member in members for inner in _flat(member)]


def _growth(rule: JsonObject) -> float:
    """At most how many characters a replacement makes of one."""
    pattern, content = rule.get("pattern"), rule.get("content")
    if not isinstance(pattern, dict) or not isinstance(content, str) or not content:
        return 1.0
    if isinstance(pattern.get("String"), str) and pattern["String"]:
        return max(1.0, len(content) / len(pattern["String"]))
    # a pattern that matches nothing stands between all characters
    return float(len(content) + (1 if _matches_nothing(pattern.get("Regex")) else 0))


def _matches_nothing(pattern: object) -> bool:
    try:
        return not isinstance(pattern, str) or re.match(pattern, "") is not None
    except (re.error, OverflowError, RecursionError):  # written for another library
        return True


def _added(rule: JsonObject) -> int:
    """The characters that a rule puts before a text."""
    return len(rule["prepend"]) if isinstance(rule.get("prepend"), str) else 0
