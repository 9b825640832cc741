"""The easy templates, split by split: frames around any command, and ways to hint at one without naming it.

No template stands in two splits. A frame has `{do}` ("lock the door"), `{doing}` ("locking the door"), or
`{thing}` and `{state}` ("the door", "locked"); everything else in braces is a vocabulary of `slots.WORDS`.
"""

import random
import re

from edgekit.data.smart_home.fill import fill, gerund, name, phrase, pick
from edgekit.data.smart_home.slots import EVERY_ACTION, OUT_OF_SCOPE
from edgekit.data.smart_home.small_talk import SMALL_TALK
from edgekit.options.stage_options import SplitName

FRAMES: dict[SplitName, tuple[str, ...]] = {
    "train": (
        "{do}",
        "please {do}",
        "{do} please",
        "can you {do}",
        "could you {do} for me",
        "i want you to {do}",
        "i would like you to {do}",
        "go ahead and {do}",
        "would you mind {doing}",
        "i need {thing} {state}",
        "i want {thing} {state} now",
        "it is time to {do}",
        "let's {do}",
        "how about {doing}",
        "you can {do} now",
        "you should {do}",
        "don't forget to {do}",
        "you must not forget {thing}, {do}",
        "why don't you {do}",
        "i don't mind if you {do}",
        "could we have {thing} {state}",
        "it would be nice if you could {do}",
        "start {doing}",
        "try {doing} for me",
        "do not wait for me to ask and {do}",
    ),
    "validation": (
        "{do} if you can",
        "would you {do}",
        "can i get you to {do}",
        "please go and {do}",
        "i'd like {thing} {state}",
        "would you please try {doing}",
        "please don't forget to {do}",
        "i need you to {do}",
    ),
    "test": (
        "could you please {do}",
        "would you please {do} for me",
        "i would like it if you could {do}",
        "{do} for me now",
        "do you mind {doing}",
        "can we have {thing} {state}",
        "please let me have {thing} {state}",
        "it's time you {do}",
        "why don't we {do}",
        "you must not forget to {do}",
    ),
}

HINTS: dict[SplitName, dict[str, tuple[str, ...]]] = {
    "train": {
        "blinds_close": (
            "the sun is too bright in my eyes in the {room}",
            "the neighbours can look into the {room}",
            "i don't want people to look in from the street",
            "keep the sun out of the {room}",
            "keep the street out of sight",
            "the sun is so bright that it hurts, keep it out",
            "i want privacy",
            "give me some privacy in the {room}",
        ),
        "blinds_open": (
            "let some sun into the {room}",
            "let the sun in",
            "i want to look out of the {room} window",
            "i would love to see the garden from the {room}",
            "i would like to see the street through the window",
            "let some daylight into the {room}",
        ),
        "door_lock": (
            "we are leaving, make sure nobody can get in through the {entrance} door",
            "secure the {entrance} door",
            "make sure that nobody can get through the {entrance} door",
            "i am off to work, secure the house",
            "make sure the {entrance} door is safe for the night",
            "put the bolt on the {entrance} door",
        ),
        "door_unlock": (
            "{person} is at the {entrance} door, let them in",
            "let {person} in through the {entrance} door",
            "i forgot my key, let me in",
            "someone needs to get in through the {entrance} door",
            "someone is here, let them in please",
            "let {person} in",
            "take the bolt off the {entrance} door",
        ),
        "heating_down": (
            "it is too hot in the {room}",
            "i am sweating in the {room}",
            "we are hot, cool the {room}",
            "it feels like an oven in the {room}, cool it",
            "cool the {room} by {number} degrees",
            "it is far too warm in here",
            "it is like an oven in the {room} today",
        ),
        "heating_up": (
            "it is too cold in the {room}",
            "i am freezing in the {room}",
            "we are cold, warm the {room}",
            "it feels like winter in the {room}, heat it",
            "warm the {room} by {number} degrees",
            "it is far too chilly in here",
        ),
        "lights_brighten": (
            "i need more light to read in the {room}",
            "give me more light in the {room}",
            "the {room} light is too weak to read by",
            "a little more light please",
            "set the {room} lights to maximum brightness",
        ),
        "lights_dim": (
            "i need less light for the film in the {room}",
            "give me less light in the {room}",
            "the {room} light is too strong for a film",
            "a little less light please",
            "set the {room} lights to a soft glow",
        ),
        "lights_off": (
            "kill the {room} lights",
            "nobody is in the {room} so we don't need any light there",
            "lights out in the {room}",
            "no more light in the {room}, i am going to sleep",
            "leave the {room} in the dark",
            "we don't need light in the {room}",
        ),
        "lights_on": (
            "it is pitch dark in the {room}",
            "i can't see a thing in the {room}",
            "i can't find anything in the dark",
            "illuminate the {room}",
            "light up the {room}",
            "it is so dark in the {room} that i can't find my shoes",
        ),
        "music_play": (
            "i want to hear some {genre}",
            "i would love to hear some {genre} songs",
            "i would like to listen to a {genre} song",
            "i am in the mood for some {genre} music",
            "i feel like listening to {genre} in the {room}",
            "give me a {genre} tune",
            "let me hear some {genre} music",
            "let me hear my favourite {genre} song",
        ),
        "music_stop": (
            "no more music",
            "i have heard enough {genre} for today",
            "end this song",
            "that is enough music in the {room}",
            "i am tired of this {genre} song",
        ),
        "timer_cancel": (
            "i no longer need the {food} timer",
            "i don't need the {number} minute timer any more",
            "the {food} is ready, drop the timer",
            "the {food} is ready, get rid of the countdown",
            "forget the {number} minute timer",
            "drop the countdown for the {food}",
            "we don't need that timer any more",
        ),
        "timer_set": (
            "remind me in {number} minutes to check the {food}",
            "count down {number} minutes",
            "tell me when {number} minutes are over",
            "the {food} needs {number} minutes, let me know",
            "tell me about the {food} in {number} minutes",
            "remind me that the {food} is ready in {number} minutes",
            "{number} minutes for the {food}, starting now",
        ),
        "volume_down": (
            "it is too loud in the {room}",
            "that is hurting my ears",
            "the baby is asleep, not so loud",
            "a little quieter please",
            "i can't hear myself think over that noise",
        ),
        "volume_up": (
            "it is too quiet in the {room}",
            "i can hardly hear the song",
            "i can barely hear it over the dishwasher",
            "a little louder please",
            "speak up, i can't hear it",
        ),
    },
    "validation": {
        "blinds_close": (
            "i need privacy in the {room}",
            "the sun is in my eyes",
            "keep the neighbours from looking in",
        ),
        "blinds_open": ("i want daylight in the {room}", "let me look out of the window", "let the daylight in"),
        "door_lock": ("make the {entrance} door secure", "we are off, secure the {entrance} door for the night"),
        "door_unlock": ("let me in through the {entrance} door", "{person} forgot the key, let them in"),
        "heating_down": ("i am too hot", "cool the {room} a bit", "it is like an oven in here"),
        "heating_up": ("i am too cold", "warm the {room} a bit", "it is freezing in here"),
        "lights_brighten": ("i want more light in the {room}", "the light is too weak in the {room}"),
        "lights_dim": ("i want less light in the {room}", "the light is too strong in the {room}"),
        "lights_off": ("lights out", "i am going to sleep so kill the lights in the {room}"),
        "lights_on": ("it is dark in the {room}", "light the {room} up, i can't see"),
        "music_play": ("i'd love to hear {genre} music", "i am in the mood for {genre}"),
        "music_stop": ("enough of this {genre} music", "no more {genre} for today"),
        "timer_cancel": ("get rid of the {food} timer", "we no longer need the countdown"),
        "timer_set": ("let me know in {number} minutes", "count down {number} minutes for the {food}"),
        "volume_down": ("that is too loud", "not so loud in the {room}", "my ears are hurting"),
        "volume_up": ("that is too quiet", "i can't hear the song in the {room}", "i can barely hear a thing"),
    },
    "test": {
        "blinds_close": (
            "people can look into the {room} from the street",
            "the sun is too bright in the {room}, keep it out",
            "i want some privacy",
        ),
        "blinds_open": (
            "i would like to see some sun in the {room}",
            "let some sun and daylight in",
            "i want to see the garden through the window",
        ),
        "door_lock": (
            "make sure that nobody gets in through the {entrance} door",
            "we are leaving the house, secure the {entrance} door",
            "bolt on the {entrance} door for the night please",
        ),
        "door_unlock": (
            "someone is at the {entrance} door, let them in",
            "let {person} in please",
            "i forgot the key to the {entrance} door, let me in",
        ),
        "heating_down": (
            "it is much too hot in here",
            "the {room} is too warm, cool it",
            "we are sweating, it is like an oven in the {room}",
        ),
        "heating_up": (
            "it is much too cold in here",
            "the {room} is too chilly, heat it",
            "we are freezing, it is like winter in the {room}",
        ),
        "lights_brighten": (
            "more light in the {room} please",
            "the light is too weak, i can't read",
            "maximum brightness in the {room}",
        ),
        "lights_dim": (
            "less light in the {room} please",
            "the light is too strong, we are watching a film",
            "a soft glow in the {room}",
        ),
        "lights_off": (
            "we don't need any light in the {room}",
            "i am going to sleep, lights out in the {room}",
            "kill all the lights",
        ),
        "lights_on": (
            "i can't see anything in the dark {room}",
            "it is pitch dark, light up the {room}",
            "illuminate the dark {room} please",
        ),
        "music_play": (
            "i would love to listen to some {genre}",
            "let me hear a {genre} song",
            "we are in the mood for {genre} in the {room}",
        ),
        "music_stop": (
            "that is enough {genre} for now",
            "i am tired of the music in the {room}",
            "no more songs, i have heard enough",
        ),
        "timer_cancel": (
            "i don't need the {food} timer any more",
            "forget the countdown for the {food}",
            "the {food} is ready so drop the timer",
        ),
        "timer_set": (
            "tell me in {number} minutes that the {food} is ready",
            "remind me about the {food} in {number} minutes",
            "count {number} minutes for me",
        ),
        "volume_down": (
            "it is much too loud for the baby",
            "please be quieter in the {room}",
            "that noise is hurting me, not so loud",
        ),
        "volume_up": (
            "i can barely hear that in the {room}",
            "it is much too quiet to hear the song",
            "please be louder in the {room}",
        ),
    },
}

BE = re.compile(r"\b(is|was|isn't)\b")
PLURAL_BE = {"is": "are", "was": "were", "isn't": "aren't"}


def easy_templates(split: SplitName) -> tuple[str, ...]:
    """Every easy template string of a split."""
    return (*FRAMES[split], *(hint for hints in HINTS[split].values() for hint in hints), *SMALL_TALK[split])


def easy_row(split: SplitName, rng: random.Random) -> tuple[str, str]:
    """A clean sentence and its label: a framed command, a hint, or (one in seven) something that is no command."""
    if rng.random() < 1 / 7:
        return _small_talk(split, rng), OUT_OF_SCOPE
    action = pick(EVERY_ACTION, rng)
    if rng.random() < 0.3:
        return fill(pick(HINTS[split][action.label], rng), rng), action.label
    thing = name(action.device, rng)[0]
    words = phrase(action, thing, rng)
    frame = pick(FRAMES[split], rng).replace("{do}", words).replace("{doing}", gerund(words))
    return fill(frame.replace("{thing}", thing).replace("{state}", action.state), rng), action.label


def _small_talk(split: SplitName, rng: random.Random) -> str:
    template = pick(SMALL_TALK[split], rng)
    if "{thing}" not in template:
        return fill(template, rng)
    action = pick(EVERY_ACTION, rng)
    thing, pronoun = name(action.device, rng)
    if pronoun == "them":
        template = BE.sub(lambda be: PLURAL_BE[be[0]], template)
    return fill(template.replace("{thing}", thing).replace("{state}", action.state), rng)
