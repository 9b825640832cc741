"""The example in a package's README: a text in the language of its model and what that answers, of a golden case.

A text that nobody wrote, where there is one; labels are those of the model at hand.
"""

from __future__ import annotations

import itertools
import json
import unicodedata
from collections.abc import Mapping, Sequence

import numpy as np

from edgekit.agent.inference.bundle import Bundle, golden_lines
from edgekit.agent.inference.problem_type import MULTI_LABEL, REGRESSION, Head
from edgekit.agent.inference.prompts import PromptTokenizer
from edgekit.agent.json_object import JsonObject
from edgekit.agent.runtimes.base import Array
from edgekit.errors import agent_errors
from edgekit.tasks.registry import task_named

_FEWEST, _MOST = 2, 60
# characters beside letters that a string of every language, and of a shell, takes as they are
_PLAIN = frozenset(" ,.!?-")
_SHOWN_LABELS = 3
# where no golden text can be shown
_NO_TEXT = "text"


def example_values(bundle: Bundle) -> dict[str, str]:
    """What the templates of READMEs take: `TEXT`, and what the model answers to it.

    ANSWER: as a comment has it; FIELDS: as the members of a JSON object; CONTINUATION: the first pieces of a text
    """
    with agent_errors():
        cases = [json.loads(line) for _, line in golden_lines(bundle)]
        case = _chosen(cases)
        text = str(case["text"]) if case else _NO_TEXT
        if not task_named(bundle.task).labels:
            return {"TEXT": text} | _continuation(bundle, case)
    return {"TEXT": text} | (_answer(bundle.head, np.array(case["logits"], np.float32)) if case else _any(bundle.head))


def _any(head: Head) -> dict[str, str]:
    """The labels of a classifier where nothing is known of an answer."""
    labels = ", ".join(map(quoted, head.labels[:_SHOWN_LABELS]))
    if head.problem_type == REGRESSION:
        return {"ANSWER": "a number", "FIELDS": '"value": ...'}
    if head.problem_type == MULTI_LABEL:
        return {"ANSWER": f"some of {labels}", "FIELDS": f'"labels": [{labels}], "scores": {{...}}'}
    fields = f'"label": {quoted(head.labels[0])}, "score": ..., "scores": {{...}}'
    return {"ANSWER": f"one of {labels}", "FIELDS": fields}


def _answer(head: Head, logits: Array) -> dict[str, str]:
    """What a classifier says, in words for each kind."""
    prediction = head.predict(logits)
    if head.problem_type == REGRESSION:
        value = f"{float(logits[0]):.4g}"
        return {"ANSWER": value, "FIELDS": f'"value": {value}'}
    ranked = sorted(zip(head.labels, prediction.scores, strict=True), key=lambda each: -each[1])
    shown = [f"{quoted(label)}: {score:.2f}" for label, score in ranked[:_SHOWN_LABELS]]
    scores = "{" + ", ".join([*shown, *(["..."] if len(ranked) > len(shown) else [])]) + "}"
    if head.problem_type == MULTI_LABEL:
        labels = "[" + ", ".join(map(quoted, prediction.fields(head.labels)["labels"])) + "]"
        return {"ANSWER": labels, "FIELDS": f'"labels": {labels}, "scores": {scores}'}
    label, score = quoted(prediction.label), f"{prediction.score:.2f}"
    return {"ANSWER": f"{label} {score}", "FIELDS": f'"label": {label}, "score": {score}, "scores": {scores}'}


def _continuation(bundle: Bundle, case: JsonObject | None) -> dict[str, str]:
    """The first pieces that a language model writes, each a line of JSON."""
    pieces = ["..."]
    if case and "tokens" in case:
        tokenizer = PromptTokenizer(bundle.tokenizer)
        prompt, tokens = list(case["ids"]), list(case["tokens"])
        ends = [tokenizer.decode([*prompt, *tokens[:count]]) for count in (0, 2, 4)]
        pieces = [end[len(start) :] for start, end in itertools.pairwise(ends) if end.startswith(start)]
    lines = [f'    {{"text": {quoted(piece)}}}' for piece in pieces if piece and "\ufffd" not in piece]
    count = len(case["ids"]) if case else 5
    return {"CONTINUATION": "\n".join(lines) or '    {"text": "..."}', "PROMPT_TOKENS": str(count)}


def quoted(text: str) -> str:
    """A text as JSON has it, which ends neither a comment nor a piece of code in Markdown."""
    shown = json.dumps(text, ensure_ascii=not text.isprintable())
    return shown.replace("*/", "*\\/").replace("`", "\\u0060").replace("@@", "@\\u0040")


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
