"""SSH as a way to a device: configuration, keys, hosts, and what it says when something is wrong."""

import concurrent.futures
import gc
import importlib
import inspect
import os
import pkgutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress

import asyncssh
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from remote_faults import all_ended
from ssh_server import runs, serving

from edgekit.devices.open_device import open_transport
from edgekit.devices.ssh.errors import device_error, ssh_errors
from edgekit.devices.ssh.transport import SshTransport
from edgekit.errors import DeviceError, EdgekitError, NotFoundError


@pytest.fixture
def link(ssh_server):
    with open_transport(ssh_server.url) as transport:
        yield transport


def configure(client_home, text):
    (client_home.ssh / "config").write_text(text)


class TestCommands:
    def test_status_and_streams(self, link):
        done = link.run(["sh", "-c", "cat; echo err >&2; exit 7"], stdin=b"in")
        assert (done.code, done.stdout, done.stderr) == (7, b"in", b"err\n")
        assert link.run(["nosuch"]).code == 127
        assert link.run(["sh", "-c", "kill -SEGV $$"]).code == -11

    def test_much_both_ways(self, link):
        data = os.urandom(900_000)
        assert link.run(["cat"], stdin=data).stdout == data

    def test_a_command_that_takes_no_input(self, link):
        assert link.run(["true"], stdin=bytes(5_000_000)).code == 0

    @settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), max_size=4))
    def test_arguments_arrive_as_they_are(self, link, arguments):
        script = "import sys; sys.stdout.buffer.write('\\0'.join(sys.argv[1:]).encode())"
        done = link.run([sys.executable, "-I", "-X", "utf8", "-c", script, *arguments])
        assert done.stdout.decode() == "\0".join(arguments)

    @pytest.mark.parametrize(
        "name",
        ["a b", "it's", 'say "x"', "a;touch gone", "$(touch gone)", "`touch gone`", "a\nb", "*", "-n", "~", "&|<>!#%"],
    )
    def test_names_of_files(self, link, ssh_server, tmp_path, name):
        (tmp_path / "file").write_bytes(b"content")
        link.push(tmp_path / "file", f"{ssh_server.home}/{name}")
        assert [path.name for path in ssh_server.home.iterdir()] == [name]
        assert (ssh_server.home / name).read_bytes() == b"content"

    def test_a_command_with_variables(self, link):
        process = link.start(["sh", "-c", 'printf %s "$A"'], {"A": "x ' y;\n$(id)"})
        assert os.read(process.stdout, 100) == b"x ' y;\n$(id)"
        assert process.wait(5) == 0

    def test_what_a_login_script_prints_is_passed_over(self, link, ssh_server):
        chatty = ssh_server.home / "bin"
        chatty.mkdir()
        (chatty / "sh").write_text('#!/bin/sh\necho "Welcome to your Pi"; echo; exec /bin/sh "$@"\n')
        (chatty / "sh").chmod(0o755)
        ssh_server.environment["PATH"] = f"{chatty}:{ssh_server.environment['PATH']}"
        assert link.run(["printf", "x"]).stdout == b"x"

    def test_output_is_bounded(self, link, ssh_server):
        with pytest.raises(DeviceError, match="yes printed more than 1000000 bytes"):
            link.run(["yes"])
        all_ended(ssh_server, 20)

    def test_time_is_bounded(self, link, ssh_server):
        with pytest.raises(DeviceError, match=r"sleep did not end within 0\.5 s"):
            link.run(["sleep", "60"], timeout=0.5)
        all_ended(ssh_server, 20)

    def test_a_killed_command_takes_its_children_along(self, link, ssh_server):
        process = link.start(["sh", "-c", "sleep 60 & sleep 61"], {})
        assert process.wait(0.2) is None
        process.kill()
        assert process.wait(20) == -9
        all_ended(ssh_server, 20)
        process.close()
        process.close()

    def test_how_a_killed_command_ended_is_waited_for(self, link, ssh_server):
        ssh_server.late = 0.5
        process = link.start(["sleep", "60"], {})
        ssh_server.late = 0.0
        process.kill()
        assert process.wait(20) == -9

    def test_leaving_a_link_on_which_nothing_passes(self, ssh_server, monkeypatch):
        monkeypatch.setattr("edgekit.devices.ssh.transport._CLOSE_SECONDS", 1.0)
        started = time.monotonic()
        with open_transport(ssh_server.url) as transport:
            transport.start(["sleep", "60"], {})
            ssh_server.stall()
        assert time.monotonic() - started < 20

    def test_a_command_on_a_link_that_is_gone(self, ssh_server):
        with open_transport(ssh_server.url) as transport:
            ssh_server.cut()
            # the first fails while the link breaks, the second when it is known to be gone
            for _ in range(2):
                with pytest.raises(DeviceError, match="the link was lost"):
                    while True:
                        transport.run(["true"], timeout=20)

    def test_leaving_ends_what_runs(self, ssh_server):
        with open_transport(ssh_server.url) as transport:
            transport.start(["sleep", "60"], {})
            transport.start(["sleep", "61"], {}).kill()
            assert ssh_server.living()
        all_ended(ssh_server, 20)
        with pytest.raises(DeviceError, match="not connected"):
            transport.run(["true"])


class TestPush:
    def test_a_file(self, link, ssh_server, tmp_path):
        content = os.urandom(3_000_000)
        (tmp_path / "file").write_bytes(content)
        told = []
        link.push(tmp_path / "file", f"{ssh_server.home}/there", told.append)
        assert (ssh_server.home / "there").read_bytes() == content
        assert (ssh_server.home / "there").stat().st_mode & 0o777 == 0o600
        assert told == sorted(told)
        assert told[-1] == len(content)

    def test_an_empty_one(self, link, ssh_server, tmp_path):
        (tmp_path / "file").touch()
        link.push(tmp_path / "file", f"{ssh_server.home}/there")
        assert (ssh_server.home / "there").read_bytes() == b""

    def test_a_place_that_is_not_there(self, link, tmp_path):
        (tmp_path / "file").write_bytes(bytes(1_000_000))
        with pytest.raises(DeviceError, match=r"/nowhere/x cannot be written: .*"):
            link.push(tmp_path / "file", "/nowhere/x")

    def test_a_source_that_is_not_there(self, link, tmp_path):
        with pytest.raises(NotFoundError, match="cannot be read"):
            link.push(tmp_path / "file", "/tmp/x")  # noqa: S108


class TestConfiguration:
    def test_an_alias(self, ssh_server, client_home):
        (client_home.ssh / "id_ed25519").rename(client_home.ssh / "pi key")
        text = f"Host kitchen\n  HostName 127.0.0.1\n  Port {ssh_server.port}\n  User tester\n"
        configure(client_home, text + '  IdentityFile ~/.ssh/absent\n  IdentityFile "~/.ssh/pi key"\n')
        with open_transport("ssh://kitchen") as transport:
            assert transport.run(["pwd"]).stdout.decode().strip() == str(ssh_server.home)
            assert transport.where == "ssh://kitchen"

    def test_known_hosts_of_its_own(self, ssh_server, client_home):
        (client_home.ssh / "known_hosts").rename(client_home.ssh / "pis")
        configure(client_home, "Host *\n  UserKnownHostsFile ~/.ssh/absent ~/.ssh/pis\n")
        with open_transport(ssh_server.url) as transport:
            assert transport.run(["true"]).code == 0

    @pytest.mark.parametrize("named", ["none", "/dev/null"])
    def test_checking_hosts_cannot_be_switched_off(self, ssh_server, client_home, named):
        configure(client_home, f"Host *\n  UserKnownHostsFile {named}\n  StrictHostKeyChecking no\n")
        with pytest.raises(DeviceError, match="is not known"), open_transport(ssh_server.url):
            pass

    def test_hashed_known_hosts(self, ssh_server, client_home):
        file = str(client_home.ssh / "known_hosts")
        subprocess.run(["ssh-keygen", "-q", "-H", "-f", file], check=True, capture_output=True)
        with open_transport(ssh_server.url) as transport:
            assert transport.run(["true"]).code == 0

    def test_a_jump_host(self, ssh_server, client_home, tmp_path):
        with serving(tmp_path / "behind", client_home.public) as behind:
            client_home.trust(behind)
            text = f"Host jump\n  HostName 127.0.0.1\n  Port {ssh_server.port}\n  User tester\n"
            text += f"Host behind\n  HostName 127.0.0.1\n  Port {behind.port}\n  User tester\n  ProxyJump jump\n"
            configure(client_home, text)
            with open_transport("ssh://behind") as transport:
                assert transport.run(["pwd"]).stdout.decode().strip() == str(behind.home)
            assert len(ssh_server.jumps) == 1

    def test_a_circle_of_jump_hosts(self, client_home):
        configure(client_home, "Host a\n  ProxyJump b\nHost b\n  ProxyJump a\n")
        with pytest.raises(DeviceError, match="ProxyJump goes over more than"), open_transport("ssh://a"):
            pass

    def test_a_configuration_that_is_wrong(self, ssh_server, client_home):
        configure(client_home, "Port fortytwo\n")
        with pytest.raises(DeviceError, match=r"connecting: .*Port"), open_transport(ssh_server.url):
            pass

    def test_an_agent(self, ssh_server, client_home, monkeypatch, tmp_path):
        socket = str(tmp_path / "agent")
        agent = subprocess.Popen(["ssh-agent", "-D", "-a", socket], stdout=subprocess.DEVNULL)
        try:
            while not os.path.exists(socket):  # noqa: PTH110
                time.sleep(0.02)
            monkeypatch.setenv("SSH_AUTH_SOCK", socket)
            subprocess.run(["ssh-add", "-q", str(client_home.ssh / "id_ed25519")], check=True)
            (client_home.ssh / "id_ed25519").unlink()
            with open_transport(ssh_server.url) as transport:
                assert transport.run(["true"]).code == 0
        finally:
            agent.terminate()
            agent.wait()


class TestRefusals:
    """Each names the cause and the cure, and leaves no thread behind."""

    def refused(self, url):
        with pytest.raises(DeviceError) as caught, open_transport(url):
            pass
        assert caught.value.exit_code == 4
        assert caught.value.message.startswith(url)
        return caught.value

    def test_a_host_that_is_not_known(self, ssh_server, client_home):
        (client_home.ssh / "known_hosts").unlink()
        error = self.refused(ssh_server.url)
        assert f"the host key of [127.0.0.1]:{ssh_server.port} is not known" in error.message
        assert ssh_server.host_key.get_fingerprint() in error.message
        assert f"ssh -p {ssh_server.port} tester@127.0.0.1" in error.advice

    def test_a_host_whose_key_has_changed(self, ssh_server, client_home):
        (client_home.ssh / "known_hosts").unlink()
        ssh_server.host_key, kept = asyncssh.generate_private_key("ssh-ed25519"), ssh_server.host_key
        client_home.trust(ssh_server)
        error = self.refused(ssh_server.url)
        assert "is not the one in known_hosts" in error.message
        assert kept.get_fingerprint() in error.message
        assert "ssh-keygen -R" in error.advice

    def test_a_host_known_by_another_kind_of_key(self, ssh_server, client_home):
        (client_home.ssh / "known_hosts").unlink()
        ssh_server.host_key = asyncssh.generate_private_key("ecdsa-sha2-nistp256")
        client_home.trust(ssh_server)
        # both sides see that they have no key in common, and a server that hangs up first takes its reason with it
        told = (self.refused(ssh_server.url).message for _ in range(5))
        assert "is not the one in known_hosts" in next(
            sentence for sentence in told if "the link was lost" not in sentence
        )

    def test_a_key_that_is_revoked(self, ssh_server, client_home):
        (client_home.ssh / "known_hosts").unlink()
        client_home.trust(ssh_server)
        client_home.trust(ssh_server, f"@revoked [127.0.0.1]:{ssh_server.port}")
        assert "revoked" in self.refused(ssh_server.url).message

    def test_a_jump_host_that_is_not_known(self, ssh_server, client_home, tmp_path):
        with serving(tmp_path / "jump", client_home.public) as jump:
            configure(client_home, f"Host 127.0.0.1\n  ProxyJump x@localhost:{jump.port}\n")
            assert f"[localhost]:{jump.port} is not known" in self.refused(ssh_server.url).message

    def test_a_user_that_is_not_let_in(self, ssh_server, client_home):
        (client_home.ssh / "id_ed25519").unlink()
        error = self.refused(ssh_server.url)
        assert "tester@127.0.0.1 does not let this user in" in error.message
        assert "ssh-copy-id" in error.advice

    def test_a_key_with_a_passphrase(self, ssh_server, client_home):
        file = str(client_home.ssh / "id_ed25519")
        subprocess.run(["ssh-keygen", "-q", "-p", "-N", "secret", "-f", file], check=True, capture_output=True)
        assert "ssh-add" in self.refused(ssh_server.url).advice

    def test_nobody_listens(self, client_home):
        error = self.refused("ssh://127.0.0.1:1")
        assert "Connect" in error.message
        assert "is the device on" in error.advice

    def test_a_name_that_does_not_exist(self, client_home):
        assert "is the device on" in self.refused("ssh://no-such-host.invalid").advice

    def test_what_listens_is_no_ssh(self, ssh_server, client_home):
        import socket
        import threading

        with socket.create_server(("127.0.0.1", 0)) as listener:
            answer = threading.Thread(target=lambda: listener.accept()[0].sendall(b"HTTP/1.1 400 Bad\r\n" * 3000))
            answer.start()
            self.refused(f"ssh://127.0.0.1:{listener.getsockname()[1]}")
            answer.join()

    def test_what_listens_is_silent(self, client_home, monkeypatch):
        import socket

        monkeypatch.setattr("edgekit.devices.ssh.connect.LOGIN_SECONDS", 1)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            started = time.monotonic()
            self.refused(f"ssh://127.0.0.1:{listener.getsockname()[1]}")
            assert time.monotonic() - started < 20

    @pytest.fixture(autouse=True)
    def no_thread_is_left(self):
        import threading

        yield
        assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("ssh://")]


def foreign_errors():
    """Every class of exception that asyncssh defines, and those that sockets and pipes raise."""
    found = {
        concurrent.futures.CancelledError,
        OSError,
        ConnectionResetError,
        BrokenPipeError,
        TimeoutError,
        ConnectionRefusedError,
        EOFError,
        ValueError,
    }
    for module in pkgutil.iter_modules(asyncssh.__path__):
        try:
            members = vars(importlib.import_module(f"asyncssh.{module.name}")).values()
        except ImportError:  # for Windows, or for a library that is not there
            continue
        found |= {
            member
            for member in members
            if inspect.isclass(member) and issubclass(member, Exception) and member.__module__.startswith("asyncssh")
        }
    return sorted(found - {EOFError}, key=lambda kind: kind.__qualname__)


@pytest.mark.parametrize("kind", foreign_errors(), ids=lambda kind: kind.__qualname__)
def test_every_foreign_error_becomes_a_device_error(kind):
    error = kind.__new__(kind)
    error.args = ("what it says",)
    with pytest.raises(DeviceError) as caught, ssh_errors("ssh://pi", "connecting"):
        raise error
    assert caught.value.message.startswith("ssh://pi: ")
    assert isinstance(device_error(error, "ssh://pi", "connecting"), EdgekitError)


@pytest.mark.parametrize("interrupts", [1, 2])
def test_an_interrupt_while_connecting_leaves_nothing_undone(ssh_server, caplog, monkeypatch, interrupts):
    monkeypatch.setattr("edgekit.devices.ssh.transport._CLOSE_SECONDS", 0.5)
    ssh_server.stall()
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    timers = [threading.Timer(0.5 + 0.1 * each, os.kill, [os.getpid(), signal.SIGINT]) for each in range(interrupts)]
    threads = set(threading.enumerate())
    try:
        for timer in timers:
            timer.start()
        with pytest.raises(KeyboardInterrupt):
            open_transport(ssh_server.url).__enter__()
        with suppress(KeyboardInterrupt):
            for timer in timers:
                timer.join()
    finally:
        signal.signal(signal.SIGINT, before)
    for thread in set(threading.enumerate()) - threads:
        thread.join(20)
    assert set(threading.enumerate()) <= threads
    gc.collect()
    assert [record.getMessage() for record in caplog.records if record.name == "asyncio"] == []


def test_importing_the_command_line_loads_no_asyncssh():
    script = "import sys, edgekit.cli, edgekit.devices.open_device\n"
    script += "print('asyncssh' in sys.modules, 'cryptography' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_groups_are_seen():
    """The check that the tests above rest on: it sees a process group, and its end."""
    process = subprocess.Popen(["sleep", "60"], start_new_session=True)
    assert runs(process.pid)
    process.kill()
    process.wait()
    assert not runs(process.pid)


def test_where_names_what_was_given():
    assert SshTransport("pi").where == "ssh://pi"
    assert SshTransport("::1", "pi", 2222).where == "ssh://pi@[::1]:2222"
