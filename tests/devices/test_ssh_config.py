"""What `ssh` reads before it connects: configuration, jump hosts, key files and the agent's keys, by real servers."""

import getpass
import os
import subprocess
import time

import pytest
from command_line import edgekit
from real_sshd import needs_sshd, reached, real_sshd, refused
from ssh_server import serving

from edgekit.devices.ssh.hop import Hop, jump_hops
from edgekit.devices.ssh.host_config import HostConfig


def configure(client_home, text):
    (client_home.ssh / "config").write_text(text)


def new_key(file, *, kind="ed25519", passphrase=""):
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", "", "-f", file], check=True)
    return file


class TestFiles:
    def test_the_machines_is_read_after_the_users(self, ssh_server, client_home, machines_file):
        (machines_file.parent / "ssh_config.d").mkdir()
        (machines_file.parent / "ssh_config.d" / "20.conf").write_text("Host kitchen\n  Port 2\n  User tester\n")
        (machines_file.parent / "ssh_config.d" / "10.conf").write_text(f"Host kitchen\n  Port {ssh_server.port}\n")
        machines_file.write_text(
            "Include ssh_config.d/*.conf\nHost kitchen\n  HostName nowhere.invalid\n  User nobody\n"
        )
        configure(client_home, "Host kitchen\n  HostName 127.0.0.1\n")
        assert reached("ssh://kitchen")
        assert edgekit("devices", "doctor", "ssh://kitchen")[0] in (0, 3)

    def test_without_one_of_the_users(self, ssh_server, client_home, machines_file):
        machines_file.write_text(f"Host kitchen\n  HostName 127.0.0.1\n  User tester\n  Port {ssh_server.port}\n")
        assert reached("ssh://kitchen")

    def test_includes_of_a_host(self, client_home, machines_file):
        configure(client_home, "Host a\n  Include more\n  User of_a\nHost b\n  User of_b\n")
        (client_home.ssh / "more").write_text("Port 7\nHost b\n  Port 8\n")
        assert (HostConfig("a", None, None).get("Port"), HostConfig("a", None, None).user) == (7, "of_a")
        assert (HostConfig("b", None, None).get("Port"), HostConfig("b", None, None).user) == (None, "of_b")

    def test_includes_in_a_circle(self, client_home, machines_file):
        configure(client_home, "Include config\n")
        assert "Includes lead through too many files" in refused("ssh://a").message

    def test_what_is_foreign(self, ssh_server, client_home, machines_file):
        text = f"""\ufeff# Latin-1: \xe4
=
UnknownOption yes
ServerAliveInterval 1m
Host kitchen # the small one
\tHostName=127.0.0.1
  Port = {ssh_server.port} # as set
  User "tester"
  ConnectTimeout 1m30s
  PubkeyAuthentication unbound
"""
        (client_home.ssh / "config").write_bytes(
            text.encode().replace("\xe4".encode(), b"\xe4").replace(b"\n", b"\r\n")
        )
        assert reached("ssh://kitchen")
        assert HostConfig("kitchen", None, None).get("ConnectTimeout") == 90

    @pytest.mark.parametrize(
        "line",
        [
            "Port fortytwo",
            "Port 65536",
            "Port -1",
            "ConnectTimeout soon",
            'User "x',
            "Port",
            "User a b",
            "Match host",
            'Match ""',
        ],
    )
    def test_what_ssh_refuses(self, client_home, machines_file, line):
        configure(client_home, f"Host *\n  {line}\n")
        message = refused("ssh://a").message
        assert f"{client_home.ssh}/config line 2" in message

    def test_tokens(self, client_home, machines_file):
        configure(
            client_home,
            "Host kitchen\n  HostName %h.lan\n  User pi\n  IdentityFile ~/.ssh/%r@%h\n  HostKeyAlias small\n"
            "  UserKnownHostsFile ~/.ssh/kh_%k /x%%y\n",
        )
        config = HostConfig("kitchen", None, None)
        assert config.address == "kitchen.lan"
        assert config.strings("IdentityFile") == ["~/.ssh/pi@kitchen.lan"]
        assert config.strings("UserKnownHostsFile") == ["~/.ssh/kh_small", "/x%y"]

    @needs_sshd
    @pytest.mark.parametrize(
        "text",
        [
            "Host a\n Port 5\nHost *\n Port 6\n User u\n",
            "Port 7\nHost a\n Port 5\n",
            'Host "a" b\n User="x y"\n HostName %h.lan\n',
            "Host !a *\n Port 5\nMatch host a\n User m\n",
            "Host a\n ProxyJump x@[::1]:5,y\n",
            "Host a\n ProxyJump none\n ProxyCommand nc %h %p\n",
            "Host a\n IdentityFile k1\n IdentityFile 'k 2'\n IdentitiesOnly yes\nHost *\n IdentityFile k3\n",
            "host A\n port 5\n",
            "Host a\n Port telnet\n",
        ],
    )
    def test_as_ssh_itself_reads_it(self, client_home, machines_file, text):
        configure(client_home, text)
        output = subprocess.run(["ssh", "-G", "-F", client_home.ssh / "config", "a"], capture_output=True, check=True)
        theirs = {}
        for line in output.stdout.decode().splitlines():
            keyword, _, value = line.partition(" ")
            theirs.setdefault(keyword, []).append(value)
        config = HostConfig("a", None, None)
        assert [config.address] == theirs["hostname"]
        assert [str(config.get("Port", 22))] == theirs["port"]
        assert [config.user] == theirs["user"]
        if config.strings("IdentityFile"):
            assert config.strings("IdentityFile") == theirs["identityfile"]
        jump = config.get("ProxyJump")
        assert ([jump] if jump else None) == theirs.get("proxyjump")


class TestJumps:
    @pytest.mark.parametrize(
        ("text", "hops"),
        [
            ("a", [Hop("a")]),
            ("me@a:5", [Hop("a", "me", 5)]),
            ("me@[::1]:2222", [Hop("::1", "me", 2222)]),
            ("[fe80::1%eth0]", [Hop("fe80::1%eth0")]),
            ("::1", [Hop("::1")]),
            ("ssh://a", [Hop("a")]),
            ("ssh://me@a:5/", [Hop("a", "me", 5)]),
            ("SSH://m%40x@[::1]:5", [Hop("::1", "m@x", 5)]),
            ("a@b@c:1, d , ssh://e", [Hop("c", "a@b", 1), Hop("d"), Hop("e")]),
        ],
    )
    def test_forms(self, text, hops):
        assert jump_hops(text) == hops

    @pytest.mark.parametrize("text", ["", "a,,b", "@a", "a:0", "a:70000", "a:x", "[::1", "a b", "ssh://", "http://a"])
    def test_what_is_none(self, client_home, machines_file, text):
        with pytest.raises(ValueError, match="is no host of a ProxyJump"):
            jump_hops(text)

    def test_a_wrong_one_is_named(self, client_home, machines_file):
        configure(client_home, "Host a\n  ProxyJump b:x\n")
        assert "'b:x' is no host of a ProxyJump" in refused("ssh://a").message

    @pytest.mark.parametrize("form", ["tester@127.0.0.1:{}", "ssh://tester@127.0.0.1:{}", "%r@127.0.0.1:{}"])
    def test_the_way_there(self, ssh_server, client_home, machines_file, tmp_path, form):
        with serving(tmp_path / "behind", client_home.public) as behind:
            client_home.trust(behind)
            jump = form.format(ssh_server.port)
            configure(
                client_home,
                f"Host 127.0.0.1\n  User tester\nMatch originalhost b\n  ProxyJump {jump}\n  User tester\n",
            )
            with (client_home.ssh / "config").open("a") as file:
                file.write(f"Host b\n  HostName 127.0.0.1\n  Port {behind.port}\n")
            assert reached("ssh://b")
            assert ssh_server.jumps == [f"127.0.0.1:{behind.port}"]

    def test_several(self, ssh_server, client_home, machines_file, tmp_path):
        with (
            serving(tmp_path / "second", client_home.public) as second,
            serving(tmp_path / "behind", client_home.public) as behind,
        ):
            client_home.trust(second)
            client_home.trust(behind)
            hops = f"tester@127.0.0.1:{ssh_server.port},ssh://tester@127.0.0.1:{second.port}"
            configure(
                client_home, f"Host b\n  HostName 127.0.0.1\n  Port {behind.port}\n  User tester\n  ProxyJump {hops}\n"
            )
            assert reached("ssh://b")
            assert ssh_server.jumps == [f"127.0.0.1:{second.port}"]
            assert second.jumps == [f"127.0.0.1:{behind.port}"]

    def test_none(self, ssh_server, client_home, machines_file):
        machines_file.write_text("Host *\n  ProxyJump nowhere.invalid\n")
        configure(client_home, "Host 127.0.0.1\n  ProxyJump none\n")
        assert reached(ssh_server.url)

    @pytest.mark.parametrize("first", ["ProxyJump nowhere.invalid", "ProxyCommand false"])
    def test_which_of_two_comes_first(self, ssh_server, client_home, machines_file, first):
        configure(
            client_home, f"Host 127.0.0.1\n  {first}\nHost *\n  ProxyCommand false\n  ProxyJump nowhere.invalid\n"
        )
        assert ("its jump host nowhere.invalid" in refused(ssh_server.url).message) == ("Jump" in first)

    def test_messages_name_the_hop(self, ssh_server, client_home, machines_file, tmp_path):
        there = (
            f"Host b\n  HostName 127.0.0.1\n  Port 1\n  User tester\n  ProxyJump tester@127.0.0.1:{ssh_server.port}"
        )
        configure(client_home, f"{there}\n")
        message = refused("ssh://b").message
        assert message.startswith(f"ssh://b: connecting by way of tester@127.0.0.1:{ssh_server.port}: ")
        configure(client_home, f"{there},x@127.0.0.1:2\n")
        message = refused("ssh://b").message
        assert message.startswith("ssh://b: its jump host x@127.0.0.1:2: connecting: ")
        configure(client_home, "Host b\n  ProxyJump x@127.0.0.1:1\n")
        assert refused("ssh://b").message.startswith("ssh://b: its jump host x@127.0.0.1:1: connecting: ")

    def test_a_hop_that_does_not_let_us_in(self, ssh_server, client_home, machines_file, tmp_path):
        key = new_key(tmp_path / "stranger")
        jump = f"tester@127.0.0.1:{ssh_server.port}"
        configure(client_home, f"Host b\n  ProxyJump {jump}\nHost 127.0.0.1\n  IdentityFile {key}\n")
        message = refused("ssh://b").message
        assert message.startswith(f"ssh://b: its jump host {jump}: tester@127.0.0.1 does not let this user in")


class TestKeyFiles:
    """A key file that is of no use ends nothing; where none is of use, each is named with the reason."""

    @pytest.fixture(params=["empty", "putty", "public", "rubbish", "passphrase", "open", "folder", "absent", "latin"])
    def useless(self, request, client_home):
        file = client_home.ssh / "useless"
        output = {
            "empty": "is empty",
            "putty": "is a key of PuTTY's",
            "public": "holds a public key alone",
            "rubbish": "is no private key",
            "passphrase": f"has a passphrase, and no agent has the key: ssh-add {file}",
            "open": f"may be used by others (mode 0644), so that ssh takes it not either: chmod 600 {file}",
            "folder": "is no file",
            "absent": "is not there",
            "latin": "cannot be read",
        }[request.param]
        if request.param in ("passphrase", "open"):
            new_key(file, passphrase="secret" if request.param == "passphrase" else "")
            file.chmod(0o644 if request.param == "open" else 0o600)
        elif request.param == "folder":
            file.mkdir()
        elif request.param != "absent":
            content = {
                "putty": b"PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n",
                "public": client_home.public.read_bytes(),
                "rubbish": b"\0\xff not a key",
                "latin": b"-----BEGIN OPENSSH PRIVATE KEY-----\n\xe4\n-----END OPENSSH PRIVATE KEY-----\n",
            }
            file.write_bytes(content.get(request.param, b""))
            file.chmod(0o600)
        return file, output

    def test_is_passed_over(self, ssh_server, client_home, machines_file, useless):
        configure(client_home, f"IdentityFile {useless[0]}\nIdentityFile ~/.ssh/id_ed25519\n")
        assert reached(ssh_server.url)

    def test_is_named(self, ssh_server, client_home, machines_file, useless):
        configure(client_home, f"IdentityFile {useless[0]}\n")
        error = refused(ssh_server.url)
        assert "does not let this user in" in error.message
        assert f"passed over: {useless[0]} {useless[1]}" in error.advice

    def test_one_of_the_usual_ones(self, ssh_server, client_home, machines_file):
        (client_home.ssh / "id_rsa").touch()
        (client_home.ssh / "id_ecdsa").write_text("PuTTY-User-Key-File-2: ecdsa\n")
        assert reached(ssh_server.url)
        (client_home.ssh / "id_ed25519").unlink()
        advice = refused(ssh_server.url).advice
        assert "id_rsa is empty" in advice
        assert "id_ecdsa is a key of PuTTY's" in advice


@pytest.fixture
def agent(tmp_path, monkeypatch, client_home):
    """An agent that holds the client's key, of which the public half alone is on disk, and six others before it."""
    socket = tmp_path / "agent"
    process = subprocess.Popen(["ssh-agent", "-D", "-a", socket], stdout=subprocess.DEVNULL)
    while not socket.exists():
        time.sleep(0.02)
    monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))
    others = [new_key(tmp_path / f"other{number}") for number in range(6)]
    subprocess.run(["ssh-add", "-q", *others, client_home.ssh / "id_ed25519"], check=True)
    (client_home.ssh / "id_ed25519").rename(client_home.ssh / "x")
    (client_home.ssh / "x").unlink()
    client_home.public.rename(client_home.ssh / "x.pub")
    yield others
    process.terminate()
    process.wait()


@needs_sshd
class TestAgent:
    @pytest.fixture
    def board(self, tmp_path, client_home, machines_file, agent):
        authorized = client_home.ssh / "x.pub"
        with real_sshd(tmp_path / "sshd", authorized, "LogLevel VERBOSE", "MaxAuthTries 3") as server:
            names = f"[127.0.0.1]:{server.port}"
            (client_home.ssh / "known_hosts").write_text(f"{names} {server.keys['ed25519']}\n")
            yield server

    def offered(self, board):
        """The fingerprints of the keys that were refused, and of the one that was taken."""
        lines = (board.folder / "log").read_text().splitlines()
        return [line.rpartition(" ")[2] for line in lines if "SHA256:" in line and " publickey " in line]

    def fingerprint(self, file):
        output = subprocess.run(["ssh-keygen", "-l", "-f", file], capture_output=True, check=True, text=True)
        return output.stdout.split()[1]

    @pytest.mark.parametrize("named", ["x", "x.pub"])
    def test_the_public_half_chooses_the_agents_key(self, board, client_home, named):
        configure(client_home, f"Host *\n  IdentityFile ~/.ssh/{named}\n")
        assert reached(board.url())
        assert self.offered(board) == [self.fingerprint(client_home.ssh / "x.pub")]

    def test_an_identity_of_a_user_who_is_not_there(self, board, client_home):
        configure(client_home, "Host *\n  IdentityFile ~nobody-of-this-name/x\n  IdentityFile ~/.ssh/x\n")
        assert reached(board.url())

    @pytest.mark.parametrize("held", ["file", "agent"])
    @pytest.mark.parametrize("named", ["beside it", "CertificateFile"])
    def test_a_certificate(self, client_home, machines_file, agent, tmp_path, held, named):
        authority, key = new_key(tmp_path / "authority"), agent[0]
        sign = ["ssh-keygen", "-q", "-s", authority, "-I", "me", "-n", getpass.getuser(), key.with_suffix(".pub")]
        subprocess.run(sign, check=True, capture_output=True)
        text = f"Host *\n  IdentitiesOnly yes\n  IdentityFile {key}\n"
        if named == "CertificateFile":
            (tmp_path / "other0-cert.pub").rename(tmp_path / "mine")
            text += f"  CertificateFile {tmp_path}/mine\n"
        configure(client_home, text)
        if held == "file":
            subprocess.run(["ssh-add", "-q", "-D"], check=True, capture_output=True)
        else:
            key.unlink()
        nobody = tmp_path / "nobody"
        nobody.touch()
        with real_sshd(tmp_path / "sshd", nobody, f"TrustedUserCAKeys {authority}.pub") as server:
            line = f"[127.0.0.1]:{server.port} {server.keys['ed25519']}\n"
            (client_home.ssh / "known_hosts").write_text(line)
            assert reached(server.url())

    def test_too_many_keys(self, board):
        error = refused(board.url())
        assert "does not let this user in" in error.message
        assert "IdentitiesOnly yes" in error.advice

    @pytest.mark.parametrize("named", ["absent", "other.pub", "none"])
    def test_never_more_than_named(self, board, client_home, agent, named):
        (client_home.ssh / "other.pub").write_bytes(agent[0].with_suffix(".pub").read_bytes())
        name = named if named == "none" else f"~/.ssh/{named}"
        configure(client_home, f"Host *\n  IdentityFile {name}\n  IdentitiesOnly yes\n")
        assert "does not let this user in" in refused(board.url()).message
        expected = [self.fingerprint(agent[0])] if named == "other.pub" else []
        assert self.offered(board) == expected

    def test_only_the_usual_ones(self, board, client_home):
        configure(client_home, "Host *\n  IdentitiesOnly yes\n")
        assert "does not let this user in" in refused(board.url()).message
        assert self.offered(board) == []
        (client_home.ssh / "id_ed25519.pub").write_bytes((client_home.ssh / "x.pub").read_bytes())
        assert reached(board.url())

    @pytest.mark.parametrize("where", ["none", "/nowhere/agent"])
    def test_no_agent(self, board, client_home, where):
        configure(client_home, f"Host *\n  IdentityAgent {where}\n  IdentityFile ~/.ssh/x\n")
        advice = refused(board.url()).advice
        assert f"{client_home.ssh}/x is not there, and no agent has its key" in advice
        assert ("the agent at /nowhere/agent" in advice) == (where != "none")

    def test_an_agent_by_its_variable(self, board, client_home, monkeypatch):
        monkeypatch.setenv("OTHER", os.environ["SSH_AUTH_SOCK"])
        monkeypatch.delenv("SSH_AUTH_SOCK")
        configure(client_home, "Host *\n  IdentityAgent $OTHER\n  IdentityFile ~/.ssh/x\n")
        assert reached(board.url())
