"""The HTTP service of the Linux package, as installed: right answers, wrong requests, hostile and slow clients."""

from __future__ import annotations

import http.client
import json
import re
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st
from linux_package import BODY, POST, eventually, everything, exchange, serving
from tiny_bundle import LABELS, TEXTS, reference_ids, reference_logits

from edgekit.packaging.linux.service.http_error import HttpError
from edgekit.packaging.linux.service.limits import Limits
from edgekit.packaging.linux.service.text_classification import texts_of
from edgekit.packaging.linux.service.text_generation import prompt_of

_NAMES = st.sampled_from(["text", "pair", "texts", "prompt", "max_tokens", "temperature", "seed", "stop", "stream"])


@pytest.fixture(scope="module")
def service(linux_home, tmp_path_factory):
    """One service for all tests that leave it as it was."""
    with serving(linux_home, tmp_path_factory.mktemp("service") / "log") as running:
        yield running


@pytest.fixture(scope="module")
def hasty(linux_home, tmp_path_factory):
    """A service that waits a second at most, and for few."""
    seconds = [f"--{name}-seconds=1" for name in ("header", "body", "idle", "write")]
    with serving(linux_home, tmp_path_factory.mktemp("hasty") / "log", *seconds, "--connections", 8) as running:
        yield running


def softmax(logits):
    exponentials = np.exp(logits - logits.max())
    return exponentials / exponentials.sum()


@pytest.mark.parametrize(("text", "pair"), TEXTS)
def test_a_text_gets_the_label_and_the_scores_of_the_model(service, text, pair):
    expected = softmax(reference_logits(reference_ids(text, pair)))
    found = service.classify(text) if pair is None else service.classify(text, pair)
    assert found["label"] == LABELS[int(expected.argmax())]
    assert found["score"] == pytest.approx(expected.max(), abs=1e-5)
    assert list(found["scores"]) == list(LABELS)
    assert list(found["scores"].values()) == pytest.approx(list(expected), abs=1e-5)
    assert found["truncated"] is False


def test_several_texts_are_answered_in_their_order(service):
    texts = ["open", ["warmer please", "the bedroom fan"], "turn on the light " * 40]
    status, _, found = service.ask("POST", "/classify", {"texts": texts})
    assert status == 200
    assert [each["truncated"] for each in found["results"]] == [False, False, True]
    assert found["results"][0] == service.classify("open")
    assert found["results"][1] == service.classify("warmer please", "the bedroom fan")


def test_health_says_what_was_proven(service):
    status, headers, found = service.ask("GET", "/healthz")
    assert (status, headers["Content-Type"]) == (200, "application/json")
    assert found["golden_cases"] == 4
    assert found["max_abs_difference"] < 1e-4
    assert re.fullmatch(r"onnxruntime [\d.]+", found["runtime"])
    assert found["task"] == "text-classification"


def test_metrics_count_what_was_asked(service):
    before = service.metric("edgekit_texts_total"), service.metric("edgekit_request_seconds_count")
    service.ask("POST", "/classify", {"texts": ["open", "close", "on"]})
    assert service.metric("edgekit_texts_total") == before[0] + 3
    assert service.metric("edgekit_request_seconds_count") >= before[1] + 3
    assert service.metric("edgekit_worker_up") == 1
    assert service.metric("edgekit_worker_resident_memory_bytes") > 10e6
    _, headers, text = service.ask("GET", "/metrics")
    assert headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert b'edgekit_requests_total{path="/classify",status="200"}' in text
    # a path of a stranger's choice is no label of its own
    service.ask("GET", "/" + "x" * 100)
    assert b'path="other",status="404"' in service.ask("GET", "/metrics")[2]


def test_a_connection_is_kept(service):
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)
    for _ in range(3):
        assert exchange(connection, "POST", "/classify", {"text": "open"})[0] == 200
        assert exchange(connection, "POST", "/classify", {"text": 1})[0] == 400
        held = connection.sock
        assert held is not None
    connection.close()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "no JSON"),
        (b"turn on the light", "no JSON"),
        (b"\xff\xfe\x00", "no JSON"),
        (b'{"text": "open"', "no JSON"),
        (b"[" * 60_000, "nested too deeply"),
        (b'{"text": NaN}', "NaN is no number"),
        (b"[]", "must be a JSON object"),
        (b"null", "must be a JSON object"),
        ({}, "text must be a text"),
        ({"text": None}, "text must be a text"),
        ({"text": 3}, "text must be a text"),
        ({"text": ["open"]}, "text must be a text"),
        ({"text": "open", "pair": 3}, "pair must be a text"),
        ({"text": "open", "txt": "x"}, "unknown field 'txt'"),
        ({"text": "open", "texts": ["x"]}, "unknown field 'text'"),
        ({"texts": []}, "1 to 64 texts"),
        ({"texts": ["x"] * 65}, "1 to 64 texts"),
        ({"texts": "open"}, "1 to 64 texts"),
        ({"texts": [["a", "b", "c"]]}, "a text and its pair"),
        ({"texts": [["a", None]]}, "must be a text"),
        ({"text": "a" * 50_001}, "50000 characters"),
        (b'{"text": "\\ud800"}', "not valid Unicode"),
    ],
    ids=range(22),
)
def test_a_wrong_body_is_told_what_is_wrong(service, body, message):
    status, _, found = service.ask("POST", "/classify", body)
    assert (status, message in found["error"]) == (400, True), found
    assert service.classify("open")["label"]


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "message"),
    [
        ("GET", "/", {}, 404, "there is no /"),
        ("POST", "/classify/", {}, 404, "there is no /classify/; there are /healthz, /metrics, /classify"),
        ("GET", "/classify", {}, 405, "/classify takes POST"),
        ("POST", "/healthz", {}, 405, "/healthz takes GET"),
        ("DELETE", "/metrics", {}, 405, "/metrics takes GET"),
        ("POST", "/generate", {}, 404, "the model is for text-classification: POST /classify"),
        ("POST", "/classify", {"Content-Type": "text/plain"}, 415, "Content-Type: application/json"),
        ("POST", "/classify", {"Host": "attacker.example"}, 421, "answers to localhost"),
        ("GET", "/healthz", {"Host": ""}, 421, "the Host of this request is empty"),
        ("GET", "/healthz", {"Host": ":8756"}, 421, "the Host of this request is empty"),
    ],
)
def test_what_is_not_served_is_told_what_is(service, method, path, headers, status, message):
    found = service.ask(method, path, {"text": "open"} if method == "POST" else None, headers)
    assert (found[0], message in found[2]["error"]) == (status, True), found
    assert "NAME" not in found[2]["error"]
    assert status != 404 or path == "/generate" or "/generate" not in found[2]["error"]
    assert found[1]["Allow"] == (message.split()[-1] if status == 405 else None)


def test_a_head_alone_is_answered(service):
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)
    for path, status in (("/healthz", 200), ("/metrics", 200), ("/classify", 405), ("/nowhere", 404)):
        assert exchange_head(connection, path) == status
    assert exchange(connection, "GET", "/healthz")[0] == 200
    connection.close()


def exchange_head(connection, path) -> int:
    connection.request("HEAD", path)
    answer = connection.getresponse()
    assert answer.read() == b""
    assert int(answer.headers["Content-Length"]) > 10
    return answer.status


def test_a_page_of_another_origin_may_not_ask(service):
    asked = {"Origin": "https://attacker.example", "Access-Control-Request-Method": "POST"}
    status, headers, _ = service.ask("OPTIONS", "/classify", None, asked)
    assert status == 405
    assert not [name for name in headers if name.lower().startswith("access-control")]


def test_a_huge_body_is_refused_before_it_has_come(service):
    answer = service.raw(POST + b"Content-Length: 999999999999\r\n\r\n", BODY)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"Connection: close" in answer
    piece = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    assert service.raw(POST + b"Transfer-Encoding: chunked\r\n\r\n", *[piece] * 5).startswith(b"HTTP/1.1 413 ")


def test_a_huge_head_is_refused(service):
    many = b"".join(b"X-%d: %s\r\n" % (number, b"y" * 100) for number in range(1000))
    assert service.raw(POST + many).startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize(
    "head",
    [
        b"hello\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /healthz HTTP/1.1\r\n\r\n",
        POST + b"Content-Length: -1\r\n\r\n",
        POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        POST + b"Content-Length: five\r\n\r\n",
        POST + b"Transfer-Encoding: gzip\r\n\r\n",
        POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_what_is_no_http_is_refused(service, head):
    with service.connect() as link:
        link.sendall(head)
        link.shutdown(socket.SHUT_WR)
        answer = everything(link)
    assert re.match(rb"HTTP/1\.1 (400|501) ", answer), answer
    assert service.ready()


def test_a_body_that_is_shorter_than_it_says_is_refused(service):
    with service.connect() as link:
        link.sendall(POST + b"Content-Length: 500\r\n\r\n" + BODY)
        link.shutdown(socket.SHUT_WR)
        assert everything(link).startswith(b"HTTP/1.1 400 ")


def test_a_body_that_is_longer_than_it_says_is_no_second_request(service):
    answer = service.raw(POST + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY + b"garbage\r\n\r\n")
    assert re.findall(rb"HTTP/1\.1 (\d+) ", answer) == [b"200", b"400"]


def test_requests_on_the_heels_of_each_other_are_answered_in_order(service):
    one = POST + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY
    last = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    answer = service.raw(one * 3 + last)
    assert re.findall(rb"HTTP/1\.1 (\d+) ", answer) == [b"200"] * 4
    assert answer.count(b'"label"') == 3


def test_a_body_in_chunks_and_one_that_waits_to_be_let_in_are_taken(service):
    close = b"Connection: close\r\n"
    halves = b"8\r\n" + BODY[:8] + b"\r\n8\r\n" + BODY[8:] + b"\r\n0\r\n\r\n"
    answer = service.raw(POST + close + b"Transfer-Encoding: chunked\r\n\r\n" + halves)
    assert answer.startswith(b"HTTP/1.1 200 ")
    with service.connect() as link:
        link.sendall(POST + close + b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(BODY))
        assert link.recv(1000).startswith(b"HTTP/1.1 100 ")
        link.sendall(BODY)
        assert everything(link).startswith(b"HTTP/1.1 200 ")


def test_a_client_that_sends_a_byte_now_and_then_is_cut_off(hasty):
    with hasty.connect() as slow:
        began = time.monotonic()
        answer = b""
        slow.settimeout(0.2)
        while time.monotonic() - began < 60:
            try:
                slow.sendall(b"P")
                answer += slow.recv(1000)
                break
            except TimeoutError:
                # others are answered meanwhile
                assert hasty.classify("open")["label"]
            except OSError:
                break
        assert time.monotonic() - began < 50
        assert answer.startswith(b"HTTP/1.1 408 ") or not answer


def test_a_body_that_comes_too_slowly_is_refused(hasty):
    with hasty.connect() as slow:
        slow.sendall(POST + b"Content-Length: 100\r\n\r\n{")
        began = time.monotonic()
        assert everything(slow).startswith(b"HTTP/1.1 408 ")
        assert 0.5 < time.monotonic() - began < 50


def test_a_connection_on_which_nothing_comes_is_closed(hasty):
    with hasty.connect() as silent:
        assert everything(silent) == b""
    with hasty.connect() as kept:
        kept.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert everything(kept).startswith(b"HTTP/1.1 200 ")


def test_a_client_that_never_reads_holds_up_nobody(hasty):
    # of all answers the longest that costs least
    one = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with hasty.connect() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.settimeout(0.5)
        with suppress(OSError):
            for _ in range(20_000):
                deaf.sendall(one)
        assert hasty.classify("open")["label"]
        # its place is given to others, though it never closed it
        eventually(lambda: hasty.metric("edgekit_connections") == 1, "it still holds its place", 60)


def test_twenty_clients_are_answered_rightly(service):
    expected = {text: service.classify(text)["scores"] for text, pair in TEXTS if pair is None}
    worker = service.worker

    def client(number: int) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)
        end, count = time.monotonic() + 4, 0
        texts = list(expected)
        while time.monotonic() < end:
            text = texts[(number + count) % len(texts)]
            status, _, found = exchange(connection, "POST", "/classify", {"text": text})
            assert status == 200, found
            assert found["scores"] == expected[text]
            count += 1
        connection.close()
        return count

    with ThreadPoolExecutor(20) as pool:
        counts = list(pool.map(client, range(20)))
    assert min(counts) > 0
    assert service.worker == worker


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_NAMES, inner, max_size=4),
    max_leaves=8,
)


@hypothesis.given(st.dictionaries(_NAMES, _JSON, max_size=5) | _JSON)
@hypothesis.settings(max_examples=300, deadline=None)
def test_any_body_becomes_a_request_of_the_right_types_or_is_refused(document):
    body = json.dumps(document).encode()
    with suppress(HttpError):
        texts, several = texts_of(body, Limits())
        assert 1 <= len(texts) <= 64
        assert several or len(texts) == 1
        assert all(isinstance(text, str) and (pair is None or isinstance(pair, str)) for text, pair in texts)
    with suppress(HttpError):
        request, stream = prompt_of(body, Limits())
        assert isinstance(stream, bool)
        assert isinstance(request["prompt"], str)
        assert {name: type(value) for name, value in request["sampling"].items()} == {
            "temperature": float,
            "top_k": int,
            "top_p": float,
            "seed": int,
        }
        assert all(isinstance(stop, str) and stop for stop in request["stop"])


@hypothesis.given(st.data())
@hypothesis.settings(
    max_examples=60, deadline=None, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture]
)
def test_no_bytes_bring_it_down(service, data):
    good = POST + b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(BODY) + BODY
    place = data.draw(st.integers(0, len(good)))
    spoiled = good[:place] + data.draw(st.binary(max_size=8)) + good[place + data.draw(st.integers(0, 8)) :]
    with service.connect() as link:
        link.sendall(spoiled)
        link.shutdown(socket.SHUT_WR)
        answer = everything(link)
    assert not answer or re.match(rb"HTTP/1\.1 [1-5]\d\d ", answer)
    assert service.ready()
