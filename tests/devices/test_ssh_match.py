"""What a `Match` of ssh's configuration asks for, and those that newer releases of OpenSSH know alone."""

import pytest
from real_sshd import reached, refused

from edgekit.devices.ssh.host_config import HostConfig


def configure(client_home, text):
    (client_home.ssh / "config").write_text(text)


@pytest.mark.parametrize(
    ("asked", "holds"),
    [
        ('exec "test %n = kitchen"', True),
        ('exec "test %n:%r:%p = kitchen:cook:22"', True),
        ('exec="test %n = hall"', False),
        ('!exec "test %n = hall" host=kitchen', True),
        ('originalhost=kitchen exec "test %% = %%"', True),
        ('user cook !host="hall,attic"', True),
    ],
)
def test_what_a_match_asks_for(client_home, machines_file, asked, holds):
    configure(client_home, f"Host kitchen\n  User cook\nMatch {asked}\n  Port 7\n")
    assert HostConfig("kitchen", None, None).get("Port") == (7 if holds else None)


def test_match(client_home, machines_file):
    configure(
        client_home, "Match final host=x.lan\n  Port 5\nHost x\n  HostName x.lan\nMatch originalhost y\n  Port 6\n"
    )
    assert [HostConfig(name, None, None).get("Port") for name in ("x", "y", "z")] == [5, 6, None]


def foreign(client_home, kind):
    return f"{client_home.ssh}/config line 1: what Match {kind} asks for is not known here"


@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        ("localnetwork 10.0.0.0/8,127.0.0.0/8", "localnetwork"),
        ("!localnetwork 10.0.0.0/8", "localnetwork"),
        ("version OpenSSH_10*", "version"),
        ('sessiontype=exec user "*"', "sessiontype"),
        ("host kitchen Command *", "command"),
        ("!command none", "command"),
        ("yet-to-come x", "yet-to-come"),
        ("yet-to-come", "yet-to-come"),
    ],
)
def test_one_that_asks_for_what_is_not_known_never_holds(client_home, machines_file, asked, kind):
    configure(client_home, f"Match {asked}\n  Port 1\nHost kitchen\n  Port 2\nMatch final all\n  User cook\n")
    config = HostConfig("kitchen", None, None)
    assert (config.get("Port"), config.user) == (2, "cook")
    assert config.notes == [foreign(client_home, kind)]


def test_one_of_another_host_is_not_told(client_home, machines_file):
    configure(client_home, "Match localnetwork 10.0.0.0/8 host hall\n  Port 1\n")
    assert HostConfig("kitchen", None, None).notes == []
    assert HostConfig("hall", None, None).notes == [foreign(client_home, "localnetwork")]


def test_it_is_told_whatever_then_fails(ssh_server, client_home, machines_file):
    block = "Match localnetwork 10.0.0.0/8\n  Port 1\nHost kitchen\n  HostName 127.0.0.1\n"
    told = f"passed over: {foreign(client_home, 'localnetwork')}"
    configure(client_home, f"{block}  Port {ssh_server.port}\n  User tester\n")
    assert reached("ssh://kitchen")
    configure(client_home, f"{block}  Port {ssh_server.port}\n  User tester\n  IdentityFile none\n")
    assert refused("ssh://kitchen").advice.endswith(told)
    (client_home.ssh / "known_hosts").write_text("")
    assert refused("ssh://kitchen").advice.endswith(told)
    configure(client_home, f"{block}  Port 1\n")
    assert refused("ssh://kitchen").advice.endswith(told)
