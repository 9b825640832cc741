"""Login shells of people: one road for all of them, and what an account says that starts no commands."""

import os
import shutil
import sys

import pytest
from command_line import edgekit
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from real_sshd import needs_sshd, real_sshd
from remote_faults import all_ended

from edgekit.devices.open_device import open_device, open_transport
from edgekit.errors import DeviceError

SHELLS = ("sh", "bash", "dash", "zsh", "csh", "bsd-csh", "tcsh", "fish", "mksh")
ODD = ["a\nb", "é漢", "\x81\xff", "a\\", "\\'", "it's", "\\0101", "%d", "{a,b}", "~", "$HOME", "`id`"]
HISTORY = ["!", "!!", "!-1", "a!b", "^x^y"]


def program(shell):
    path = shutil.which(shell)
    if path is None:
        pytest.skip(f"needs the shell {shell}")
    return path


@pytest.fixture(params=SHELLS)
def of_shell(request, ssh_server):
    ssh_server.shell = program(request.param)
    return ssh_server


@pytest.fixture
def link(of_shell):
    with open_transport(of_shell.url) as transport:
        yield transport


def test_arguments_streams_and_ends(link, of_shell):
    script = "import sys; sys.stdout.buffer.write('\\0'.join(sys.argv[1:]).encode(errors='surrogateescape'))"
    done = link.run([sys.executable, "-I", "-X", "utf8", "-c", script, *ODD, *HISTORY])
    assert done.stdout.decode(errors="surrogateescape").split("\0") == ODD + HISTORY
    assert link.run(["sh", "-c", "cat; echo err >&2; exit 7"], stdin=b"in\nput\n").stdout == b"in\nput\n"
    assert link.run(["sh", "-c", "exit 7"]).code == 7
    assert link.run(["sh", "-c", "kill -SEGV $$"]).code == -11
    assert link.run(["cat"], stdin=bytes(300_000)).stdout == bytes(300_000)
    process = link.start(["sh", "-c", 'printf %s "$A"'], {"A": "x ' !y;\n$(id)\\"})
    assert os.read(process.stdout, 100) == b"x ' !y;\n$(id)\\"
    # a program that is as long as those that edgekit sends
    assert link.run(["sh", "-c", "# it's\n" * 10_000 + 'echo "$1"', "sh", "end"]).stdout == b"end\n"


def test_what_is_killed_takes_its_children_along(link, of_shell):
    process = link.start(["sh", "-c", "sleep 60 & sleep 61"], {})
    process.kill()
    assert process.wait(20) == -9
    all_ended(of_shell, 20)


@pytest.mark.parametrize("shell", ["tcsh", "fish"])
def test_an_agent(ssh_server, shell):
    ssh_server.shell = program(shell)
    with open_device(ssh_server.url) as device, device.start_agent(sys.executable) as agent:
        assert agent.greet().protocol
    code, out, _ = edgekit("devices", "doctor", ssh_server.url)
    assert code in (0, 3), out
    assert "board" in out


@pytest.mark.parametrize("shell", ["dash", "bash"])
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(max_size=40).map(lambda piece: os.fsdecode(piece.replace(b"\0", b""))), max_size=3))
def test_bytes_arrive_as_they_are(ssh_server, shell, arguments):
    """Whichever shell is `sh` on the device."""
    chosen = ssh_server.home / "bin"
    if not chosen.exists():
        chosen.mkdir()
        (chosen / "sh").symlink_to(program(shell))
        ssh_server.environment["PATH"] = f"{chosen}:{ssh_server.environment['PATH']}"
        ssh_server.environment["LC_ALL"] = "C.UTF-8"
    script = "import os, sys; sys.stdout.buffer.write(b'\\0'.join(map(os.fsencode, sys.argv[1:])))"
    with open_transport(ssh_server.url) as link:
        done = link.run([sys.executable, "-I", "-c", script, *arguments])
    assert done.stdout == b"\0".join(map(os.fsencode, arguments))


class TestNoCommands:
    """An account that starts no commands says so itself, and that is what its user reads."""

    def refused(self, url):
        code, out, _ = edgekit("devices", "doctor", url)
        assert code == 4
        with pytest.raises(DeviceError) as caught, open_device(url):
            pass
        assert caught.value.message in out.replace("\n", " ")
        return caught.value

    @pytest.mark.parametrize(
        ("answer", "sentence"),
        [
            ("echo 'Only backups are made here.'", "the device starts no commands: Only backups are made here."),
            ("echo 'Only backups.' >&2; exit 1", "the device starts no commands: Only backups."),
            ("printf 'One.\\nTwo.\\n'; echo Three. >&2", "the device starts no commands: One. Two. Three."),
            ("printf '\\033[31mRed\\n'", "starts no commands: \N{REPLACEMENT CHARACTER}[31mRed"),
            ("exit 3", "the device starts no commands: it said nothing, and ended with exit status 3"),
        ],
    )
    def test_a_login_shell_of_its_own(self, ssh_server, answer, sentence):
        shell = ssh_server.home / "shell"
        shell.write_text(f"#!/bin/sh\n{answer}\n")
        shell.chmod(0o755)
        ssh_server.shell = str(shell)
        error = self.refused(ssh_server.url)
        assert sentence in error.message
        assert "ForceCommand" in error.advice

    def test_no_login(self, ssh_server):
        nologin = shutil.which("nologin") or shutil.which("nologin", path="/usr/sbin:/sbin")
        if nologin is None:
            pytest.skip("needs nologin")
        ssh_server.shell = nologin
        assert "This account is currently not available." in self.refused(ssh_server.url).message

    @pytest.mark.parametrize(
        ("answer", "sentence"),
        [
            ("echo 'Choose: 1, 2 or 3'; exec cat >&2", "Choose: 1, 2 or 3"),
            # as tclsh does
            ("read -r line; echo 'wrong # args' >&2; exec cat >/dev/null", "wrong # args"),
        ],
    )
    def test_one_that_waits(self, ssh_server, monkeypatch, answer, sentence):
        monkeypatch.setattr("edgekit.devices.process_group.SILENT_SECONDS", 1.0)
        shell = ssh_server.home / "shell"
        shell.write_text(f"#!/bin/sh\n{answer}\n")
        shell.chmod(0o755)
        ssh_server.shell = str(shell)
        with pytest.raises(DeviceError, match=rf"did not start a command within [1-3] s: .*{sentence}"):
            self.start(ssh_server.url)

    def test_one_that_is_slow_and_silent(self, ssh_server, monkeypatch):
        monkeypatch.setattr("edgekit.devices.process_group.SILENT_SECONDS", 0.3)
        shell = ssh_server.home / "shell"
        shell.write_text('#!/bin/sh\nsleep 1; exec sh "$@"\n')
        shell.chmod(0o755)
        ssh_server.shell = str(shell)
        self.start(ssh_server.url)

    def start(self, url):
        with open_transport(url) as transport:
            transport.run(["true"])

    @needs_sshd
    @pytest.mark.parametrize("where", ["authorized_keys", "ForceCommand"])
    def test_a_forced_command(self, client_home, tmp_path, where):
        command = "echo 'This key is for backups alone.'"
        authorized = tmp_path / "authorized"
        line = client_home.public.read_text()
        authorized.write_text(f'command="{command}" {line}' if where == "authorized_keys" else line)
        more = [f"ForceCommand {command}"] if where == "ForceCommand" else []
        with real_sshd(tmp_path / "sshd", authorized, *more) as server:
            names = f"[127.0.0.1]:{server.port}"
            (client_home.ssh / "known_hosts").write_text(f"{names} {server.keys['ed25519']}\n")
            error = self.refused(server.url())
        assert "the device starts no commands: This key is for backups alone." in error.message
