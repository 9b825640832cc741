"""What the tests of faults share: a device's programs replaced, its end waited for, its use afterwards."""

import sys
import time
from pathlib import Path

from edgekit.devices.open_device import open_device
from edgekit.schema.measurement import Measurement

PYTHON = sys.executable
LONG = {"min_seconds": 60, "max_runs": 10_000_000, "min_runs": 1}


def home(server):
    return server.home / ".cache" / "edgekit" / "device"


def program(server, name, text):
    """Put a program in the way of the device's own."""
    path = server.home / "bin" / name
    path.write_text(text)
    path.chmod(0o755)


def wait_until(what, seconds=120):
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not come to that"
        # a look at all processes takes some milliseconds itself
        time.sleep(0.1)


def all_ended(server, seconds=120):
    """Seen once is enough: what was asked for meanwhile, and nobody waits for any more, may only just begin."""
    wait_until(lambda: not server.living(), seconds)


def works(server, bundle):
    """Whether the device can be used as if nothing had been."""
    with open_device(server.url) as device, device.start_agent() as agent:
        path = device.put(bundle)
        agent.request("profile", Measurement, path=path, length=8, min_runs=1, max_runs=1, min_seconds=0, warmup=0)
    assert {path.name[0] for path in home(server).glob("files/*")} == {Path(path).name[0]}
    assert not list(home(server).glob("*/.*"))
    all_ended(server)
