"""Commands as processes of their own that start quickly: forked from a server that has imported everything already."""

from __future__ import annotations

import atexit
import contextlib
import multiprocessing
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from process_table import process_folders

_PRELOADED = [
    "edgekit.cli",
    "transformers.trainer",
    "transformers.models.distilbert.modeling_distilbert",
    "optimum.exporters.tasks",
    "onnxruntime",
    "edgekit.flows.run.plan",
    "edgekit.flows.run.reporting",
    "edgekit.flows.export",
    "edgekit.export.bundle",
    "edgekit.compress.pruning.prune",
]
_server = multiprocessing.get_context("forkserver")
_server.set_forkserver_preload(_PRELOADED)


def _main(words, log, environment, save_seconds, file_bytes):
    """What the forked process does."""
    import gc
    import resource

    import edgekit.compress.training.callbacks
    from edgekit.cli import main

    # what the server has imported is no garbage
    gc.freeze()
    os.environ.update(environment)
    if save_seconds is not None:
        edgekit.compress.training.callbacks.SAVE_SECONDS = save_seconds
    unready = Path(f"{log}.unready")
    with unready.open("wb", buffering=0) as file:
        for descriptor in (1, 2):
            os.dup2(file.fileno(), descriptor)
    if file_bytes is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
    unready.rename(log)
    main(words)


@dataclass
class Started:
    """A command that runs, or has run."""

    process: multiprocessing.Process
    log: Path

    def wait(self, seconds=300):
        """The exit code, negative for the signal that ended it, and what was printed."""
        self.process.join(seconds)
        assert self.process.exitcode is not None, f"still running: {self.log.read_text()}"
        return self.process.exitcode, self.log.read_text(errors="replace")

    def send(self, number):
        # one that has ended has no number any more: it may be that of another process
        if self.process.exitcode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.process.pid, number)

    def kill_when(self, condition, seconds=300):
        """SIGKILL as soon as `condition` holds; whether it did before the command ended."""
        deadline = time.monotonic() + seconds
        while self.process.exitcode is None and time.monotonic() < deadline:
            if condition():
                self.send(signal.SIGKILL)
                self.process.join()
                return self.process.exitcode == -signal.SIGKILL
            time.sleep(0.002)
        return False


def start(*words, log, save_seconds=None, file_bytes=None):
    """`edgekit WORDS` in a new process; `save_seconds` between training checkpoints, `file_bytes` a file at most."""
    home = {name: value for name, value in os.environ.items() if name == "EDGEKIT_DEVICE_HOME"}
    Path(log).unlink(missing_ok=True)
    process = _server.Process(target=_main, args=([*map(str, words)], str(log), home, save_seconds, file_bytes))
    process.start()
    # one that a failed test left, and that may train for hours, must not be waited for at the end
    atexit.register(process.kill)
    while not Path(log).exists() and process.exitcode is None:
        time.sleep(0.001)
    return Started(process, Path(log))


def processes_in(folder):
    """The ids of living processes whose working directory lies in `folder`."""
    found = []
    for entry in process_folders():
        with contextlib.suppress(OSError):
            if (entry / "cwd").readlink().is_relative_to(folder):
                found.append(int(entry.name))
    return found


def siblings(folder):
    """Temporary files and folders that were left anywhere below `folder`."""
    return sorted(str(path) for path in folder.rglob(".*") if path.name.endswith((".tmp", ".before")))
