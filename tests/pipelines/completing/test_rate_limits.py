"""How long an answer asks to wait."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.completing.rate_limits import MAX_BACKOFF_S, Meaning, meaning_of, wait_s

NOW_S = 1_000.0
SPENT = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1300"}


@pytest.mark.parametrize(
    ("status", "headers", "body", "meaning"),
    [
        (200, {}, b"", Meaning.USE),
        (200, SPENT, b"", Meaning.USE),
        (404, {}, b"rate limit", Meaning.USE),
        (451, {}, b"", Meaning.USE),
        (403, {}, b"Repository access blocked", Meaning.USE),
        (403, {"x-ratelimit-remaining": "12"}, b"Resource not accessible", Meaning.USE),
        (403, SPENT, b"", Meaning.LIMITED),
        (403, {"retry-after": "7"}, b"", Meaning.LIMITED),
        (403, {}, b"You have exceeded a secondary rate limit", Meaning.LIMITED),
        (403, {}, b"You have triggered an ABUSE detection mechanism", Meaning.LIMITED),
        (429, {}, b"", Meaning.LIMITED),
        (500, {}, b"", Meaning.FAILED),
        (503, {"retry-after": "3"}, b"", Meaning.FAILED),
    ],
)
def test_meaning_of_a_status(status: int, headers: dict[str, str], body: bytes, meaning: Meaning) -> None:
    assert meaning_of(status, headers, body) is meaning


@pytest.mark.parametrize(
    ("meaning", "headers", "tries", "expected"),
    [
        (Meaning.USE, {}, 1, 0),
        (Meaning.USE, {"retry-after": "9"}, 1, 0),
        (Meaning.USE, SPENT, 1, 301),
        (Meaning.LIMITED, SPENT, 1, 301),
        (Meaning.LIMITED, SPENT | {"x-ratelimit-reset": "900"}, 1, 1),
        (Meaning.LIMITED, {"retry-after": "7"} | SPENT, 1, 7),
        (Meaning.LIMITED, {"retry-after": "soon"}, 1, 60),
        (Meaning.LIMITED, {}, 3, 240),
        (Meaning.FAILED, {}, 1, 1),
        (Meaning.FAILED, {}, 4, 8),
        (Meaning.FAILED, {"retry-after": "3"}, 4, 3),
        (Meaning.FAILED, {}, 60, MAX_BACKOFF_S),
    ],
)
def test_waits(meaning: Meaning, headers: dict[str, str], tries: int, expected: float) -> None:
    assert wait_s(meaning, headers, NOW_S, tries) == expected


@given(
    st.sampled_from(list(Meaning)),
    st.dictionaries(
        st.sampled_from(["retry-after", "x-ratelimit-remaining", "x-ratelimit-reset"]), st.text() | st.just("0")
    ),
    st.integers(1, 10_000),
)
def test_no_header_breaks_it(meaning: Meaning, headers: dict[str, str], tries: int) -> None:
    assert wait_s(meaning, headers, NOW_S, tries) >= 0
