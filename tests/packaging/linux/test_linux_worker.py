"""The worker of the Linux service when it hangs, dies or is not fit, the line before it, and the end of it all."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from linux_package import (
    LONG_CONTEXT,
    NAME,
    children,
    code_blocks,
    eventually,
    everything,
    exchange,
    rss_mb,
    run_blocks,
    serving,
)

from edgekit.agent.inference.generation import GenerationLimits
from edgekit.agent.inference.generator import open_generator
from edgekit.agent.inference.sampling import Sampling

PROMPT = "once upon a time"


@pytest.fixture
def service(linux_home, tmp_path):
    with serving(linux_home, tmp_path / "log", "--waiting", 4) as running:
        yield running


@pytest.fixture(scope="module")
def storyteller(linux_decoder, tmp_path_factory):
    """The service of a decoder."""
    with serving(linux_decoder, tmp_path_factory.mktemp("storyteller") / "log") as running:
        yield running


@pytest.fixture(scope="module")
def generator(linux_decoder):
    """The same decoder in this process."""
    return open_generator(linux_decoder / "bundle")


@contextmanager
def stopped(pid):
    """A worker that hangs."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def ask_in(pool, service, text="open"):
    return pool.submit(service.ask, "POST", "/classify", {"text": text})


def test_a_worker_killed_while_it_works_costs_no_answer(service):
    expected = service.classify("open")
    first = service.worker
    with ThreadPoolExecutor(4) as pool:
        with stopped(first):
            asked = [ask_in(pool, service) for _ in range(4)]
            eventually(lambda: service.metric("edgekit_waiting") == 3, "they do not wait")
            os.kill(first, signal.SIGKILL)
        answers = [each.result() for each in asked]
    assert [(status, found) for status, _, found in answers] == [(200, expected)] * 4
    assert service.worker != first
    assert service.metric("edgekit_worker_restarts") == 1
    assert "the worker ended (SIGKILL)" in service.log.read_text()


def test_an_idle_worker_that_dies_is_replaced_before_anybody_asks(service):
    first = service.worker
    os.kill(first, signal.SIGKILL)
    eventually(lambda: service.metric("edgekit_worker_restarts") == 1 and service.ready(), "it is not replaced")
    assert service.worker != first
    assert service.classify("open")["label"]


def test_beyond_the_line_there_is_a_503(service):
    worker = service.worker
    with ThreadPoolExecutor(5) as pool:
        with stopped(worker):
            asked = [ask_in(pool, service)]
            eventually(lambda: service.metric("edgekit_in_progress") == 1, "nothing is worked on")
            asked += [ask_in(pool, service) for _ in range(4)]
            eventually(lambda: service.metric("edgekit_waiting") == 4, "they do not wait")
            status, headers, found = service.ask("POST", "/classify", {"text": "one too many"})
            # the front is as awake as ever
            assert service.ask("GET", "/healthz")[0] == 200
        assert (status, headers["Retry-After"]) == (503, "1")
        assert "4 requests wait already" in found["error"]
        assert [each.result()[0] for each in asked] == [200] * 5
    assert service.worker == worker


def test_a_worker_that_hangs_is_given_up_and_replaced(linux_home, tmp_path):
    with serving(linux_home, tmp_path / "log", "--request-seconds", 1, "--cancel-seconds", 1) as service:
        worker = service.worker
        os.kill(worker, signal.SIGSTOP)
        began = time.monotonic()
        status, headers, found = service.ask("POST", "/classify", {"text": "open"})
        assert (status, headers["Retry-After"]) == (503, "5")
        assert "more than 1 s" in found["error"]
        assert time.monotonic() - began < 50
        eventually(lambda: service.metric("edgekit_worker_restarts") == 1 and service.ready(), "it is not replaced")
        assert not Path(f"/proc/{worker}").exists()
        assert service.classify("open")["label"]


def test_a_model_changed_under_a_service_is_not_served(linux_decoder, tmp_path):
    model = linux_decoder / "bundle/model.onnx"
    content = model.read_bytes()
    try:
        with serving(linux_decoder, tmp_path / "log") as service:
            model.write_bytes(content[:-1] + b"\0" + b"\0")
            os.kill(service.worker, signal.SIGKILL)
            status, _, _ = eventually(lambda: _unready(service, "exit status 1"), "it is served all the same")
            assert status == 503
            assert "model.onnx is not the file of the manifest" in service.log.read_text()
            model.write_bytes(content)
            eventually(service.ready, "it does not come back")
    finally:
        model.write_bytes(content)


def _unready(service, reason):
    answer = service.ask("GET", "/healthz")
    return answer if answer[0] == 503 and reason in answer[2]["reason"] else None


def test_sigterm_lets_what_was_asked_be_answered(service):
    worker = service.worker
    kept = http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)
    exchange(kept, "GET", "/healthz")
    with ThreadPoolExecutor(3) as pool:
        with stopped(worker):
            asked = [ask_in(pool, service) for _ in range(3)]
            eventually(lambda: service.metric("edgekit_waiting") == 2, "they do not wait")
            service.process.send_signal(signal.SIGTERM)
            # a connection without a request is closed, and there is none to be had
            assert everything(kept.sock) == b""
            with pytest.raises(OSError):
                service.ask("GET", "/healthz")
            assert service.process.poll() is None
        answers = [each.result() for each in asked]
    assert [status for status, _, _ in answers] == [200] * 3
    assert {headers["Connection"] for _, headers, _ in answers} == {"close"}
    assert service.process.wait(20) == 0
    assert not Path(f"/proc/{worker}").exists()


def test_a_front_that_is_killed_takes_its_worker_with_it(service):
    worker = service.worker
    service.process.kill()
    eventually(lambda: not Path(f"/proc/{worker}").exists(), "the worker is left behind", 10)


def test_a_port_that_is_taken_is_said(service, linux_home):
    command = [linux_home / "bin" / NAME, "serve", "--port", str(service.port)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"cannot listen on 127.0.0.1 port {service.port}" in done.stderr


def story(service, prompt=PROMPT, **options):
    """The pieces of a text, and its last line."""
    status, headers, body = service.ask("POST", "/generate", {"prompt": prompt, **options})
    assert status == 200, body
    assert headers["Content-Type"] == "application/x-ndjson"
    lines = [json.loads(line) for line in body.splitlines()]
    assert all(set(line) == {"text"} for line in lines[:-1])
    return [line["text"] for line in lines[:-1]], lines[-1]


@pytest.mark.parametrize(
    "options",
    [
        {"max_tokens": 40},
        {"max_tokens": 40, "temperature": 0.9, "top_k": 20, "top_p": 0.9, "seed": 7},
        {"max_tokens": 200, "stop": ["a", "e"]},
    ],
)
def test_a_text_is_that_of_the_model_piece_by_piece(storyteller, generator, options):
    sampling = {name: options[name] for name in ("temperature", "top_k", "top_p", "seed") if name in options}
    limits = GenerationLimits(max_tokens=options["max_tokens"], stops=tuple(options.get("stop", ())))
    expected = generator.start(PROMPT, Sampling(**sampling), limits)
    text = "".join(expected)
    pieces, last = story(storyteller, **options)
    assert "".join(pieces) == text
    counts = {"prompt_tokens": len(expected.prompt_ids), "new_tokens": len(expected.ids)}
    assert last == {"done": True, "finish": expected.finish, **counts}
    status, _, whole = storyteller.ask("POST", "/generate", {"prompt": PROMPT, "stream": False, **options})
    assert (status, whole["text"], whole["finish"]) == (200, text, expected.finish)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({}, "prompt must be a text"),
        ({"prompt": "x", "max_tokens": 0}, "max_tokens must be at least 1"),
        ({"prompt": "x", "max_tokens": 1.5}, "max_tokens must be a whole number"),
        ({"prompt": "x", "temperature": -1}, "temperature must be a number"),
        ({"prompt": "x", "temperature": True}, "temperature must be a number"),
        ({"prompt": "x", "top_k": 3}, "at temperature 0 there is one"),
        ({"prompt": "x", "top_p": 2, "temperature": 1}, "top-p above 0 and at most 1"),
        ({"prompt": "x", "stop": "."}, "stop must be a list"),
        ({"prompt": "x", "stop": [""]}, "1 to 200 characters"),
        ({"prompt": "x", "stream": "no"}, "stream must be true or false"),
        ({"prompt": "the sea " * 3000}, "the context holds"),
        ({"prompt": "x", "text": "y"}, "unknown field 'text'"),
    ],
)
def test_a_wrong_prompt_is_told_what_is_wrong(storyteller, asked, said):
    status, _, found = storyteller.ask("POST", "/generate", asked)
    assert (status, said in found["error"]) == (400, True), found


def test_a_decoder_does_not_classify(storyteller):
    status, _, found = storyteller.ask("POST", "/classify", {"text": "open"})
    assert (status, found["error"]) == (404, "the model is for text-generation: POST /generate")


def test_the_readme_generates_as_written(storyteller, linux_decoder):
    blocks = code_blocks((linux_decoder / "README.md").read_text())[2:]
    assert [kind for kind, _ in blocks] == ["sh", "python"]
    streamed, printed = run_blocks(blocks, storyteller)
    pieces = [json.loads(line) for line in streamed.splitlines()]
    assert pieces[-1]["finish"] == "length"
    text = "".join(piece["text"] for piece in pieces[:-1])
    assert printed
    # the second asks for fewer tokens
    assert text.startswith(printed)


def begin(service, tokens):
    """A connection on which the first piece of a long text has come."""
    body = b'{"prompt": "%s", "max_tokens": %d}' % (PROMPT.encode(), tokens)
    head = b"POST /generate HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n"
    link = service.connect()
    link.sendall(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    first = b""
    while b'"text"' not in first:
        first += link.recv(200)
    return link, first


def test_a_worker_killed_in_the_middle_of_a_text_costs_no_word(storyteller, generator):
    whole = "".join(generator.start(PROMPT, limits=GenerationLimits(max_tokens=900)))
    link, first = begin(storyteller, 900)
    worker = storyteller.worker
    os.kill(worker, signal.SIGKILL)
    with link:
        answer = first + everything(link)
    lines = [json.loads(line) for line in answer.split(b"\r\n") if line.startswith(b"{")]
    assert "".join(line["text"] for line in lines[:-1]) == whole
    assert lines[-1] == {
        "done": True,
        "finish": "length",
        "prompt_tokens": lines[-1]["prompt_tokens"],
        "new_tokens": 900,
    }
    assert storyteller.worker != worker


def test_a_request_of_which_two_workers_die_is_given_up(storyteller):
    link, first = begin(storyteller, LONG_CONTEXT)
    worker = storyteller.worker
    os.kill(worker, signal.SIGKILL)
    another = eventually(
        lambda: next((pid for pid in children(storyteller.process.pid) if pid != worker), None), "none"
    )
    eventually(storyteller.ready, "no second worker")
    os.kill(another, signal.SIGKILL)
    with link:
        answer = first + everything(link)
    assert b'"error": "the model was stopped twice while it worked on this"' in answer
    eventually(storyteller.ready, "no third worker")
    assert story(storyteller, max_tokens=3)[1]["new_tokens"] == 3


def test_a_client_that_leaves_frees_the_model(storyteller):
    worker = storyteller.worker
    link, _ = begin(storyteller, LONG_CONTEXT)
    began = time.monotonic()
    link.close()
    story(storyteller, max_tokens=1)
    first = time.monotonic() - began
    began = time.monotonic()
    story(storyteller, max_tokens=LONG_CONTEXT)
    # what was left was not told to its end, and the worker is the same
    assert first < (time.monotonic() - began) / 2
    assert storyteller.worker == worker


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_minute_of_twenty_clients_loses_nothing_and_takes_no_more_memory(service_for_a_minute):
    service = service_for_a_minute
    expected = service.classify("turn on the light")["scores"]

    def client(number: int, seconds: float) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)
        end, count = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            status, _, found = exchange(connection, "POST", "/classify", {"text": "turn on the light"})
            assert (status, found["scores"]) == (200, expected)
            count += 1
            if count % 50 == 0:
                # some come anew
                connection.close()
        return count

    def load(seconds: float) -> int:
        with ThreadPoolExecutor(20) as pool:
            return sum(pool.map(client, range(20), [seconds] * 20))

    load(10)
    before = rss_mb(service.process.pid), rss_mb(service.worker)
    answered = service.metric("edgekit_texts_total")
    count = load(60)
    after = rss_mb(service.process.pid), rss_mb(service.worker)
    assert service.metric("edgekit_texts_total") == answered + count
    assert service.metric("edgekit_worker_restarts") == 0
    assert after[0] - before[0] < 2, (before, after)
    assert after[1] - before[1] < 2, (before, after)


@pytest.fixture
def service_for_a_minute(linux_home, tmp_path):
    with serving(linux_home, tmp_path / "log") as running:
        yield running
