"""Credentials out of what people and logs see: `redacted(text)`, used where messages, logs and manifests are written.

Two nets. By value: what the environment holds under a name that sounds secret, plain, quoted for a url or escaped for
JSON. By form: passwords in urls, signatures in their queries, headers, settings, and tokens whose issuers gave them a
recognisable form.
"""

import json
import os
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, quote_plus

HIDDEN = "[redacted]"

SHORTEST_SECRET = 6  # characters; a shorter value would take common words out of messages

_WORDS = (
    r"(?:secret|passw(?:or)?d|passphrase|token|credentials?|api[_.-]?key|access[_.-]?key(?:[_.-]?id)?|private[_.-]?key"
    r"|account[_.-]?key|signature)"
)
_SECRET_NAME = re.compile(rf"(?:{_WORDS}|_key(?:_id)?$|_auth$|_pat$)", re.IGNORECASE)
_PLAIN_NAME = re.compile(r"_(?:FILE|PATH|DIR|URI|URL|ENV)$", re.IGNORECASE)  # where a secret lies is none

# Parameters of a url's query that sign or authorise it: AWS's (version 4 and 2), Google's, Azure's, and common ones.
_QUERY_NAMES = (
    r"X-(?:Amz|Goog)-(?:Signature|Credential|Security-Token)|Signature|AWSAccessKeyId|GoogleAccessId|sig|se?cret|auth"
    r"|password|pwd|(?:\w{1,40}[_-])?token|(?:\w{1,40}[_-])?(?:api|access|secret|private)?[_-]?key|secret[_-]\w+"
)

_FORMS: tuple[tuple[re.Pattern[str], str], ...] = (
    # scheme://user:password@host and scheme://token@host: RFC 3986's userinfo ends at the last @ before the path.
    (re.compile(r"\b([a-z][a-z0-9+.-]{0,30}://)[^\s/?#'\"<>]*@", re.IGNORECASE), rf"\1{HIDDEN}@"),
    # An AWS secret has slashes: s3://KEY:SECRET/WITH/SLASHES@bucket is what people write.
    (re.compile(r"\b(s3[an]?://)[A-Z0-9]{16,128}:[^\s@'\"<>]{1,300}@", re.IGNORECASE), rf"\1{HIDDEN}@"),
    (re.compile(rf"([?&;](?:amp;)?(?:{_QUERY_NAMES})=)[^\s&;#'\"<>]+", re.IGNORECASE), rf"\1{HIDDEN}"),
    # Percent-encoded inside another url.
    (
        re.compile(rf"((?:%3F|%26)(?:{_QUERY_NAMES})%3D)[^\s&#'\"<>]+?(?=%26|[\s&#'\"<>]|$)", re.IGNORECASE),
        rf"\1{HIDDEN}",
    ),
    (re.compile(r"(\b(?:proxy-)?authorization['\"]?\s*[:=]\s*['\"]?)[^\r\n'\"]+", re.IGNORECASE), rf"\1{HIDDEN}"),
    (re.compile(r"\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{12,}", re.IGNORECASE), rf"\1 {HIDDEN}"),
    (re.compile(r"\b(AWS4-HMAC-SHA256\s+)[^\r\n'\"]+"), rf"\1{HIDDEN}"),
    # name=value, "name": "value", name: value, --name value; spark.hadoop.fs.s3a.secret.key=value
    (
        re.compile(
            rf"((?<![\w])(?:[\w.-]{{0,80}}[_.-])?{_WORDS}(?:[_.-](?:key|id|value))?['\"]?\s*(?:=>|[=:])\s*)"
            r"(\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|\[redacted\]|[^\s,;&'\"{}()\[\]]+)",
            re.IGNORECASE,
        ),
        rf"\1{HIDDEN}",
    ),
    (
        re.compile(
            r"(--(?:[\w-]+-)?(?:secret|password|token|api-key|access-key|secret-key|private-key)[ ]+)(?!-)[^\s]+",
            re.IGNORECASE,
        ),
        rf"\1{HIDDEN}",
    ),
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL), HIDDEN),
    # Forms that issuers document: AWS, GitHub, GitLab, Hugging Face, OpenAI, Anthropic, Slack, Google; JSON web tokens.
    (re.compile(r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b"), HIDDEN),
    (re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,}|glpat-[\w-]{16,})"), HIDDEN),
    (
        re.compile(r"\b(?:hf_[A-Za-z0-9]{20,}|sk-[\w-]{20,}|xox[abprs]-[\w-]{10,}|AIza[\w-]{30,}|ya29\.[\w-]{20,})"),
        HIDDEN,
    ),
    (re.compile(r"\beyJ[\w-]{8,2000}\.eyJ[\w-]{8,8000}\.[\w-]*"), HIDDEN),
)


def redacted(text: str, environment: Mapping[str, str] | None = None) -> str:
    """The text without credentials: neither the environment's own, nor what has the form of one."""
    for value in _secret_values(os.environ if environment is None else environment):
        text = text.replace(value, HIDDEN)
    return without_credentials(text)


def without_credentials(text: str) -> str:
    """The text without what has the form of credentials: the same on every machine, so for what is fingerprinted."""
    for form, replacement in _FORMS:
        text = form.sub(replacement, text)
    return text


def plain_values(value: Any) -> Any:
    """A JSON-like value whose strings (keys excepted) are `without_credentials`."""
    if isinstance(value, str):
        return without_credentials(value)
    if isinstance(value, dict):
        return {key: plain_values(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain_values(each) for each in value]
    return value


def redacted_values(value: Any) -> Any:
    """A JSON-like value whose strings are `redacted`."""
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, dict):
        return {key: redacted_values(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [redacted_values(each) for each in value]
    return value


def one_line(text: str, most: int = 500) -> str:
    """The text redacted and on one line, cut to `most` characters."""
    line = " ".join(redacted(text).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def _secret_values(environment: Mapping[str, str]) -> list[str]:
    """Values of variables whose names sound secret, in every spelling they may be met in, the longest first."""
    values = set()
    for name, value in environment.items():
        if len(value) < SHORTEST_SECRET or not _SECRET_NAME.search(name) or _PLAIN_NAME.search(name):
            continue
        values |= {value, value.strip(), quote(value, safe=""), quote(value), quote_plus(value)}
        values |= {json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]}
        values |= {line for line in value.splitlines() if len(line) >= SHORTEST_SECRET}
    return sorted((value for value in values if len(value) >= SHORTEST_SECRET), key=lambda value: (-len(value), value))
