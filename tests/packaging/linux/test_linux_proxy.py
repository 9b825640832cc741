"""The Linux service behind Caddy and nginx, by the lines of its README; each is skipped where it is not installed."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import socket
import subprocess
from contextlib import contextmanager

import pytest
from linux_package import NAME, eventually, exchange, serving

PUBLIC = "classify.example.com"


@pytest.fixture(scope="module")
def service(linux_decoder, tmp_path_factory):
    """A service of the decoder, whose answers come in pieces, and which knows its public name."""
    with serving(linux_decoder, tmp_path_factory.mktemp("proxy") / "log", "--allow-host", PUBLIC) as running:
        yield running


@pytest.fixture(scope="module")
def lines(linux_decoder, service):
    """The lines for Caddy and for nginx, as the README has them, for the port of this service."""
    section = (linux_decoder / "README.md").read_text().partition("## Behind a proxy\n")[2]
    blocks = re.findall(r"(?:^    .*\n)+", section, re.MULTILINE)
    assert len(blocks) == 3
    return [block.replace("127.0.0.1:8756", f"127.0.0.1:{service.port}") for block in blocks[:2]]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


@contextmanager
def running(command, port, folder):
    with (folder / "proxy.log").open("wb") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=os.environ | {"HOME": str(folder)}
        )
    try:
        eventually(lambda: _listens(port), "the proxy does not listen", 30)
        yield
    finally:
        process.terminate()
        process.wait(30)


def _listens(port) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return False
    return True


def check(port: int, headers: dict[str, str], status: int = 200) -> None:
    """Health and a text through the proxy."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    assert exchange(connection, "GET", "/healthz", headers=headers)[0] == status
    for path in ("/metrics", "/metrics?x=1", "/%6detrics"):
        assert exchange(connection, "GET", path, headers=headers)[0] == 404, path
    if status == 200:
        asked = {"prompt": "once upon a time", "max_tokens": 8}
        status, _, body = exchange(connection, "POST", "/generate", asked, headers)
        assert status == 200, body
        assert json.loads(body.splitlines()[-1])["new_tokens"] == 8
    connection.close()


@pytest.mark.skipif(shutil.which("caddy") is None, reason="there is no caddy")
def test_behind_caddy(lines, tmp_path):
    port = free_port()
    assert lines[0].count(f"    {PUBLIC} {{") == 1
    # without TLS here, for which it would want a certificate
    text = f"{{\n    admin off\n    auto_https off\n}}\n{lines[0].replace(PUBLIC, f'http://:{port}')}"
    (tmp_path / "Caddyfile").write_text(text)
    command = [shutil.which("caddy"), "run", "--config", tmp_path / "Caddyfile", "--adapter", "caddyfile"]
    with running(command, port, tmp_path):
        check(port, {"Host": PUBLIC})
        check(port, {"Host": "other.example.com"}, 421)


@pytest.mark.skipif(shutil.which("nginx") is None, reason="there is no nginx: apt install nginx-light")
@pytest.mark.parametrize("passes_on", [True, False])
def test_behind_nginx(lines, passes_on, tmp_path):
    port = free_port()
    line = "        proxy_set_header Host $host;\n"
    assert line in lines[1]
    places = "".join(f"{kind}_temp_path {tmp_path}/{kind};\n" for kind in ("proxy", "fastcgi", "uwsgi", "scgi"))
    server = f"server {{\nlisten 127.0.0.1:{port};\n{lines[1] if passes_on else lines[1].replace(line, '')}}}\n"
    (tmp_path / "nginx.conf").write_text(
        f"daemon off;\npid {tmp_path}/pid;\nerror_log stderr;\nevents {{}}\n"
        f"http {{\naccess_log off;\nclient_body_temp_path {tmp_path}/body;\n{places}{server}}}\n"
    )
    command = [shutil.which("nginx"), "-p", tmp_path, "-e", "stderr", "-c", tmp_path / "nginx.conf"]
    with running(command, port, tmp_path):
        check(port, {"Host": PUBLIC})
        check(port, {"Host": "other.example.com"}, 421 if passes_on else 200)


def test_a_proxy_elsewhere_is_let_in_by_what_the_readme_says(linux_decoder, tmp_path):
    """The unit drops what comes from other machines; the lines for it are sound, and told where they go."""
    readme, unit = (linux_decoder / "README.md").read_text(), linux_decoder / "systemd" / f"{NAME}.service"
    [line] = re.findall(r"^    (IPAddressAllow=.*)$", readme, re.MULTILINE)
    assert f"systemctl edit {NAME}" in " ".join(readme.split())
    assert "--host 0.0.0.0 --allow-host" in readme
    text = unit.read_text()
    assert "IPAddressDeny=any\n" in text and "systemctl edit" in text
    if shutil.which("systemd-analyze"):
        edited = tmp_path / f"{NAME}.service"
        edited.write_text(text.replace("[Install]", f"{line}\n[Install]").replace(f"/opt/{NAME}", str(linux_decoder)))
        command = ["systemd-analyze", "verify", "--man=no", edited]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert edited.name not in done.stderr, done.stderr


def test_the_unit_shows_how_a_name_is_allowed(linux_decoder):
    unit = (linux_decoder / "systemd" / f"{NAME}.service").read_text()
    assert "OPTIONS=--allow-host classify.example.com\n" in unit
