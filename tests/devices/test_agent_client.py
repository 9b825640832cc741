"""What the host makes of agents that lie, die, babble or hang."""

import importlib.metadata
import json
import shutil
import subprocess
import sys
import textwrap
import threading
import time

import pytest

from edgekit.devices import agent_client as channel_module
from edgekit.devices.agent_client import AgentClient
from edgekit.devices.local_transport import LocalTransport
from edgekit.devices.messages import Facts, Hello
from edgekit.devices.remote import agent_paths
from edgekit.errors import DeviceError, EdgekitError

HELLO = '{"protocol": 1, "agent": "1.0", "python": "3.11", "runtimes": {}, "modules": [], "pid": 1}'


def channel_to(script, *arguments):
    process = LocalTransport().start([sys.executable, "-c", textwrap.dedent(script), *arguments], {})
    return AgentClient(process, "local")


def answering(line):
    """An agent that gives one line to whatever it is asked, then waits."""
    return channel_to("import sys; sys.stdin.readline(); print(sys.argv[1], flush=True); sys.stdin.read()", line)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("Hello, I am a login banner", "not in the protocol: 'Hello, I am"),
        ("[" * 3000, "not in the protocol"),
        ("{}", "not in the protocol"),
        ('{"id": 1, "event": "result"}', "not in the protocol"),
        ('{"id": 1, "event": "result", "result": {}, "extra": 1}', "not in the protocol"),
        ('{"id": 7, "event": "result", "result": ' + HELLO + "}", "answered request 7 instead of 1"),
        ('{"id": 1, "event": "result", "result": {"protocol": 1}}', "no Hello: agent: Field required"),
        ('{"id": 1, "event": "result", "result": {"protocol": "x"}}', "no Hello: protocol"),
        (
            '{"id": 1, "event": "error", "error": {"kind": "protocol", "message": "speaks 9"}}',
            "the agent failed: speaks 9",
        ),
        (
            '{"id": null, "event": "error", "error": {"kind": "internal", "message": "ValueError"}}',
            "the agent failed: ValueError",
        ),
    ],
)
def test_answers_outside_the_protocol(line, message):
    with answering(line) as agent, pytest.raises(DeviceError, match=message):
        agent.greet()


@pytest.mark.parametrize(
    ("kind", "code"), [("usage", 2), ("device", 4), ("tool", 5), ("parity", 5), ("something new", 4)]
)
def test_reported_errors_keep_their_exit_code(kind, code):
    line = f'{{"id": 1, "event": "error", "error": {{"kind": "{kind}", "message": "no", "advice": "try"}}}}'
    with answering(line) as agent, pytest.raises(EdgekitError, match="no") as caught:
        agent.greet()
    assert (caught.value.exit_code, caught.value.advice) == (code, "try")


def test_progress_then_result():
    news = '{"id": 1, "event": "progress", "progress": {"stage": "measure", "runs": 3, "seconds": 1}}'
    seen = []
    with answering(f'{news}\n{news}\n{{"id": 1, "event": "result", "result": {HELLO}}}') as agent:
        agent.request("hello", Hello, progress=seen.append)
    assert [entry.runs for entry in seen] == [3, 3]


def test_death_is_told_with_the_last_words():
    agent = channel_to("import sys; sys.exit('no module named numpy')")
    with pytest.raises(DeviceError) as caught:
        agent.greet()
    assert "exit status 1" in caught.value.message or "before it took" in caught.value.message
    assert "no module named numpy" in caught.value.message


def test_death_in_the_middle_of_an_answer():
    script = """
        import os, signal, sys
        sys.stdin.readline()
        sys.stdout.write('{"id": 1, "ev'); sys.stdout.flush()
        os.kill(os.getpid(), signal.SIGKILL)
    """
    with channel_to(script) as agent, pytest.raises(DeviceError, match=r"the agent ended \(signal SIGKILL"):
        agent.greet()


def test_what_an_agent_says_does_not_steer_the_terminal():
    error = '{"kind": "tool", "message": "\\u001b[2Jgone\\r\\n\\u009b31m", "advice": "\\u0007x"}'
    with answering(f'{{"id": 1, "event": "error", "error": {error}}}') as agent, pytest.raises(EdgekitError) as caught:
        agent.greet()
    assert caught.value.message.isprintable()
    assert caught.value.advice.isprintable()
    with channel_to("import sys; sys.exit('\\x1b[31mred')") as agent, pytest.raises(DeviceError) as caught:
        agent.greet()
    assert "red" in caught.value.message
    assert caught.value.message.isprintable()


def test_silence():
    with channel_to("import time; time.sleep(60)") as agent:
        started = time.monotonic()
        with pytest.raises(DeviceError, match=r"said nothing for 0\.3 s"):
            agent.greet(timeout=0.3)
        assert time.monotonic() - started < 30


def test_endless_line(monkeypatch):
    monkeypatch.setattr("edgekit.agent.protocol.MAX_LINE", 1_000_000)
    script = "import sys\nwhile True: sys.stdout.write('x' * 100_000)"
    with channel_to(script) as agent, pytest.raises(DeviceError, match="a line of more than"):
        agent.greet()


def test_babble_on_stderr_does_not_block():
    script = (
        "import sys; sys.stdin.readline(); sys.stderr.write('x' * 3_000_000); "
        f'print(\'{{"id": 1, "event": "result", "result": {HELLO}}}\', flush=True); sys.stdin.read()'
    )
    with channel_to(script) as agent:
        assert agent.greet().pid == 1


def test_children_of_the_agent_end_with_it(tmp_path):
    script = """
        import subprocess, sys
        child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'], stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)
        sys.stderr.write(str(child.pid)); sys.stderr.flush()
        sys.exit(3)
    """
    agent = channel_to(script)
    with pytest.raises(DeviceError) as caught:
        agent.greet()
    pid = int(caught.value.message.split()[-1])
    state = f"/proc/{pid}/stat"
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            with open(state) as file:  # noqa: PTH123
                if file.read().split()[2] == "Z":
                    break
        except FileNotFoundError:
            break
        time.sleep(0.05)
    else:
        raise AssertionError("the agent's child lives on")


class TestRealAgent:
    """The agent itself, spoken to by hand."""

    @pytest.fixture
    def say(self, tmp_path):
        package = tmp_path / "edgekit_agent"
        package.mkdir()
        for name, path in agent_paths().items():
            (package / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, package / name)

        def run(text, *options):
            command = [sys.executable, "-m", "edgekit_agent", *options]
            return subprocess.run(command, cwd=tmp_path, input=text.encode(), capture_output=True, timeout=30)

        return run

    @pytest.mark.parametrize(
        ("line", "message"),
        [
            ("garbage", "not a line of JSON"),
            ("[1]", "a request is an object"),
            ('{"do": "hello"}', "a request is an object"),
            ('{"id": 1, "do": "hello", "protocol": 2}', "the host speaks protocol 2, this agent speaks 1"),
            ('{"id": 1, "do": "facts"}', "the first request must be hello"),
        ],
    )
    def test_requests_that_are_not_understood(self, say, line, message):
        answer = say(line + "\n").stdout.decode()
        assert answer.count("\n") == 1
        assert '"kind": "protocol"' in answer
        assert message in answer

    def test_unknown_names_and_fields(self, say):
        hello = '{"id": 1, "do": "hello", "protocol": 1}\n'
        asked = '{"id": 2, "do": "format"}\n{"id": 3, "do": "golden"}\n{"id": 4, "do": "golden", "path": 3}\n'
        answers = say(hello + asked).stdout.decode().splitlines()
        assert len(answers) == 4
        for part, answer in zip(("unknown request", "needs path", "path cannot"), answers[1:], strict=True):
            assert part in answer

    def test_empty_lines_ask_nothing(self, say):
        answer = say('\n\n{"id": 1, "do": "hello", "protocol": 1}\n\n', "--patience", "20").stdout.decode()
        assert answer.count("\n") == 1
        assert answer.startswith('{"id": 1, "event": "result"')

    def test_versions_are_those_of_the_metadata(self, say, tmp_path):
        """Of what is installed, and of a package whose folder tells none."""
        (tmp_path / "tflite_runtime").mkdir()
        (tmp_path / "tflite_runtime" / "__init__.py").touch()
        runtimes = json.loads(say('{"id": 1, "do": "hello", "protocol": 1}\n').stdout)["result"]["runtimes"]
        assert runtimes["tflite-runtime"] == "unknown"
        for name in ("onnxruntime", "ai-edge-litert"):
            assert runtimes[name] == importlib.metadata.version(name)
        (tmp_path / "tflite_runtime-2.14.0.post1.dist-info").mkdir()
        runtimes = json.loads(say('{"id": 1, "do": "hello", "protocol": 1}\n').stdout)["result"]["runtimes"]
        assert runtimes["tflite-runtime"] == "2.14.0.post1"

    def test_silence_ends_it(self, say, tmp_path):
        command = [sys.executable, "-m", "edgekit_agent", "--patience", "1"]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        with subprocess.Popen(command, cwd=tmp_path, **pipes) as agent:
            hello = b'{"id": 1, "do": "hello", "protocol": 1}\n'
            for line in (hello, b"\n", b"\n", b"\n", b"\n"):
                agent.stdin.write(line)
                agent.stdin.flush()
                time.sleep(0.5)
            assert agent.poll() is None
            agent.wait(20)
            assert b"nothing was heard of the host for 1 s" in agent.stderr.read()

    def test_native_chatter_stays_off_stdout(self, say, tmp_path):
        chatty = tmp_path / "edgekit_agent" / "machine" / "memory.py"
        chatter = "\nos.write(1, b'chatter at import')\nprint('print')\n"
        chatty.write_text(chatty.read_text() + "\nimport os" + chatter)
        result = say('{"id": 1, "do": "hello", "protocol": 1}\n')
        assert result.stdout.startswith(b'{"id": 1')


def test_a_wrong_version_is_told(monkeypatch, device_home):
    from edgekit.devices.local import LocalDevice

    monkeypatch.setattr(channel_module, "PROTOCOL", 99)
    with LocalDevice() as device, pytest.raises(DeviceError, match="host speaks protocol 99, this agent speaks 1"):
        device.start_agent()


def test_an_agent_that_was_killed(device_home):
    import os
    import signal

    from edgekit.devices.local import LocalDevice

    with LocalDevice() as device, device.start_agent() as agent:
        os.kill(agent.greet().pid, signal.SIGKILL)
        with pytest.raises(DeviceError, match="the agent ended"):
            agent.request("facts", Facts)


def test_a_close_from_another_thread_wakes_who_waits():
    agent = channel_to("import sys; sys.stdin.read()")
    closing = threading.Timer(0.5, agent.close)
    closing.start()
    started = time.monotonic()
    with pytest.raises(DeviceError, match="was ended before it answered"):
        agent.request("facts", Facts, timeout=60)
    assert time.monotonic() - started < 50
    closing.join()
