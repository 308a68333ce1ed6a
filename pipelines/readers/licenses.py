"""Licences: from a licence's text, a file's header or a package's classifiers to an SPDX expression.

A text is recognised by phrases that only that licence has, after lower-casing and turning everything but
letters, digits and dots into single spaces. Several licences found side by side are joined with AND: whoever
filters for permissive licences then asks it of every one.
"""

import re
from collections.abc import Iterable

MAX_LICENSE_CHARS = 200_000  # the longest standard text, GPL-3.0, has 35,149
HEADER_LINES = 20
NOTICE_LINES = 40  # a notice of the GNU licences stands below the names of the authors
_MAX_HEADER_LINE_CHARS = 400

# Distinctive phrases (https://spdx.org/licenses/), normalised. The licence whose phrase stands first is the
# text's own: what follows is often the licences of bundled parts. A bare licence text says nothing of later
# versions.
_PHRASES = (
    ("apache license version 2.0 january 2004", "Apache-2.0"),
    ("licensed under the apache license version 2.0", "Apache-2.0"),
    ("gnu affero general public license version 3 19 november 2007", "AGPL-3.0-only"),
    ("gnu lesser general public license version 3 29 june 2007", "LGPL-3.0-only"),
    ("gnu lesser general public license version 2.1 february 1999", "LGPL-2.1-only"),
    ("gnu library general public license version 2 june 1991", "LGPL-2.0-only"),
    ("gnu general public license version 3 29 june 2007", "GPL-3.0-only"),
    ("gnu general public license version 2 june 1991", "GPL-2.0-only"),
    ("mozilla public license version 2.0", "MPL-2.0"),
    ("mozilla public license v. 2.0", "MPL-2.0"),
    ("this is free and unencumbered software released into the public domain", "Unlicense"),
    ("cc0 1.0 universal", "CC0-1.0"),
    ("python software foundation license version 2", "PSF-2.0"),
    ("boost software license version 1.0", "BSL-1.0"),
    ("permission is hereby granted free of charge to any person or organization obtaining a copy", "BSL-1.0"),
    ("the origin of this software must not be misrepresented", "Zlib"),
    ("permission is hereby granted free of charge to any person obtaining a copy", "MIT"),
    ("redistribution and use in source and binary forms", "BSD"),
    (
        "permission to use copy modify and or distribute this software for any purpose with or without fee",
        "ISC",
    ),
    ("permission to use copy modify and distribute this software for any purpose with or without fee", "ISC"),
    ("permission to use copy modify and distribute this software and its documentation for any purpose", "HPND"),
    ("by obtaining using and or copying this software and or its associated documentation you agree", "MIT-CMU"),
    ("this license governs use of the accompanying software", "MS-PL"),
    ("eclipse public license v 2.0", "EPL-2.0"),
    ("eclipse public license version 2.0", "EPL-2.0"),
    ("eclipse public license v 1.0", "EPL-1.0"),
    ("eclipse public license version 1.0", "EPL-1.0"),
    ("european union public licence v. 1.2", "EUPL-1.2"),
    ("common development and distribution license cddl version 1.0", "CDDL-1.0"),
    ("the artistic license 2.0", "Artistic-2.0"),
    ("do what the fuck you want to public license version 2", "WTFPL"),
    ("blue oak model license version 1.0.0", "BlueOak-1.0.0"),
    ("the universal permissive license upl version 1.0", "UPL-1.0"),
    ("sil open font license version 1.1", "OFL-1.1"),
    ("creative commons attribution sharealike 4.0 international", "CC-BY-SA-4.0"),
    ("creative commons attribution noncommercial 4.0 international", "CC-BY-NC-4.0"),
    ("creative commons attribution 4.0 international", "CC-BY-4.0"),
    # Sources that may be read and not used freely.
    ("business source license 1.1", "BUSL-1.1"),
    ("server side public license version 1", "SSPL-1.0"),
    ("elastic license 2.0", "Elastic-2.0"),
    ("polyform noncommercial license 1.0.0", "PolyForm-Noncommercial-1.0.0"),
)
# What a file's head says in short, beside the phrases above; and that it may not be used at all.
_NOTICE_PHRASES = (
    *((text, spdx) for text, spdx in _PHRASES if not text.startswith(("cc0", "creative", "elastic", "business"))),
    ("licensed under the mit license", "MIT"),
    ("distributed under the mit license", "MIT"),
    ("released under the mit license", "MIT"),
    ("licensed under the isc license", "ISC"),
    ("licensed under the bsd 3 clause", "BSD-3-Clause"),
    ("licensed under the bsd 2 clause", "BSD-2-Clause"),
)
_PROPRIETARY_PHRASES = (
    "confidential and proprietary",
    "proprietary and confidential",
    "unauthorized copying of this file",
    "unauthorised copying of this file",
)
PROPRIETARY = "LicenseRef-Proprietary"
# Additions that take the licence's freedom away; the text is then none of the licences above.
_RESTRICTIONS = ("commons clause", "software shall be used for good not evil")
_FAMILY_CHARS = 4_000  # how far behind its first phrase a licence of these families is looked at for its variant

_CLASSIFIER_PREFIX = "License :: "
# Trove classifiers (https://pypi.org/classifiers/). Those without a version get the family's usual one; BSD
# gets its three-clause form, the strictest in use; GPL and LGPL without a version allow any.
_CLASSIFIERS = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "Boost Software License 1.0 (BSL-1.0)": "BSL-1.0",
    "CC0 1.0 Universal (CC0 1.0) Public Domain Dedication": "CC0-1.0",
    "GNU Affero General Public License v3": "AGPL-3.0-only",
    "GNU Affero General Public License v3 or later (AGPLv3+)": "AGPL-3.0-or-later",
    "GNU General Public License (GPL)": "GPL-1.0-or-later",
    "GNU General Public License v2 (GPLv2)": "GPL-2.0-only",
    "GNU General Public License v2 or later (GPLv2+)": "GPL-2.0-or-later",
    "GNU General Public License v3 (GPLv3)": "GPL-3.0-only",
    "GNU General Public License v3 or later (GPLv3+)": "GPL-3.0-or-later",
    "GNU Lesser General Public License v2 (LGPLv2)": "LGPL-2.0-only",
    "GNU Lesser General Public License v2 or later (LGPLv2+)": "LGPL-2.0-or-later",
    "GNU Lesser General Public License v3 (LGPLv3)": "LGPL-3.0-only",
    "GNU Lesser General Public License v3 or later (LGPLv3+)": "LGPL-3.0-or-later",
    "GNU Library or Lesser General Public License (LGPL)": "LGPL-2.0-or-later",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "MIT No Attribution License (MIT-0)": "MIT-0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
    "zlib/libpng License": "Zlib",
}

_FILE_NAME = re.compile(rb"(?:licen[cs]e|copying|unlicense)(?:[._-][a-z0-9._-]{1,30})?")
_NOT_LICENSE_SUFFIXES = (b".py", b".js", b".go", b".c", b".h", b".rs", b".java", b".html", b".spdx", b".json")
_SPDX_TAG = re.compile(r"SPDX-License-Identifier:[ \t]*([A-Za-z0-9.+() \t-]{1,200})")
# "... under the terms of the GNU Lesser General Public License ...", after the same normalisation as a licence's text.
# The lowest version that a notice without one allows: what matters is that vendored copyleft code is not taken for
# code under its new repository's licence.
_NOTICE = re.compile(
    r"(?:under|subject to) the (?:terms of the )?"
    r"(gnu affero|gnu lesser|gnu library|gnu|mozilla) (?:general )?public license(?: version ([0-9.]{1,4}))?"
)
_NOTICE_FAMILIES = {
    "gnu affero": ("AGPL", "3.0", "-or-later"),
    "gnu lesser": ("LGPL", "2.1", "-or-later"),
    "gnu library": ("LGPL", "2.0", "-or-later"),
    "gnu": ("GPL", "2.0", "-or-later"),
    "mozilla": ("MPL", "2.0", ""),
}
_SPDX_TOKEN = re.compile(r"[()]|[A-Za-z0-9][A-Za-z0-9.+-]*")
_OPERATORS = ("AND", "OR", "WITH")


def is_license_file(name: bytes) -> bool:
    """Whether a file called `name` holds its folder's licence (LICENSE, COPYING.LESSER, LICENSE-MIT, ...)."""
    lowered = name.lower()
    if b"third" in lowered or lowered.endswith(_NOT_LICENSE_SUFFIXES):
        return False
    return _FILE_NAME.fullmatch(lowered) is not None


def spdx_of_text(text: str) -> str | None:
    """The SPDX identifier of a licence's full text; None: not recognised, or restricted by an addition."""
    words = _normalised(text[:MAX_LICENSE_CHARS])
    return None if _is_restricted(words) else _first_named(words, _PHRASES)


def _normalised(text: str) -> str:
    return " ".join(re.findall(r"[a-z0-9.]+", text.lower()))


def _is_restricted(words: str) -> bool:
    return any(phrase in words for phrase in _RESTRICTIONS)


def _first_named(words: str, phrases: Iterable[tuple[str, str]]) -> str | None:
    """The licence whose phrase stands first in normalised `words`; the longer phrase where two stand there."""
    found = [(at, -len(phrase), spdx) for phrase, spdx in phrases if (at := words.find(phrase)) >= 0]
    if not found:
        return None
    at, _, spdx = min(found)
    return _variant(spdx, words[at : at + _FAMILY_CHARS])


def _variant(family: str, words: str) -> str | None:
    """The member of a licence family that `words`, the text from its first phrase on, is; None: unknown."""
    if family == "BSD":
        if "all advertising materials mentioning" in words:
            return "BSD-4-Clause"
        endorsement = "endorse or promote products" in words
        return "BSD-3-Clause" if endorsement else "BSD-2-Clause"
    if family == "MIT" and "permission is hereby granted" in words and "permission notice" not in words:
        return None if "subject to the following conditions" in words else "MIT-0"
    if family == "ISC" and "provided that the above copyright notice" not in words:
        return "0BSD"
    return family


def spdx_header(text: str) -> str | None:
    """What a file's head says of its own licence, which counts before its repository's; None: nothing.

    That is an `SPDX-License-Identifier:` in the first 20 lines; else, in the first 40, that it is proprietary, a
    sentence of the GNU or Mozilla licences, or words of another licence.
    """
    lines = _head(text, NOTICE_LINES)
    for line in lines[:HEADER_LINES]:
        tag = _SPDX_TAG.search(line)
        if tag is not None:
            return _expression(_SPDX_TOKEN.findall(tag[1]))
    return _notice(lines)


def _head(text: str, lines: int) -> list[str]:
    head = text[: lines * _MAX_HEADER_LINE_CHARS].split("\n", lines)[:lines]
    return [line[:_MAX_HEADER_LINE_CHARS] for line in head]


def _notice(lines: list[str]) -> str | None:
    """The licence that a notice in a file's head names: copyleft first, as what matters most."""
    words = _normalised(" ".join(lines))
    if any(phrase in words for phrase in _PROPRIETARY_PHRASES):
        return PROPRIETARY
    found = _NOTICE.search(words)
    if found is None:
        return None if _is_restricted(words) else _first_named(words, _NOTICE_PHRASES)
    family, usual_version, suffix = _NOTICE_FAMILIES[found[1]]
    stated = (found[2] or "").rstrip(".")
    version = stated if "." in stated else f"{stated}.0" if stated else usual_version
    return f"{family}-{version}{suffix}"


def _expression(tokens: list[str]) -> str | None:
    """The longest valid SPDX expression that `tokens` begin with; what follows it is the line's comment."""
    taken: list[str] = []
    depth = 0
    complete = 0  # how many tokens make a whole expression
    for word in tokens:
        after_operand = bool(taken) and taken[-1] not in (*_OPERATORS, "(")
        if after_operand != (word in (*_OPERATORS, ")")):
            break
        depth += {"(": 1, ")": -1}.get(word, 0)
        if depth < 0:
            break
        taken.append(word)
        if depth == 0 and word not in _OPERATORS:
            complete = len(taken)
    if complete == 0 or taken[0] in ("NONE", "NOASSERTION"):
        return None
    return " ".join(taken[:complete]).replace("( ", "(").replace(" )", ")")


def spdx_of_classifiers(classifiers: Iterable[str]) -> str | None:
    """The SPDX expression of a package's trove classifiers; None: no licence, or an unknown one."""
    found = set()
    for classifier in classifiers:
        if not classifier.startswith(_CLASSIFIER_PREFIX):
            continue
        name = classifier.removeprefix(_CLASSIFIER_PREFIX).removeprefix("OSI Approved")
        name = name.removeprefix(" :: ")
        if name == "":  # "License :: OSI Approved" alone says nothing
            continue
        if name not in _CLASSIFIERS:
            return None
        found.add(_CLASSIFIERS[name])
    return all_of(found)


def all_of(licenses: Iterable[str]) -> str | None:
    """The expression that requires every one of `licenses`; None where there are none."""
    return " AND ".join(sorted(set(licenses))) or None
