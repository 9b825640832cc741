"""adb as a way to a device: a real adb server and a real adbd, once with Debian's shell and once with Android's."""

import os
import signal
import subprocess
import sys
import time

import pytest
from adb_server import adbd, why_not
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from remote_faults import all_ended, wait_until

from edgekit.devices.adb.transport import AdbTransport, adb_serials
from edgekit.devices.open_device import open_device, open_transport
from edgekit.errors import DeviceError, NotFoundError

# prints its arguments, each behind a mark, with what every shell has
_ARGUMENTS = 'for each; do printf "<%s" "$each"; done'


@pytest.fixture(params=["board", "android"])
def device(request):
    return request.getfixturevalue("adb_device" if request.param == "board" else "android")


@pytest.fixture
def link(device):
    with open_transport(device.url) as transport:
        yield transport


class TestCommands:
    def test_status_and_streams(self, link):
        done = link.run(["sh", "-c", "cat; echo err >&2; exit 7"], stdin=b"in")
        assert (done.code, done.stdout, done.stderr) == (7, b"in", b"err\n")
        assert link.run(["nosuch"]).code == 127
        assert link.run(["sh", "-c", "exit 255"]).code == 255
        assert link.run(["sh", "-c", "kill -SEGV $$"]).code == -11

    def test_much_both_ways(self, link):
        data = os.urandom(900_000)
        assert link.run(["cat"], stdin=data).stdout == data

    def test_a_command_that_takes_no_input(self, link):
        assert link.run(["true"], stdin=bytes(5_000_000)).code == 0

    def test_a_command_that_gives_much_to_nobody(self, link):
        process = link.start(["sh", "-c", "cat /dev/zero"], {})
        time.sleep(0.2)
        process.close()
        assert process.wait(1) == -9

    @settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), max_size=4))
    def test_arguments_arrive_as_they_are(self, link, arguments):
        done = link.run(["sh", "-c", _ARGUMENTS, "sh", *arguments])
        assert done.stdout.decode() == "".join(f"<{each}" for each in arguments)

    def test_a_command_with_variables(self, link):
        process = link.start(["sh", "-c", 'printf %s "$A"'], {"A": "x ' y;\n$(id)"})
        assert os.read(process.stdout, 100) == b"x ' y;\n$(id)"
        assert process.wait(5) == 0

    @pytest.mark.parametrize("argument", ["a\0b", "x" * 70_000, "\ud800"])
    def test_what_adb_cannot_carry_is_refused(self, link, argument):
        with pytest.raises(DeviceError, match=r"adb://127\.0\.0\.1:\d+: .*echo"):
            link.run(["echo", argument])

    def test_output_is_bounded(self, device, link):
        with pytest.raises(DeviceError, match="cat printed more than 1000000 bytes"):
            link.run(["cat", "/dev/zero"])
        all_ended(device, 10)

    def test_time_is_bounded(self, device, link):
        with pytest.raises(DeviceError, match=r"sleep did not end within 0\.5 s"):
            link.run(["sleep", "60"], timeout=0.5)
        all_ended(device, 10)

    def test_a_killed_command_takes_its_children_along(self, device, link):
        process = link.start(["sh", "-c", "sleep 60 & sleep 61"], {})
        assert process.wait(0.2) is None
        assert len(device.living()) == 3
        process.kill()
        assert process.wait(5) == -9
        all_ended(device, 10)
        process.close()
        process.close()

    def test_leaving_ends_what_runs(self, device):
        with open_transport(device.url) as transport:
            transport.start(["sleep", "60"], {})
            assert device.living()
        all_ended(device, 10)
        with pytest.raises(DeviceError, match="not connected"):
            transport.run(["true"])

    def test_descriptors_are_given_back(self, link):
        link.run(["true"])
        before = descriptors()
        for _ in range(5):
            link.run(["echo", "x"])
            link.start(["cat"], {}).close()
        deadline = time.monotonic() + 60
        while descriptors() > before and time.monotonic() < deadline:
            time.sleep(0.02)
        assert descriptors() <= before


class TestPush:
    def test_a_file(self, link, tmp_path):
        content = os.urandom(3_000_000)
        (tmp_path / "file").write_bytes(content)
        told = []
        there = f"{link.home()}/there"
        link.push(tmp_path / "file", there, told.append)
        assert link.run(["cat", there], limit=4_000_000).stdout == content
        assert link.run(["stat", "-c", "%a", there]).stdout == b"600\n"
        assert link.run(["stat", "-c", "%a", link.home()]).stdout == b"700\n"
        assert told == sorted(told)
        assert told[-1] == len(content)

    @pytest.mark.parametrize(
        "name",
        ["a b", "it's", 'say "x"', "a;touch gone", "$(touch gone)", "`touch gone`", "a\nb", "*", "-n", "~", "&|<>!#%"],
    )
    def test_names_of_files(self, link, tmp_path, name):
        (tmp_path / "file").write_bytes(b"content")
        folder = f"{link.home()}/names"
        link.run(["mkdir", folder])
        link.push(tmp_path / "file", f"{folder}/{name}")
        # a name with a line's end is printed over two lines
        assert link.run(["sh", "-c", 'cd -- "$1" && printf "%s\n" *', "sh", folder]).stdout.decode() == f"{name}\n"
        assert link.run(["cat", f"{folder}/{name}"]).stdout == b"content"
        assert link.run(["rm", "-r", folder]).code == 0

    def test_a_place_that_is_not_there(self, link, tmp_path):
        (tmp_path / "file").write_bytes(bytes(1_000_000))
        with pytest.raises(DeviceError, match=r"/nowhere/x cannot be written: .*"):
            link.push(tmp_path / "file", "/nowhere/x")

    def test_a_source_that_is_not_there(self, link, tmp_path):
        with pytest.raises(NotFoundError, match="cannot be read"):
            link.push(tmp_path / "file", "/tmp/x")  # noqa: S108

    def test_files_that_a_command_makes_are_the_users_alone(self, link):
        there = f"{link.home()}/made"
        link.run(["touch", there])
        assert link.run(["stat", "-c", "%a", there]).stdout == b"600\n"


class TestHome:
    def test_of_a_phone(self, android):
        with open_transport(android.url) as link:
            assert link.home() == "/data/local/tmp/edgekit"

    def test_of_a_board(self, adb_device):
        with open_transport(adb_device.url) as link:
            assert link.home() == str(adb_device.home)


class TestLinks:
    """The link and the device may go away at any time; each test has a device of its own."""

    @pytest.fixture
    def mortal(self, adb, tmp_path, monkeypatch):
        monkeypatch.setattr("edgekit.devices.adb.transport._CLOSE_SECONDS", 2.0)
        monkeypatch.setattr("edgekit.devices.adb.transport._ANSWER_SECONDS", 2.0)
        reason = why_not()
        if reason is not None:
            pytest.skip(reason)
        with adbd(tmp_path) as device:
            yield device

    def test_cut_while_a_command_runs(self, mortal):
        with open_transport(mortal.url) as link:
            process = link.start(["sleep", "60"], {})
            mortal.stop()
            with pytest.raises(DeviceError, match=r"adb://.*: the link was lost while a command ran"):
                process.wait(10)
            started = time.monotonic()
            process.close()
            with pytest.raises(DeviceError, match=r"adb://.*: starting true: adb says: device .*(not found|offline)"):
                link.run(["true"])
            assert time.monotonic() - started < 30

    def test_cut_while_a_file_is_written(self, mortal, tmp_path):
        (tmp_path / "file").write_bytes(bytes(20_000_000))
        with open_transport(mortal.url) as link:
            there = f"{link.home()}/file"
            with pytest.raises(DeviceError, match="the link was lost"):
                link.push(tmp_path / "file", there, lambda done: done < 300_000 or mortal.stop())

    def test_a_device_that_was_away_is_reached_again(self, mortal):
        for _ in range(2):
            with open_transport(mortal.url) as link:
                assert link.run(["echo", "x"]).stdout == b"x\n"
            mortal.stop()
            # the adb server sees it a moment later
            wait_until(lambda: (mortal.serial, "device") not in adb_serials(), 60)
            with pytest.raises(
                DeviceError, match=r"adb cannot connect to it: failed to connect to .*refused"
            ) as caught:
                open_transport(mortal.url).__enter__()
            assert "is it on" in caught.value.advice
            mortal.start()

    def test_a_device_that_sleeps(self, mortal):
        with open_transport(mortal.url) as link:
            process = link.start(["sleep", "60"], {})
            mortal.sleep()
            started = time.monotonic()
            process.close()
            with pytest.raises(DeviceError, match="true"):
                link.start(["true"], {})
            assert time.monotonic() - started < 20
            mortal.wake()
            all_ended(mortal, 10)

    def test_the_server_ends(self, mortal, capfd):
        import adbutils

        with open_transport(mortal.url) as link:
            process = link.start(["sleep", "60"], {})
            adbutils.AdbClient().server_kill()
            with pytest.raises(DeviceError, match="the link was lost while a command ran"):
                process.wait(10)
            all_ended(mortal, 10)
        # and is started anew by whoever comes next, without a word
        with open_transport(mortal.url) as link:
            assert link.run(["echo", "x"]).stdout == b"x\n"
        assert capfd.readouterr() == ("", "")

    def test_several_at_once(self, mortal, adb_device):
        with open_transport(mortal.url) as one, open_transport(adb_device.url) as other:
            assert {one.run(["pwd"]).code, other.run(["pwd"]).code} == {0}
            assert {(mortal.serial, "device"), (adb_device.serial, "device")} <= set(adb_serials())


class TestAgents:
    def test_an_agent_answers_and_ends(self, adb_device):
        with open_device(adb_device.url) as device:
            channel = device.start_agent(sys.executable)
            assert adb_device.living()
            channel.close()
        all_ended(adb_device, 10)

    def test_two_at_once_are_refused(self, adb_device):
        with open_device(adb_device.url), pytest.raises(DeviceError, match="in use"):
            open_device(adb_device.url).__enter__()

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
    def test_nothing_runs_on_when_the_host_is_interrupted_or_killed(self, adb_device, number):
        script = (
            "import sys, time; from edgekit.devices.open_device import open_device\n"
            "with open_device(sys.argv[1]) as device:\n"
            "    device.start_agent(sys.executable); device.transport.start(['sleep', '99'], {})\n"
            "    print('up', flush=True); time.sleep(99)"
        )
        host = subprocess.Popen(
            [sys.executable, "-c", script, adb_device.url], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert host.stdout.readline() == b"up\n"
        # who holds the lock, the agent, and the command
        assert len(adb_device.living()) == 3
        host.send_signal(number)
        host.communicate()
        all_ended(adb_device, 10)
        with open_device(adb_device.url) as device:
            device.start_agent(sys.executable)


def descriptors():
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208


def test_where_names_what_was_given():
    assert AdbTransport("R58M123ABC").where == "adb://R58M123ABC"
