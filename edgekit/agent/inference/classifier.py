"""A bundle as a function from text to label, labels or number."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..errors import BadInput, RuntimeFailed
from ..runtimes.base import Array, Session, length_for
from ..runtimes.registry import open_session
from .bundle import CLASSIFICATION, Bundle, open_bundle
from .problem_type import Prediction
from .tokenizer import Encoding, Tokenizer


class Classifier:
    """A bundle that is ready to classify, one text at a time.

    Raises `BadInput` when texts do not fit, `RuntimeFailed` when the runtime breaks or gives no logits.
    """

    def __init__(self, bundle: Bundle, session: Session, tokenizer: Tokenizer) -> None:
        self.bundle = bundle
        self.session = session
        self.tokenizer = tokenizer
        self.head = bundle.head
        self._pad_id = bundle.pad_id
        self._takes_pairs, self._needs_pairs = bundle.takes_pairs, bundle.needs_pairs
        self._roles = {name: _role(name) for name in bundle.input_names}
        self._order = tuple(self._roles)

    def classify(self, text: str, pair: str | None = None) -> Prediction:
        """What the model says of a text or of a pair of texts; `BadInput` for the one that it was not trained on."""
        if pair is None and self._needs_pairs:
            raise BadInput("this model takes pairs of texts, and was given one text", "give its second text as well")
        if pair is not None and not self._takes_pairs:
            raise _no_pair()
        encoding = self.tokenizer.encode(text, pair)
        return self.head.predict(self.logits(encoding), encoding.truncated)

    def logits(self, encoding: Encoding) -> Array:
        """The float32 logits [labels] of token ids, padded to the nearest length that the file has.

        Raises `RuntimeFailed` for a model that gives others, and as `base.Session.run` does.
        """
        outputs = self.session.run(self.feeds(encoding))
        logits = np.asarray(outputs[0], np.float32).reshape(-1)
        if logits.shape != (len(self.head.labels),):
            raise RuntimeFailed(f"the model gives {logits.size} logits for {len(self.head.labels)} labels")
        return logits

    def feeds(self, encoding: Encoding) -> dict[str, Array]:
        """The model's inputs [1, length] for token ids; padding has mask 0, on the right.

        A text without any token, as an empty one to a decoder's tokenizer, is one token of padding with mask 1.
        Raises `BadInput` for a pair of texts where the model takes none, and for a text longer than the model takes.
        """
        if not self._takes_pairs and any(encoding.type_ids):
            raise _no_pair()
        ids, types = encoding.ids or [self._pad_id], encoding.type_ids or [0]
        tokens = len(ids)
        length = length_for(self.session, tokens)
        padded = length - tokens
        rows = {
            "ids": ids + [self._pad_id] * padded,
            "mask": [1] * tokens + [0] * padded,
            "types": types + [0] * padded,
        }
        feeds = {}
        for position, spec in enumerate(self.session.inputs(length)):
            feeds[spec.name] = np.array([rows[self._role_of(spec.name, position)]], spec.dtype)
        return feeds

    def _role_of(self, name: str, position: int) -> str:
        """What an input holds, by its name in the manifest, or by its place where the converter renamed it."""
        if name in self._roles:
            return self._roles[name]
        if position >= len(self._order):
            raise BadInput(f"the model takes an input {name} that the manifest does not know")
        return self._roles[self._order[position]]


def open_classifier(folder: Path, runtime: str | None = None, threads: int = 1) -> Classifier:
    """Open a bundle: check its files, load its tokenizer and its model.

    runtime: as in `registry.open_session`
    Raises `BadInput` for a bundle that is not what its manifest says, `RuntimeMissing` and `RuntimeFailed` as
    `open_session` does.
    """
    return load_classifier(open_bundle(folder), runtime, threads)


def load_classifier(bundle: Bundle, runtime: str | None = None, threads: int = 1) -> Classifier:
    """Load the tokenizer and the model of a bundle whose files are already checked.

    Raises `BadInput` for a bundle of another task, `RuntimeMissing` and `RuntimeFailed` as `open_session` does.
    """
    bundle.require_task(CLASSIFICATION, "edgekit generate")
    session = open_session(bundle.model, runtime, threads)
    longest = min([bundle.max_length, *session.lengths[-1:]])
    return Classifier(bundle, session, Tokenizer(bundle.tokenizer, longest))


def _no_pair() -> BadInput:
    return BadInput("this model takes single texts, and was given a pair", "leave the second text out")


def _role(name: str) -> str:
    if "mask" in name:
        return "mask"
    return "types" if "type" in name else "ids"
