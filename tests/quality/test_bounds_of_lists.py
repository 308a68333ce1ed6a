"""The kernels that look up lists, urls and phrases, compiled with checks of every index."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from quality.signal_group import documents_of, measure_groups, signal_groups
from tests.quality.bounds import with_bounds_checks

LISTS = Path(__file__).parent / "golden" / "lists"

URLS = [
    *[
        "",
        " ",
        "/",
        "//",
        ":",
        "@",
        "#",
        "?",
        "%",
        "%4",
        "%41",
        "http:",
        "http://",
        "http://[",
        "http://[::1",
        "a:1",
        "a.b.",
    ],
    *["http://bad.example", "http://a.bad.example/%", "http://mixed.example/bad-page#", "http://x/turnip?free=win"],
    *["http://x/\xe9\u0301日", "http://" + "a." * 200, "http://x" + "/" * 300, "x" * 1000],
]
TEXTS = [
    b"",
    b" ",
    b"\n",
    b"\r\n\xe3",
    b"menu",
    b"\xf4\xbf\xbf\xbf turnip",
    "検索 登录".encode(),
    b"turnip " * 300,
    b"a\n" * 300,
]


def found() -> list[dict[str, Any]]:
    """What the groups measure of all URLS and TEXTS."""
    settings: dict[str, Any] = {
        "urls": {
            "blocked_domains": [str(LISTS / "domains.txt")],
            "blocked_urls": [str(LISTS / "urls.txt")],
            "blocked_words": [str(LISTS / "words.txt")],
            "soft_words": [str(LISTS / "soft_words.txt")],
            "blocked_substrings": [str(LISTS / "words.txt")],
            "opt_out": [str(LISTS / "opt_out.txt")],
        },
        "unsafe_words": {"lists": [{"files": [str(LISTS / "words.txt")]}]},
        "boilerplate": {},
    }
    asked = {name: signal_groups()[name].settings.model_validate(given) for name, given in settings.items()}
    binary = pa.array((TEXTS * len(URLS))[: len(URLS)], pa.binary())
    text = pa.StringArray.from_buffers(len(binary), *binary.buffers()[1:])
    columns = measure_groups(documents_of(text, url=pa.array(URLS)), asked).columns
    names = [field.name for name in settings for field in signal_groups()[name].schema]
    return pa.table({name: columns[name] for name in names}).to_pylist()


@pytest.mark.slow
def test_nothing_is_read_or_written_out_of_bounds(request: pytest.FixtureRequest) -> None:
    assert with_bounds_checks(request, found) == json.dumps(found())
