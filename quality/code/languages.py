"""The programming language of a document: what its source says, else its file's name, and the content where both leave
it open.

Names are github-linguist's, and so is the order of deciding: name, shebang, then marks of the language in the head.
"""

from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from quality.code.file_names import LANGUAGES, languages_by_name, suffixes

HEAD_BYTES = 50 << 10  # how much of a file is looked at (linguist: HEURISTICS_CONSIDER_BYTES)
FIRST_LINE_BYTES = 200

# Languages that have no ending of their own here and are told by content alone.
OF_CONTENT_ALONE = ("Forth", "MATLAB", "Puppet", "QMake", "Rocq Prover")


class Mark(NamedTuple):
    """Files with the ending `suffix` are in `language` where the head matches `pattern` (RE2, `^` at every line)."""

    suffix: str
    language: str
    pattern: str


_CPP = (
    r"^\s*#\s*include\s*<(?:algorithm|array|cstdint|deque|functional|iostream|list|map|memory|set|string|unordered_map"
    r"|utility|vector)>|^\s*template\s*<|^\s*(?:class|namespace)\s+\w+|^\s*using\s+(?:namespace\s+)?\w+"
    r"|^\s*(?:private|public|protected)\s*:|\bstd::\w|^\s*constexpr\b"
)
_OBJECTIVE_C = r"^\s*@(?:interface|implementation|protocol|property|class|end|selector)\b|^\s*#import\s"

# The first match of an ending wins. RE2 takes time in proportion to the text, whatever the text.
MARKS = (
    Mark("h", "Objective-C", _OBJECTIVE_C),
    Mark("h", "C++", _CPP),
    Mark("m", "Objective-C", _OBJECTIVE_C),
    Mark("m", "MATLAB", r"^\s*%|^\s*function\b[^;{]*$"),
    Mark(
        "pl",
        "Perl",
        r"^\s*use\s+(?:strict|warnings|v?5|constant|overload|lib)\b|^\s*package\s+[\w:]+\s*;|^\s*my\s*[$@%(]",
    ),
    Mark("pl", "Prolog", r"^\s*:-|^[a-z]\w*\([^#]*\)\s*:-|^[a-z]\w*\([^#]*\)\.\s*$"),
    Mark("pro", "Prolog", r"^[^\[#]+:-"),
    Mark("pro", "QMake", r"^\s*(?:HEADERS|SOURCES|TARGET|TEMPLATE|QT|CONFIG)\s*[+-]?="),
    Mark("pp", "Puppet", r"^\s+\w+\s+=>\s|^\s*(?:class|define|node)\s+[\w:'\"]+.*\{"),
    Mark("fs", "Forth", r"^: "),
    Mark("fs", "GLSL", r"^\s*(?:#version|precision|uniform|varying|vec[234])\b"),
    Mark("f", "Forth", r"^: "),
    Mark("for", "Forth", r"^: "),
    Mark("ts", "XML", r"<TS\b"),
    Mark("v", "Rocq Prover", r"(?:^|\s)(?:Proof|Qed)\.(?:\s|$)|(?:^|\s)Require\s+(?:Import|Export)\s"),
)

# Interpreters as a shebang names them, without version numbers.
_INTERPRETERS = {
    "ash": "Shell",
    "bash": "Shell",
    "dash": "Shell",
    "fish": "Shell",
    "ksh": "Shell",
    "sh": "Shell",
    "zsh": "Shell",
    "bun": "JavaScript",
    "deno": "TypeScript",
    "elixir": "Elixir",
    "escript": "Erlang",
    "groovy": "Groovy",
    "julia": "Julia",
    "lua": "Lua",
    "luajit": "Lua",
    "make": "Makefile",
    "node": "JavaScript",
    "nodejs": "JavaScript",
    "ocaml": "OCaml",
    "perl": "Perl",
    "php": "PHP",
    "pwsh": "PowerShell",
    "pypy": "Python",
    "python": "Python",
    "racket": "Racket",
    "Rscript": "R",
    "ruby": "Ruby",
    "runhaskell": "Haskell",
    "scala": "Scala",
    "swift": "Swift",
    "tclsh": "Tcl",
    "uv": "Python",
    "wish": "Tcl",
}
_SHEBANG = r"^#!\s*(?:\S*/)?(?:env\s+(?:-\S+\s+|\w+=\S*\s+)*(?:\S*/)?)?(?P<interpreter>[A-Za-z]+)[0-9.]*(?:\s|$)"
# How a file begins that names no language otherwise.
_BEGINNINGS = (
    ("HTML", r"^\s*(?i:<!doctype\s+html|<html\b)"),
    ("SVG", r"^\s*(?:<\?xml[^>]*>\s*)?(?:<!--[^>]*-->\s*)?<svg\b"),
    ("XML", r"^\s*<\?xml\s"),
    ("PHP", r"^\s*<\?php\b"),
)


def known_languages() -> tuple[str, ...]:
    """Every name that `code_languages` decides for by itself, sorted."""
    return tuple(sorted(LANGUAGES | set(OF_CONTENT_ALONE)))


def code_languages(hints: pa.StringArray, paths: pa.StringArray, text: pa.Array) -> pa.StringArray:
    """The language of n documents; null where neither hint, path nor content tells.

    A hint counts before the path, in whatever case; one that is no known language's name stays as it is. Content
    decides between the languages of an ambiguous ending, unless the hint says more than the ending does.
    """
    named = languages_by_name(paths)
    decided = pc.coalesce(_canonical(hints), named)
    endings = suffixes(paths)
    is_open = pc.fill_null(pc.equal(decided, named), False)
    decided = _by_marks(decided, endings, is_open, text)
    return _by_beginning(decided, text)


def _canonical(hints: pa.StringArray) -> pa.StringArray:
    """Hints in the spelling of this table: `python` becomes Python."""
    keys, names = _spellings()
    return pc.coalesce(names.take(pc.index_in(pc.utf8_lower(hints), keys)), hints)


@cache
def _spellings() -> tuple[pa.StringArray, pa.StringArray]:
    others = {"c-sharp": "C#", "cpp": "C++", "csharp": "C#", "f-sharp": "F#", "golang": "Go", "plain text": "Text"}
    spellings = {name.lower(): name for name in known_languages()} | others
    return pa.array(spellings.keys(), pa.string()), pa.array(spellings.values(), pa.string())


def _by_marks(decided: pa.StringArray, endings: pa.StringArray, is_open: pa.Array, text: pa.Array) -> pa.StringArray:
    ambiguous = pa.array(sorted({mark.suffix for mark in MARKS}), pa.string())
    rows = _rows(pc.and_(is_open, pc.is_in(endings, ambiguous)))
    if not len(rows):
        return decided
    heads = _heads(text, rows, HEAD_BYTES)
    found = pa.nulls(len(rows), pa.string())
    for mark in MARKS:
        matches = pc.match_substring_regex(heads, f"(?m){mark.pattern}")
        applies = pc.and_(pc.equal(endings.take(rows), mark.suffix), pc.and_(matches, found.is_null()))
        found = pc.if_else(applies, mark.language, found)
    return _with(decided, rows, found)


def _by_beginning(decided: pa.StringArray, text: pa.Array) -> pa.StringArray:
    rows = _rows(decided.is_null())
    if not len(rows):
        return decided
    heads = _heads(text, rows, FIRST_LINE_BYTES)
    interpreters = pc.struct_field(pc.extract_regex(heads, _SHEBANG), "interpreter")
    found = pa.array(_INTERPRETERS.values(), pa.string()).take(
        pc.index_in(interpreters, pa.array(_INTERPRETERS.keys(), pa.string()))
    )
    for language, pattern in _BEGINNINGS:
        matches = pc.match_substring_regex(heads, pattern)
        found = pc.if_else(pc.and_(matches, found.is_null()), language, found)
    return _with(decided, rows, found)


def _rows(mask: pa.BooleanArray) -> pa.Array:
    return pa.array(np.flatnonzero(mask.to_numpy(zero_copy_only=False)))


def _heads(text: pa.Array, rows: pa.Array, size_bytes: int) -> pa.Array:
    """The first `size_bytes` of the texts at `rows`; a null becomes empty."""
    whole = text.take(rows).fill_null("")
    binary = whole.cast(pa.large_binary() if whole.type == pa.large_string() else pa.binary())
    # As text again, for RE2 to take `é` as one character; a character cut in two matches nothing.
    cut = pc.binary_slice(binary, 0, size_bytes)
    return type(whole).from_buffers(len(cut), *cut.buffers()[1:], cut.buffers()[0], offset=cut.offset)


def _with(decided: pa.StringArray, rows: pa.Array, found: Iterable[str] | pa.StringArray) -> pa.StringArray:
    mask = np.zeros(len(decided), np.bool_)
    mask[rows.to_numpy()] = True
    return pc.replace_with_mask(decided, pa.array(mask), pc.coalesce(found, decided.take(rows)))
