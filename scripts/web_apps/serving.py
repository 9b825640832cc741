"""What gives out an app's pages: a plain file server in this process, or the framework's own."""

from __future__ import annotations

import contextlib
import functools
import http.client
import http.server
import os
import shlex
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile

from web_apps.app import Way
from web_apps.tools import AppFailed, environment

STARTS_WITHIN = 90.0


class _Files(http.server.SimpleHTTPRequestHandler):
    extensions_map = http.server.SimpleHTTPRequestHandler.extensions_map | {
        ".mjs": "text/javascript",
        ".wasm": "application/wasm",
    }

    def __init__(self, *words: object, headers: dict[str, str], **more: object) -> None:
        self.extra = headers
        super().__init__(*words, **more)  # type: ignore[arg-type]

    def end_headers(self) -> None:
        for name, value in self.extra.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, *words: object) -> None:
        pass


@contextmanager
def served(way: Way, folder: Path) -> Iterator[str]:
    """The address of an app's pages, while it is served. Raises `AppFailed` where its server does not start."""
    if way.serve is not None:
        handler = functools.partial(_Files, directory=str(folder / way.serve), headers=way.headers)
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield f"http://127.0.0.1:{server.server_port}"
            server.shutdown()
        return
    assert way.start is not None
    port = _free_port()
    words = shlex.split(way.start.replace("{port}", str(port)))
    with TemporaryFile() as log:
        more = {"PORT": str(port), "ORIGIN": f"http://localhost:{port}"}
        process = subprocess.Popen(
            words, cwd=folder, env=environment(folder) | more, stdout=log, stderr=log, start_new_session=True
        )
        try:
            _await_server(process, port, words, log)
            try:
                # a name that development servers trust more than a number
                yield f"http://localhost:{port}"
            except AppFailed as failed:
                raise AppFailed(f"{failed}; the server said: {_end_of(log)}") from failed
        finally:
            _end(process)


def _await_server(process: subprocess.Popen[bytes], port: int, words: list[str], log: object) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("localhost", port)):
            return
        time.sleep(0.2)
    raise AppFailed(f"{' '.join(words)} does not serve: {_end_of(log)}")


def _end_of(log: object) -> str:
    log.seek(0)  # type: ignore[attr-defined]
    return str(log.read().decode("utf-8", "replace")[-2000:].strip())  # type: ignore[attr-defined]


def _end(process: subprocess.Popen[bytes]) -> None:
    """The server and all that it started."""
    for word in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, word)
            process.wait(timeout=5)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            continue
    process.wait()


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def ask(address: str) -> str:
    """The body of an answer. Raises `AppFailed` for another status than 200."""
    host, _, path = address.removeprefix("http://").partition("/")
    connection = http.client.HTTPConnection(host, timeout=120)
    try:
        connection.request("GET", f"/{path}")
        answer = connection.getresponse()
        body = answer.read().decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as error:
        raise AppFailed(f"/{path} is not answered: {error}") from error
    finally:
        connection.close()
    if answer.status != 200:
        raise AppFailed(f"/{path} answers {answer.status}: {body[:500]}")
    return body
