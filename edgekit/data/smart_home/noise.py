"""What happens between a clean sentence and a transcript: politeness, hesitation, lost punctuation, slips and typos.

None of it changes the label: negations, particles and other short words are never touched by a typo.
"""

import random

from edgekit.data.smart_home.fill import pick

GREETINGS = ("hey home", "ok home", "hi there", "hello", "hey", "home", "computer", "excuse me", "ok", "so", "well")
THANKS = ("thanks", "thank you", "please", "will you", "if you don't mind", "ok", "thanks a lot", "cheers", "dear")
HESITATIONS = ("um", "uh", "er", "hmm", "like", "you know")

# What speech recognition writes instead of what was said.
SLIPS = {
    "don't": "dont", "i'm": "im", "it's": "its", "can't": "cant", "want to": "wanna", "going to": "gonna",
    "lights": "lites", "light": "lite", "to": "too", "for": "four", "room": "rum", "you": "u", "please": "pleas",
    "minute": "minit", "blinds": "blindz", "door": "dor", "the": "da", "right": "rite", "heating": "heeting",
}  # fmt: skip

NEIGHBOURS = {
    "a": "s", "b": "v", "c": "x", "d": "f", "e": "r", "f": "g", "g": "h", "h": "j", "i": "o", "j": "k", "k": "l",
    "l": "k", "m": "n", "n": "b", "o": "p", "p": "o", "q": "w", "r": "t", "s": "d", "t": "y", "u": "i", "v": "c",
    "w": "e", "x": "z", "y": "u", "z": "x",
}  # fmt: skip

SHORTEST_TYPO = 5


def say(text: str, rng: random.Random) -> str:
    """The sentence as it reaches the classifier."""
    if rng.random() < 0.20:
        text = f"{pick(GREETINGS, rng)}, {text}"
    if rng.random() < 0.10:
        text = f"{text}, {pick(THANKS, rng)}"
    if rng.random() < 0.35:
        text = text.replace(",", "").replace("?", "")
    if rng.random() < 0.05:
        text = _hesitate(text, rng)
    if rng.random() < 0.07:
        text = _mishear(text, rng)
    if rng.random() < 0.07:
        text = _mistype(text, rng)
    return _dress(text, rng)


def _hesitate(text: str, rng: random.Random) -> str:
    words = text.split()
    words.insert(int(rng.random() * len(words)), pick(HESITATIONS, rng))
    return " ".join(words)


def _mishear(text: str, rng: random.Random) -> str:
    """One word that sounds alike, or one word said twice."""
    padded = f" {text} "
    heard = [phrase for phrase in SLIPS if f" {phrase} " in padded]
    if heard and rng.random() < 0.7:
        phrase = pick(heard, rng)
        return padded.replace(f" {phrase} ", f" {SLIPS[phrase]} ", 1).strip()
    words = text.split()
    index = int(rng.random() * len(words))
    return " ".join((*words[:index], words[index].rstrip(",?"), *words[index:]))


def _mistype(text: str, rng: random.Random) -> str:
    """Drop, double, swap or miss one letter inside one longer word."""
    words = text.split()
    long = [index for index, word in enumerate(words) if len(word) >= SHORTEST_TYPO and word.isalpha()]
    if not long:
        return text
    index = pick(long, rng)
    word, kind = words[index], int(rng.random() * 4)
    at = 1 + int(rng.random() * (len(word) - 2))
    words[index] = (
        word[:at] + word[at + 1 :],
        word[:at] + word[at] + word[at:],
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        word[:at] + NEIGHBOURS[word[at]] + word[at + 1 :],
    )[kind]
    return " ".join(words)


def _dress(text: str, rng: random.Random) -> str:
    """Casing and the full stop: mostly none, as a recogniser writes."""
    draw = rng.random()
    if draw < 0.70:
        return text
    if draw < 0.72:
        return text.upper()
    return text[0].upper() + text[1:] + ("" if draw < 0.85 or text.endswith("?") else ".")
