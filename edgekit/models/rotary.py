"""Rotary positions as configurations write them: `rope_parameters` of transformers 5, `rope_theta` and `rope_scaling`
of the releases before it. Each is read by both.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from edgekit.errors import UsageError
from edgekit.models.loaded_model import ModelConfig
from edgekit.models.transformers_release import release

KEYS = ("rope_parameters", "rope_scaling", "rope_theta")
# of each kind, what it must say and what it may
_KINDS: Mapping[str, tuple[frozenset[str], frozenset[str]]] = {
    "default": (frozenset(), frozenset()),
    "linear": (frozenset({"factor"}), frozenset()),
    "llama3": (
        frozenset({"factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings"}),
        frozenset(),
    ),
    "yarn": (
        frozenset({"factor"}),
        frozenset(
            {
                "attention_factor",
                "beta_fast",
                "beta_slow",
                "mscale",
                "mscale_all_dim",
                "original_max_position_embeddings",
                "truncate",
            }
        ),
    ),
}
# rotations that change with the length of the text fit into no table
_VARYING = ("dynamic", "longrope")
# what else GPT-NeoX calls them
_OLDER = (("rope_theta", "rotary_emb_base"), ("partial_rotary_factor", "rotary_pct"))
_USUAL_THETA = 10_000.0


@dataclass(frozen=True)
class Rotary:
    """theta: the base of the wavelengths; scaling: what stretches them, by its names; empty for plain positions."""

    theta: float
    kind: str
    scaling: Mapping[str, object]

    def write_to(self, config: ModelConfig) -> None:
        """Write it into a configuration, in place, in the form that the installed transformers reads."""
        scaled = {"rope_type": self.kind, **self.scaling}
        if release() >= 5:
            config.rope_parameters = {**scaled, "rope_theta": self.theta}
            return
        config.rope_theta = self.theta
        config.rope_scaling = scaled if self.kind != "default" else None
        if hasattr(config, "rope_parameters"):
            del config.rope_parameters


def read_rotary(path: Path, config: Mapping[str, object]) -> Rotary:
    """The rotary positions that a `config.json` names.

    Raises `UsageError` for a kind that no table holds or that is not known, for what is not known of a kind, for
    positions that differ by layer, and where the two forms contradict each other.
    """
    newer, older = (_mapping(path, config, key) for key in ("rope_parameters", "rope_scaling"))
    forms = []
    if newer is not None:
        forms.append(_read(path, "rope_parameters", {"rope_theta": config.get("rope_theta"), **newer}))
    if older is not None or newer is None:
        forms.append(_read(path, "rope_scaling", {"rope_theta": config.get("rope_theta"), **(older or {})}))
    theta = config.get("rope_theta")
    if any(form != forms[0] for form in forms) or (theta is not None and theta != forms[0].theta):
        raise UsageError(
            f"{path}: rope_parameters say other rotary positions than rope_theta and rope_scaling",
            advice="take out the form that the model was not trained with",
        )
    return forms[0]


def is_foreign(config: Mapping[str, object]) -> bool:
    """Whether a `config.json` names its positions in a form that the installed transformers does not write."""
    return bool(config.get("rope_parameters")) != (release() >= 5)


def complete_older(path: Path, raw: Mapping[str, object], config: ModelConfig, known: Collection[str]) -> bool:
    """Put the `rope_parameters` of a `config.json` into a configuration whose class is of a release before 5.

    config: of any family, changed in place;   known: the keys that its class takes
    Returns whether there were any to put. Raises `UsageError` as `read_rotary`, and for what the class cannot hold.
    """
    given = _mapping(path, raw, "rope_parameters")
    bases = [name for name in ("rope_theta", "rotary_emb_base") if name in known]
    if given is None or "rope_parameters" in known or not bases:
        return False
    plain = {name: value for name, value in given.items() if name != "partial_rotary_factor"}
    rotary = read_rotary(path, {**raw, "rope_parameters": plain})
    share = given.get("partial_rotary_factor")
    shares = [name for name in ("partial_rotary_factor", "rotary_pct") if hasattr(config, name)]
    scaled = rotary.kind != "default"
    if (share not in (None, 1) and not shares) or (scaled and "rope_scaling" not in known):
        raise UsageError(
            f"{path} says rope_parameters: {dict(given)!r}, and the installed transformers cannot give them to a "
            f"{config.model_type}",
            advice="use transformers 5, which wrote it",
        )
    said = {"rope_theta": given.get("rope_theta"), "partial_rotary_factor": share}
    for name, older in (*_OLDER, *((name, name) for name in said)):
        if raw.get(older) is not None and said[name] is not None and raw[older] != said[name]:
            raise UsageError(f"{path}: rope_parameters say {name}: {said[name]}, and {older} beside them {raw[older]}")
    if given.get("rope_theta") is not None:
        # a class that keeps it by another name has copied it under this one
        for name in {*bases, "rope_theta"}:
            setattr(config, name, rotary.theta)
    if scaled:
        config.rope_scaling = {"rope_type": rotary.kind, **rotary.scaling}
    for name in shares if share is not None else ():
        setattr(config, name, share)
    del config.rope_parameters
    return True


def _mapping(path: Path, config: Mapping[str, object], key: str) -> Mapping[str, object] | None:
    value = config.get(key)
    if value is not None and not isinstance(value, dict):
        raise UsageError(f"{path}: {key} must be a mapping")
    return value or None


def _read(path: Path, key: str, given: Mapping[str, object]) -> Rotary:
    """One form of the positions; a value that is null is one that is not there."""
    settings = {name: value for name, value in given.items() if value is not None}
    if any(isinstance(value, dict) for value in settings.values()):
        raise UsageError(f"{path}: {key} differ by kind of layer: not supported")
    kinds = [settings.pop(name) for name in ("rope_type", "type") if name in settings] or ["default"]
    kind = kinds[0]
    if len(kinds) == 2 and kinds[0] != kinds[1]:
        raise UsageError(f"{path}: {key} say both rope_type {kinds[0]!r} and type {kinds[1]!r}")
    if kind in _VARYING:
        raise UsageError(
            f"{path}: rotary positions of the kind {kind!r} change with the length of a text: not supported"
        )
    if not isinstance(kind, str) or kind not in _KINDS:
        raise UsageError(f"{path}: rotary positions of the kind {kind!r} are not known", advice=f"known: {_listed()}")
    theta = _number(path, key, "rope_theta", settings.pop("rope_theta", _USUAL_THETA))
    if settings.get("partial_rotary_factor") == 1:
        del settings["partial_rotary_factor"]
    required, optional = _KINDS[kind]
    for name in settings:
        if name not in required | optional:
            raise UsageError(f"{path}: {key} say {name}: {settings[name]!r}, which is not known of the kind {kind!r}")
        if name != "truncate":
            _number(path, key, name, settings[name])
    missing = sorted(required - settings.keys())
    if missing:
        raise UsageError(f"{path}: {key} of the kind {kind!r} lack {', '.join(missing)}")
    return Rotary(theta, kind, settings)


def _number(path: Path, key: str, name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        raise UsageError(f"{path}: {name} of {key} must be a number above 0, and is {value!r}")
    return float(value)


def _listed() -> str:
    return ", ".join(_KINDS)
