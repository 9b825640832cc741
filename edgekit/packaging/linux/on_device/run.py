"""Starts the program of the package that this file lies in, with the package's own libraries before the system's."""

import os
import sys
from pathlib import Path

HOME = Path(__file__).resolve().parents[1]
# onnxruntime's Linux wheel carries a telemetry client; it reads this when it is imported
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
sys.path[:0] = [str(HOME / "app"), str(HOME / "runtimes" / "default")]

from edgekit.packaging.linux.service.__main__ import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main(HOME))
