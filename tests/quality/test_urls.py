import gzip
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.input_file import InputFile
from quality.lists.files import UnreadableList, entries_of
from quality.lists.hosts import normal_host
from quality.lists.url_parts import url_parts
from quality.signal_group import documents_of
from quality.signals.urls import UrlsSettings, measure

LISTS: dict[str, Sequence[str]] = {
    "blocked_domains": ("bad.com", "ads.example.org", "*.wild.net", "bücher.example", "evil.co.uk"),
    "blocked_urls": ("example.com/path/Page?x=1", "https://b.org/a/", "root.org"),
    "blocked_words": ("casino", "порно"),
    "soft_words": ("free", "win", "now"),
    "blocked_substrings": ("torr-ent",),
    "opt_out": ("opt.org", "https://host.com/~ann/"),
}


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> UrlsSettings:
    folder = tmp_path_factory.mktemp("lists")
    for name, entries in LISTS.items():
        (folder / name).write_text("# a comment\n\n" + "\n".join(entries), encoding="utf-8")
    return UrlsSettings.model_validate({name: [str(folder / name)] for name in LISTS})


def measured(urls: Sequence[str | None], settings: UrlsSettings) -> list[dict[str, Any]]:
    """Of each url, what is found."""
    documents = documents_of(pa.array([""] * len(urls)), url=pa.array(urls, pa.string()))
    table = pa.table(dict(measure(documents, settings).columns))
    table.validate(full=True)
    return [{name: value for name, value in row.items() if value not in (None, 0)} for row in table.to_pylist()]


FOUND: list[tuple[str | None, dict[str, Any]]] = [
    (None, {}),
    ("", {}),
    ("http://bad.com/", {"url_host": "bad.com", "url_blocked_domain": "bad.com"}),
    ("HTTP://user:p@ss@WWW.Bad.COM.:8080/x", {"url_host": "www.bad.com", "url_blocked_domain": "bad.com"}),
    ("bad.com:80/x", {"url_host": "bad.com", "url_blocked_domain": "bad.com"}),
    ("//bad.com/x", {"url_host": "bad.com", "url_blocked_domain": "bad.com"}),
    ("http:\\\\bad.com\\x", {"url_host": "bad.com", "url_blocked_domain": "bad.com"}),
    ("http://%62ad.com", {"url_host": "bad.com", "url_blocked_domain": "bad.com"}),
    ("http://ba\u00add。com", {"url_host": "bad.com", "url_blocked_domain": "bad.com"}),
    ("http://notbad.com/?http://bad.com", {"url_host": "notbad.com"}),
    ("http://bad.com@good.com/", {"url_host": "good.com"}),
    ("http://sub.wild.net", {"url_host": "sub.wild.net", "url_blocked_domain": "wild.net"}),
    (
        "https://www.Bücher.example/",
        {"url_host": "www.xn--bcher-kva.example", "url_blocked_domain": "xn--bcher-kva.example"},
    ),
    ("http://10.1.2.3/", {"url_host": "10.1.2.3", "url_ip": "10.1.2.3"}),
    ("http://0x7f.1/", {"url_host": "127.0.0.1", "url_ip": "127.0.0.1"}),
    ("http://[2001:DB8::1]:80/", {"url_host": "2001:db8::1", "url_ip": "2001:db8::1"}),
    (
        "http://EXAMPLE.com:80/path/Page?x=1#f",
        {"url_host": "example.com", "url_blocked_url": "example.com/path/Page?x=1"},
    ),
    ("http://example.com/path/page?x=1", {"url_host": "example.com"}),
    ("https://b.org/%61", {"url_host": "b.org", "url_blocked_url": "b.org/a"}),
    ("https://root.org/", {"url_host": "root.org", "url_blocked_url": "root.org"}),
    ("https://root.org/more", {"url_host": "root.org"}),
    ("http://a.org/the-CASINO", {"url_host": "a.org", "url_blocked_word": "casino"}),
    ("http://a.org/casinos", {"url_host": "a.org"}),
    (f"http://a.org/{quote('Порно')}/", {"url_host": "a.org", "url_blocked_word": "порно"}),
    ("http://a.org/free/%4eow/free", {"url_host": "a.org", "n_url_soft_words": 2}),
    ("http://a.org/t-o_rr.entz", {"url_host": "a.org", "url_blocked_substring": "torrent"}),
    ("http://x.opt.org/", {"url_host": "x.opt.org", "url_opt_out": "opt.org"}),
    ("http://host.com/~ann/photos/1", {"url_host": "host.com", "url_opt_out": "host.com/~ann"}),
    ("http://host.com/~ann?page=2", {"url_host": "host.com", "url_opt_out": "host.com/~ann"}),
    ("http://host.com/~anna", {"url_host": "host.com"}),
    ("javascript:alert(1)", {}),
    ("data:text/html,//bad.com", {}),
    ("mailto:me@bad.com", {}),
    ("http://a b.com", {}),
    ("http://.com", {}),
    ("http://1.2.3.4.5", {}),
    ("http://[::1", {"url_host": "::1", "url_ip": "::1"}),
    (f"http://{'a' * 64}.com", {}),
    (f"http://{'a.' * 127}com", {}),
]


@pytest.mark.parametrize(("url", "expected"), FOUND, ids=[str(url)[:40] for url, _ in FOUND])
def test_what_is_found_of_a_url(url: str | None, expected: dict[str, Any], settings: UrlsSettings) -> None:
    assert measured([url], settings) == [expected]


def test_a_batch_is_its_urls_one_by_one(settings: UrlsSettings) -> None:
    assert measured([url for url, _ in FOUND], settings) == [expected for _, expected in FOUND]
    sliced = documents_of(
        pa.array([""] * 3), url=pa.array(["http://opt.org", "http://bad.com", None, "x.org"], pa.string()).slice(1)
    )
    assert measure(sliced, settings).columns["url_host"].to_pylist() == ["bad.com", None, "x.org"]


@pytest.mark.parametrize(
    "url",
    [
        "x" * 1_000_000,
        "http://" + "a." * 500_000 + "com/",
        "http://" + "é" * 300_000,
        "http://a.org" + "/" * 1_000_000,
        "http://a.org" + "/a" * 500_000,
        "http://" + "@" * 1_000_000,
        "http://a.org/" + "%" * 1_000_000,
        "http://a.org/" + "torren" * 150_000,
        "http://[" + ":" * 1_000_000,
        "http://a.org/\x00\u202e😀%ff%fe%c3%28",
    ],
    ids=lambda url: url[:16],
)
def test_hostile_urls_are_measured(url: str, settings: UrlsSettings) -> None:
    assert measured([url, "http://bad.com"], settings)[1] == {"url_host": "bad.com", "url_blocked_domain": "bad.com"}


@given(st.text(max_size=30))
def test_a_normal_host_is_stable(raw: str) -> None:
    host = normal_host(raw.encode("utf-8", errors="surrogatepass"))
    assert host is None or normal_host((f"[{host}]" if ":" in host else host).encode()) == host


LABELS = st.text("abcz019-_", min_size=1, max_size=8)


@given(st.lists(LABELS, min_size=1, max_size=5).map(".".join), st.booleans())
def test_plain_hosts_are_normal_hosts(host: str, with_path: bool) -> None:
    parts = url_parts(pa.array([f"http://{host}" + "/p" * with_path]))
    assert parts.hosts[0].as_py() == host.encode()
    if parts.is_plain[0]:
        assert normal_host(host.encode()) == host


URLS = st.builds(
    "{}://{}{}{}{}{}".format,
    st.sampled_from(["http", "https", "FTP"]),
    st.sampled_from(["", "user@", "user:pass@"]),
    st.lists(LABELS, min_size=1, max_size=3).map(".".join),
    st.sampled_from(["", ":80", ":8080"]),
    st.sampled_from(["", "/", "/a/b", "/a@b:1"]),
    st.sampled_from(["", "?q=1", "#f", "?q=/x#y"]),
)


@given(URLS)
def test_hosts_are_those_of_the_standard_library(url: str) -> None:
    assert url_parts(pa.array([url])).hosts[0].as_py() == (urlsplit(url).hostname or "").encode()


def test_hosts_files_and_gzipped_lists(tmp_path: Path) -> None:
    path = tmp_path / "hosts.gz"
    lines = "127.0.0.1 localhost\n::1 localhost ip6-localhost\n0.0.0.0 bad.com www.bad.org # ads\n0.0.0.0 0.0.0.0\n"
    path.write_bytes(gzip.compress(lines.encode(), mtime=0))
    settings = UrlsSettings.model_validate({"blocked_domains": [str(path)]})
    found = measured(["http://bad.com", "http://a.www.bad.org", "http://bad.org", "http://localhost"], settings)
    assert [row.get("url_blocked_domain") for row in found] == ["bad.com", "www.bad.org", None, None]


@pytest.mark.parametrize("content", [b"\x1f\x8bno gzip", b"\xff\xfe\x00binary", gzip.compress(b"cut", mtime=0)[:-4]])
def test_a_file_that_is_no_list_is_refused_by_name(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.list"
    path.write_bytes(content)
    with pytest.raises(UnreadableList, match=r"a\.list is no list"):
        list(entries_of(InputFile(uri=str(path))))


WORDS = ["news", "free", "win", "now", "casino", "page", "index", "torrent", "x2torrents", "blog", "2024"]
HOSTS = [
    "bad.com",
    "www.bad.com",
    "a.b.bad.com",
    "evil.co.uk",
    "www.evil.co.uk",
    "ads.example.org",
    "example.org",
    "good.net",
    "notbad.com",
    "127.0.0.1",
    "casino.free.net",
]


def seeded_urls(count: int) -> list[str]:
    draw = random.Random(4)
    separators = ["/", "-", "_", ".", "", "?a=", "&b=", "+", "/1/"]
    urls = []
    for _ in range(count):
        path = "".join(draw.choice(separators) + draw.choice(WORDS) for _ in range(draw.randint(0, 5)))
        port = draw.choice(["", "", ":8080"])
        urls.append(f"{draw.choice(['http', 'https'])}://{draw.choice(HOSTS)}{port}/{path}")
    return urls


THEIRS = {
    "blocked_domains": "extra_domains",
    "blocked_urls": "extra_urls",
    "blocked_words": "banned_words",
    "soft_words": "soft_banned_words",
    "blocked_substrings": "banned_subwords",
}


def datatroves(**lists: Sequence[str]) -> Any:
    for module in ("ahocorasick", "fasteners", "tldextract", "datatrove"):
        pytest.importorskip(module, reason=f"the oracle, datatrove's URLFilter, needs {module}")
    from datatrove.pipeline.filters import URLFilter
    from tldextract import TLDExtract

    oracle = URLFilter(use_integrated_lists=False, **lists)
    oracle.tldextractor = TLDExtract(suffix_list_urls=(), cache_dir=None)  # the list that it ships
    return oracle


def verdict(oracle: Any, url: str) -> str | None:
    from datatrove.data import Document

    result = oracle.filter(Document(text="", id="", metadata={"url": url}))
    return None if result is True else result[1]


SUBDOMAIN = "ads.example.org"  # of the listed domains the one that has a registered domain above it


def first_reason(found: dict[str, Any]) -> str | None:
    """What datatrove would say of our findings: it stops at the first."""
    if "url_blocked_domain" in found:
        return "subdomain" if found["url_blocked_domain"] == SUBDOMAIN else "domain"
    if "url_blocked_url" in found:
        return "url"
    if "url_blocked_word" in found:
        return "hard_blacklisted"
    if found.get("n_url_soft_words", 0) > 1:
        return "soft_blacklisted"
    return "blacklisted_subword" if "url_blocked_substring" in found else None


def spellings(url: str) -> list[str]:
    """The urls that `url` stands for in a list of ours."""
    rest = url.partition("://")[2].replace(":8080", "").rstrip("/")
    host, slash, path = rest.partition("/")
    return [
        f"{scheme}://{host}{port}{slash or end[:1]}{path}{end if slash else ''}"
        for scheme in ("http", "https")
        for port in ("", ":8080")
        for end in ("", "/", "//")
    ]


def test_verdicts_are_those_of_datatrove(tmp_path: Path) -> None:
    urls = seeded_urls(5000)
    lists = {
        "blocked_domains": ["bad.com", "evil.co.uk", SUBDOMAIN],
        "blocked_urls": [spelling for url in urls[::100] for spelling in spellings(url)],
        "blocked_words": ["casino"],
        "soft_words": ["free", "win", "now"],
        "blocked_substrings": ["torrent"],
    }
    for name, entries in lists.items():
        (tmp_path / name).write_text("\n".join(entries))
    settings = UrlsSettings.model_validate({name: [str(tmp_path / name)] for name in lists})
    oracle = datatroves(**{THEIRS[name]: entries for name, entries in lists.items()})
    expected = [verdict(oracle, url) for url in urls]
    assert [first_reason(found) for found in measured(urls, settings)] == expected
    reasons = {None, "domain", "subdomain", "url", "hard_blacklisted", "soft_blacklisted", "blacklisted_subword"}
    assert set(expected) == reasons


@pytest.mark.parametrize(
    ("lists", "url", "its", "ours"),
    [
        (
            {"blocked_domains": "b.bad.com"},
            "http://a.b.bad.com/",
            None,
            "url_blocked_domain",
        ),  # neither end of the host
        ({"blocked_domains": "co.uk"}, "http://evil.co.uk/", None, "url_blocked_domain"),  # a public suffix
        ({"blocked_domains": "Bad.com"}, "http://bad.com/", None, "url_blocked_domain"),  # upper case in a list
        ({"blocked_urls": "bad.com/a"}, "http://bad.com/a", None, "url_blocked_url"),  # no scheme, as most lists are
        ({"blocked_words": "casino"}, "http://a.org/Casino", None, "url_blocked_word"),  # upper case in a url
        ({"blocked_words": "casino"}, "http://a.org/%20casino", None, "url_blocked_word"),  # read as 20casino
        ({"blocked_words": "sex"}, "http://a.org/ésex", "hard_blacklisted", None),  # a letter beyond ASCII ends a word
    ],
)
def test_known_differences_from_datatrove(
    lists: dict[str, str], url: str, its: str | None, ours: str | None, tmp_path: Path
) -> None:
    ((name, entry),) = lists.items()
    (tmp_path / name).write_text(entry, encoding="utf-8")
    found = measured([url], UrlsSettings.model_validate({name: [str(tmp_path / name)]}))
    assert verdict(datatroves(**{THEIRS[name]: [entry]}), url) == its
    assert [column for column in found[0] if column != "url_host"] == ([ours] if ours else [])
