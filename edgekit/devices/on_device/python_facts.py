"""What the Python that runs this is, as a line of JSON.

Any Python from 2.7 on can run it, so that an old one is named in the refusal. Nothing heavy is imported: what is
installed is read from its metadata.
"""

import json
import os
import platform
import struct
import sys

found = {
    "version": list(sys.version_info[:3]),
    "implementation": platform.python_implementation(),
    "system": platform.system(),
    "machine": platform.machine(),
    "bits": struct.calcsize("P") * 8,
    "free_threaded": False,
    "libc": "unknown",
    "libc_version": "",
    "numpy": None,
}
if hasattr(sys, "getandroidapilevel") or os.path.exists("/system/bin/linker"):  # noqa: PTH110  pathlib is Python 3
    found["libc"] = "bionic"
else:
    try:
        name, version = (os.confstr("CS_GNU_LIBC_VERSION") or "").split()
        found["libc"], found["libc_version"] = name, version
    except (AttributeError, OSError, ValueError):
        # musl knows no such name
        folders = [folder for folder in ("/lib", "/usr/lib") if os.path.isdir(folder)]  # noqa: PTH112
        names = [name for folder in folders for name in os.listdir(folder)]  # noqa: PTH208
        if any(name.startswith("ld-musl-") for name in names):
            found["libc"] = "musl"
try:
    import sysconfig

    found["free_threaded"] = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
except ImportError:
    pass
try:
    from importlib.metadata import version as version_of

    found["numpy"] = version_of("numpy")
except ImportError:  # no such module before Python 3.8, or no numpy: PackageNotFoundError is an ImportError
    pass
print(json.dumps(found))  # noqa: T201
