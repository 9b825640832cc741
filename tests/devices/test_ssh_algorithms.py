"""What ssh's configuration says of algorithms, with a host that takes some of them alone."""

import pytest
from real_sshd import refused


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
