"""The words of the smart home: its devices, what can be done to each, and the vocabularies that fill templates.

All splits share these words. What differs is how they are put together (`templates.py`, `constructions.py`).
"""

from typing import NamedTuple

OUT_OF_SCOPE = "out_of_scope"


class Device(NamedTuple):
    """The names of a thing at home; singular names are later called "it", plural ones "them"."""

    singular: tuple[str, ...]
    plural: tuple[str, ...] = ()


class Action(NamedTuple):
    """One intent: verb phrases around the device's name, and the state the device is in afterwards."""

    label: str
    device: Device
    phrases: tuple[str, ...]
    state: str


class Opposites(NamedTuple):
    """Two actions on one device, with the verbs that take either state ("turn it on", "turn it off")."""

    one: str
    other: str
    verbs: tuple[str, ...]


LIGHTS = Device(
    ("the {room} light", "the light in the {room}", "the {room} lamp", "the lamp", "the light"),
    ("the {room} lights", "the lights in the {room}", "the lights", "all the lights", "the {room} lamps"),
)
DOOR = Device(
    ("the {entrance} door", "the door", "the {entrance} gate", "the door to the {room}", "the {entrance} entrance")
)
BLINDS = Device(
    ("the {room} blind", "the {room} curtain"),
    ("the blinds", "the {room} blinds", "the curtains", "the {room} shutters", "the blinds in the {room}"),
)
HEATING = Device(
    (
        "the heating",
        "the thermostat",
        "the heat",
        "the {room} heating",
        "the heating in the {room}",
        "the temperature",
    ),
    ("the radiators", "the {room} radiators"),
)
MUSIC = Device(
    (
        "the music",
        "the {genre} playlist",
        "the radio",
        "my {genre} playlist",
        "the {genre} station",
        "the {genre} album",
    ),
    ("my {genre} songs", "the {genre} tracks"),
)
VOLUME = Device(("the volume", "the sound", "the {room} speaker", "the speaker volume", "the volume in the {room}"))
TIMER = Device(
    ("the timer", "the {number} minute timer", "the {food} timer", "the timer for the {food}", "the {room} timer"),
    ("the {food} timers",),
)

ACTIONS = {
    action.label: action
    for action in (
        Action("blinds_close", BLINDS, ("close {it}", "shut {it}", "draw {it} closed", "pull {it} shut"), "closed"),
        Action("blinds_open", BLINDS, ("open {it}", "open {it} up", "draw {it} open", "pull {it} open"), "open"),
        Action("door_lock", DOOR, ("lock {it}", "lock {it} up", "bolt {it}", "put the lock on {it}"), "locked"),
        Action(
            "door_unlock",
            DOOR,
            ("unlock {it}", "unlock {it}", "unbolt {it}", "take the lock off {it}"),
            "unlocked",
        ),
        Action(
            "heating_down", HEATING, ("turn {it} down", "lower {it}", "make {it} cooler", "bring {it} down"), "cooler"
        ),
        Action("heating_up", HEATING, ("turn {it} up", "raise {it}", "make {it} warmer", "bring {it} up"), "warmer"),
        Action("lights_brighten", LIGHTS, ("brighten {it}", "make {it} brighter", "brighten {it} up"), "bright"),
        Action("lights_dim", LIGHTS, ("dim {it}", "make {it} dimmer", "dim {it} a bit"), "dim"),
        Action("lights_off", LIGHTS, ("turn {it} off", "switch {it} off", "shut {it} off", "put {it} out"), "off"),
        Action("lights_on", LIGHTS, ("turn {it} on", "switch {it} on", "put {it} on", "flip {it} on"), "on"),
        Action("music_play", MUSIC, ("play {it}", "start {it}", "put {it} on", "start playing {it}"), "on"),
        Action("music_stop", MUSIC, ("stop {it}", "pause {it}", "turn {it} off", "stop playing {it}"), "off"),
        Action("timer_cancel", TIMER, ("cancel {it}", "stop {it}", "clear {it}", "delete {it}"), "cancelled"),
        Action("timer_set", TIMER, ("set {it}", "start {it}", "set {it} going", "create {it}"), "running"),
        Action(
            "volume_down", VOLUME, ("turn {it} down", "lower {it}", "make {it} quieter", "bring {it} down"), "down"
        ),
        Action("volume_up", VOLUME, ("turn {it} up", "raise {it}", "make {it} louder", "bring {it} up"), "up"),
    )
}

EVERY_ACTION = tuple(ACTIONS.values())

OPPOSITES = (
    Opposites("blinds_close", "blinds_open", ("get", "keep", "leave")),
    Opposites("door_lock", "door_unlock", ("get", "keep", "leave")),
    Opposites("heating_down", "heating_up", ("make", "get")),
    Opposites("lights_brighten", "lights_dim", ("make", "keep")),
    Opposites("lights_off", "lights_on", ("turn", "switch")),
    Opposites("lights_dim", "lights_off", ("make", "keep")),
    Opposites("music_play", "music_stop", ("turn", "switch")),
    Opposites("timer_cancel", "timer_set", ("get", "have")),
    Opposites("volume_down", "volume_up", ("turn", "bring")),
)

LABELS: tuple[str, ...] = tuple(sorted((*ACTIONS, OUT_OF_SCOPE)))

GERUNDS = {
    "bolt": "bolting", "brighten": "brightening", "bring": "bringing", "cancel": "cancelling", "clear": "clearing",
    "close": "closing", "create": "creating", "delete": "deleting", "dim": "dimming", "draw": "drawing",
    "flip": "flipping", "lock": "locking", "lower": "lowering", "make": "making", "open": "opening",
    "pause": "pausing", "play": "playing", "pull": "pulling", "put": "putting", "raise": "raising", "set": "setting",
    "shut": "shutting", "start": "starting", "stop": "stopping", "switch": "switching", "take": "taking",
    "turn": "turning", "unbolt": "unbolting", "unlock": "unlocking",
}  # fmt: skip

# Fill-ins named by `{name}` in device names and templates. `soft`, `fully` and `tail` stand between a connective and
# the words that it governs, so that no two neighbouring words ("don't lock", "not off") give a hard row away.
WORDS: dict[str, tuple[str, ...]] = {
    "room": ("kitchen", "bedroom", "living room", "bathroom", "hallway", "office", "dining room", "nursery", "attic",
             "basement", "guest room", "garage", "study", "playroom", "laundry room"),
    "entrance": ("front", "back", "garage", "side", "patio", "main", "garden", "cellar", "porch"),
    "genre": ("jazz", "rock", "classical", "pop", "blues", "country", "dance", "morning", "party", "dinner", "folk"),
    "number": ("two", "three", "five", "seven", "ten", "twelve", "fifteen", "twenty", "thirty", "forty", "sixty"),
    "food": ("pasta", "pizza", "egg", "rice", "tea", "bread", "cake", "oven", "laundry", "chicken", "soup", "cookie"),
    "city": ("paris", "london", "tokyo", "berlin", "rome", "madrid", "chicago", "lisbon", "oslo", "dublin", "cairo"),
    "person": ("anna", "my sister", "peter", "my boss", "mum", "dad", "maria", "my neighbour", "tom", "the dentist"),
    "subject": ("history", "maths", "biology", "chess", "football", "gardening", "astronomy", "painting", "geography"),
    "time": ("tomorrow", "tonight", "on monday", "this weekend", "next week", "on friday", "this evening", "at noon"),
    "gadget": ("light bulb", "door lock", "radiator", "kitchen timer", "thermostat", "loudspeaker", "radio", "curtain",
               "lamp", "smart speaker", "light switch", "window blind"),
    "soft": ("", "", "just", "quickly", "quietly", "simply"),
    "softly": ("", "", "just", "quickly", "quietly", "simply"),
    "awhile": ("", "here", "for me", "a bit", "a minute", "a moment"),
    "tail": ("", "", "", "for me", "for us", "again"),
    "fully": ("", "fully", "completely", "totally", "all the way"),
}  # fmt: skip
