"""A sample run, as it is and as an attacker would write it."""

from __future__ import annotations

import pytest
from sample_run import make_hostile, make_summary

from edgekit.report.summary import Summary


@pytest.fixture(scope="session")
def summary() -> Summary:
    return make_summary()


@pytest.fixture(scope="session")
def hostile() -> Summary:
    return make_hostile(make_summary())
