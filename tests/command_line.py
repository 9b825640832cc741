"""The command line in a test's own process, which takes no signals."""

import pytest
from click.testing import CliRunner

from edgekit.cli import main


def edgekit(*arguments):
    """The exit code of a command, and what it prints on stdout and on stderr."""
    with CliRunner().isolation() as (out, err, _):
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        return ended.value.code, out.getvalue().decode(), err.getvalue().decode()
