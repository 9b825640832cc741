"""The npm package of a tiny bundle in a project's node_modules, and what its calls make of what they are given."""

from __future__ import annotations

import npm
import pytest

from edgekit.agent.inference.bundle import open_bundle
from edgekit.packaging.identity import Identity
from edgekit.packaging.web.write import write

# what each call makes of what it is given, as one line: its answer, or the code and message of its error
SAID = """
const said = (call) => call.then((answer) => answer, (error) => `${error.name} ${error.code}: ${error.message}`);
"""


def packaged(bundle, folder):
    folder.mkdir(parents=True)
    write(open_bundle(bundle), Identity(name=folder.name, version="1.2.3", id="com.example.tiny"), folder)
    return folder


def modules_of(name, packages):
    try:
        return npm.fetched(name, packages)
    except npm.Missing as missing:
        pytest.skip(str(missing))
