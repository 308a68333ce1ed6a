import json
import socket
from typing import Any

import pytest

from pipelines.generation.endpoint import (
    MAX_ANSWER_BYTES,
    Answer,
    Endpoint,
    EndpointError,
    NoAnswer,
    RequestsSpent,
)
from tests.pipelines.generation.teacher import Reply, said, teacher


def ask(endpoint: Endpoint) -> Answer:
    return endpoint.ask("small", "Solve it.", 7, {"temperature": 0.5})


def test_a_request_and_its_answer() -> None:
    with teacher(lambda n, body: said("ok", "length")) as running:
        assert ask(Endpoint(running.url + "/", "key-1")) == Answer("ok", "length")
    (request,) = running.requests
    assert request == {
        "path": "/v1/chat/completions",
        "model": "small",
        "messages": [{"role": "user", "content": "Solve it."}],
        "seed": 7,
        "stream": False,
        "temperature": 0.5,
    }
    assert running.headers[0]["authorization"] == "Bearer key-1"


def test_without_a_key_none_is_sent() -> None:
    with teacher(lambda n, body: said("ok")) as running:
        ask(Endpoint(running.url, None))
    assert "authorization" not in running.headers[0]


FIRST_REPLIES = {
    "too many requests": Reply(429, b"slow down"),
    "a fault of the server": Reply(500, b"oops"),
    "a busy server": Reply(503),
    "no JSON": Reply(body=b"<html>"),
    "another form": Reply(body=b'{"choices": []}'),
    "no text": Reply(body=b'{"choices": [{"message": {"content": null}}]}'),
    "a stream": Reply(body=b'data: {"choices": [{"delta": {"content": "o"}}]}\n\ndata: [DONE]\n\n'),
    "a cut body": Reply(body=b'{"choices": ', cut=True),
    "deep JSON": Reply(body=b"[" * 200_000),
    "a lone surrogate": Reply(body=b'{"choices": [{"message": {"content": "\\ud800"}}]}'),
    "a huge body": Reply(body=b" " * (MAX_ANSWER_BYTES + 1)),
}


@pytest.mark.parametrize("name", FIRST_REPLIES)
def test_what_is_tried_again(name: str) -> None:
    waits: list[float] = []
    with teacher(lambda n, body: FIRST_REPLIES[name] if n < 2 else said("ok")) as running:
        endpoint = Endpoint(running.url, None, timeout_seconds=20, sleep=waits.append)
        assert ask(endpoint).text == "ok"
    assert (len(running.requests), endpoint.requests, waits) == (3, 3, [1.0, 2.0])


@pytest.mark.parametrize("name", FIRST_REPLIES)
def test_tries_are_bounded(name: str) -> None:
    with teacher(lambda n, body: FIRST_REPLIES[name]) as running:
        endpoint = Endpoint(running.url, None, timeout_seconds=20, max_tries=2, sleep=lambda _: None)
        with pytest.raises(NoAnswer, match="after 2 tries"):
            ask(endpoint)
    assert len(running.requests) == 2


@pytest.mark.parametrize(
    ("asked", "waited"), [("3", 3.0), ("0.5", 0.5), ("100000", 60.0), ("-1", 1.0), ("nan", 1.0), ("soon", 1.0)]
)
def test_the_servers_wish_to_wait(asked: str, waited: float) -> None:
    waits: list[float] = []
    with teacher(lambda n, body: said("ok") if n else Reply(429, headers=(("Retry-After", asked),))) as running:
        ask(Endpoint(running.url, None, sleep=waits.append))
    assert waits == [waited]


@pytest.mark.parametrize("status", [401, 403, 404])
def test_errors_that_no_request_would_escape_end_the_run(status: int) -> None:
    model_missing = pytest.raises(EndpointError, match=f"HTTP {status}: no such model")
    with teacher(lambda n, body: Reply(status, b"no such model")) as running, model_missing:
        ask(Endpoint(running.url, None))
    assert len(running.requests) == 1


def test_a_refused_request_is_not_tried_again() -> None:
    refused = pytest.raises(NoAnswer, match="HTTP 400: too long")
    with teacher(lambda n, body: Reply(400, b"too long")) as running, refused:
        ask(Endpoint(running.url, None))
    assert len(running.requests) == 1


def test_a_redirect_is_not_followed_so_the_key_stays() -> None:
    with teacher(lambda n, body: said("stolen")) as thief:
        moved = Reply(307, headers=(("Location", thief.url + "/chat/completions"),))
        with teacher(lambda n, body: moved) as running, pytest.raises(EndpointError, match="HTTP 307"):
            ask(Endpoint(running.url, "key-1"))
    assert thief.requests == []


def test_a_slow_server_and_one_that_is_not_there() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(NoAnswer, match="timed out"):
            ask(Endpoint(address, None, timeout_seconds=0.2, max_tries=1))
    with pytest.raises(NoAnswer, match="refused"):
        ask(Endpoint(address, None, max_tries=1))


def test_requests_are_counted_and_paced() -> None:
    waits: list[float] = []
    with teacher(lambda n, body: said("ok")) as running:
        endpoint = Endpoint(running.url, None, max_requests=2, requests_per_minute=1, sleep=waits.append)
        ask(endpoint)
        ask(endpoint)
        with pytest.raises(RequestsSpent):
            ask(endpoint)
    assert len(running.requests) == 2
    assert len(waits) == 1
    assert 50 < waits[0] <= 60


@pytest.mark.parametrize("address", ["localhost:8080", "file:///etc/passwd", "ftp://x/v1", ""])
def test_only_addresses_of_the_web(address: str) -> None:
    with pytest.raises(EndpointError, match="http"):
        Endpoint(address, None)


def test_a_body_is_json_with_every_character() -> None:
    seen: list[Any] = []
    with teacher(lambda n, body: seen.append(body) or said("灯")) as running:  # type: ignore[func-returns-value]
        assert Endpoint(running.url, None).ask("m", "ü\u2028\0", 0, {}).text == "灯"
    assert seen[0]["messages"][0]["content"] == json.loads('"ü\\u2028\\u0000"')
