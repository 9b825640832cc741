"""The root of one board: the packed Debian with the few files that its packages' scripts would have made."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from edgekit.devices.emulation.boards import Board, kernel_files
from emulated_pi.failure import Failure

USER, UID = "pi", 1000
_ALTERNATIVES = {"awk": "/usr/bin/mawk", "which": "/usr/bin/which.debianutils"}


def restore_root(packed: Path, root: Path) -> None:
    """Unpack a fresh root; `root` is there whole or not at all."""
    partial = root.with_name(f"{root.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True, mode=0o755)
    command = ["tar", "--extract", "--numeric-owner", f"--file={packed}", f"--directory={partial}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failure(f"{packed} cannot be unpacked: {done.stderr.strip()[-500:]}")
    _write_accounts(partial)
    _write_alternatives(partial)
    partial.rename(root)


def write_board(root: Path, board: Board, host_key: Path, public_key: str) -> None:
    """Make a root this board: its name, its kernel's files as on a mild day, its SSH server's files."""
    _write(root / "etc/hostname", f"{board.host}\n")
    _write(root / "etc/hosts", f"127.0.0.1 localhost {board.host}\n::1 localhost\n")
    for name, text in kernel_files(board).items():
        _write(root / name, text)
    _write(root / "etc/ssh/sshd_config", _sshd_config(board))
    _write(root / "etc/ssh/ssh_host_ed25519_key", host_key.read_text(encoding="ascii"), 0o600)
    (root / "run/sshd").mkdir(mode=0o755, exist_ok=True)
    keys = root / "home" / USER / ".ssh" / "authorized_keys"
    _write(keys, public_key, 0o600)
    for path in (keys.parent, keys):
        os.chown(path, UID, UID)
    keys.parent.chmod(0o700)


def _sshd_config(board: Board) -> str:
    # sshd clears the environment, and QEMU's default processor gives wrong results
    return f"""ListenAddress 127.0.0.1
HostKey /etc/ssh/ssh_host_ed25519_key
AllowUsers {USER}
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
PrintMotd no
MaxStartups 50
MaxSessions 50
SetEnv QEMU_CPU={board.qemu_cpu}
Subsystem sftp /usr/lib/openssh/sftp-server
"""


def _write_accounts(root: Path) -> None:
    masters = root / "usr/share/base-passwd"
    users = (masters / "passwd.master").read_text(encoding="ascii")
    groups = (masters / "group.master").read_text(encoding="ascii")
    users += f"sshd:*:101:65534::/run/sshd:/usr/sbin/nologin\n{USER}:*:{UID}:{UID}::/home/{USER}:/bin/bash\n"
    _write(root / "etc/passwd", users)
    _write(root / "etc/group", groups + f"{USER}:*:{UID}:\n")
    home = root / "home" / USER
    shutil.copytree(root / "etc/skel", home)
    shutil.copy(root / "usr/share/base-files/profile", root / "etc/profile")
    for path in (home, *home.rglob("*")):
        os.chown(path, UID, UID)
    home.chmod(0o700)


def _write_alternatives(root: Path) -> None:
    for name, program in _ALTERNATIVES.items():
        (root / "etc/alternatives" / name).symlink_to(program)
        (root / "usr/bin" / name).symlink_to(f"/etc/alternatives/{name}")


def _write(path: Path, text: str, mode: int = 0o644) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
