"""A whole run, watched: no process of it connects to anything but this machine."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys

import pytest
from tiny_recipe import write_recipe

# an address that a socket was told to reach, as strace prints it
ADDRESS = re.compile(r'AF_INET6?, .*?(?:inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)")')


@pytest.mark.skipif(not shutil.which("strace"), reason="needs strace: apt-get install strace")
def test_no_connection_leaves_the_machine(tmp_path, device_home):
    recipe = write_recipe(tmp_path)
    log = tmp_path / "calls"
    # the kernel lets every other call pass by itself: else each of some 100,000 stops its process twice
    watched = ["strace", "-f", "--seccomp-bpf", "-qq", "-e", "trace=connect,sendto,sendmsg,sendmmsg", "-o", str(log)]
    words = [sys.executable, "-m", "edgekit", "run", str(recipe), "-o", str(tmp_path / "run")]
    quick = ["--set", "stages.distill=null", "--set", "stages.prune=null", "--set", "stages.finetune.epochs=1"]
    run = subprocess.run([*watched, *words, *quick], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (tmp_path / "run" / "report.html").is_file(), run.stderr
    reached = {address for pair in ADDRESS.findall(log.read_text()) for address in pair if address}
    assert all(address.startswith("127.") or address == "::1" for address in reached), reached
