"""The hard rows: two actions are named and only word order or negation tells which one is wanted now.

The rule, for every construction here: **the label is the action wanted now.**

- *choice*: one action is taken back, refused or passed over, the other is wanted ("lock it, no wait, unlock it").
- *state*: the same with states of one device ("i want the lights off, not on").
- *order*: both are wanted, the label is the one to be done first ("before you lock the door, dim the lights").
- *wait*: one action that is either urged or held back by the same words ("don't wait, lock the door" against
  "wait, don't lock the door"); held back, nothing is to be done now and the label is `out_of_scope`.

Every template is filled with the two actions in either role equally often, so a row and its mirror image hold
the same words under two labels: a bag of words can do no better than guess between the two. The wanted one comes
last in about six of ten templates, so its place alone does not decide either.
"""

import random
import re

from edgekit.data.smart_home.constructions import CONSTRUCTIONS
from edgekit.data.smart_home.fill import fill, gerund, name, phrase, pick
from edgekit.data.smart_home.slots import ACTIONS, EVERY_ACTION, OPPOSITES, OUT_OF_SCOPE, Action, Opposites
from edgekit.options.stage_options import SplitName

# Cumulative shares of the constructions. What is left after the last is *choice* within one device.
WAIT, ORDER, STATE, CHOICE_ACROSS_DEVICES = 0.04, 0.32, 0.42, 0.70

ROLE = re.compile(r"\{(yes|no)(:ing|:state)?\}")


def hard_templates(split: SplitName) -> tuple[str, ...]:
    """Every hard template string of a split, both halves of the *wait* pairs included."""
    own = CONSTRUCTIONS[split]
    return (*own.choice, *own.state, *own.order, *(half for pair in own.wait for half in pair))


def hard_row(split: SplitName, rng: random.Random) -> tuple[str, str]:
    """A clean sentence and its label, from one of the four constructions."""
    own, draw = CONSTRUCTIONS[split], rng.random()
    if draw < WAIT:
        return _wait(pick(own.wait, rng), rng)
    if draw < ORDER:
        yes, no = _others(rng)
        return _voice(pick(own.order, rng), yes, no, rng), yes.label
    opposites = pick(OPPOSITES, rng)
    yes, no = _either_way(opposites, rng)
    if draw < STATE:
        return _state(pick(own.state, rng), yes, no, opposites, rng), yes.label
    if draw < CHOICE_ACROSS_DEVICES:
        yes, no = _others(rng)
    return _voice(pick(own.choice, rng), yes, no, rng), yes.label


def _either_way(opposites: Opposites, rng: random.Random) -> tuple[Action, Action]:
    one, other = ACTIONS[opposites.one], ACTIONS[opposites.other]
    return (one, other) if rng.random() < 0.5 else (other, one)


def _others(rng: random.Random) -> tuple[Action, Action]:
    """Two actions on different devices: doing both, one after the other, makes sense."""
    yes = no = pick(EVERY_ACTION, rng)
    while no.device is yes.device:
        no = pick(EVERY_ACTION, rng)
    return yes, no


def _voice(template: str, yes: Action, no: Action, rng: random.Random) -> str:
    """Put the two verb phrases in; of two mentions of one device, either may be "it" or "them"."""
    yes_thing, pronoun = name(yes.device, rng)
    no_thing = yes_thing
    if no.device is not yes.device:
        no_thing = name(no.device, rng)[0]
    elif rng.random() < 0.6:
        if rng.random() < 0.5:
            yes_thing = pronoun
        else:
            no_thing = pronoun
    words = {
        "yes": f"{phrase(yes, yes_thing, rng)} {{tail}}",
        "no": f"{phrase(no, no_thing, rng)} {{tail}}",
    }

    def form(role: re.Match[str]) -> str:
        return gerund(words[role[1]]) if role[2] == ":ing" else words[role[1]]

    return fill(ROLE.sub(form, template), rng)


def _state(template: str, yes: Action, no: Action, opposites: Opposites, rng: random.Random) -> str:
    thing, pronoun = name(yes.device, rng)
    text = template.replace("{yes:state}", yes.state).replace("{no:state}", no.state)
    text = text.replace("{thing}", thing).replace("{verb}", pick(opposites.verbs, rng))
    return fill(text.replace(" them ", f" {pronoun} "), rng)


def _wait(pair: tuple[str, str], rng: random.Random) -> tuple[str, str]:
    action = pick(EVERY_ACTION, rng)
    words = phrase(action, name(action.device, rng)[0], rng)
    urged = rng.random() < 0.5
    template = pair[0] if urged else pair[1]
    return fill(template.replace("{yes}", words), rng), action.label if urged else OUT_OF_SCOPE
