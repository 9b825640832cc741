"""What `import edgekit` offers: the functions of commands and every options class, imported when first used."""

import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pydantic
import pytest

import edgekit
import edgekit.options


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
    assert name == "__version__" or value.__name__.rpartition(".")[2] == name
    if isinstance(value, type) and issubclass(value, pydantic.BaseModel):
        assert value.model_fields


def test_type_checkers_are_named_every_name():
    text = Path(edgekit.__file__).read_text(encoding="utf-8")
    block = text[text.index("if TYPE_CHECKING:") : text.index("# no telemetry")]
    assert set(edgekit.__all__) - {"__version__"} == {
        line.rpartition(" as ")[2] for line in block.split("\n")[1:] if line
    }


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
