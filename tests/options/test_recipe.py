"""Recipes: the shipped ones are valid, settings reach every key, and nonsense is one clear sentence."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgekit.errors import UsageError
from edgekit.options.recipe import load_recipe
from edgekit.schema.resources import shipped_files


def test_checkpoints_are_evaluated_on_what_the_bundles_take_unless_it_is_said():
    assert load_recipe("chnsenticorp").evaluate.max_length == 256
    assert load_recipe("chnsenticorp", ["stages.evaluate.max_length=64"]).evaluate.max_length == 64
    assert load_recipe("chnsenticorp", ["stages.export.max_length=null"]).evaluate.max_length == 128
    assert load_recipe("chnsenticorp", ["stages.evaluate=null"]).evaluate is None


@pytest.mark.parametrize("name", shipped_files("recipes"))
def test_shipped_recipes_are_valid_and_named_like_their_files(name):
    assert load_recipe(name).name == name


def test_settings_reach_every_kind_of_key():
    recipe = load_recipe(
        "quickstart",
        [
            "stages.distill.epochs=9",
            "stages.prune=null",
            "budgets.0.limit=3",
            "name=mine",
            "stages.export.format=onnx",
        ],
    )
    assert recipe.stages.distill.epochs == 9
    assert recipe.stages.prune is None
    assert recipe.budgets[0].limit == 3
    assert (recipe.name, recipe.stages.export.format) == ("mine", "onnx")


def test_the_recipes_target_is_that_of_its_stages_unless_they_name_one():
    recipe = load_recipe("quickstart", ["target=rpi5", "stages.quantize.target=rpi3"])
    assert (recipe.export.target, recipe.quantize.target) == ("rpi5", "rpi3")


@pytest.mark.parametrize(
    "setting", ["budgets.9.limit=3", "budgets.x=3", "nonsense", "=3", "...=1", "name.x.y=1", "stages=7"]
)
def test_settings_that_cannot_be(setting):
    with pytest.raises(UsageError):
        load_recipe("quickstart", [setting])


@settings(deadline=None)
@given(setting=st.text(max_size=60))
def test_no_setting_is_a_traceback(setting):
    try:
        load_recipe("quickstart", [setting])
    except UsageError as error:
        assert error.message
