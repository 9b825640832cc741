"""Whose key a host shows: known by the name that was asked for, as OpenSSH does it, and told by a real sshd."""

import subprocess

import asyncssh
import pytest
from command_line import edgekit
from real_sshd import agreed, known, needs_sshd, other_key, reached, real_sshd, refused

from edgekit.devices.ssh.errors import Seen, device_error
from edgekit.devices.ssh.known_hosts import KnownHosts

pytestmark = needs_sshd


@pytest.fixture(scope="module")
def board(tmp_path_factory):
    """A board with two host keys, that lets in whoever's key is in `authorized`."""
    folder = tmp_path_factory.mktemp("board")
    (folder / "authorized").touch()
    with real_sshd(folder / "sshd", folder / "authorized", keys=("ed25519", "ecdsa")) as server:
        server.authorized = folder / "authorized"
        yield server


@pytest.fixture
def client(client_home, board):
    board.authorized.write_bytes(client_home.public.read_bytes())
    return client_home


def hashed(client, *lines):
    known(client, *lines)
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", client.ssh / "known_hosts"], check=True, capture_output=True)


class TestTheName:
    """`localhost` and `127.0.0.1` are two names of one address: two boards that have swapped theirs."""

    @pytest.mark.parametrize("hide", [known, hashed])
    def test_an_address_that_is_known_says_nothing_of_a_name(self, client, board, hide):
        key = board.keys["ed25519"]
        hide(client, f"[127.0.0.1]:{board.port} {key}")
        assert reached(board.url())
        assert f"[localhost]:{board.port} is not known" in refused(board.url("localhost")).message

    def test_a_name_known_by_another_key_at_an_address_that_is_known(self, client, board):
        known(client, f"[127.0.0.1]:{board.port} {board.keys['ed25519']}", f"[localhost]:{board.port} {other_key()}")
        error = refused(board.url("localhost"))
        assert f"the host key of [localhost]:{board.port} is not the one in known_hosts" in error.message
        assert f"the key shown is that of [127.0.0.1]:{board.port}" in error.message
        assert f"ssh-keygen -R '[localhost]:{board.port}'" in error.advice
        code, out, _ = edgekit("devices", "doctor", board.url("localhost"))
        assert code == 4
        assert f"the key shown is that of [127.0.0.1]:{board.port}" in out

    def test_two_boards_that_swap_addresses(self, client, board, tmp_path):
        with real_sshd(tmp_path / "bedroom", board.authorized) as bedroom:
            config = client.ssh / "config"
            names = "Host {}\n  HostKeyAlias {}\n  HostName 127.0.0.1\n  User {}\n  Port {}\n"
            known(client, f"kitchen {board.keys['ed25519']}", f"bedroom {bedroom.keys['ed25519']}")
            places = {"kitchen": board.port, "bedroom": bedroom.port}
            config.write_text("".join(names.format(n, n, board.user, port) for n, port in places.items()))
            assert reached("ssh://kitchen")
            assert reached("ssh://bedroom")
            swapped = {"kitchen": bedroom.port, "bedroom": board.port}
            config.write_text("".join(names.format(n, n, board.user, port) for n, port in swapped.items()))
            for name, really in (("kitchen", "bedroom"), ("bedroom", "kitchen")):
                error = refused(f"ssh://{name}")
                assert f"the host key of {name} is not the one" in error.message
                assert f"the key shown is that of {really}" in error.message

    def test_a_range_of_addresses_is_no_name(self, client, board):
        known(client, f"127.0.0.0/8 {board.keys['ed25519']}")
        assert "is not known" in refused(board.url("localhost")).message

    def test_the_address_of_loopback_is_not_asked_for(self, client, board):
        known(client, f"[localhost]:{board.port} {board.keys['ed25519']}", f"[127.0.0.1]:{board.port} {other_key()}")
        (client.ssh / "config").write_text("Host *\n  CheckHostIP yes\n")
        assert reached(board.url("localhost"))

    def test_an_alias_has_no_port(self, client, board):
        (client.ssh / "config").write_text("Host *\n  HostKeyAlias Pi\n")
        known(client, f"[pi]:{board.port} {board.keys['ed25519']}")
        assert "the host key of Pi is not known" in refused(board.url()).message
        known(client, f"pi {board.keys['ed25519']}")
        assert reached(board.url())

    def test_the_alias_alone_counts(self, client, board):
        (client.ssh / "config").write_text("Host *\n  HostKeyAlias pi\n")
        known(client, f"[127.0.0.1]:{board.port} {board.keys['ed25519']}", f"pi {other_key()}")
        assert "the host key of pi is not the one" in refused(board.url()).message


class TestLines:
    @pytest.mark.parametrize(
        "names",
        [
            "[localhost]:{port}",
            "other,[LOCALHOST]:{port}",
            "[local*]:{port}",
            "[local????]:*",
            "*",
            # a port that is not named: as OpenSSH, where nothing is known with one
            "localhost",
        ],
    )
    def test_names_that_hold(self, client, board, names):
        known(client, f"{names.format(port=board.port)} {board.keys['ed25519']} a comment")
        assert agreed(client, board, "LocalHost")

    @pytest.mark.parametrize(
        "names",
        ["[localhost]:1", "*,![localhost]:{port},!localhost", "!*", "!localhost", "local", "[l]*"],
    )
    def test_names_that_do_not(self, client, board, names):
        known(client, f"{names.format(port=board.port)} {board.keys['ed25519']}")
        assert not agreed(client, board, "localhost")

    @pytest.mark.parametrize("names", ["*,![localhost]:{port}", "*,!\\[local*", "?ocal*", "[localhost]:*,x"])
    def test_odd_patterns_that_hold(self, client, board, names):
        known(client, f"{names.format(port=board.port)} {board.keys['ed25519']}")
        assert agreed(client, board, "localhost")

    def test_one_of_two_keys(self, client, board):
        for kind in ("ed25519", "ecdsa"):
            known(client, f"[127.0.0.1]:{board.port} {board.keys[kind]}")
            assert agreed(client, board, "127.0.0.1")

    def test_one_right_key_of_several(self, client, board):
        name = f"[127.0.0.1]:{board.port}"
        known(client, f"{name} {other_key()}", f"{name} {board.keys['ed25519']}")
        assert reached(board.url())

    @pytest.mark.parametrize("names", ["[127.0.0.1]:{port}", "127.0.0.1", "*"])
    def test_a_revoked_key(self, client, board, names):
        key = board.keys["ed25519"]
        known(client, f"[127.0.0.1]:{board.port} {key}", f"@revoked {names.format(port=board.port)} {key}")
        assert "is revoked in known_hosts" in refused(board.url()).message

    def test_a_key_that_the_configuration_revokes(self, client, board):
        known(client, f"[127.0.0.1]:{board.port} {board.keys['ed25519']}")
        revoked = client.ssh / "revoked"
        (client.ssh / "config").write_text(f"Host *\n  RevokedHostKeys {revoked}\n")
        revoked.write_text(f"# the thief's\n\n{other_key()}\n")
        assert reached(board.url())
        revoked.write_text(f"# the thief's\n{other_key()}\n{board.keys['ed25519']} a comment\n")
        assert "is revoked in known_hosts or by RevokedHostKeys" in refused(board.url()).message
        revoked.write_bytes(b"SSHKRL\n\0\0\0\0\1")
        assert f"RevokedHostKeys names {revoked}: not all of its lines are public keys" in refused(board.url()).message
        revoked.unlink()
        assert f"RevokedHostKeys names {revoked}: No such file" in refused(board.url()).message


FOREIGN = [
    (b"=", "it is no host with a kind of key and a key"),
    (b"\0\0\0\0", "it is no host with a kind of key and a key"),
    (b"host\0ssh-ed25519", "it is no host with a kind of key and a key"),
    (b"|1|x| ssh-ed25519 AAAA", "its hashed name is broken"),
    (b"|1|..| ssh-ed25519 AAAA", "its hashed name is broken"),
    (b"|2|YWJj|YWJj ssh-ed25519 AAAA", "its hashed name is broken"),
    (b"@strange host ssh-ed25519 AAAA", "the marker '@strange' is not known"),
    (b"@revoked", "it is no host with a kind of key and a key"),
    (b"@revoked host", "it is no host with a kind of key and a key"),
    (b"host ssh-ed25519 not=base64!", "its key, of kind 'ssh-ed25519', cannot be read"),
    (b"host ssh-new AAAAB3NzaC1yc2E", "its key, of kind 'ssh-new', cannot be read"),
    (b"h\xf6st ssh-ed25519 \xff", "its key, of kind 'ssh-ed25519', cannot be read"),
    (b"x" * 1_000_000, "it is no host with a kind of key and a key"),
    (b"host 1024 35 1234567890 me@old", "its key, of kind '1024', cannot be read"),
]


# one of each kind, with which a host is really reached
CONNECTED = (0, 4, 6, 11, 12)


class TestForeignLines:
    """What cannot be read is passed over, as `ssh` does, and named where nothing else was found."""

    @pytest.mark.parametrize(("line", "reason"), FOREIGN, ids=range(len(FOREIGN)))
    def test_is_named(self, tmp_path, line, reason):
        file = tmp_path / "known_hosts"
        file.write_bytes(b"# Latin-1: \xe4\n\r\n" + line + b"\nhost comm\xe9nt\r\n")
        assert KnownHosts([file]).skipped[0] == f"{file} line 3: {reason}"

    @pytest.mark.parametrize(
        ("line", "reason"),
        [
            pytest.param(*foreign, marks=() if number in CONNECTED else pytest.mark.slow, id=str(number))
            for number, foreign in enumerate(FOREIGN)
        ],
    )
    def test_is_passed_over(self, client, board, line, reason):
        file = client.ssh / "known_hosts"
        right = f"[127.0.0.1]:{board.port} {board.keys['ed25519']}".encode()
        file.write_bytes(b"# Latin-1: \xe4\n\r\n" + line + b"\n" + right + b" comm\xe9nt\r\n")
        assert agreed(client, board, "127.0.0.1")
        assert KnownHosts([file]).skipped == [f"{file} line 3: {reason}"]
        error = refused(board.url("localhost"))
        assert "is not known" in error.message
        assert f"passed over: {file} line 3: {reason}" in error.advice

    def test_many(self, client, board):
        known(client, *["="] * 2000)
        assert "and 1995 more" in refused(board.url()).advice

    def test_a_key_of_another_kind_than_it_says(self, client, board):
        known(client, f"[127.0.0.1]:{board.port} {board.keys['ed25519'].replace('ssh-ed25519', 'ssh-rsa')}")
        assert "line 1: its key" in refused(board.url()).advice

    def test_a_file_that_cannot_be_read(self, client, board):
        (client.ssh / "known_hosts").mkdir()
        assert "is not known" in refused(board.url()).message


class TestTheAddress:
    """CheckHostIP, of an address as a board in a network has one."""

    def look_up(self, tmp_path, *lines):
        (tmp_path / "known_hosts").write_text("".join(f"{line}\n" for line in lines))
        seen = Seen(KnownHosts([tmp_path / "known_hosts"]), "board", 2222, "pi@board", 2222, checks_address=True)
        return seen, seen.look_up("board", "192.0.2.1", 2222).trusted

    def test_that_has_another_key(self, tmp_path):
        key, other = other_key(), other_key()
        seen, trusted = self.look_up(tmp_path, f"[board]:2222 {key}", f"[192.0.2.1]:2222 {other}")
        assert trusted == []
        seen.show(asyncssh.import_public_key(key))
        error = device_error(asyncssh.HostKeyNotVerifiable("Host key is not trusted for host board"), "x", "y", seen)
        assert (
            "is not the one that known_hosts has of its address, [192.0.2.1]:2222, which CheckHostIP" in error.message
        )
        assert error.advice.endswith("ssh-keygen -R '[192.0.2.1]:2222'")
        seen.show(asyncssh.import_public_key(other))
        error = device_error(asyncssh.HostKeyNotVerifiable("Host key is not trusted for host board"), "x", "y", seen)
        assert "the host key of [board]:2222 is not the one in known_hosts" in error.message
        assert "the key shown is that of [192.0.2.1]:2222" in error.message

    def test_that_has_the_same_or_none(self, tmp_path):
        key = other_key()
        assert len(self.look_up(tmp_path, f"[board]:2222 {key}")[1]) == 1
        assert len(self.look_up(tmp_path, f"[board]:2222,[192.0.2.1]:2222 {key}")[1]) == 1


class TestCommand:
    """KnownHostsCommand: what it prints is read as a file's lines are."""

    @pytest.fixture
    def command(self, client):
        file = client.home / "known hosts"

        def write(text):
            file.write_text(f"#!/bin/sh\n{text}\n")
            file.chmod(0o755)
            (client.ssh / "config").write_text(f'Host *\n  KnownHostsCommand "{file}" %H %I\n')
            return file

        return write

    def test_is_asked(self, client, board, command):
        command(f'echo "= $1"; test "$2" = HOSTNAME && echo "$1 {board.keys["ed25519"]}"')
        assert reached(board.url("localhost"))
        file = command(f'echo =; echo "$1 {other_key()}"')
        error = refused(board.url())
        assert "is not the one in known_hosts" in error.message
        assert f"passed over: KnownHostsCommand {file} line 1: it is no host" in error.advice

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("echo 'no net' >&2; exit 3", "it ended with 3: no net"),
            ("exec sleep 20", "it did not end within 0.3 s"),
        ],
    )
    def test_that_fails(self, client, board, command, monkeypatch, text, told):
        known(client, f"[127.0.0.1]:{board.port} {board.keys['ed25519']}")
        monkeypatch.setattr("edgekit.devices.ssh.known_hosts.COMMAND_SECONDS", 0.3)
        file = command(text)
        message = refused(board.url()).message
        assert f"no host's key is taken, as KnownHostsCommand {file} failed: {told}" in message

    def test_that_asks_for_the_key(self, client, board):
        known(client, f"[127.0.0.1]:{board.port} {board.keys['ed25519']}")
        (client.ssh / "config").write_text("Host *\n  KnownHostsCommand /bin/echo %H %K\n")
        assert "KnownHostsCommand asks for the key that the host shows" in refused(board.url()).message

    @pytest.mark.parametrize(
        ("command", "told"),
        [("/nowhere/keys %H", "No such file or directory"), ("echo %H", "it is named by no absolute path")],
    )
    def test_that_cannot_run(self, command, told):
        with pytest.raises(ValueError, match=f"KnownHostsCommand {command.split()[0]} failed: {told}"):
            KnownHosts([], command=command.split())
