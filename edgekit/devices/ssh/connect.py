"""Connecting to a device by way of its jump hosts, as `ssh` would with the same configuration."""

from __future__ import annotations

import asyncio
from typing import cast

import asyncssh
from asyncssh import SSHClientConnection, SSHClientConnectionOptions

from edgekit.devices.ssh.algorithms import host_key_algorithms
from edgekit.devices.ssh.errors import Seen, ssh_errors
from edgekit.devices.ssh.hop import Hop, jump_hops
from edgekit.devices.ssh.host_config import HostConfig, expanded
from edgekit.devices.ssh.identities import Identities
from edgekit.devices.ssh.known_hosts import KnownHosts, known_as, revoked_keys
from edgekit.errors import DeviceError

CONNECT_SECONDS = 15
LOGIN_SECONDS = 60
# a link on which nothing comes back is given up after three of these
KEEPALIVE_SECONDS = 10
_MOST_JUMPS = 8
# where ssh looks for the keys of hosts when its configuration names no file
_USER_KNOWN_HOSTS = ["~/.ssh/known_hosts", "~/.ssh/known_hosts2"]
_GLOBAL_KNOWN_HOSTS = ["/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"]


class Connector:
    """Opens the links to one device. links: to its jump hosts and itself, each through the one before; to be closed

    where: the device, for messages
    """

    def __init__(self, where: str, links: list[SSHClientConnection]) -> None:
        self._where, self._links = where, links
        self._jumps = 0

    async def reach(self, target: Hop) -> None:
        """Connect to the device; `DeviceError` names the host that did not let us through."""
        await self._reach(target, self._where, "connecting")

    async def _reach(self, hop: Hop, where: str, what: str) -> None:
        with ssh_errors(where, what):
            config = HostConfig(hop.host, hop.user, hop.port)
            jumps = [] if self._links else _jumps_of(config)
        for jump in jumps:
            self._jumps += 1
            if self._jumps > _MOST_JUMPS:
                raise DeviceError(f"{self._where}: its ProxyJump goes over more than {_MOST_JUMPS} hosts")
            await self._reach(jump, f"{self._where}: its jump host {jump}", "connecting")
        if jumps:
            what = f"{what} by way of {jumps[-1]}"
        self._links.append(await self._link(hop, config, where, what))

    async def _link(self, hop: Hop, config: HostConfig, where: str, what: str) -> SSHClientConnection:
        """Connect to one host through the last one that is connected to."""
        identities = Identities(config)
        name, port = config.key_name
        with ssh_errors(where, what):
            # a command of the configuration may tell them
            known = await asyncio.to_thread(_known_hosts, config, known_as(name, port))
        seen = Seen(known, name, port, f"{config.user}@{config.address}", config.port)
        seen.signing = cast("str | None", config.get("CASignatureAlgorithms")) or seen.signing
        aliased = config.get("HostKeyAlias") is not None
        seen.checks_address = bool(config.get("CheckHostIP")) and not (aliased or self._links)
        seen.skipped, seen.notes = identities.skipped, config.notes
        try:
            with ssh_errors(where, what, seen):
                await identities.choose()
                try:
                    return await self._connected(hop, config, seen, identities, certificates=True)
                except asyncssh.HostKeyNotVerifiable as error:
                    if not seen.has_useless_certificate(error):
                        raise
                # as for ssh, a certificate of no use is none: the key counts
                return await self._connected(hop, config, seen, identities, certificates=False)
        finally:
            identities.close()

    async def _connected(
        self, hop: Hop, config: HostConfig, seen: Seen, identities: Identities, *, certificates: bool
    ) -> SSHClientConnection:
        # what asyncssh would read by itself of files is read already
        options = SSHClientConnectionOptions(config=None, client_keys=None, x509_trusted_certs=None)
        options.config = config
        by_command = not self._links and config.comes_first("ProxyCommand", "ProxyJump")
        return await asyncssh.connect(
            hop.host,
            options=options,
            config=None,
            tunnel=self._links[-1] if self._links else None,
            proxy_command=() if by_command else None,
            client_factory=lambda: _Client(seen, identities),
            # no file and no agent but as they were chosen: the client is asked for keys
            client_keys=None,
            client_certs=[],
            known_hosts=seen.look_up,
            # as a certificate names it
            host_key_alias=seen.name.lower(),
            # CASignatureAlgorithms is of authorities, which are chosen by it already, and not of the user's keys
            signature_algs="default",
            server_host_key_algs=host_key_algorithms(seen.found, config, certificates),
            # nothing but known_hosts says whose key a host's is: no certificates but OpenSSH's, and no key
            # exchange that shows no key
            x509_trusted_certs=None,
            gss_kex=False,
            connect_timeout=cast("int | None", config.get("ConnectTimeout")) or CONNECT_SECONDS,
            login_timeout=LOGIN_SECONDS,
            keepalive_interval=KEEPALIVE_SECONDS,
            keepalive_count_max=2,
            agent_forwarding=False,
            x11_forwarding=False,
        )


class _Client(asyncssh.SSHClient):
    """Offers the chosen keys, and notes the key that a host shows when it is not the one known; never takes it."""

    def __init__(self, seen: Seen, identities: Identities) -> None:
        self._seen = seen
        self._left = list(identities.pairs)

    def connection_made(self, conn: asyncssh.SSHClientConnection) -> None:
        """Note the link, which knows what the host offers."""
        self._seen.link = conn

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        """Refuse it."""
        self._seen.show(key)
        return False

    def public_key_auth_requested(self) -> list[asyncssh.SSHKeyPair] | None:
        """All keys at once, then no more."""
        pairs, self._left = self._left, []
        return pairs or None


def _jumps_of(config: HostConfig) -> list[Hop]:
    """The hosts of a ProxyJump, with its tokens replaced; none where a ProxyCommand was set before it."""
    jump = cast("str | None", config.get("ProxyJump"))
    return jump_hops(config.expand(jump)) if jump and config.comes_first("ProxyJump", "ProxyCommand") else []


def _known_hosts(config: HostConfig, name: str) -> KnownHosts:
    """The known hosts, from the files that the configuration names or from ssh's usual ones, as far as they exist.

    name: of the host whose key a command is asked for, where the configuration has one

    Raises `ValueError` for a file of revoked keys that cannot be read.
    """
    users = config.strings("UserKnownHostsFile")
    everybodys = config.strings("GlobalKnownHostsFile")
    named = [
        *(_USER_KNOWN_HOSTS if users is None else users),
        *(_GLOBAL_KNOWN_HOSTS if everybodys is None else everybodys),
    ]
    paths = [expanded(name) for name in named]
    revoked = cast("str | None", config.get("RevokedHostKeys"))
    return KnownHosts(
        [path for path in paths if path.is_file()],
        revoked_keys(expanded(revoked)) if revoked else (),
        config.known_hosts_command(name),
    )
