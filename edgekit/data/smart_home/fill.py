"""Turn templates into sentences: pick words, name devices, conjugate verbs.

Only `Random.random` is used: Python promises to keep its sequence for a seed; `choice` and `shuffle` carry no
promise.
"""

import random
import re
from collections.abc import Sequence
from typing import TypeVar

from edgekit.data.smart_home.slots import GERUNDS, WORDS, Action, Device

T = TypeVar("T")

SLOT = re.compile(r"\{(\w+)\}")


def pick(options: Sequence[T], rng: random.Random) -> T:
    """One of the options, each equally likely."""
    return options[int(rng.random() * len(options))]


def fill(template: str, rng: random.Random) -> str:
    """Replace every `{slot}` by one of its words; an empty word leaves no gap behind."""
    if "{" not in template:
        return template
    text = SLOT.sub(lambda slot: pick(WORDS[slot[1]], rng), template)
    return " ".join(text.split()).replace(" ,", ",")


def name(device: Device, rng: random.Random) -> tuple[str, str]:
    """A name for the device, its slots filled so that it can be said twice, and its pronoun."""
    index = int(rng.random() * (len(device.singular) + len(device.plural)))
    if index < len(device.singular):
        return fill(device.singular[index], rng), "it"
    return fill(device.plural[index - len(device.singular)], rng), "them"


def phrase(action: Action, thing: str, rng: random.Random) -> str:
    """A verb phrase for the action: "switch the kitchen lights on"."""
    return pick(action.phrases, rng).replace("{it}", thing)


def gerund(words: str) -> str:
    """Turn "switch it on" into "switching it on"."""
    verb, rest = words.split(" ", 1)
    return f"{GERUNDS[verb]} {rest}"
