"""What `import edgekit` offers: the functions of commands and every options class, imported when first used."""

import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import click
import pydantic
import pytest

import edgekit
import edgekit.options
from edgekit.cli import cli
from edgekit.errors import NotFoundError


def options_classes():
    for module in pkgutil.iter_modules(edgekit.options.__path__, "edgekit.options."):
        for name, value in vars(importlib.import_module(module.name)).items():
            defined_here = isinstance(value, type) and value.__module__ == module.name
            if defined_here and not name.startswith("_"):
                yield name, value


def test_every_options_class_is_offered_at_the_top():
    classes = dict(options_classes())
    assert {"DistillOptions", "ExportOptions", "ProfileOptions", "Recipe", "ModelRef", "DataSpec"} <= set(classes)
    for name, value in classes.items():
        assert name in edgekit.__all__, name
        assert getattr(edgekit, name) is value


@pytest.mark.parametrize("name", edgekit.__all__)
def test_every_name_leads_to_what_it_says(name):
    value = getattr(edgekit, name)
    assert name in dir(edgekit)
    _, _, elsewhere = edgekit._MODULES.get(name, "").partition(":")
    assert name == "__version__" or value.__name__.rpartition(".")[2] in (name, elsewhere)
    if not isinstance(value, type) and name != "__version__":
        function = getattr(
            importlib.import_module(f"edgekit.{edgekit._MODULES[name].partition(':')[0]}"), elsewhere or name
        )
        assert inspect.getdoc(function)
        assert set(inspect.signature(function).parameters) | {"return"} <= set(function.__annotations__), name
    if isinstance(value, type) and issubclass(value, pydantic.BaseModel):
        assert value.model_fields


# of the commands of groups: what is a verb there needs its object here
OF_GROUPS = {
    "devices find": "find_devices",
    "devices add": "add_device",
    "devices list": "devices",
    "devices remove": "remove_device",
    "devices doctor": "check_devices",
    "devices setup": "setup_devices",
    "devices emulate": "emulate_device",
    "targets list": "targets",
    "targets show": "load_target",
    "targets validate": "load_target",
    "targets detect": "detect_target",
    "recipes list": "recipes",
    "recipes show": "load_recipe",
}


def commands(group, before=""):
    with click.Context(group) as context:
        for name in group.list_commands(context):
            found = group.get_command(context, name)
            yield f"{before}{name}"
            if isinstance(found, click.Group):
                yield from commands(found, f"{name} ")


@pytest.mark.parametrize("name", list(commands(cli)))
def test_every_command_is_a_function(name):
    function = OF_GROUPS[name] if " " in name else name
    assert function in edgekit.__all__
    assert function in dir(edgekit)
    assert callable(getattr(edgekit, function))


def test_the_folder_of_devices_is_the_function_too(tmp_path, monkeypatch):
    monkeypatch.setenv("EDGEKIT_DEVICES", str(tmp_path / "devices.yaml"))
    import edgekit.devices.base

    assert edgekit.devices.base.__name__ == "edgekit.devices.base"
    edgekit.add_device("pi", edgekit.KnownDevice(url="ssh://pi", target="rpi4"))
    assert edgekit.devices()["pi"].target == "rpi4"
    assert edgekit.remove_device("pi").url == "ssh://pi"


def test_what_is_shipped_is_there_by_name():
    assert edgekit.targets()["rpi4"] == edgekit.load_target("rpi4")
    assert edgekit.recipes()["quickstart"] == edgekit.load_recipe("quickstart")
    assert edgekit.guide("ci").startswith("# A gate in CI")
    assert "ci" in edgekit.guides()
    assert "_EDGEKIT_COMPLETE" in edgekit.completion("zsh")
    with pytest.raises(NotFoundError, match="tcsh"):
        edgekit.completion("tcsh")


def test_the_flow_chooses_by_the_model(onnx_bundle, decoder_bundles, tmp_path, monkeypatch):
    """What the command takes, the function takes: texts as paths, decoders as classifiers."""
    # this machine as a device belongs to one measurement at a time, and other tests measure meanwhile
    monkeypatch.setenv("EDGEKIT_DEVICE_HOME", str(tmp_path / "device"))
    options = edgekit.ProfileOptions(min_seconds=0, min_runs=5, warmup=1, processes=1, length=(8,))
    (decoder,) = edgekit.profile(str(decoder_bundles["gpt2"]), options)
    (classifier,) = edgekit.profile(str(onnx_bundle), options)
    assert (decoder.kind, classifier.kind) == ("generation", "latency")
    (tmp_path / "text.txt").write_text("once upon a time there was a cat\n" * 20)
    found = edgekit.evaluate(str(decoder_bundles["gpt2"]), str(tmp_path / "text.txt"), record=False)
    assert found.perplexity > 1
    (verdict,) = edgekit.gate(str(onnx_bundle), [edgekit.Budget(metric="size_mb", limit=100)])
    assert verdict.verdict.outcome == "pass"


def test_type_checkers_are_named_every_name():
    text = Path(edgekit.__file__).read_text(encoding="utf-8")
    block = text[text.index("if TYPE_CHECKING:") : text.index("# no telemetry")]
    named = re.findall(r"^    (?:from \S+ import \w+ as (\w+)|(\w+) = \w+)$", block, re.MULTILINE)
    assert set(edgekit.__all__) - {"__version__"} == {one or other for one, other in named}


def test_a_name_that_is_not_there():
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = edgekit.nonsense


def test_nothing_is_imported_before_it_is_used():
    code = "import sys, edgekit; print([name for name in ('pydantic', 'torch', 'numpy') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_folder_of_exporters_does_not_hide_the_function(tmp_path):
    import edgekit.export.bundle
    from edgekit.errors import UsageError

    assert edgekit.export.bundle.__name__ == "edgekit.export.bundle"
    for _ in range(2):
        with pytest.raises(UsageError):
            edgekit.export(tmp_path / "no-checkpoint", tmp_path / "out")
