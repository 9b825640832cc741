"""More clients than the Linux service has places: whoever is slow, silent or deaf keeps nobody out."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from contextlib import ExitStack, contextmanager, suppress

import pytest
from linux_package import BODY, POST, eventually, everything, serving

HEALTH = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
# what each client of a crowd sends before it falls silent
UNFINISHED = {
    "nothing": b"",
    "one byte": b"G",
    "half a head": b"GET /healthz HTTP/1.1\r\nHost: local",
    "half a body": POST + b"Content-Length: 100\r\n\r\n{",
    "half a chunk": POST + b"Transfer-Encoding: chunked\r\n\r\n10\r\n{",
    "no HTTP": b"nonsense\r\n\r\n",
    "a body that is let in": POST + b"Expect: 100-continue\r\nContent-Length: 100\r\n\r\n",
}


@pytest.fixture(scope="module")
def service(linux_home, tmp_path_factory):
    """A service as it is usually started."""
    with serving(linux_home, tmp_path_factory.mktemp("crowded") / "log") as running:
        yield running


@pytest.fixture(scope="module")
def narrow(linux_home, tmp_path_factory):
    """A service with places for eight, of which one client may hold four with unfinished requests."""
    options = ("--connections", 8, "--unfinished", 4)
    with serving(linux_home, tmp_path_factory.mktemp("narrow") / "log", *options) as running:
        yield running


@contextmanager
def crowd(service, sent: bytes, clients: int):
    """So many connections that each sent this, and send no more."""
    with ExitStack() as stack:
        for _ in range(clients):
            link = stack.enter_context(service.connect())
            # one that has to go is told so before it has said everything
            with suppress(OSError):
                link.sendall(sent)
        yield


def seconds_of_a_health_check(service) -> float:
    began = time.monotonic()
    answer = service.raw(HEALTH)
    assert answer.startswith(b"HTTP/1.1 200 "), answer
    return time.monotonic() - began


@pytest.mark.parametrize("clients", [140, 500])
@pytest.mark.parametrize("kind", UNFINISHED)
def test_health_is_answered_beside_unfinished_requests(service, kind, clients):
    quiet = max(seconds_of_a_health_check(service) for _ in range(10))
    with crowd(service, UNFINISHED[kind], clients):
        waited = sorted(seconds_of_a_health_check(service) for _ in range(20))
    # a machine that is busy with other things adds what it adds without the crowd
    assert waited[10] < 0.05 + quiet, waited
    assert service.classify("open")["label"]


def test_health_is_answered_while_a_crowd_keeps_coming(service):
    ended = threading.Event()

    def come_again() -> None:
        while not ended.is_set():
            with crowd(service, UNFINISHED["half a head"], 200):
                ended.wait(0.02)

    coming = threading.Thread(target=come_again)
    coming.start()
    try:
        for _ in range(20):
            seconds_of_a_health_check(service)
    finally:
        ended.set()
        coming.join()


def test_the_oldest_unfinished_request_makes_room_and_is_told(narrow):
    with ExitStack() as stack:
        held = [stack.enter_context(narrow.connect()) for _ in range(8)]
        for link in held:
            link.sendall(UNFINISHED["half a head"])
            time.sleep(0.03)
        assert narrow.ready()
        answer = everything(held[0])
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b"others need its place" in answer
        held[-1].sendall(b"host\r\nConnection: close\r\n\r\n")
        assert everything(held[-1]).startswith(b"HTTP/1.1 200 ")


def test_a_crowd_from_one_address_ends_no_request_from_another(narrow):
    with narrow.connect() as slow, ExitStack() as stack:
        slow.sendall(UNFINISHED["half a head"])
        time.sleep(0.03)
        for _ in range(40):
            link = socket.create_connection(("127.0.0.1", narrow.port), 60, source_address=("127.0.0.2", 0))
            stack.enter_context(link).sendall(UNFINISHED["half a head"])
            time.sleep(0.005)
        slow.sendall(b"host\r\nConnection: close\r\n\r\n")
        assert everything(slow).startswith(b"HTTP/1.1 200 ")


def test_who_asks_without_end_and_takes_no_answer_makes_room(narrow):
    """At first they are answered, as much as the system takes for them; then nothing goes any more."""
    with ExitStack() as stack:
        for _ in range(8):
            deaf = socket.socket()
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            stack.enter_context(deaf).connect(("127.0.0.1", narrow.port))
            deaf.settimeout(0.2)
            with suppress(OSError):
                for _ in range(20_000):
                    deaf.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert narrow.ready()
        for _ in range(3):
            time.sleep(1)
            assert narrow.ready()


def test_who_waits_for_the_model_keeps_a_place_and_more_are_refused(narrow):
    request = POST + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY
    worker = narrow.worker
    os.kill(worker, signal.SIGSTOP)
    try:
        with ExitStack() as stack:
            held = [stack.enter_context(narrow.connect()) for _ in range(8)]
            for link in held:
                link.sendall(request)
            time.sleep(0.3)
            answer = narrow.raw(HEALTH)
            assert answer.startswith(b"HTTP/1.1 503 ")
            assert b"Retry-After: 1" in answer
            os.kill(worker, signal.SIGCONT)
            for link in held:
                assert everything(link).startswith(b"HTTP/1.1 200 ")
        eventually(lambda: narrow.metric("edgekit_connections") == 1, "their places are not given back", 10)
    finally:
        os.kill(worker, signal.SIGCONT)
