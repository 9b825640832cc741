"""What packages are called: every name that is made up is one that every platform takes."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from edgekit.errors import UsageError
from edgekit.options.package_options import PackageOptions
from edgekit.packaging.identity import Identity, id_from, name_from


@settings(deadline=None)
@given(st.text(max_size=80))
@example("")
@example("2b or not 2b")
@example("new")
@example("9" * 70)
@example("a" * 59 + "-b")
@example("İstanbul ﬁ")
def test_any_text_gives_a_name_and_an_id_that_are_taken(text):
    name = name_from(text)
    identity = Identity(name=name, id=id_from(name))
    assert identity.pascal.isalnum()
    assert identity.pascal[0].isupper()
    assert name_from(name) == name, "a name stays as it is"


@pytest.mark.parametrize(
    ("text", "name", "pascal", "id"),
    [
        ("Smart home (v2)", "smart-home-v2", "SmartHomeV2", "com.example.smarthomev2"),
        ("distilbert_3L.int8", "distilbert-3l-int8", "Distilbert3lInt8", "com.example.distilbert3lint8"),
        ("int", "int", "Int", "com.example.intmodel"),
        ("3-layers", "model-3-layers", "Model3Layers", "com.example.model3layers"),
    ],
)
def test_names_that_are_made_up(text, name, pascal, id):
    identity = Identity(name=name_from(text), id=id_from(name_from(text)))
    assert (identity.name, identity.pascal, identity.id) == (name, pascal, id)


@pytest.mark.parametrize(
    ("value", "mb"),
    [("12MB", 12), ("12", 12), (" 1.5 mb ", 1.5), ("800kB", 0.8), (".5GB", 500), (3, 3), (0.25, 0.25)],
)
def test_sizes_as_people_write_them(value, mb):
    assert PackageOptions(max_size=value).max_size == pytest.approx(mb)


@pytest.mark.parametrize("value", ["12MiB", "-1", "1e3", "", "MB", "1 2", "nan", float("inf"), 0, -1, [1]])
def test_what_is_no_size(value):
    with pytest.raises(UsageError):
        PackageOptions.parse({"max_size": value}, "here")


@pytest.mark.parametrize("value", ["1.0", "01.0.0", "1.0.0+build", "v1.0.0", "1.0.0-", "1.0.1234567890", "1.0.0\n"])
def test_what_is_no_version(value):
    with pytest.raises(UsageError, match="three numbers"):
        PackageOptions.parse({"version": value}, "here")


def test_platforms_by_one_name_or_several_and_each_once():
    assert PackageOptions(platform="web").platform == ("web",)
    assert PackageOptions(platform=["web", "ios", "web"]).platform == ("web", "ios")
    assert PackageOptions().wants_all
    for wrong in ([], {}, 3, [3], ["web", None], ""):
        with pytest.raises(UsageError, match="platform"):
            PackageOptions.parse({"platform": wrong}, "here")
