"""What ssh's configuration says of algorithms, with a host that takes some of them alone."""

import subprocess

import pytest
from real_sshd import reached, refused


def configure(client_home, line):
    (client_home.ssh / "config").write_text(f"Host *\n  {line}\n")


@pytest.mark.parametrize(
    ("line", "sort", "taken"),
    [
        ("KexAlgorithms sntrup4591761x25519-sha512@tinyssh.org", "key exchange", "none"),
        ("KexAlgorithms diffie-hellman-group1-sha1", "key exchange", "diffie-hellman-group1-sha1"),
        ("HostKeyAlgorithms ecdsa-sha2-nistp256", "host key", "ecdsa-sha2-nistp256"),
        ("Ciphers 3des-cbc", "cipher", "3des-cbc"),
    ],
)
def test_none_in_common(ssh_server, client_home, line, sort, taken):
    configure(client_home, line)
    error = refused(ssh_server.url)
    assert f": no {sort} algorithm in common: the host takes " in error.message
    assert error.message.endswith(f"; edgekit takes {taken}")
    assert error.advice.startswith(f"{line.split()[0]} in the configuration of ssh")


def test_no_kind_of_host_key_left(ssh_server, client_home):
    configure(client_home, "HostKeyAlgorithms ssh-of-tomorrow")
    assert "HostKeyAlgorithms in the configuration of ssh leaves none" in refused(ssh_server.url).message


@pytest.mark.parametrize(
    "line",
    [
        "PubkeyAcceptedAlgorithms -ssh-ed25519",
        "PubkeyAcceptedAlgorithms rsa-*,ecdsa-*",
        "PubkeyAcceptedKeyTypes -*25519",
    ],
)
def test_a_key_that_is_left_out(ssh_server, client_home, line):
    configure(client_home, line)
    error = refused(ssh_server.url)
    assert "does not let this user in" in error.message
    assert "as PubkeyAcceptedAlgorithms leaves out ssh-ed25519" in error.advice


@pytest.mark.parametrize("taken", ["+ssh-rsa", "-ssh-rsa", "ssh-*"])
def test_a_key_that_is_not(ssh_server, client_home, taken):
    configure(client_home, f"PubkeyAcceptedAlgorithms {taken}")
    assert reached(ssh_server.url)


@pytest.mark.parametrize(("taken", "enters"), [("rsa-sha2-512", True), ("-rsa-sha2-*,ssh-rsa*", False)])
def test_the_ways_in_which_an_rsa_key_signs(ssh_server, client_home, taken, enters):
    key = client_home.ssh / "id_rsa"
    subprocess.run(["ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-N", "", "-C", "mine", "-f", key], check=True)
    with ssh_server.authorized.open("a") as file:
        file.write(key.with_suffix(".pub").read_text())
    configure(client_home, f"PubkeyAcceptedAlgorithms {taken}\n  IdentityFile {key}")
    if enters:
        assert reached(ssh_server.url)
    else:
        assert "key mine, as PubkeyAcceptedAlgorithms leaves out ssh-rsa" in refused(ssh_server.url).advice
