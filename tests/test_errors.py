"""Every error of the agent has its place in edgekit's own tree."""

import pytest

from edgekit.agent import errors as agent_side
from edgekit.errors import DeviceError, EdgekitError, ParityError, ToolError, UsageError, agent_errors

EXPECTED = {
    agent_side.BadInput: UsageError,
    agent_side.RuntimeMissing: DeviceError,
    agent_side.RuntimeFailed: ToolError,
    agent_side.GoldenMismatch: ParityError,
}


def test_none_is_forgotten():
    assert set(EXPECTED) == set(agent_side.AgentError.__subclasses__())


@pytest.mark.parametrize("kind", EXPECTED)
def test_errors_are_mapped(kind):
    with pytest.raises(EdgekitError) as caught, agent_errors():
        raise kind("what", "advice")
    assert type(caught.value) is EXPECTED[kind]
    assert (caught.value.message, caught.value.advice) == ("what", "advice")


def test_other_errors_pass():
    with pytest.raises(KeyError), agent_errors():
        raise KeyError("x")
