"""The example in a package's README: a text in the language of its model and what that answers, of a golden case.

A text that nobody wrote, where there is one; labels are those of the model at hand.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping, Sequence

import numpy as np

from edgekit.agent.inference.bundle import Bundle
from edgekit.agent.inference.problem_type import MULTI_LABEL, REGRESSION, Head
from edgekit.agent.inference.prompts import PromptTokenizer, TextStream
from edgekit.agent.json_object import JsonObject
from edgekit.agent.runtimes.base import Array
from edgekit.errors import agent_errors
from edgekit.packaging.contents import golden_rows
from edgekit.tasks.registry import task_named

_FEWEST, _MOST = 2, 60
# characters beside letters that a string of every language, and of a shell, takes as they are
_PLAIN = frozenset(" ,.!?-")
_SHOWN_LABELS = 3
# tokens of a generated text that are shown
_SHOWN_TOKENS = 4
# where no golden text can be shown
_NO_TEXT, _NO_PAIR = "text", "its pair"
_ELLIPSIS = "`...` stands for what the model gives."


def example_values(bundle: Bundle) -> dict[str, str]:
    """What the templates of READMEs take: `TEXT`, and what the model answers to it.

    ANSWER: as a comment has it; FIELDS: the members of the service's own answer, of many scores the first;
    LEFT_OUT: what is to be known of them; CONTINUATION: the first pieces of a text, as the service sends them
    """
    with agent_errors():
        case = _chosen(golden_rows(bundle))
        text = str(case["text"]) if case else _NO_TEXT
        if not task_named(bundle.task).labels:
            return {"TEXT": text} | _continuation(bundle, case)
    return {"TEXT": text} | (_answer(bundle.head, np.array(case["logits"], np.float32)) if case else _any(bundle.head))


def pair_values(bundle: Bundle) -> dict[str, str]:
    """What differs where a model reads pairs of texts: `TEXT` and `PAIR`, and what it answers to both.

    Empty where nothing says that it was trained on some: neither its manifest nor a golden case.
    """
    pairs = [case for case in golden_rows(bundle) if case.get("text_pair")]
    if not pairs and not bundle.needs_pairs:
        return {}
    plain = [case for case in pairs if _is_plain(str(case["text"])) and _is_plain(str(case["text_pair"]))]
    made = [case for case in plain if case.get("origin") == "vocabulary"]
    case = next(iter(made or plain), None)
    if case is None:
        return {"TEXT": _NO_TEXT, "PAIR": _NO_PAIR} | _any(bundle.head)
    texts = {"TEXT": str(case["text"]), "PAIR": str(case["text_pair"])}
    return texts | _answer(bundle.head, np.array(case["logits"], np.float32))


def usage(bundle: Bundle, text: str, of_pairs: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """A README's words on how the model is called, and the values of their example.

    of_pairs: how a call is written where the model takes pairs of texts and nothing else, by how it is written there
    """
    if not bundle.needs_pairs:
        return text, example_values(bundle)
    for single, pair in of_pairs.items():
        text = text.replace(single, pair)
    return text, example_values(bundle) | pair_values(bundle)


def _any(head: Head) -> dict[str, str]:
    """The labels of a classifier where nothing is known of an answer."""
    labels = ", ".join(map(quoted, head.labels[:_SHOWN_LABELS]))
    if head.problem_type == REGRESSION:
        return {"ANSWER": "a number", "FIELDS": '"value": ...', "LEFT_OUT": _ELLIPSIS}
    if head.problem_type == MULTI_LABEL:
        fields = f'"labels": [{labels}], "scores": {{...}}'
        return {"ANSWER": f"some of {labels}", "FIELDS": fields, "LEFT_OUT": _ELLIPSIS}
    fields = f'"label": {quoted(head.labels[0])}, "score": ..., "scores": {{...}}'
    return {"ANSWER": f"one of {labels}", "FIELDS": fields, "LEFT_OUT": _ELLIPSIS}


def _answer(head: Head, logits: Array) -> dict[str, str]:
    """What a classifier says, in words for each kind."""
    prediction = head.predict(logits)
    fields = prediction.fields(head.labels)
    if head.problem_type == REGRESSION:
        answer = f"{fields['value']:.4g}"
    elif head.problem_type == MULTI_LABEL:
        answer = "[" + ", ".join(map(quoted, fields["labels"])) + "]"
    else:
        answer = f"{quoted(prediction.label)} {prediction.score:.2f}"
    return {"ANSWER": answer} | _members(fields)


def _members(fields: JsonObject) -> dict[str, str]:
    """The members of an answer as the service writes them, in its order and with all digits."""
    digits = "Another processor may give other last digits."
    scores = list(fields.get("scores", {}).items())
    hidden = len(scores) - _SHOWN_LABELS
    if hidden <= 0:
        return {"FIELDS": _plain_json(fields)[1:-1], "LEFT_OUT": digits}
    text = _plain_json(fields | {"scores": dict(scores[:_SHOWN_LABELS])})[1:-2]
    others = "the score of one more label" if hidden == 1 else f"the scores of {hidden} more labels"
    return {"FIELDS": f"{text}, ...}}", "LEFT_OUT": f"`...` stands for {others}. {digits}"}


def _continuation(bundle: Bundle, case: JsonObject | None) -> dict[str, str]:
    """The first pieces that a language model writes after the example, each a line of JSON."""
    if not case or "tokens" not in case:
        return {"CONTINUATION": '    {"text": "..."}', "PROMPT_TOKENS": "5"}
    stream = TextStream(PromptTokenizer(bundle.tokenizer), list(case["ids"]))
    ends = set(bundle.manifest["generation"]["eos_ids"])
    pieces = [stream.add(token) for token in case["tokens"][:_SHOWN_TOKENS] if token not in ends]
    lines = [f"    {_plain_json({'text': piece})}" for piece in pieces if piece]
    return {"CONTINUATION": "\n".join([*lines, "    ..."]), "PROMPT_TOKENS": str(len(case["ids"]))}


def _plain_json(value: object) -> str:
    """JSON as the service writes it, whose texts end no piece of code in Markdown."""
    return _harmless(json.dumps(value))


def quoted(text: str) -> str:
    """A text as JSON has it, which ends neither a comment nor a piece of code in Markdown."""
    shown = json.dumps(text, ensure_ascii=not text.isprintable())
    return _harmless(shown)


def _harmless(text: str) -> str:
    """The same JSON, without what ends a comment, a piece of code, or is a place to fill in."""
    return text.replace("*/", "*\\/").replace("`", "\\u0060").replace("@@", "@\\u0040")


def _chosen(cases: Sequence[JsonObject]) -> JsonObject | None:
    """The most telling case of a text that can be shown: made of the vocabulary's words, else any that is plain."""
    plain = [case for case in cases if not case.get("text_pair") and _is_plain(str(case["text"]))]
    known = [case for case in plain if case.get("origin") != "vocabulary" and _is_known(case)]
    made = [case for case in plain if case.get("origin") == "vocabulary" and case["text"].count(" ") < 8]
    made = [case for case in made if _is_as_typed(str(case["text"]))] or made
    fixed_prompt = next((case for case in known if "tokens" in case and case.get("origin")), None)
    return fixed_prompt or max(made, key=_telling, default=None) or next(iter(plain), None)


def _telling(case: Mapping[str, object]) -> float:
    """How far the largest logit is above the others; of a case without several, that it has more words."""
    logits = sorted(case["logits"]) if isinstance(case["logits"], list) else []
    return float(logits[-1] - logits[-2]) if len(logits) > 1 and "tokens" not in case else len(str(case["text"]))


def _is_known(case: Mapping[str, object]) -> bool:
    """Whether a text is in a language that the model knows: its words are a token or two each."""
    ids = case["ids"]
    return isinstance(ids, list) and len(ids) <= 2 * len(str(case["text"]).split())


def _is_as_typed(text: str) -> bool:
    """Whether it is more than a word, its letters not of full width, Latin ones without marks."""
    bare = "".join(each for each in unicodedata.normalize("NFD", text) if unicodedata.category(each) != "Mn")
    marked = bare != text and bare.isascii()
    return unicodedata.is_normalized("NFKC", text) and not marked and (" " in text or not text.isascii())


def _is_plain(text: str) -> bool:
    letters = all(unicodedata.category(each)[0] in "LM" or each in _PLAIN for each in text)
    return letters and _FEWEST <= len(text) <= _MOST and text == " ".join(text.split())
