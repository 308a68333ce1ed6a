"""The client against a real server: limits, failures, redirects, and where the token goes."""

import traceback
from collections.abc import Iterator

import pytest

from pipelines.completing import api_client
from pipelines.completing.access import AccessError, Token, checked_address, origin_of, token_from
from pipelines.completing.api_client import MAX_TRIES, ApiClient, NoAnswer, OutOfRequests, Patience
from tests.pipelines.completing.github_server import Github, Prepared, github

SECRET = "ghp_a1b2c3d4e5"
PATH = "/repos/example-org/tidewater/pulls/7"
FOUND = Prepared({"number": 7})


@pytest.fixture
def server() -> Iterator[Github]:
    with github() as running:
        yield running


class Clock:
    """A clock that sleeping moves."""

    def __init__(self) -> None:
        self.now_s = 1_000.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now_s += seconds

    def time(self) -> float:
        return self.now_s


def client_of(server: Github, clock: Clock, max_requests: int = 100, max_wait_s: float = 4_000) -> ApiClient:
    return ApiClient(server.address, Token(SECRET), Patience(max_requests, max_wait_s), clock.sleep, clock.time)


def test_an_answer_is_asked_for_with_the_token(server: Github) -> None:
    server.prepare(PATH, FOUND)
    reply = client_of(server, Clock()).get(server.address + PATH)
    assert (reply.status, reply.body) == (200, b'{"number": 7}')
    [asked] = server.asked
    assert asked.headers["authorization"] == f"Bearer {SECRET}"
    assert asked.headers["x-github-api-version"] == "2022-11-28"


@pytest.mark.parametrize(
    ("trouble", "waits"),
    [
        (Prepared(status=500), [1, 2]),
        (Prepared(status=502, headers={"Retry-After": "5"}), [5, 5]),
        (Prepared(status=429, headers={"Retry-After": "11"}), [11, 11]),
        (Prepared({"message": "You have exceeded a secondary rate limit."}, 403), [60, 120]),
        (Prepared(status=403, headers={"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1600"}), [601, 1]),
        (Prepared(b"cut", promised_bytes=100), [1, 2]),
    ],
)
def test_trouble_is_waited_out(server: Github, trouble: Prepared, waits: list[float]) -> None:
    server.prepare(PATH, trouble, trouble, FOUND)
    clock = Clock()
    assert client_of(server, clock).get(server.address + PATH).status == 200
    assert clock.slept == pytest.approx(waits)


def test_the_last_answer_of_an_hour_is_used_and_the_next_request_waits(server: Github) -> None:
    server.prepare(PATH, Prepared({}, 200, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1600"}), FOUND)
    clock = Clock()
    client = client_of(server, clock)
    client.get(server.address + PATH)
    assert clock.slept == []
    client.get(server.address + PATH)
    assert clock.slept == [601]


def test_trouble_that_stays_is_no_answer(server: Github) -> None:
    server.prepare(PATH, Prepared(status=500))
    clock = Clock()
    with pytest.raises(NoAnswer, match="status 500"):
        client_of(server, clock).get(server.address + PATH)
    assert clock.slept == [1, 2, 4, 8, 16]
    assert len(server.asked) == MAX_TRIES


def test_a_server_that_is_not_there_is_no_answer(server: Github) -> None:
    gone = Github("http://127.0.0.1:9")  # the discard port: nothing listens
    with pytest.raises(NoAnswer, match="ConnectionRefusedError after"):
        client_of(gone, Clock()).get(gone.address + PATH)


@pytest.mark.parametrize("status", [403, 404, 410, 451, 422])
def test_refusals_are_answers(server: Github, status: int) -> None:
    server.prepare(PATH, Prepared({"message": "no"}, status))
    assert client_of(server, Clock()).get(server.address + PATH).status == status
    assert len(server.asked) == 1


def test_waits_and_requests_are_bounded(server: Github) -> None:
    server.prepare(PATH, Prepared(status=429, headers={"Retry-After": "999999"}))
    with pytest.raises(OutOfRequests, match="999,999 s"):
        client_of(server, Clock()).get(server.address + PATH)
    server.prepare(PATH, Prepared(status=500))
    client = client_of(server, Clock(), max_requests=2)
    with pytest.raises(OutOfRequests, match="2 requests"):
        client.get(server.address + PATH)
    assert client.requests == 2


def test_a_redirect_inside_the_api_is_followed(server: Github) -> None:
    server.prepare(PATH, Prepared(status=301, headers={"Location": "/repositories/1/pulls/7"}))
    server.prepare("/repositories/1/pulls/7", FOUND)
    assert client_of(server, Clock()).get(server.address + PATH).status == 200
    assert [asked.headers["authorization"] for asked in server.asked] == [f"Bearer {SECRET}"] * 2


def test_no_other_host_is_asked_and_none_sees_the_token(server: Github) -> None:
    with github() as other:
        other.prepare(PATH, FOUND)
        server.prepare(PATH, Prepared(status=302, headers={"Location": other.address + PATH}))
        client = client_of(server, Clock())
        for address in (server.address + PATH, other.address + PATH):
            with pytest.raises(NoAnswer, match="another host"):
                client.get(address)
        assert other.asked == []


@pytest.mark.parametrize(
    "location", ["", PATH, "http://[broken", "file:///etc/passwd", "//127.0.0.1:9/x", "http://u:p@127.0.0.1/"]
)
def test_redirects_that_lead_nowhere_end(server: Github, location: str) -> None:
    server.prepare(PATH, Prepared(status=307, headers={"Location": location}))
    with pytest.raises(NoAnswer):
        client_of(server, Clock()).get(server.address + PATH)
    assert len(server.asked) <= 4


def test_huge_answers_are_not_read(server: Github, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_client, "MAX_ANSWER_BYTES", 1_000_000)
    server.prepare(PATH, Prepared(b"x" * 3_000_000))
    with pytest.raises(NoAnswer, match="too large"):
        client_of(server, Clock()).get(server.address + PATH)


def test_a_refused_token_ends_the_run_and_is_not_named(server: Github) -> None:
    server.prepare(PATH, Prepared({"message": "Bad credentials"}, 401))
    with pytest.raises(AccessError, match="refuses the token") as caught:
        client_of(server, Clock()).get(server.address + PATH)
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_the_token_comes_from_the_environment_and_shows_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_TOKEN", f" {SECRET}\n")
    token = token_from("SOME_TOKEN")
    assert token is not None
    assert token.header() == f"Bearer {SECRET}"
    assert SECRET not in repr(token) + str(token) + repr({"token": token})
    monkeypatch.setenv("SOME_TOKEN", f"{SECRET}\r\nX-Other: 1")
    with pytest.raises(AccessError) as caught:
        token_from("SOME_TOKEN")
    assert SECRET not in str(caught.value)
    monkeypatch.setenv("SOME_TOKEN", "")
    assert token_from("SOME_TOKEN") is None


@pytest.mark.parametrize(
    "address",
    ["http://api.github.com", "ftp://api.github.com", "api.github.com", "https://user:pw@host", "https://h:99999"],
)
def test_addresses_that_would_give_the_token_away_are_refused(address: str) -> None:
    with pytest.raises(AccessError, match=r"give (one|the API's address) as https://api\.github\.com"):
        checked_address(address)


def test_origins() -> None:
    assert origin_of("https://API.github.com/x") == origin_of("https://api.github.com:443")
    assert origin_of("https://api.github.com") != origin_of("http://api.github.com:443")
    assert checked_address("https://github.example/api/v3/") == "https://github.example/api/v3"
