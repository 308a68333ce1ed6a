import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedup.urls import canonical_urls, url_hashes

SAME = [
    (
        "HTTP://User:pw@WWW.Example.COM:80/a/./b/../c/?utm_source=x&b=2&a=1&b=1#part",
        "http://example.com/a/c?a=1&b=2&b=1",
    ),
    ("https://www2.example.com:443", "http://example.com"),
    ("https://example.com./", "http://example.com"),
    ("http://example.com/a?", "http://example.com/a"),
    ("http://example.com/a?&&", "http://example.com/a"),
    ("http://example.com/%7Efoo/%c3%a9?q=%2f%41", "http://example.com/~foo/%C3%A9?q=%2FA"),
    ("http://example.com/a;jsessionid=1F/b", "http://example.com/a/b"),
    ("http://example.com/?PHPSESSID=1&sid=0123456789abcdef0123456789abcdef&sid=7", "http://example.com?sid=7"),
    ("http://example.com/?fbclid=1&gclid=2&page=3&mc_eid=4", "http://example.com?page=3"),
    ("ftp://example.com:21/x", "ftp://example.com/x"),
    ("http://[::1]:8080/p", "http://[::1]:8080/p"),
    (" http://example.com/a \n", "http://example.com/a"),
]
DIFFERENT = [
    ("http://example.com/A", "http://example.com/a"),
    ("http://example.com:8080/", "http://example.com/"),
    ("http://example.com/#!/one", "http://example.com/#!/two"),
    ("http://example.com/?id=1", "http://example.com/?id=2"),
    ("http://example.com/?a=1&a=2", "http://example.com/?a=2&a=1"),
    ("http://www.com/", "http://com/"),
    ("http://m.example.com/", "http://example.com/"),
    ("ftp://example.com/", "http://example.com/"),
]
AS_THEY_ARE = ["example.com/x", "urn:isbn:1", "http://a@b@c.d/", "mailto:a@b.c"]


@pytest.mark.parametrize(("url", "canonical"), SAME)
def test_canonical_urls(url: str, canonical: str) -> None:
    assert canonical_urls(pa.array([url])).to_pylist() == [canonical]
    hashes = url_hashes(pa.array([url, canonical])).to_pylist()
    assert hashes[0] == hashes[1]


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_different_pages_stay_different(one: str, other: str) -> None:
    hashes = url_hashes(pa.array([one, other])).to_pylist()
    assert hashes[0] != hashes[1]


@pytest.mark.parametrize("url", AS_THEY_ARE)
def test_what_is_no_url_stays_as_it_is(url: str) -> None:
    assert canonical_urls(pa.array([url])).to_pylist() == [url]


def test_no_url_has_no_hash() -> None:
    hashes = url_hashes(pa.array([None, "", " \t", "http://example.com"]))
    assert hashes.type == pa.binary(16)
    assert [value is None for value in hashes.to_pylist()] == [True, True, True, False]
    assert len(url_hashes(pa.array([], pa.string()))) == 0
    assert url_hashes(pa.nulls(2, pa.string())).null_count == 2


URLS = st.builds(
    "".join,
    st.lists(st.sampled_from(["http://", "a.b", "www.", "/", "..", ".", "?", "&", "=", "#", "!", "%41", "%", "@", ":", "80", "utm_x", "é"]) | st.characters(exclude_categories=["Cs"]), max_size=20),
)  # fmt: skip


@given(URLS)
def test_the_canonical_url_of_a_canonical_url_is_itself(url: str) -> None:
    once = canonical_urls(pa.array([f"http://example.com/{url}", url], pa.string()))
    assert canonical_urls(once).to_pylist() == once.to_pylist()


def test_long_urls_take_linear_time() -> None:
    for piece in ("/..", "/a", "%", "&a=1", "@", "www.", ";jsessionid=", "?"):
        assert (
            len(canonical_urls(pa.array(["http://example.com/?" + piece * 200_000, "http://" + piece * 200_000]))) == 2
        )
