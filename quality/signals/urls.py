"""Urls: the host, and the entries of block-lists and opt-out lists that a document's url meets."""

from functools import lru_cache
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from quality.input_file import InputFile
from quality.lists.byte_set import ByteSet
from quality.lists.hosts import normal_hosts
from quality.lists.url_lists import domain_entries, domain_set, url_entries, url_keys, url_set
from quality.lists.url_parts import url_parts
from quality.lists.url_words import UrlPhrases, url_words
from quality.signal_group import Documents, GroupSettings, Measured, SignalGroup

URLS_SCHEMA = pa.schema(
    [
        ("url_host", pa.string()),  # lower case, ASCII; null: the url has none
        ("url_ip", pa.string()),  # the host where it is an IP address
        # The entry of a list that the url meets; null: none.
        ("url_blocked_domain", pa.string()),
        ("url_blocked_url", pa.string()),
        ("url_blocked_word", pa.string()),
        ("url_blocked_substring", pa.string()),
        ("url_opt_out", pa.string()),
        ("n_url_soft_words", pa.int32()),  # different ones; null: no url
    ]
)


class UrlsSettings(GroupSettings):
    """Settings of the group `urls`: lists of what is not wanted, one entry a line, gzipped or not; none is shipped."""

    blocked_domains: tuple[InputFile, ...] = Field(
        (), description="Lists of domains, each with all below it; hosts files too."
    )
    blocked_urls: tuple[InputFile, ...] = Field((), description="Lists of whole urls; scheme and port do not matter.")
    blocked_words: tuple[InputFile, ...] = Field((), description="Lists of words of which none may be in a url.")
    soft_words: tuple[InputFile, ...] = Field((), description="Lists of words of which a url may have few.")
    blocked_substrings: tuple[InputFile, ...] = Field(
        (), description="Lists of letters that may not follow each other in a url, its punctuation left out."
    )
    opt_out: tuple[InputFile, ...] = Field(
        (), description="Lists of domains and urls, each with all below it, whose owners do not want them used."
    )


class _Lists(NamedTuple):
    blocked_domains: ByteSet
    blocked_urls: ByteSet
    words: UrlPhrases
    soft_words: UrlPhrases
    substrings: UrlPhrases
    opt_out_domains: ByteSet
    opt_out_urls: ByteSet


def measure(documents: Documents, settings: UrlsSettings) -> Measured:
    """URLS_SCHEMA for every document; all null where it has no url."""
    lists = _lists(settings)
    parts = url_parts(documents.url)
    hosts, addresses = normal_hosts(parts)
    keys = url_keys(hosts, parts)
    word, n_soft_words, substring = url_words(documents.url, lists.words, lists.soft_words, lists.substrings)
    columns = {
        "url_host": hosts,
        "url_ip": addresses,
        "url_blocked_domain": domain_entries(hosts, lists.blocked_domains),
        "url_blocked_url": url_entries(keys, lists.blocked_urls, with_parents=False),
        "url_blocked_word": word,
        "url_blocked_substring": substring,
        "url_opt_out": pc.coalesce(
            domain_entries(hosts, lists.opt_out_domains), url_entries(keys, lists.opt_out_urls, with_parents=True)
        ),
        "n_url_soft_words": pc.if_else(documents.url.is_valid(), n_soft_words, None),
    }
    return Measured({field.name: columns[field.name].cast(field.type) for field in URLS_SCHEMA})


@lru_cache(maxsize=8)
def _lists(settings: UrlsSettings) -> _Lists:
    return _Lists(
        domain_set(settings.blocked_domains),
        url_set(settings.blocked_urls),
        UrlPhrases(settings.blocked_words, anywhere=False),
        UrlPhrases(settings.soft_words, anywhere=False),
        UrlPhrases(settings.blocked_substrings, anywhere=True),
        domain_set(settings.opt_out),
        url_set(settings.opt_out),
    )


SIGNALS = SignalGroup(
    name="urls",
    meaning="The host of the url, and the entries of lists that the url meets.",
    schema=URLS_SCHEMA,
    settings=UrlsSettings,
    measured_for=frozenset({"text"}),
    measure=measure,
)
