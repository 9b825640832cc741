"""What the configuration of `ssh` says of a host: the user's file, then the machine's; the first value wins."""

from __future__ import annotations

import getpass
import re
import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

from asyncssh import DEFAULT_PORT
from asyncssh.config import SSHClientConfig

USER_FILE = "~/.ssh/config"
SYSTEM_FILE = "/etc/ssh/ssh_config"
# files that may include each other
_MOST_DEPTH = 16
# bytes of one file that are read
_MOST_BYTES = 4_000_000
_LINE = re.compile(r"(?P<keyword>[A-Za-z][A-Za-z0-9]*)(?:\s*=\s*|\s+|$)(?P<rest>.*)", re.DOTALL)
_WORD = re.compile(r'(?:"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|\\.|[^\s"\'\\])+')
_PART = re.compile(r'"((?:\\.|[^"\\])*)"|\'((?:\\.|[^\'\\])*)\'|\\(["\'\\ ])|(.)', re.DOTALL)
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
# decided here, or of no use without a terminal
_UNUSED = ("ServerAliveInterval", "ServerAliveCountMax", "ForwardAgent", "RequestTTY", "RemoteCommand", "TCPKeepAlive")

# what a Match asks for by a name alone
_WITHOUT_VALUE = ("all", "canonical", "final")
# what is known here of the rest; newer releases of OpenSSH ask for more, as for `localnetwork` or `sessiontype`
_WITH_VALUE = ("exec", "host", "originalhost", "localuser", "user", "tagged")

Handler = Callable[[SSHClientConfig, str, list[str]], object]


class HostConfig(SSHClientConfig):
    """The settings of one host, read as `ssh` reads them.

    asyncssh reads one file, includes in no order and from the user's folder alone, and only what is UTF-8.
    notes: files that could not be read, and why; blocks that were passed over
    Raises `ValueError` with file and line for what no `ssh` would read.
    """

    def __init__(self, host: str, user: str | None, port: int | None) -> None:
        given: tuple[Any, ...] = (user or (), host, port or ())
        super().__init__(cast(Any, None), False, False, False, _local_user(), *given)
        self._host = host
        self.notes: list[str] = []
        self._read_all()
        if self.has_match_final():
            # once more, with the HostName that is known now; what is set stays
            self._final = True
            self._read_all()
        self._finish()
        self.loaded = True

    def get_options(self, reload: bool) -> dict[str, object]:
        """The settings, which are not read again."""
        return self._options.copy()

    def comes_first(self, option: str, other: str) -> bool:
        """Whether an option was set, and not after another, which it excludes."""
        names = list(self._options)
        return option in names and (other not in names or names.index(option) < names.index(other))

    def expand(self, text: str) -> str:
        """A value with its tokens, as `%h`, replaced; `ConfigParseError` for one that is not known."""
        return self._expand_val(text)

    def strings(self, option: str) -> list[str] | None:
        """The values of an option that may have several; None where it is not set."""
        return cast("list[str] | None", self.get(option))

    def known_hosts_command(self, name: str) -> list[str]:
        """The command that tells the keys of a host, and its arguments; none where none is configured.

        name: that the host's key is known by

        Raises `ValueError` for one that asks for the key that is shown, which `ssh` tells it: it may revoke that.
        """
        words = self.strings("KnownHostsCommand") or []
        if any(re.search("%[fKt]", word.replace("%%", "")) for word in words):
            raise ValueError(
                "KnownHostsCommand asks for the key that the host shows (%f, %K, %t), which is not known here"
            )
        self._tokens |= {"H": name, "I": "HOSTNAME"}
        return [self._expand_val(word) for word in words]

    @property
    def address(self) -> str:
        """What is connected to: its HostName, or the name it was asked for by."""
        return cast(str, self.get("Hostname", self._host))

    @property
    def port(self) -> int:
        """Where it listens."""
        return cast(int, self.get("Port", DEFAULT_PORT))

    @property
    def key_name(self) -> tuple[str, int | None]:
        """The name that its key is known by, and the port that belongs to it: none for ssh's own and for an alias."""
        alias = cast("str | None", self.get("HostKeyAlias"))
        return (alias, None) if alias else (self.address, None if self.port == DEFAULT_PORT else self.port)

    @property
    def user(self) -> str:
        """Who is to be let in there."""
        return cast(str, self.get("User", self._local_user))

    def _read_all(self) -> None:
        for name in (USER_FILE, SYSTEM_FILE):
            path = expanded(name)
            self._folder = path.parent
            self._matching = True
            self._tokens = {"%": "%"}
            self._read(path, 0)

    def _read(self, path: Path, depth: int) -> None:
        try:
            if not path.is_file():
                return
            with path.open("rb") as file:
                text = file.read(_MOST_BYTES).decode("utf-8-sig", errors="surrogateescape")
        except OSError as error:
            self.notes.append(f"{path}: {error.strerror or error}")
            return
        for number, line in enumerate(text.split("\n"), 1):
            self._path, self._line_no = path, number
            self._take(line.strip(), depth)

    def _take(self, line: str, depth: int) -> None:
        """Heed one line."""
        found = _LINE.fullmatch(line)
        if found is None or line.startswith("#"):
            return
        keyword, rest = found["keyword"].lower(), found["rest"]
        if keyword == "include":
            if self._matching:
                self._include_files(self._arguments(rest), depth)
            return
        if keyword not in _HANDLERS or not (self._matching or keyword in ("host", "match")):
            return
        option, handler = _HANDLERS[keyword]
        words = [rest] if keyword == "proxycommand" else self._arguments(rest)
        if not words:
            self._error(f"Missing {option} value")
        handler(self, option, words)
        if words:
            self._error(f"Extra data at end: {' '.join(words)}")

    def _arguments(self, text: str) -> list[str]:
        words = _words(text)
        if words is None:
            self._error("a quote without its end")
        return words

    def _match(self, option: str, args: list[str]) -> None:
        """Begin a block that holds where all that it asks for does, each as `name value` or `name=value`.

        One that asks for what is not known here never holds, and is noted where all else that it asks for does.
        """
        known: list[str] = []
        foreign = ""
        left = iter(args)
        for word in left:
            name, equals, value = word.partition("=")
            kind = name.lower().removeprefix("!")
            if not kind:
                self._error("Match asks for nothing")
            asked = [name]
            if kind not in _WITHOUT_VALUE and (equals or (value := next(left, ""))):
                asked.append(self._command(value) if kind == "exec" else value)
            if kind in (*_WITHOUT_VALUE, *_WITH_VALUE):
                known += asked
            else:
                foreign = foreign or kind
        args.clear()
        super()._match(option, known)
        if foreign and self._matching:
            self._matching = False
            note = f"{self._path} line {self._line_no}: what Match {foreign} asks for is not known here"
            self.notes += [] if note in self.notes else [note]

    def _command(self, text: str) -> str:
        self._set_tokens()
        return re.sub("%(.)", self._expand_token, text)

    def _include_files(self, patterns: Sequence[str], depth: int) -> None:
        if depth == _MOST_DEPTH:
            self._error("Includes lead through too many files")
        place = self._path, self._line_no
        for pattern in patterns:
            path = self._folder / expanded(pattern)
            for file in sorted(Path(path.anchor).glob(str(path.relative_to(path.anchor)))):
                self._read(file, depth + 1)
                # what an included file says of other hosts ends with it
                self._matching = True
        self._path, self._line_no = place

    def _finish(self) -> None:
        """Replace the tokens, once all is read."""
        self._set_tokens()
        self._tokens["k"] = cast(str, self._options.get("HostKeyAlias") or self._host)
        for option in (*self._percent_expand, "UserKnownHostsFile"):
            value = self._options.get(option)
            if isinstance(value, list):
                self._options[option] = list(dict.fromkeys(self._expand_val(each) for each in value))
            elif isinstance(value, str):
                self._options[option] = self._expand_val(value)

    def _set_yes(self, option: str, words: list[str]) -> None:
        """Of what may be more than yes or no, all but no is yes."""
        self._options.setdefault(option, words.pop(0).lower() not in ("no", "false"))

    def _set_port(self, option: str, words: list[str]) -> None:
        """A number, or the name of a service."""
        word = words.pop(0)
        try:
            port = int(word) if word.isdecimal() else socket.getservbyname(word)
        except OSError:
            port = 0
        if not 0 < port < 1 << 16:
            self._error(f"Invalid {option}: {word}")
        self._options.setdefault(option, port)

    def _set_seconds(self, option: str, words: list[str]) -> None:
        word = words.pop(0).lower()
        if not re.fullmatch(r"none|(\d+[smhdw]?)+", word):
            self._error(f"Invalid {option} time: {word}")
        parts = re.findall(r"(\d+)([smhdw]?)", word)
        self._options.setdefault(option, sum(int(number) * _SECONDS[unit] for number, unit in parts) or None)


def expanded(name: str) -> Path:
    """The path that a setting names; `~` of a user who is not there stands for itself."""
    try:
        return Path(name).expanduser()
    except RuntimeError:
        return Path(name)


def _local_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise ValueError("this user has no name here: set LOGNAME in the environment") from None


def _words(text: str) -> list[str] | None:
    """The arguments on a line, between quotes with blanks, up to a comment; None for a quote without its end."""
    words = []
    position = 0
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        if text[position] == "#":
            break
        found = _WORD.match(text, position)
        if found is None or not (found.end() == len(text) or text[found.end()].isspace()):
            return None
        position = found.end()
        words.append("".join(next(part for part in parts.groups() if part is not None) for parts in _parts(found[0])))
    return words


def _parts(word: str) -> list[re.Match[str]]:
    return list(_PART.finditer(word))


_HANDLERS: dict[str, tuple[str, Handler]] = {
    keyword: handler
    for keyword, handler in cast("dict[str, tuple[str, Handler]]", SSHClientConfig._handlers).items()
    if handler[0] not in _UNUSED
} | {
    "match": ("Match", cast(Handler, HostConfig._match)),
    "port": ("Port", cast(Handler, HostConfig._set_port)),
    "checkhostip": ("CheckHostIP", cast(Handler, HostConfig._set_yes)),
    "pubkeyauthentication": ("PubkeyAuthentication", cast(Handler, HostConfig._set_yes)),
    "revokedhostkeys": ("RevokedHostKeys", cast(Handler, SSHClientConfig._set_string)),
    "knownhostscommand": ("KnownHostsCommand", cast(Handler, SSHClientConfig._set_string_list)),
    "pubkeyacceptedalgorithms": ("PubkeyAcceptedAlgorithms", cast(Handler, SSHClientConfig._set_string)),
    # its name of old
    "pubkeyacceptedkeytypes": ("PubkeyAcceptedAlgorithms", cast(Handler, SSHClientConfig._set_string)),
    "connecttimeout": ("ConnectTimeout", cast(Handler, HostConfig._set_seconds)),
}
