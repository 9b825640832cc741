"""A host that shows a certificate: taken where its authority is known for the name, else the key counts."""

import subprocess

import pytest
from real_sshd import agreed, known, needs_sshd, other_key, reached, real_sshd, refused

pytestmark = needs_sshd


class Certified:
    """A board whose key an authority has signed. authority: the line of its key, signed by whom it is"""

    def __init__(self, folder, server):
        self.folder, self.server = folder, server
        self.authority = (folder / "authority.pub").read_text().strip()
        self.key = server.keys["ed25519"]
        self.port = server.port

    def sign(self, *options):
        public = self.server.folder / "host_ed25519.pub"
        words = ["ssh-keygen", "-q", "-s", self.folder / "authority", "-I", "board", "-h", *options, public]
        subprocess.run(words, check=True, capture_output=True)
        self.server.reload()


@pytest.fixture(scope="module")
def certified(tmp_path_factory):
    """A board with a certificate for the name `localhost`."""
    folder = tmp_path_factory.mktemp("certified")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / "authority"], check=True)
    (folder / "authorized").touch()
    line = f"HostCertificate {folder}/sshd/host_ed25519-cert.pub"
    with real_sshd(folder / "sshd", folder / "authorized", line) as server:
        board = Certified(folder, server)
        board.sign("-n", "localhost")
        yield board


@pytest.fixture
def client(client_home, certified):
    (certified.folder / "authorized").write_bytes(client_home.public.read_bytes())
    return client_home


def test_for_the_name(client, certified):
    known(client, f"@cert-authority * {certified.authority}")
    assert agreed(client, certified.server, "localhost")
    assert not agreed(client, certified.server, "127.0.0.1")
    error = refused(certified.server.url())
    assert f"[127.0.0.1]:{certified.port} is not known (ssh-ed25519 SHA256:" in error.message
    assert "its certificate is for another name" in error.message
    known(client, f"@cert-authority 127.* {certified.authority}")
    assert "is not known" in refused(certified.server.url("localhost")).message


@pytest.mark.parametrize("alias", ["", "  HostKeyAlias LOCALHOST\n"])
def test_for_a_name_in_capitals(client, certified, alias):
    (client.ssh / "config").write_text(f"Host *\n  User {certified.server.user}\n{alias}")
    known(client, f"@cert-authority * {certified.authority}")
    assert reached(certified.server.url("127.0.0.1" if alias else "LocalHost"))


@pytest.mark.parametrize(("setting", "enters"), [("rsa-sha2-*", False), ("ssh-ed25519", True), ("+ssh-rsa", True)])
def test_by_a_kind_of_signature_that_is_left_out(client, certified, setting, enters):
    """CASignatureAlgorithms, which says nothing of the user's own key."""
    (client.ssh / "config").write_text(f"Host *\n  CASignatureAlgorithms {setting}\n")
    known(client, f"@cert-authority * {certified.authority}")
    if enters:
        assert reached(certified.server.url("localhost"))
    else:
        assert "is not known" in refused(certified.server.url("localhost")).message
    known(client, f"[localhost]:{certified.port} {certified.key}")
    assert reached(certified.server.url("localhost"))


def test_of_another_authority(client, certified):
    known(client, f"@cert-authority * {other_key()}", f"[localhost]:{certified.port} {certified.key}")
    assert agreed(client, certified.server, "localhost")
    known(client, f"@cert-authority * {other_key()}")
    message = refused(certified.server.url("localhost")).message
    assert "its certificate is of an authority that known_hosts does not name for it" in message
    known(client, f"@cert-authority * {other_key()}", f"[localhost]:{certified.port} {other_key()}")
    assert not agreed(client, certified.server, "localhost")
    assert "is not the one in known_hosts (ssh-ed25519 SHA" in refused(certified.server.url("localhost")).message


def test_for_another_name_with_a_key_that_is_known(client, certified):
    known(client, f"@cert-authority * {certified.authority}", f"[127.0.0.1]:{certified.port} {certified.key}")
    assert agreed(client, certified.server, "127.0.0.1")


@pytest.mark.parametrize("revoked", ["authority", "key"])
def test_what_is_revoked_is_not_taken_for_its_key(client, certified, revoked):
    lines = [f"@cert-authority * {certified.authority}", f"[localhost]:{certified.port} {certified.key}"]
    known(client, *lines, f"@revoked * {getattr(certified, revoked)}")
    assert not agreed(client, certified.server, "localhost")
    assert "is revoked" in refused(certified.server.url("localhost")).message


def test_of_no_authority_where_certificates_alone_are_asked_for(client, certified):
    (client.ssh / "config").write_text("Host *\n  HostKeyAlgorithms ssh-ed25519-cert-v01@openssh.com\n")
    known(client, f"[localhost]:{certified.port} {certified.key}")
    assert reached(certified.server.url("localhost"))


def test_expired(client, certified):
    certified.sign("-n", "localhost", "-V", "20200101:20210101")
    known(client, f"@cert-authority * {certified.authority}")
    assert "its certificate has expired" in refused(certified.server.url("localhost")).message
    known(client, f"@cert-authority * {certified.authority}", f"[localhost]:{certified.port} {certified.key}")
    assert agreed(client, certified.server, "localhost")


def test_a_host_without_one(client, certified, tmp_path):
    known(client, f"@cert-authority * {certified.authority}")
    with real_sshd(tmp_path / "plain", certified.folder / "authorized") as server:
        assert f"[localhost]:{server.port} is not known (ssh-ed25519" in refused(server.url("localhost")).message
