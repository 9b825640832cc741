"""Requests that two could read differently, those that cost much, and clients that send them; what they cost."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path

from linux_package import BODY, POST

HEALTH = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
CHUNKS = b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY)
# a second request, which must be nobody's
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"


FORBIDDEN = {
    "a length beside chunks": (POST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS, 400),
    "chunks beside a length": (POST + b"transfer-encoding:chunked\r\ncontent-length: 16\r\n\r\n" + CHUNKS, 400),
    "two lengths": (POST + b"Content-Length: 16\r\nContent-Length: 17\r\n\r\n" + BODY, 400),
    "a length twice": (POST + b"Content-Length: 16\r\nContent-Length: 16\r\n\r\n" + BODY, 400),
    "a list of lengths": (POST + b"Content-Length: 16, 16\r\n\r\n" + BODY, 400),
    "a signed length": (POST + b"Content-Length: +16\r\n\r\n" + BODY, 400),
    "an empty length": (POST + b"Content-Length:\r\n\r\n" + BODY, 400),
    "chunked, then gzip": (POST + b"Transfer-Encoding: chunked, gzip\r\n\r\n" + CHUNKS, 400),
    "gzip, then chunked": (POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n" + CHUNKS, 501),
    "gzip in a field before": (POST + b"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS, 501),
    "chunked twice": (POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS, 400),
    "identity": (POST + b"Transfer-Encoding: identity\r\n\r\n" + CHUNKS, 400),
    "no coding": (POST + b"Transfer-Encoding:\r\n\r\n" + CHUNKS, 400),
    "a hidden coding": (POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n" + CHUNKS, 400),
    "chunks in HTTP/1.0": (CHUNKED.replace(b"HTTP/1.1", b"HTTP/1.0") + CHUNKS, 400),
    "a folded field": (POST + b"Transfer-Encoding:\r\n chunked\r\n\r\n" + CHUNKS, 400),
    "a field folded by a tab": (POST + b"X: a\r\n\tb\r\n\r\n", 400),
    "a space before a colon": (POST + b"Transfer-Encoding : chunked\r\n\r\n" + CHUNKS, 400),
    "a space before a field": (b"GET /healthz HTTP/1.1\r\n Host: localhost\r\n\r\n", 400),
    "a bare LF": (POST + b"X: a\nContent-Length: 16\r\n\r\n" + BODY, 400),
    "bare LFs alone": (b"GET /healthz HTTP/1.1\nHost: localhost\n\n", 400),
    "a bare CR": (POST + b"X: a\rContent-Length: 16\r\n\r\n" + BODY, 400),
    "a NUL": (POST + b"X: a\0b\r\n\r\n", 400),
    "two hosts": (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", 400),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    "no size": (CHUNKED + b"\r\n" + BODY, 400),
    "a size with a sign": (CHUNKED + b"+10\r\n" + BODY + b"\r\n0\r\n\r\n", 400),
    "a size with a prefix": (CHUNKED + b"0x10\r\n" + BODY + b"\r\n0\r\n\r\n", 400),
    "a size beyond all": (CHUNKED + b"fffffffff\r\n" + BODY, 400),
    "a size that is too small": (CHUNKED + b"5\r\n" + BODY + b"\r\n0\r\n\r\n", 400),
    "a chunk that ends in LF": (CHUNKED + b"10\n" + BODY + b"\n0\n\n", 400),
    "an extension with a bare LF": (CHUNKED + b"10;a=\nb\r\n" + BODY + b"\r\n0\r\n\r\n", 400),
    "a trailer with a bare CR": (CHUNKED + CHUNKS[:-2] + b"X: a\rb\r\n\r\n", 400),
}
HOSTILE = {
    "chunks of one byte": (CHUNKED + b"1\r\n \r\n" * 262_000 + b"0\r\n\r\n", 413),
    "a huge extension": (CHUNKED + b"1;" + b"x" * 1_000_000, 413),
    "an extension of blanks": (CHUNKED + b"1;" + b" " * 16_000 + b"\n\r\n", 400),
    "many extensions": (CHUNKED + (b"1;" + b"x" * 500 + b"\r\n \r\n") * 2000, 413),
    "a trailer without an end": (CHUNKED + b"1\r\n \r\n0\r\n" + b"a: b\r\n" * 200_000, 413),
    "a head without an end": (POST + b"a: b\r\n" * 200_000, 431),
    "a field of blanks": (POST + b"X:" + b" " * 16_000 + b"\0\r\n\r\n", 400),
    "a line of blanks": (b"GET" + b" " * 16_000 + b"\r\n\r\n", 400),
    "a name of colons": (POST + b"X" + b":" * 16_000 + b"\r\n \r\n\r\n", 400),
}
for kind, body in {
    "brackets": b"[" * 250_000,
    "lists": b"[" + b"[]," * 80_000 + b"1]",
    "objects": b"[" + b"{}," * 80_000 + b"1]",
    "numbers": b"[" + b"1e9," * 60_000 + b"1]",
    "quotes": b'"' + b'\\"' * 120_000,
    "digits": b"9" * 250_000,
}.items():
    HOSTILE[f"JSON of {kind}"] = (POST + b"Content-Length: %d\r\n\r\n" % len(body) + body, 400)


def statuses(answer: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d+) ", answer)]


def cpu_seconds(pid: int) -> float:
    """The time of all threads of a process on a processor."""
    return sum(int(task.read_text().split()[0]) for task in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


def send(link: socket.socket, data: bytes) -> None:
    # what was refused need not be taken whole
    with suppress(OSError):
        link.sendall(data)


@contextmanager
def crowd(service, sent: bytes, clients: int, streamed: bytes = b""):
    """Clients that send this over and over, in a process of their own; after it these bytes at a time, for ever."""
    program = """
import socket, sys, threading
port, sent, streamed = int(sys.argv[1]), sys.stdin.buffer.read(), bytes.fromhex(sys.argv[3])
def client():
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as link:
                link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                link.sendall(sent)
                while streamed:
                    link.sendall(streamed)
                while link.recv(65536):
                    pass
        except OSError:
            pass
for _ in range(int(sys.argv[2])):
    threading.Thread(target=client, daemon=True).start()
print("they send", flush=True)
threading.Event().wait()
"""
    command = [sys.executable, "-c", program, str(service.port), str(clients), streamed.hex()]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        process.stdin.write(sent)
        process.stdin.close()
        process.stdout.readline()
        yield
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def front_seconds_of_a_health_check(service) -> tuple[float, float]:
    """How long the answer took, and how long the front was on a processor meanwhile: what others made it do first."""
    pid = service.process.pid
    with service.connect() as link:
        began, before = time.monotonic(), cpu_seconds(pid)
        link.sendall(HEALTH)
        answer = link.recv(65_536)
        spent = time.monotonic() - began, cpu_seconds(pid) - before
    assert statuses(answer) == [200]
    return spent
