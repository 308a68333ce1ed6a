"""What rows of some published data sets need before their fields are read; see `presets`."""

import codecs
import json
import re
from collections.abc import Callable
from typing import Any

Row = dict[str, Any]

MAX_JSON_BYTES = 1 << 20  # of an object kept as JSON in a column
# StarCoderData writes any of these, in this order, on one line before the content.
_SENTINELS = re.compile(
    r"(?:<reponame>(?P<repository>[^\n<]{1,500}))?(?:<filename>(?P<path>[^\n]{1,1000}?))?"
    r"(?:<gh_stars>(?P<stars>0|1-10|10-100|100-1000|1000\+))?\n"
)
_FIRST_SENTINEL = ("<reponame>", "<filename>", "<gh_stars>")
# Encodings of source files that Software Heritage tells; no codec that is not of text.
_TEXT_ENCODINGS = frozenset(
    codecs.lookup(name).name
    for name in (
        *("utf-8", "ascii", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "koi8-r", "koi8-u", "gb2312", "gbk"),
        *("gb18030", "big5", "euc-jp", "euc-kr", "shift_jis", "cp932", "cp949", "iso2022_jp", "tis-620", "cp866"),
        *(f"iso8859-{part}" for part in (*range(1, 12), *range(13, 17))),
        *(f"cp125{part}" for part in range(9)),
    )
)
# GitHub's keys of licences (https://docs.github.com/en/rest/licenses), which are SPDX's names in lower case.
_GITHUB_LICENSES = {
    name.lower(): name
    for name in (
        *("MIT", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "CC0-1.0", "Unlicense", "MPL-2.0", "EPL-1.0"),
        *("EPL-2.0", "Artistic-2.0", "BSL-1.0", "WTFPL", "Zlib", "NCSA", "PostgreSQL", "MS-PL", "OFL-1.1", "0BSD"),
        *("MIT-0", "UPL-1.0", "AFL-3.0", "ECL-2.0", "BSD-3-Clause-Clear", "BSD-4-Clause", "CC-BY-4.0"),
        *("CC-BY-SA-4.0", "EUPL-1.1", "EUPL-1.2", "LPPL-1.3c", "OSL-3.0", "MS-RL"),
    )
} | {
    f"{family}-{version}": f"{family.upper()}-{version}-only"
    for family, version in (("gpl", "2.0"), ("gpl", "3.0"), ("lgpl", "2.1"), ("lgpl", "3.0"), ("agpl", "3.0"))
}


def with_parsed(field: str) -> Callable[[Row], Row]:
    """Makes rows whose `field` is an object, where they have it as JSON."""

    def parsed(row: Row) -> Row:
        value = row.get(field)
        if not isinstance(value, str) or len(value) > MAX_JSON_BYTES or not value.startswith("{"):
            return row
        try:
            found = json.loads(value)
        except (ValueError, RecursionError):
            return row
        return {**row, field: found} if isinstance(found, dict) else row

    return parsed


def with_github_license(row: Row, inside: str | None, field: str) -> Row:
    """The row with GitHub's key of a licence as SPDX's name; what is no such key stays."""
    holder = row if inside is None else row.get(inside)
    key = holder.get(field) if isinstance(holder, dict) else None
    if not isinstance(holder, dict) or not isinstance(key, str) or key not in _GITHUB_LICENSES:
        return row
    changed = {**holder, field: _GITHUB_LICENSES[key]}
    return changed if inside is None else {**row, inside: changed}


def with_swh_content(row: Row) -> Row:
    """The row with content as text, decoded by its `src_encoding`, and a path that is not absolute.

    What does not decode stays bytes.
    """
    changed = dict(row)
    content, encoding, path = row.get("content"), row.get("src_encoding"), row.get("path")
    if isinstance(content, bytes) and isinstance(encoding, str):
        try:
            if codecs.lookup(encoding).name in _TEXT_ENCODINGS:
                changed["content"] = content.decode(encoding)
        except (LookupError, ValueError):
            pass
    if isinstance(path, str):
        changed["path"] = path.removeprefix("/")
    return changed


def without_sentinels(row: Row) -> Row:
    """The row with the sentinels before its content in fields instead, where it has no such field already."""
    content = row.get("content")
    if not isinstance(content, str) or not content.startswith(_FIRST_SENTINEL):
        return row
    found = _SENTINELS.match(content)
    if found is None:
        return row
    told = {
        "max_stars_repo_name": found["repository"],
        "max_stars_repo_path": found["path"],
        "stars": found["stars"],
    }
    known = {name: value for name, value in told.items() if value and row.get(name) in (None, "")}
    return {**row, **known, "content": content[found.end() :]}
