"""Url hashes: documents whose urls lead to the same page have equal ones.

The canonical url is close to the keys of web archives' indexes (SURT), less what would join different pages:

- http and https, a port that is the scheme's own, user names, `www.` (also `www2.`) and the case of the host don't
  count; the case of paths and queries does;
- percent escapes as RFC 3986 normalises them (6.2.2), and `.` and `..` resolved;
- a slash at the end of the path doesn't count, nor does a session id in it;
- parameters that track visitors or name sessions are left out, the others sorted by name, equal names in their order;
- the fragment is left out, unless it begins with `!`, as addresses of pages inside applications did.

A string without `scheme://` is taken as it is, without whitespace at its ends.
"""

import re
from collections.abc import Callable
from hashlib import blake2b

import pyarrow as pa
import pyarrow.compute as pc

from dedup.exact import HASH_BYTES

# RE2's: linear in the url, whatever it is.
PARTS = (
    r"(?s)^(?P<scheme>[A-Za-z][A-Za-z0-9+.\-]*)://(?:[^/?#@]*@)?(?P<host>\[[^\]/?#]*\]|[^/?#:@]*)(?::(?P<port>[0-9]*))?"
    r"(?P<path>/[^?#]*)?(?P<query>\?[^#]*)?(?P<fragment>#.*)?$"
)
WORLD_WIDE_WEB = r"^www[0-9]*\.([^.]+\.)"
OWN_PORTS = {"http": "80", "https": "443", "ftp": "21"}
PATH_SESSION = r"(?i);jsessionid=[^/;]*"

# Google Analytics' and Matomo's campaigns, click ids of ad networks, and mailing tools'; as block lists of browsers
# (ClearURLs, Brave) have them.
TRACKING_PREFIXES = ("utm_", "mtm_", "pk_", "hsa_")
TRACKING = frozenset(
    {
        *("_ga", "_gl", "gclid", "gclsrc", "dclid", "gbraid", "wbraid"),  # Google
        *("fbclid", "igsh", "igshid", "msclkid", "yclid", "twclid", "ttclid", "li_fat_id"),
        *("mc_cid", "mc_eid", "_hsenc", "_hsmi", "mkt_tok", "vero_id", "oly_anon_id", "oly_enc_id"),  # mailings
    }
)
# Those that the indexes of web archives leave out; `sid` only with a value of 32 letters and digits.
SESSIONS = frozenset({"phpsessid", "jsessionid", "cfid", "cftoken"})
SESSION_PREFIX, SESSION_NAME, SESSION_CHARS = "aspsessionid", "sid", 32

ESCAPE = re.compile("%([0-9A-Fa-f]{2})")
UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


def url_hashes(urls: pa.StringArray | pa.LargeStringArray) -> pa.FixedSizeBinaryArray:
    """BLAKE2b-128 of each canonical url, binary(16). Null where there is none, or nothing but whitespace."""
    canonical = canonical_urls(urls)
    digests = [
        None if url is None else blake2b(url.encode(), digest_size=HASH_BYTES).digest() for url in canonical.to_pylist()
    ]
    return pa.array(digests, pa.binary(HASH_BYTES))


def canonical_urls(urls: pa.StringArray | pa.LargeStringArray) -> pa.StringArray:
    """The canonical urls; null for null and for nothing but whitespace."""
    trimmed = pc.utf8_trim_whitespace(urls.cast(pa.string()))
    trimmed = pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)
    parts = pc.extract_regex(trimmed, PARTS)
    scheme, host, port, path, query, fragment = (parts.field(i) for i in range(6))
    scheme = pc.utf8_lower(scheme)
    for name, own_port in OWN_PORTS.items():
        port = pc.if_else(pc.and_(pc.equal(scheme, name), pc.equal(port, own_port)), "", port)
    scheme = pc.if_else(pc.equal(scheme, "https"), "http", scheme)
    host = pc.utf8_rtrim(pc.utf8_lower(host), ".")
    host = pc.replace_substring_regex(host, WORLD_WIDE_WEB, r"\1")
    port = pc.if_else(pc.equal(port, ""), "", pc.binary_join_element_wise(":", port, ""))
    path = pc.replace_substring_regex(path, PATH_SESSION, "")
    path = _changed(path, pc.match_substring_regex(path, r"%|/\."), _canonical_path)
    path = pc.utf8_rtrim(path, "/")
    query = _changed(query, pc.not_equal(query, ""), _canonical_query)
    fragment = pc.if_else(pc.starts_with(fragment, "#!"), fragment, "")
    joined = pc.binary_join_element_wise(scheme, "://", host, port, path, query, fragment, "")
    is_url = pc.and_(pc.is_valid(trimmed), pc.is_valid(parts))
    return pc.if_else(is_url, joined, trimmed)


def _changed(column: pa.StringArray, where: pa.BooleanArray, change: Callable[[str], str]) -> pa.StringArray:
    """`column` with its few values `where` changed one by one."""
    where = where.fill_null(False)
    changed = [change(value) for value in column.filter(where).to_pylist()]
    return pc.replace_with_mask(column, where, pa.array(changed, pa.string()))


def _canonical_path(path: str) -> str:
    """Escapes normalised, then `.` and `..` resolved (RFC 3986, 5.2.4)."""
    found: list[str] = []
    segments = ESCAPE.sub(_normal_escape, path).split("/")[1:]
    for segment in segments:
        if segment == "..":
            del found[-1:]
        elif segment != ".":
            found.append(segment)
    return "".join(f"/{segment}" for segment in found)


def _canonical_query(query: str) -> str:
    """The parameters that count, sorted by name, behind a question mark; "" for none."""
    parameters = [ESCAPE.sub(_normal_escape, given) for given in query[1:].split("&") if given]
    kept = [(given.partition("=")[0], given) for given in parameters if not _tells_the_visitor(given)]
    kept.sort(key=lambda pair: pair[0])
    return "?" + "&".join(given for _, given in kept) if kept else ""


def _tells_the_visitor(parameter: str) -> bool:
    name, _, value = parameter.partition("=")
    name = name.lower()
    if name == SESSION_NAME:
        return len(value) == SESSION_CHARS and value.isascii() and value.isalnum()
    return name in TRACKING or name in SESSIONS or name.startswith((*TRACKING_PREFIXES, SESSION_PREFIX))


def _normal_escape(escape: re.Match[str]) -> str:
    """The character itself where it needs no escape, else the escape in upper case."""
    byte = int(escape[1], 16)
    return chr(byte) if byte in UNRESERVED else escape[0].upper()
