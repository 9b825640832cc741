"""What comes from outside raises `UsageError`, whatever it is."""

import contextlib
import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edgekit.errors import NotFoundError, UsageError
from edgekit.options.train_options import FinetuneOptions
from edgekit.schema.base_model import read_mapping
from edgekit.schema.resources import shipped_files
from edgekit.schema.target import Figure, Target

VALID: dict[str, Any] = yaml.safe_load(shipped_files("targets")["rpi5"].read_text())

words = st.text(st.characters(), max_size=12)  # lone surrogates included
scalars = st.none() | st.booleans() | st.integers() | st.floats() | words | st.binary(max_size=8) | st.dates()
junk = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words | st.integers(), inner, max_size=3),
    max_leaves=6,
)


def places(node: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value of a nested mapping."""
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        yield (*at, key)
        yield from places(value, (*at, key))


def mutate(mapping: dict[str, Any], how: str, place: tuple[Any, ...], key: str, value: Any) -> None:
    holder: Any = mapping
    for step in place[:-1]:
        holder = holder[step]
    target = holder[place[-1]]
    if how == "delete":
        del holder[place[-1]]
    elif how == "add" and isinstance(target, dict):
        target[key] = value
    else:
        holder[place[-1]] = value


@given(
    st.lists(
        st.tuples(st.sampled_from(("replace", "delete", "add")), st.sampled_from(list(places(VALID))), words, junk),
        min_size=1,
        max_size=3,
    )
)
@settings(max_examples=300, deadline=None)
def test_a_mutated_target_is_a_target_or_a_usage_error(changes: list[tuple[str, tuple[Any, ...], str, Any]]):
    mapping = copy.deepcopy(VALID)
    for change in changes:
        try:
            mutate(mapping, *change)
        except (KeyError, IndexError, TypeError):  # an earlier change took the place away
            continue
    try:
        Target.parse(mapping, "a file")
    except UsageError as error:
        f"{error.message} {error.advice}".encode()  # must be printable


@given(junk)
@settings(deadline=None)
def test_anything_at_all_is_no_target(value: Any):
    with pytest.raises(UsageError):
        Target.parse(value, "a file")


def read(folder: Path, content: bytes, suffix: str) -> dict[str, Any]:
    path = folder / f"junk{suffix}"
    path.write_bytes(content)
    return read_mapping(path)


@given(st.binary(max_size=200), st.sampled_from((".yaml", ".json", "")))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_binary_junk(tmp_path: Path, content: bytes, suffix: str):
    with contextlib.suppress(UsageError):
        assert isinstance(read(tmp_path, content, suffix), dict)


TAGS = "!!int !!float !!bool !!set !!timestamp !!binary !!python/object:os.system"
SIGNS = "&x *x [ ] { } , ' '' | > % @ = # ~ ..."
VALUES = "a 1 0x 1:60 .nan -.inf 2020-13-45 é \ud7ff"
SPACED = ('"', "b: ", ": ", "- ", "? ", "<<: ", "---\n", "\n", "  ", "\t", "\0")
pieces = st.sampled_from([*TAGS.split(), *SIGNS.split(), *VALUES.split(), *SPACED])
spaced = st.lists(st.tuples(pieces, st.sampled_from(("", " "))).map("".join), max_size=25).map("".join)


@given(spaced, st.sampled_from((".yaml", ".json")))
@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_text_that_looks_like_yaml(tmp_path: Path, text: str, suffix: str):
    with contextlib.suppress(UsageError):
        assert isinstance(read(tmp_path, text.encode(), suffix), dict)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "just words",
        "[1, 2]",
        "a: [",
        "[" * 100_000,
        "{a: " * 100_000,
        "a: " + "9" * 100_000,
        "a: !!int ''",
        "a: !!float ''",
        "a: !!bool maybe",
        "a: !!timestamp never",
        "a: !!python/object/apply:os.system [ls]",
        "? [1]\n: 2",
        "? {a: 1}\n: 2",
        "a: *nowhere",
        "a: 2020-13-45",
        "a: =",
        "\ufeff\0",
    ],
)
@pytest.mark.parametrize("suffix", [".yaml", ".json"])
def test_what_is_not_a_mapping_is_refused(tmp_path: Path, text: str, suffix: str):
    with pytest.raises(UsageError) as caught:
        read(tmp_path, text.encode(), suffix)
    assert len(caught.value.message.splitlines()) == 1


@pytest.mark.parametrize(
    "text",
    [
        "name: &a [*a]",
        "&a {name: *a}",
        "name: x\nruntimes: &r [{name: onnxruntime, schemes: *r}]",
        "1: 2",
        "~: 2",
        "2020-01-01: 2",
        "name: .nan",
        "threads: .inf",
        "cpu: {model: x, cores: 4, clock_ghz: {value: .nan, source: nobody}}",
        "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nname: [*c, *c]",
    ],
)
def test_a_mapping_that_is_no_target_is_refused(tmp_path: Path, text: str):
    path = tmp_path / "target.yaml"
    path.write_text(text)
    with pytest.raises(UsageError, match="target"):
        Target.read(path)


@pytest.mark.parametrize("value", ["nan", "inf", "-1", "0", "1e400"])
def test_a_figure_is_finite_and_positive(value: str):
    with pytest.raises(UsageError):
        Figure.parse({"value": float(value), "source": "nobody"}, "a figure")


def test_lone_surrogates_in_a_key_can_be_printed(tmp_path: Path):
    with pytest.raises(UsageError) as caught:
        Target.parse(json.loads('{"\\ud800": 1}'), "a file")
    caught.value.message.encode()


def test_what_cannot_be_opened(tmp_path: Path):
    with pytest.raises(NotFoundError):
        read_mapping(tmp_path / "none.yaml")
    with pytest.raises(UsageError):
        read_mapping(tmp_path)
    with pytest.raises(UsageError):
        read_mapping(Path("a\0b.yaml"))
    with pytest.raises(UsageError):
        read_mapping(tmp_path / ("x" * 5000))


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"epochs": 0}, "epochs must be greater than 0 (0 was given)"),
        ({"epochs": "many"}, "epochs must be a number ('many' was given)"),
        ({"batch_size": 2.5}, "batch_size must be a whole number (2.5 was given)"),
        ({"batch_size": "x" * 500}, f"batch_size must be a whole number ('{'x' * 58}… was given)"),
    ],
)
def test_a_wrong_value_is_said_in_a_sentence_by_key_and_by_flag(given: dict[str, Any], sentence: str):
    with pytest.raises(UsageError) as caught:
        FinetuneOptions.parse(given, "my.yaml")
    assert caught.value.message == f"my.yaml: {sentence}"
    with pytest.raises(UsageError) as caught:
        FinetuneOptions.from_flags(given)
    name = next(iter(given))
    assert caught.value.message == sentence.replace(name, f"--{name.replace('_', '-')}", 1)


def test_what_is_missing_or_about_the_whole_is_said_without_a_place():
    with pytest.raises(UsageError, match=r"^a file: source is missing$"):
        Figure.parse({"value": 1.0}, "a file")
    with pytest.raises(UsageError) as caught:
        Target.parse(VALID | {"runtimes": 3}, "a file")
    assert caught.value.message == "a file: runtimes must be a list (3 was given)"
    with pytest.raises(UsageError) as caught:
        Target.parse([], "a file")
    assert "top level" not in caught.value.message
    assert "Input should" not in caught.value.message
