"""Where everything of the emulated boards lies: one folder outside the repository."""

from __future__ import annotations

import json
import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

from edgekit.devices.emulation.boards import Board
from emulated_pi.root import USER

VARIABLE = "EDGEKIT_EMULATED_PI"


def base_folder() -> Path:
    """`EDGEKIT_EMULATED_PI`, else a folder in the cache of the person who called, also through sudo."""
    if os.environ.get(VARIABLE):
        return Path(os.environ[VARIABLE]).absolute()
    uid = os.environ.get("SUDO_UID")
    home = Path(pwd.getpwuid(int(uid)).pw_dir) if uid else Path.home()
    return home / ".cache" / "edgekit" / "emulated-pi"


@dataclass(frozen=True)
class Place:
    """The files of one board under `base`."""

    base: Path
    board: Board

    @property
    def folder(self) -> Path:
        """All of them."""
        return self.base / self.board.name

    @property
    def root(self) -> Path:
        """The board's own root, kept from one `up` to the next."""
        return self.folder / "root"

    @property
    def key(self) -> Path:
        """The private key that opens every board."""
        return self.base / "key"

    @property
    def host_key(self) -> Path:
        """The board's own private key."""
        return self.folder / "host_key"

    @property
    def known_hosts(self) -> Path:
        """Every board's public key, for ssh."""
        return self.base / "known_hosts"

    @property
    def log(self) -> Path:
        """What its servers said."""
        return self.folder / "log"

    @property
    def state(self) -> Path:
        """Which process it is, while it runs, and its ports."""
        return self.folder / "state.json"

    @property
    def ports(self) -> tuple[int, int]:
        """Where it listens for ssh and adb, or did when it was up last."""
        try:
            state = json.loads(self.state.read_text(encoding="ascii"))
            return int(state["port"]), int(state["adb_port"])
        except (OSError, ValueError, KeyError, TypeError):
            return self.board.port, self.board.adb_port

    @property
    def url(self) -> str:
        """How edgekit reaches it."""
        return f"ssh://{self.board.host}"

    @property
    def has_adb(self) -> bool:
        """Whether its root has an adbd."""
        return (self.root / "usr/sbin/adbd").is_symlink()

    @property
    def adb_serial(self) -> str:
        """What adb calls it, once connected."""
        return f"127.0.0.1:{self.ports[1]}"


def ssh_config(base: Path) -> Path:
    """The file to `Include` in `~/.ssh/config`."""
    return base / "ssh_config"


def make_key(path: Path, comment: str) -> str:
    """The public half of a key, which is made where it is missing."""
    public = path.with_name(f"{path.name}.pub")
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(path)]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return public.read_text(encoding="ascii")


def write_ssh_files(places: list[Place]) -> None:
    """`ssh_config` and `known_hosts` for the boards that were ever up; readable by who called through sudo."""
    base = places[0].base
    blocks, known = [], []
    for place in places:
        if place.host_key.exists():
            board, port = place.board, place.ports[0]
            blocks.append(
                f"Host {board.host}\n  HostName 127.0.0.1\n  Port {port}\n  User {USER}\n"
                f'  IdentityFile "{place.key}"\n  IdentitiesOnly yes\n  UserKnownHostsFile "{place.known_hosts}"\n'
            )
            known.append(f"[127.0.0.1]:{port} {make_key(place.host_key, board.host)}")
    ssh_config(base).write_text("\n".join(blocks), encoding="utf-8")
    (base / "known_hosts").write_text("".join(known), encoding="ascii")
    uid, gid = os.environ.get("SUDO_UID"), os.environ.get("SUDO_GID")
    if uid and gid:
        for path in (base, base / "key", base / "key.pub", base / "known_hosts", ssh_config(base)):
            os.chown(path, int(uid), int(gid))
