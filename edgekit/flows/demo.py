"""Demo: a bundle's web package, served on loopback with the runtime that it needs."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from edgekit.bundle.bundle_folder import BundleFolder
from edgekit.errors import ToolError, UsageError
from edgekit.flows.package import model_name
from edgekit.io.atomic import new_folder
from edgekit.io.progress import SILENT, Progress
from edgekit.packaging.identity import Identity, id_from, name_from
from edgekit.packaging.platforms import platform
from edgekit.packaging.runtimes import WEB

_RUNTIME, WEB_RUNTIME = WEB.package, WEB.version
# seconds: npm fetches 26 MB; the server only binds a port
_INSTALL_S, _STOP_S = 600, 5


@dataclass(frozen=True)
class Demo:
    """A page that is being served: its address, the package behind it, and the folder that it is served from."""

    url: str
    name: str
    folder: Path
    server: subprocess.Popen[str]

    def wait(self) -> None:
        """Until the server ends; `ToolError` where it does so by itself."""
        if self.server.wait():
            raise ToolError(f"the server of {self.url} ended with exit code {self.server.returncode}")


@contextmanager
def demo(bundle: str | Path | BundleFolder, port: int = 0, *, progress: Progress = SILENT) -> Iterator[Demo]:
    """Serve the web package of `bundle` on 127.0.0.1 while the block runs; nothing of it is left afterwards.

    port: 0 takes a free one
    onnxruntime-web comes from npm's registry once, and stays in the user's cache.
    Raises `UsageError` for a bundle that the browser cannot run, `ToolError` without Node or npm, or where the port
    is taken.
    """
    source = BundleFolder.of(bundle)
    _check_format(source)
    node = _tool("node")
    runtime = fetched_runtime(progress)
    name = name_from(model_name(source))
    with tempfile.TemporaryDirectory(prefix="edgekit-demo-") as temporary:
        folder = Path(temporary) / "package"
        folder.mkdir()
        platform("web").write(source.checked(), Identity(name=name, id=id_from(name)), folder)
        (folder / "node_modules").symlink_to(runtime / "node_modules", target_is_directory=True)
        with _served(node, folder, port) as (url, server):
            yield Demo(url, name, folder, server)


def _check_format(bundle: BundleFolder) -> None:
    format = bundle.manifest.format
    if format not in platform("web").FORMATS:
        raise UsageError(
            f"the browser cannot run {bundle}: it is a {format} bundle",
            advice="give the ONNX one: edgekit export --format onnx",
        )


def _tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise ToolError(
            f"{name} is not installed, and the demo needs it to fetch and serve {_RUNTIME}",
            advice="install Node.js, which brings npm: https://nodejs.org, or `apt install nodejs npm`",
        )
    return found


def fetched_runtime(progress: Progress = SILENT) -> Path:
    """The folder whose `node_modules` holds onnxruntime-web, fetched where it is not there yet; `ToolError` if not."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "edgekit" / "npm"
    folder = cache / f"{_RUNTIME}-{WEB_RUNTIME}"
    if folder.is_dir():
        return folder
    npm = _tool("npm")
    cache.mkdir(parents=True, exist_ok=True)
    with progress.task(f"fetching {_RUNTIME} {WEB_RUNTIME}, once"), new_folder(folder) as staged:
        _install(npm, staged)
    return folder


def _install(npm: str, folder: Path) -> None:
    options = ("--no-audit", "--no-fund", "--no-save", "--no-update-notifier", "--ignore-scripts")
    command = [npm, "install", *options, "--prefix", str(folder), f"{_RUNTIME}@{WEB_RUNTIME}"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_INSTALL_S, check=False)
    except subprocess.TimeoutExpired:
        raise ToolError(f"npm did not bring {_RUNTIME} within {_INSTALL_S // 60} minutes") from None
    if done.returncode or not (folder / "node_modules" / _RUNTIME).is_dir():
        message = [line for line in done.stderr.splitlines() if line.strip() and "warn" not in line]
        raise ToolError(
            f"npm could not install {_RUNTIME} {WEB_RUNTIME}: {message[0] if message else 'it did not say why'}",
            advice="it is needed once: try again where npm's registry can be reached",
        )


@contextmanager
def _served(node: str, folder: Path, port: int) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The address of a server that ends with the block, or with this process, whose end closes the pipe."""
    command = [node, str(folder / "demo" / "serve.js"), str(port), "--until-eof"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    # a session of its own: Ctrl-C is for edgekit, which ends it
    server = subprocess.Popen(command, text=True, start_new_session=True, **pipes)  # type: ignore[call-overload]
    try:
        url = server.stdout.readline().strip()
        if not url:
            message = server.stderr.read().strip().removeprefix("error: ") or "it did not say why"
            raise ToolError(f"the demo cannot be served: {message}")
        yield url, server
    finally:
        server.stdin.close()
        try:
            server.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        server.stdout.close()
        server.stderr.close()
