"""What several folders of tests share."""

import gc
import os
import signal
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# a shell starts what runs in its background with the first two ignored, and nohup with the third; whatever is started
# from there inherits that
for _number, _usual in (
    (signal.SIGINT, signal.default_int_handler),
    (signal.SIGQUIT, signal.SIG_DFL),
    (signal.SIGHUP, signal.SIG_DFL),
):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, _usual)

# a version manager's python3 is a script that takes ten times as long as the Python that it finds, and it has one for
# each version that exists, here or not: every look at this machine as a device would start them all
os.environ["PATH"] = os.pathsep.join(
    dict.fromkeys(
        str(Path(sys.base_prefix, "bin")) if Path(folder).name == "shims" else folder
        for folder in os.environ["PATH"].split(os.pathsep)
    )
)

# a busy machine makes no test fail: what is proven is what comes out, not how fast
settings.register_profile("edgekit", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("edgekit")

# as the tests were started
_UMASK = os.umask(0o022)
os.umask(_UMASK)

# modules that were there when the garbage collector was last told to leave alone what it has found
_seen_modules = 0
_MANY_MODULES = 50


def pytest_runtest_setup():
    """No umask of the test before; and what was imported stays: else each training looks through it for 0.3 s.

    A device's scripts, which some tests call in this process, close the files that they make to all others. A training
    begins by collecting garbage.
    """
    os.umask(_UMASK)
    global _seen_modules
    if len(sys.modules) > _seen_modules + _MANY_MODULES:
        _seen_modules = len(sys.modules)
        gc.collect()
        gc.freeze()


# what one file of these has loaded, which takes many seconds, serves the others: they run in one worker, and first
TOGETHER = {
    "converter to TFLite": (
        "export/tflite/test_decoder_file.py",
        "export/tflite/test_classifier_file.py",
        "export/test_family_files.py",
        "export/test_decoder_classifier.py",
        "flows/run/test_plan.py",
        "flows/train/test_paraphrases.py",
    ),
    "server of processes": (
        "flows/run/test_interrupt.py",
        "flows/run/test_full_disk.py",
        "flows/run/test_resume.py",
    ),
}
_GROUPS = {f"tests/{name}": group for group, names in TOGETHER.items() for name in names}


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.nodeid.split("::")[0] not in _GROUPS)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """As `--dist loadfile`, but for what runs together."""
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class Grouped(LoadFileScheduling):
        def _split_scope(self, nodeid):
            return _GROUPS.get(nodeid.split("::")[0]) or super()._split_scope(nodeid)

    return Grouped(config, log)


# as the command line has it, which comes too late where a test has imported transformers before
os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")

pytest_plugins = [
    "tiny_bundle",
    "tiny_checkpoint",
    "tiny_decoder",
    "tiny_recipe",
    "tiny_wheels",
    "ssh_server",
    "adb_server",
    "linux_package",
    "swift_package",
    "head_bundles",
]
