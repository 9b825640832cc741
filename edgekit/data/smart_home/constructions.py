"""The hard templates, split by split; what they mean is told in `hard.py`.

`{yes}` is the action wanted now, `{no}` the other; `:ing` and `:state` ask for "locking it" and "locked".
Each connective follows a wanted action about as often as an unwanted one ("off rather than on", "on, or
rather off"), because a linear model of word pairs would otherwise read the label off the seam.
"""

from typing import NamedTuple

from edgekit.data.smart_home.slots import Split


class Constructions(NamedTuple):
    """One split's hard templates; `wait` holds pairs: urged, held back."""

    choice: tuple[str, ...]
    state: tuple[str, ...]
    order: tuple[str, ...]
    wait: tuple[tuple[str, str], ...]


CONSTRUCTIONS: dict[Split, Constructions] = {
    "train": Constructions(
        choice=(
            # Taken back: the last one said counts.
            "{soft} {no}, no wait, {soft} {yes}",
            "{soft} {no}, sorry, i meant {soft} {yes}",
            "{soft} {no}, sorry, no, {soft} {yes}",
            "please {soft} {no}, actually no, please {soft} {yes}",
            "can you {soft} {no}, oh no, can you {soft} {yes}",
            "{soft} {no}, oh wait, i mean {soft} {yes}",
            "i want you to {soft} {no}, no wait, to {soft} {yes}",
            "{soft} {no}, scratch that, {soft} {yes}",
            "could you {soft} {no}, or rather {soft} {yes}",
            "{soft} {no}, or rather, {soft} {yes}",
            "i said {soft} {no} but i meant {soft} {yes}",
            "i said {soft} {no}, sorry, i meant {soft} {yes}",
            "if i said {soft} {no}, i meant {soft} {yes}",
            # Taken back: the first one said counts.
            "{soft} {yes}, sorry if i said {soft} {no}",
            "i meant {soft} {yes} when i said {soft} {no}",
            "{soft} {yes}, i did not mean {soft} {no}",
            "{soft} {yes} is what i meant, i did not mean {soft} {no}",
            # Refused: the refused one comes first, then last.
            "don't {soft} {no}, {soft} {yes}",
            "please don't {soft} {no}, please {soft} {yes}",
            "do not {soft} {no} but {soft} {yes}",
            "don't {soft} {no} and do {soft} {yes}",
            "could you not {soft} {no} and {soft} {yes} instead",
            "you should not {soft} {no}, you should {soft} {yes}",
            "i don't want you to {soft} {no}, i want you to {soft} {yes}",
            "i did not ask you to {soft} {no}, i asked you to {soft} {yes}",
            "no need to {soft} {no}, {soft} {yes}",
            "there is no need to {soft} {no}, i need you to {soft} {yes}",
            "you don't need to {soft} {no} and you should {soft} {yes}",
            "{soft} {yes}, don't {soft} {no}",
            "please {soft} {yes} and please do not {soft} {no}",
            "i want you to {soft} {yes}, i don't want you to {soft} {no}",
            "i asked you to {soft} {yes} and not to {soft} {no}",
            "i need you to {soft} {yes}, you don't need to {soft} {no}",
            # Preferred.
            "rather than {soft} {no}, {soft} {yes}",
            "rather than {soft} {no} you should {soft} {yes}",
            "{soft} {yes} rather than {soft} {no}",
            "can you {soft} {yes} rather than {soft} {no}",
            "i would rather {soft} {yes} than {soft} {no}",
            "i would rather you {soft} {yes} than {soft} {no}",
            "instead of {softly} {no:ing}, try {softly} {yes:ing}",
            "instead of {softly} {no:ing} how about {softly} {yes:ing}",
            "how about {softly} {yes:ing} instead of {softly} {no:ing}",
            "i would like {softly} {yes:ing} instead of {softly} {no:ing}",
            "instead of {softly} {no:ing}, i would like {softly} {yes:ing}",
            "rather than {softly} {no:ing}, i prefer {softly} {yes:ing}",
            "i don't need {softly} {no:ing}, i need {softly} {yes:ing}",
            "i prefer {softly} {yes:ing} over {softly} {no:ing}",
            "i don't want {softly} {no:ing}, i want {softly} {yes:ing}",
            "not {softly} {no:ing} but {softly} {yes:ing} is what i want",
        ),
        state=(
            "{verb} {thing} {fully} {no:state}, no wait, {fully} {yes:state}",
            "{verb} {thing} {fully} {no:state}, sorry, {fully} {yes:state}",
            "please {verb} {thing} {fully} {no:state}, or rather {fully} {yes:state}",
            "i want {thing} {fully} {no:state}, actually no, {fully} {yes:state}",
            "can you {verb} {thing} {fully} {no:state}, i mean {fully} {yes:state}",
            "i said {fully} {no:state} but i meant {fully} {yes:state} for {thing}",
            "{verb} {thing} {fully} {yes:state}, not {fully} {no:state}",
            "can you {verb} {thing} {fully} {yes:state} but not {fully} {no:state}",
            "{verb} {thing} not {fully} {no:state} but {fully} {yes:state}",
            "i want {thing} not {fully} {no:state} and instead {fully} {yes:state}",
            "{thing} should be {fully} {yes:state} instead of {fully} {no:state}",
            "{thing} should be {fully} {yes:state}, i did not mean {fully} {no:state}",
            "{thing} should not be {fully} {no:state} but {fully} {yes:state}",
            "instead of {fully} {no:state} {verb} {thing} {fully} {yes:state}",
            "rather than {fully} {no:state} i want {thing} {fully} {yes:state}",
            "i would rather have {thing} {fully} {yes:state} than {fully} {no:state}",
            "don't {verb} {thing} {fully} {no:state}, {verb} them {fully} {yes:state}",
            "{verb} {thing} {fully} {yes:state}, don't {verb} them {fully} {no:state}",
            "{verb} {thing} {fully} {yes:state}, sorry if i said {fully} {no:state}",
            "{verb} {thing} {fully} {yes:state}, no need to {verb} them {fully} {no:state}",
            "it is {fully} {yes:state} that i want {thing}, but not {fully} {no:state}",
            "don't {verb} {thing} {fully} {no:state}, instead {verb} them {fully} {yes:state}",
            "{verb} {thing} {fully} {no:state}, not that, sorry, {fully} {yes:state}",
            "{thing} should be {fully} {yes:state} rather than {fully} {no:state}",
        ),
        order=(
            "before you {soft} {no}, {soft} {yes}",
            "before you {soft} {no} can you {soft} {yes}",
            "{soft} {yes} before you {soft} {no}",
            "i want you to {soft} {yes} before you {soft} {no}",
            "would you {soft} {yes} before you {soft} {no}",
            "please {soft} {no}, but before that {soft} {yes}",
            "{soft} {no}, but before that {soft} {yes}",
            "after you {soft} {yes}, {soft} {no}",
            "{soft} {no} after you {soft} {yes}",
            "you should {soft} {no} after you {soft} {yes}",
            "after you {soft} {yes} you should {soft} {no}",
            "{soft} {yes}, after that {soft} {no}",
            "first {soft} {yes}, then {soft} {no}",
            "first you {soft} {yes} and then you {soft} {no}",
            "i want you to {soft} {yes} first and then {soft} {no}",
            "{soft} {yes} first and after that {soft} {no}",
            "please {soft} {no} later and {soft} {yes} first",
            "{soft} {no}, but first {soft} {yes}",
            "{soft} {no} later, first {soft} {yes}",
            "before you {soft} {no} please {soft} {yes}",
            "{soft} {no} in an hour, but first {soft} {yes}",
            "you can {soft} {no} later, first {soft} {yes}",
            "once you {soft} {yes}, {soft} {no}",
            "{soft} {no} once you {soft} {yes}",
            "could you {soft} {no} once you {soft} {yes}",
            "{soft} {yes} now and {soft} {no} later",
            "later you can {soft} {no}, but now {soft} {yes}",
            "before {softly} {no:ing}, start {softly} {yes:ing}",
            "after {softly} {yes:ing}, start {softly} {no:ing}",
            "in an hour {soft} {no}, but now {soft} {yes}",
        ),
        wait=(
            ("don't {soft} wait {awhile}, {soft} {yes}", "{soft} wait {awhile}, don't {soft} {yes}"),
            ("{soft} {yes}, don't {soft} wait {awhile}", "don't {soft} {yes}, {soft} wait {awhile}"),
            ("please {soft} {yes}, do not {soft} wait {awhile}", "please {soft} wait {awhile}, do not {soft} {yes}"),
            (
                "please do not {soft} wait {awhile} but {soft} {yes}",
                "please do not {soft} {yes} but {soft} wait {awhile}",
            ),
            (
                "you should not {soft} wait {awhile} but {soft} {yes}",
                "you should {soft} wait {awhile} but not {soft} {yes}",
            ),
            (
                "you should {soft} {yes} and not {soft} wait {awhile}",
                "you should not {soft} {yes} and {soft} wait {awhile}",
            ),
            ("no need to {soft} wait {awhile}, {soft} {yes}", "{soft} wait {awhile}, no need to {soft} {yes}"),
            (
                "can you {soft} {yes}, there is no need to wait {awhile}",
                "can you wait {awhile}, there is no need to {soft} {yes}",
            ),
        ),
    ),
    "validation": Constructions(
        choice=(
            "could you {soft} {no}, no wait, i meant {soft} {yes}",
            "{soft} {no}, oh sorry, no, {soft} {yes}",
            "i said {soft} {yes}, i did not say {soft} {no}",
            "when i said {soft} {no} i meant {soft} {yes}",
            "can you {soft} {yes} and not {soft} {no}",
            "you should {soft} {yes} rather than {soft} {no}",
            "please {soft} {no}, or rather, please {soft} {yes}",
            "instead of {softly} {no:ing}, i want {softly} {yes:ing}",
            "don't {soft} {no} now, you should {soft} {yes}",
            "i want you to {soft} {yes}, not to {soft} {no}",
            "there is no need to {soft} {no}, i asked you to {soft} {yes}",
            "i want {softly} {yes:ing}, i don't want {softly} {no:ing}",
        ),
        state=(
            "could you {verb} {thing} {fully} {no:state}, i mean {fully} {yes:state}",
            "i want {thing} {fully} {yes:state} rather than {fully} {no:state}",
            "i want {thing} {fully} {no:state}, sorry, {fully} {yes:state}",
            "{thing} should not be {fully} {no:state}, i want them {fully} {yes:state}",
            "please {verb} {thing} {fully} {yes:state} instead of {fully} {no:state}",
        ),
        order=(
            "can you {soft} {yes} before you {soft} {no}",
            "you can {soft} {no} after you {soft} {yes}",
            "{soft} {no} later but {soft} {yes} right now",
            "i want you to first {soft} {yes} and then {soft} {no}",
            "before {softly} {no:ing}, try {softly} {yes:ing}",
            "once you {soft} {yes} you can {soft} {no}",
        ),
        wait=(
            (
                "please {soft} {yes} and don't {soft} wait {awhile}",
                "please {soft} wait {awhile} and don't {soft} {yes}",
            ),
            ("do not {soft} wait {awhile} and {soft} {yes}", "do not {soft} {yes} and {soft} wait {awhile}"),
            (
                "you should {soft} {yes}, no need to {soft} wait {awhile}",
                "you should {soft} wait {awhile}, no need to {soft} {yes}",
            ),
        ),
    ),
    "test": Constructions(
        choice=(
            "can you {soft} {no}, actually no wait, {soft} {yes}",
            "i want you to {soft} {no}, sorry, i mean {soft} {yes}",
            "please {soft} {no}, oh no, scratch that, please {soft} {yes}",
            "i need you to {soft} {no}, or rather to {soft} {yes}",
            "i meant {soft} {yes}, i did not mean {soft} {no}",
            "sorry if i said {soft} {no}, i meant {soft} {yes}",
            "could you {soft} {yes} and please don't {soft} {no}",
            "please do not {soft} {no}, but do {soft} {yes}",
            "i would rather have you {soft} {yes} than {soft} {no}",
            "how about you {soft} {yes} rather than {soft} {no}",
            "try {softly} {yes:ing} instead of {softly} {no:ing}",
            "instead of {softly} {no:ing}, i prefer {softly} {yes:ing}",
            "i don't need you to {soft} {no}, i need you to {soft} {yes}",
            "there is no need to {soft} {no} and you should {soft} {yes}",
            "i want {softly} {yes:ing} and not {softly} {no:ing}",
        ),
        state=(
            "please {verb} {thing} {fully} {no:state}, no sorry, {fully} {yes:state}",
            "could you {verb} {thing} {fully} {no:state}, or rather {fully} {yes:state}",
            "can you {verb} {thing} {fully} {yes:state} and not {fully} {no:state}",
            "i want {thing} not {fully} {no:state} but {fully} {yes:state}",
            "{verb} {thing} {fully} {yes:state} rather than {fully} {no:state}",
            "for {thing} i meant {fully} {yes:state} and not {fully} {no:state}",
            "instead of {fully} {no:state} i want {thing} {fully} {yes:state}",
        ),
        order=(
            "could you {soft} {yes} before you {soft} {no}",
            "before you {soft} {no} i want you to {soft} {yes}",
            "after you {soft} {yes} you can {soft} {no}",
            "{soft} {no} in an hour, but {soft} {yes} now",
            "{soft} {no} after that, but first {soft} {yes}",
            "please {soft} {yes} first and {soft} {no} after that",
            "you can {soft} {no} once you {soft} {yes}",
        ),
        wait=(
            ("don't {soft} wait {awhile} but do {soft} {yes}", "don't {soft} {yes} but do {soft} wait {awhile}"),
            ("can you {soft} {yes} and not {soft} wait {awhile}", "can you {soft} wait {awhile} and not {soft} {yes}"),
            (
                "you should {soft} {yes}, don't {soft} wait {awhile}",
                "you should {soft} wait {awhile}, don't {soft} {yes}",
            ),
        ),
    ),
}
