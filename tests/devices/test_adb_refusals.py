"""adb when something is wrong: with the server, with its link to a device, or with what a device answers."""

import inspect
import os
import re
import socket
import struct
import subprocess
import sys
import threading
import time
from contextlib import suppress

import adbutils
import pytest

from edgekit.devices.adb.errors import adb_errors, device_error
from edgekit.devices.adb.transport import AdbTransport, adb_serials
from edgekit.errors import DeviceError, EdgekitError

OKAY = b"OKAY"
FEATURES = "cmd,shell_v2,stat_v2"
_PACKET = struct.Struct("<BI")


def block(text):
    return f"{len(text.encode()):04x}{text}".encode()


class Server:
    """What speaks as an adb server does, and says what a test wants it to say.

    devices:  what it lists, a state by each serial
    connects: what it answers to `adb connect`, and the state that the device then has, None for not listed
    features: of every device
    shell:    called with a connection on which a command was just started
    """

    def __init__(self):
        self.devices = {"R58M": "device"}
        self.connects = {}
        self.features = FEATURES
        self.refuses = b""
        self.commands = []
        self.shell = lambda connection: None
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self):
        self._listener.close()

    def _serve(self):
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection):
        with connection, suppress(OSError, ValueError):
            while size := connection.recv(4, socket.MSG_WAITALL):
                command = connection.recv(int(size, 16), socket.MSG_WAITALL).decode()
                self.commands.append(command)
                self._answer(command, connection)

    def _answer(self, command, connection):
        if command == "host:version":
            connection.sendall(OKAY + block("0029"))
        elif command == "host:devices":
            connection.sendall(OKAY + block("".join(f"{name}\t{state}\n" for name, state in self.devices.items())))
        elif command.startswith("host:connect:"):
            address = command.removeprefix("host:connect:")
            said, state = self.connects[address]
            if state is not None:
                self.devices[address] = state
            connection.sendall(OKAY + block(said))
        elif command.startswith("host:disconnect:"):
            self.devices.pop(command.removeprefix("host:disconnect:"))
            connection.sendall(OKAY + block("disconnected"))
        elif command.endswith(":features"):
            connection.sendall(OKAY + block(self.features))
        elif command.startswith("host:tport:"):
            connection.sendall(OKAY + bytes(8))
        elif self.refuses:
            connection.sendall(b"FAIL" + block(self.refuses.decode()))
        else:
            connection.sendall(OKAY)
            self.shell(connection)


@pytest.fixture
def server(monkeypatch):
    server = Server()
    use(monkeypatch, server.port)
    yield server
    server.close()


def use(monkeypatch, port):
    """Let this port be the adb server's, and let there be no program that starts one."""
    monkeypatch.setenv("ANDROID_ADB_SERVER_PORT", str(port))
    monkeypatch.setenv("ADBUTILS_ADB_PATH", "/nonexistent/adb")
    monkeypatch.setattr("edgekit.devices.adb.transport._STATE_SECONDS", 0.3)
    monkeypatch.setattr("edgekit.devices.adb.transport._CLOSE_SECONDS", 0.5)


def refused(serial="R58M"):
    with pytest.raises(DeviceError) as caught, AdbTransport(serial):
        pass
    assert caught.value.exit_code == 4
    assert caught.value.message.startswith(f"adb://{serial}: ")
    return caught.value


class TestStates:
    @pytest.mark.parametrize(
        ("state", "wrong", "cure"),
        [
            ("unauthorized", "does not trust this computer", "unlock it and allow"),
            ("authorizing", "does not trust this computer", "unlock it and allow"),
            ("offline", "is offline", "plug it in again"),
            ("connecting", "does not answer", "plug it in again"),
            # as adb prints it for a user outside plugdev
            (
                "no permissions (user in plugdev group; are your udev rules wrong?); see [http://developer.android.com/]",
                "may not be opened by this user",
                "plugdev",
            ),
            ("bootloader", "boot loader", "fastboot reboot"),
            ("recovery", "is in recovery", "adb reboot"),
            ("sideload", "waits for an update", "adb reboot"),
            ("host", "is in the state 'host'", "plug it in again"),
        ],
    )
    def test_each_has_its_cure(self, server, state, wrong, cure):
        server.devices["R58M"] = state
        error = refused()
        assert wrong in error.message
        assert cure in error.advice

    def test_a_device_that_is_not_there(self, server):
        error = refused("R59")
        assert error.message == "adb://R59: adb does not know this device; adb lists R58M"
        server.devices.clear()
        error = refused("R59")
        assert error.message.endswith("adb lists no device")
        assert "USB debugging" in error.advice

    def test_a_device_that_comes_up(self, server, monkeypatch):
        monkeypatch.setattr("edgekit.devices.adb.transport._STATE_SECONDS", 20)
        server.devices["R58M"] = "offline"
        threading.Timer(0.5, server.devices.update, [{"R58M": "device"}]).start()
        with AdbTransport("R58M"):
            pass

    def test_a_device_that_is_too_old(self, server):
        server.features = "cmd"
        assert "Android 7" in refused().advice

    def test_a_device_that_goes_just_now(self, server):
        with AdbTransport("R58M") as link:
            server.refuses = b"device 'R58M' not found"
            with pytest.raises(DeviceError, match="starting true: adb says: device 'R58M' not found") as caught:
                link.run(["true"])
            assert "plug it in again" in caught.value.advice


class TestByTheNetwork:
    ADDRESS = "192.0.2.1:5555"

    def test_it_is_connected_to(self, server):
        server.connects[self.ADDRESS] = (f"connected to {self.ADDRESS}", "device")
        with AdbTransport(self.ADDRESS):
            assert f"host:connect:{self.ADDRESS}" in server.commands

    def test_once(self, server):
        server.devices[self.ADDRESS] = "device"
        with AdbTransport(self.ADDRESS):
            assert not [command for command in server.commands if "connect" in command]

    def test_a_dead_link_is_made_anew(self, server):
        server.devices[self.ADDRESS] = "offline"
        server.connects[self.ADDRESS] = (f"connected to {self.ADDRESS}", "device")
        with AdbTransport(self.ADDRESS):
            assert f"host:disconnect:{self.ADDRESS}" in server.commands

    def test_nobody_answers(self, server):
        server.connects[self.ADDRESS] = (f"failed to connect to '{self.ADDRESS}': No route to host", None)
        error = refused(self.ADDRESS)
        assert "adb cannot connect to it: failed to connect to '192.0.2.1:5555': No route to host" in error.message
        assert "adb pair" in error.advice

    def test_it_is_not_trusted(self, server):
        server.connects[self.ADDRESS] = (f"failed to authenticate to {self.ADDRESS}", "unauthorized")
        error = refused(self.ADDRESS)
        assert "does not trust this computer yet: failed to authenticate" in error.message

    def test_a_name_of_usb_is_not_connected_to(self, server):
        refused("adb-R58M-x9Yz._adb-tls-connect._tcp")
        assert not [command for command in server.commands if "connect:" in command]


class TestServers:
    def test_there_is_no_adb(self, monkeypatch):
        use(monkeypatch, free_port())
        error = refused()
        assert "the program adb cannot be run: No such file" in error.message
        assert error.advice == "install adb: sudo apt-get install adb"

    def test_adb_does_not_start(self, monkeypatch, tmp_path):
        use(monkeypatch, free_port())
        self.program(monkeypatch, tmp_path, "echo cannot bind: taken >&2; exit 1")
        with pytest.raises(DeviceError, match=r"^adb: the server does not start: cannot bind: taken$"):
            AdbTransport("R58M").__enter__()

    def test_adb_starts_nothing(self, monkeypatch, tmp_path):
        use(monkeypatch, free_port())
        self.program(monkeypatch, tmp_path, "exit 0")
        assert "no adb server answers" in refused().message

    def test_adb_does_not_end(self, monkeypatch, tmp_path):
        use(monkeypatch, free_port())
        monkeypatch.setattr("edgekit.devices.adb.transport._SERVER_SECONDS", 0.3)
        self.program(monkeypatch, tmp_path, "exec sleep 60")
        assert "connecting took too long" in refused().message

    @pytest.mark.parametrize(
        "answer", [b"", b"HTTP/1.1 400 Bad\r\n" * 100, b"OKAY", b"OKAYzzzz", b"FAIL", b"OKAY00ff"]
    )
    def test_what_listens_is_no_adb_server(self, monkeypatch, answer):
        with socket.create_server(("127.0.0.1", 0)) as listener:

            def serve():
                with suppress(OSError):
                    while True:
                        connection, _ = listener.accept()
                        with connection:
                            connection.sendall(answer)

            threading.Thread(target=serve, daemon=True).start()
            use(monkeypatch, listener.getsockname()[1])
            refused()
            listener.shutdown(socket.SHUT_RDWR)

    def test_what_listens_is_silent(self, monkeypatch):
        monkeypatch.setattr("edgekit.devices.adb.transport._ANSWER_SECONDS", 0.5)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            use(monkeypatch, listener.getsockname()[1])
            started = time.monotonic()
            assert "took too long" in refused().message
            assert time.monotonic() - started < 30

    def test_a_port_that_is_none(self):
        script = (
            "from edgekit.devices.open_device import open_transport\n"
            "from edgekit.errors import DeviceError\n"
            "try:\n    open_transport('adb://R58M')\nexcept DeviceError as error:\n    print(error)"
        )
        environment = os.environ | {"ANDROID_ADB_SERVER_PORT": "usb"}
        done = subprocess.run(
            [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
        )
        assert done.stdout.startswith("ANDROID_ADB_SERVER_PORT names no port")

    def program(self, monkeypatch, folder, script):
        (folder / "adb").write_text(f"#!/bin/sh\n{script}\n")
        (folder / "adb").chmod(0o755)
        monkeypatch.setenv("ADBUTILS_ADB_PATH", str(folder / "adb"))


class TestDevicesThatLie:
    """A device that answers what it should not, after the server has let us through."""

    GROUP = _PACKET.pack(1, 22) + b"edgekit-group 4000000\n"

    def run(self, server, *answers):
        def shell(connection):
            for answer in answers:
                connection.sendall(answer)

        server.shell = shell
        with AdbTransport("R58M") as link:
            return link.run(["cat", "x"])

    def exits(self, code):
        return _PACKET.pack(3, 1) + bytes([code])

    def test_one_that_does_not(self, server):
        done = self.run(server, self.GROUP, _PACKET.pack(1, 2) + b"hi", _PACKET.pack(2, 0), self.exits(9))
        assert (done.code, done.stdout, done.stderr) == (9, b"hi", b"")

    def test_a_packet_of_no_known_kind(self, server):
        with pytest.raises(DeviceError, match="the link was lost while a command ran"):
            self.run(server, self.GROUP, _PACKET.pack(77, 3) + b"???", self.exits(0))

    def test_rubbish(self, server):
        # what is no packet ends the stream without an end of the command
        with pytest.raises(DeviceError, match="the link was lost"):
            self.run(server, b"\xff" * 1000)

    def test_no_group(self, server):
        with pytest.raises(DeviceError, match="starts no commands: sh: not found"):
            self.run(server, _PACKET.pack(2, 13) + b"sh: not found", self.exits(127))

    @pytest.mark.parametrize("group", [b"edgekit-group 1\n", b"edgekit-group -1\n", b"edgekit-group 99999999999999\n"])
    def test_a_group_that_is_none(self, server, group):
        with pytest.raises(DeviceError, match="starts no commands"):
            self.run(server, _PACKET.pack(1, len(group)) + group, self.exits(0))

    def test_a_packet_of_four_gigabytes(self, server):
        with pytest.raises(DeviceError, match="cat printed more than 1000000 bytes"):
            self.run(server, self.GROUP, _PACKET.pack(1, 0xFFFFFFFF), *(bytes(100_000) for _ in range(100)))

    def test_no_end(self, server):
        def shell(connection):
            connection.sendall(self.GROUP)
            connection.shutdown(socket.SHUT_RDWR)

        server.shell = shell
        with AdbTransport("R58M") as link, pytest.raises(DeviceError, match="the link was lost while a command ran"):
            link.run(["cat", "x"])


def test_serials_are_listed_with_their_states(server):
    server.devices = {"R58M": "device", "(no serial number)": "no permissions", "a;b": "device", "x:5555": "offline"}
    server.devices["R59"] = "no permissions (missing udev rules?)"
    assert adb_serials() == [("R58M", "device"), ("x:5555", "offline"), ("R59", "no permissions")]


def test_listing_without_adb_says_what_is_missing(monkeypatch):
    use(monkeypatch, free_port())
    with pytest.raises(DeviceError, match="adb: the program adb cannot be run") as caught:
        adb_serials()
    assert "install adb" in caught.value.advice


def foreign_errors():
    """Every class of exception that adbutils defines in what it loads, and those that sockets and programs raise."""
    found = {
        OSError,
        ConnectionResetError,
        BrokenPipeError,
        TimeoutError,
        FileNotFoundError,
        PermissionError,
        EOFError,
    }
    found |= {ValueError, UnicodeEncodeError, RuntimeError, subprocess.TimeoutExpired}
    loaded = [module for name, module in sys.modules.items() if name.partition(".")[0] == "adbutils"]
    members = [member for module in loaded for member in vars(module).values()]
    found |= {member for member in members if inspect.isclass(member) and issubclass(member, adbutils.AdbError)}
    return sorted(found, key=lambda kind: kind.__qualname__)


@pytest.mark.parametrize("kind", foreign_errors(), ids=lambda kind: kind.__qualname__)
def test_every_foreign_error_becomes_a_device_error(kind):
    arguments = {
        subprocess.TimeoutExpired: (["adb", "start-server"], 20),
        UnicodeEncodeError: ("utf-8", "\ud800", 0, 1, "surrogates not allowed"),
        adbutils.AdbInstallError: ("Failure [INSTALL_FAILED_OLDER_SDK]",),
    }
    error = kind(*arguments.get(kind, ("what it says",)))
    with pytest.raises(DeviceError) as caught, adb_errors("adb://R58M", "connecting"):
        raise error
    assert caught.value.message.startswith("adb://R58M: ")
    assert caught.value.advice
    assert isinstance(device_error(error, "adb://R58M", "connecting"), EdgekitError)


def test_adbutils_raises_nothing_else():
    """What `FOREIGN` rests on: what of it is used here raises its own errors, and Python's."""
    used = (
        adbutils,
        adbutils._adb,
        adbutils._utils,
        adbutils.AdbDevice.open_transport,
        adbutils.AdbDevice.get_features,
    )
    raised = {name for part in used for name in re.findall(r"raise (\w+)\(", inspect.getsource(part))}
    assert "AdbConnectionError" in raised
    assert raised <= {kind.__name__ for kind in foreign_errors()}


def test_importing_the_command_line_loads_no_adbutils():
    script = "import sys, edgekit.cli, edgekit.devices.open_device; print('adbutils' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]
