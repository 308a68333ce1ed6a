"""A proxy on loopback before an object store, that fails as networks and busy stores do, by a seeded schedule.

Requests pass byte for byte, their Host header too: it is signed.
"""

import random
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from io import BufferedReader
from typing import Literal
from urllib.parse import urlsplit

from tests.services.http_messages import Request, read_answer_head, read_request

Fault = Literal["slow_down", "error", "refused", "lost", "cut", "stall", "latency"]
"""`slow_down`: 503; `error`: 500; `refused`: reset before the store sees the request; `lost`: done by the store, reset
before the answer; `cut`: reset in the middle of the answer's body; `stall`: the body stops coming; `latency`: late.
"""
EVERY_FAULT: Mapping[Fault, float] = {
    "slow_down": 0.06,
    "error": 0.03,
    "refused": 0.03,
    "lost": 0.03,
    "cut": 0.04,
    "latency": 0.05,
}
LATENCY_SECONDS = 0.2
STALL_SECONDS = 30.0  # at most; a client with less patience goes before
PIECE = 1 << 16
RESET = struct.pack("ii", 1, 0)  # SO_LINGER of no time: closing sends RST


class FaultyProxy:
    """`endpoint` is its address; `upstream` may be changed while it runs (a store that was restarted)."""

    def __init__(self, upstream: str, faults: Mapping[Fault, float], seed: int) -> None:
        self.upstream = upstream
        self.faults = dict(faults)
        self.requests: Counter[str] = Counter()  # by operation, those that were failed too
        self.failures: Counter[str] = Counter()  # by fault
        self.total_failures = 0  # also those that `forget` forgot
        self._next: dict[str, list[Fault]] = {}  # by operation, before the schedule's
        self._schedule = random.Random(seed)
        self._lock = threading.Lock()
        self._down_until = 0.0
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.endpoint = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def out(self, seconds: float) -> None:
        """An outage from now on: what is open is cut, what comes is reset."""
        with self._lock:
            self._down_until = time.monotonic() + seconds
            cut, self._open = self._open, set()
        for connection in cut:
            _reset(connection)

    def fail_next(self, operation: str, *faults: Fault) -> None:
        """The next requests of that operation fail so, one after another."""
        with self._lock:
            self._next.setdefault(operation, []).extend(faults)

    def forget(self) -> None:
        """Count from nothing."""
        with self._lock:
            self.requests.clear()
            self.failures.clear()

    def close(self) -> None:
        """No more connections."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        self.out(0.0)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if time.monotonic() < self._down_until:
                _reset(client)
                continue
            with self._lock:
                self._open.add(client)
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        """A connection's requests, one after another."""
        try:
            with client, client.makefile("rb") as reader:
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                while (request := read_request(reader, client)) is not None:
                    if not self._answer(client, request):
                        break
        except (OSError, ValueError):
            pass
        finally:
            with self._lock:
                self._open.discard(client)

    def _answer(self, client: socket.socket, request: Request) -> bool:
        """Whether the connection goes on."""
        fault = self._fault(request)
        if fault == "latency":
            time.sleep(LATENCY_SECONDS)
        if fault == "refused":
            return _reset(client)
        if fault in ("slow_down", "error"):
            client.sendall(_refusal(fault, request.method))
            return True
        with _sent(self.upstream, request) as store:
            head, size_bytes, is_last = read_answer_head(store, request.method)
            if fault == "lost":
                while store.read(PIECE):
                    pass
                return _reset(client)
            client.sendall(head)
            stop = size_bytes // 2 if size_bytes is not None and fault in ("cut", "stall") else size_bytes
            _pump(store, client, stop)
        if fault == "stall" and size_bytes:
            client.settimeout(STALL_SECONDS)
            with suppress(TimeoutError):
                client.recv(1)
        if fault in ("cut", "stall") and size_bytes:
            return _reset(client)
        return not is_last

    def _fault(self, request: Request) -> Fault | None:
        with self._lock:
            self.requests[request.operation] += 1
            if asked := self._next.get(request.operation):
                self._count(asked[0])
                return asked.pop(0)
            drawn = self._schedule.random()
            for fault, share in self.faults.items():
                drawn -= share
                if drawn < 0:
                    self._count(fault)
                    return fault
        return None

    def _count(self, fault: Fault) -> None:
        self.failures[fault] += 1
        self.total_failures += 1


@contextmanager
def faulty_proxy(upstream: str, faults: Mapping[Fault, float] = EVERY_FAULT, seed: int = 1) -> Iterator[FaultyProxy]:
    """A proxy before `upstream` (`http://host:port`); `faults` has each one's share of the requests."""
    proxy = FaultyProxy(upstream, faults, seed)
    try:
        yield proxy
    finally:
        proxy.close()


@contextmanager
def _sent(upstream: str, request: Request) -> Iterator[BufferedReader]:
    """What the store answers to the request, on a connection of its own."""
    address = urlsplit(upstream)
    with socket.create_connection((address.hostname, address.port), timeout=60) as store:
        store.sendall(request.head + request.body)
        with store.makefile("rb") as reader:
            yield reader


def _pump(store: BufferedReader, client: socket.socket, size_bytes: int | None) -> None:
    left = size_bytes
    while left is None or left > 0:
        piece = store.read1(PIECE if left is None else min(PIECE, left))
        if not piece:
            return
        client.sendall(piece)
        left = None if left is None else left - len(piece)


def _refusal(fault: str, method: str) -> bytes:
    status, code = ("503 Slow Down", "SlowDown") if fault == "slow_down" else ("500 Internal", "InternalError")
    body = f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>of the proxy</Message></Error>'.encode()
    fields = f"HTTP/1.1 {status}\r\nContent-Type: application/xml\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    return fields + (b"" if method == "HEAD" else body)


def _reset(connection: socket.socket) -> bool:
    """Close with RST; False: the connection does not go on."""
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        connection.shutdown(socket.SHUT_RD)  # wakes a reader of it
    connection.close()
    return False
