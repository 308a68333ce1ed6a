"""How each language writes comments and strings, as a table that kernels read.

Enough to tell comment, string and code apart in ordinary files, not a lexer: regular expressions in JavaScript, nested
templates and here-documents are not known. What is read wrongly ends with the line in nearly all languages, since their
strings do.
"""

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from quality.code.languages import known_languages

# Where a line comment may begin.
ANYWHERE, AFTER_SPACE, FIRST_ON_LINE = 0, 1, 2
# What a byte may open: nothing, a comment, a string, an escape; brackets are counted where strings may be statements.
PLAIN, MARKER, QUOTE, ESCAPE, BRACKET = 0, 1, 2, 3, 4
# Strings of a quote: none, up to the line's end, over lines, or one character alone (so `'a` of Rust opens nothing).
NO_STRING, ONE_LINE, MANY_LINES, ONE_CHARACTER = 0, 1, 2, 3


@dataclass(frozen=True)
class Syntax:
    """Comments and strings of a language; markers are ASCII, at most seven bytes long."""

    line: tuple[str, ...] = ()  # up to three
    line_may_begin: int = ANYWHERE
    block: tuple[str, str] = ("", "")
    nests: bool = False  # whether block comments do
    other_block: tuple[str, str] = ("", "")
    other_block_at_line_start: bool = False  # =begin of Ruby, pod of Perl
    double: int = ONE_LINE
    single: int = ONE_LINE
    backtick: int = NO_STRING
    triple: bool = False  # three quotes make a string over lines
    docstrings: bool = False  # a triple-quoted string that is a statement counts as a comment
    escape: str = "\\"


_C = Syntax(("//",), block=("/*", "*/"), single=ONE_CHARACTER)
_C_NESTED = Syntax(("//",), block=("/*", "*/"), nests=True, single=ONE_CHARACTER)
_SCRIPT = Syntax(("//",), block=("/*", "*/"), backtick=MANY_LINES)
_HASH = Syntax(("#",))
_SHELL = Syntax(("#",), line_may_begin=AFTER_SPACE)
_MARKUP = Syntax(block=("<!--", "-->"), double=NO_STRING, single=NO_STRING)
_LISP = Syntax((";",), block=("#|", "|#"), nests=True, single=NO_STRING)
_ML = Syntax(block=("(*", "*)"), nests=True, single=ONE_CHARACTER)
_PYTHON = Syntax(("#",), triple=True, docstrings=True)
_NOTHING = Syntax(double=NO_STRING, single=NO_STRING)
_CSS = Syntax(block=("/*", "*/"))
_STYLE = Syntax(("//",), block=("/*", "*/"))

SYNTAX: dict[str, Syntax] = {
    "Ada": Syntax(("--",), single=ONE_CHARACTER, escape=""),
    "Assembly": Syntax((";", "//"), block=("/*", "*/")),
    "Batchfile": Syntax(("rem ", "REM ", "::"), line_may_begin=FIRST_ON_LINE, single=NO_STRING, escape=""),
    **dict.fromkeys(("C", "C++", "C#", "Cuda", "GLSL", "Java", "Objective-C", "Objective-C++", "Solidity"), _C),
    **dict.fromkeys(("Groovy", "JavaScript", "TSX", "TypeScript"), _SCRIPT),
    **dict.fromkeys(("Protocol Buffer", "Dart"), _STYLE),
    **dict.fromkeys(("Kotlin", "Rust", "Scala", "Swift"), _C_NESTED),
    **dict.fromkeys(("CMake", "GraphQL", "Nim", "Starlark", "TOML", "Elixir", "R", "Meson", "CoffeeScript"), _HASH),
    **dict.fromkeys(("Dockerfile", "Makefile", "Shell", "Tcl", "YAML"), _SHELL),
    **dict.fromkeys(("HTML", "Markdown", "SVG", "Svelte", "Vue", "XML"), _MARKUP),
    **dict.fromkeys(("Clojure", "Common Lisp", "Emacs Lisp", "Racket", "Scheme"), _LISP),
    **dict.fromkeys(("OCaml", "Rocq Prover"), _ML),
    **dict.fromkeys(("Cython", "Python"), _PYTHON),
    **dict.fromkeys(("CSV", "Diff", "Text"), _NOTHING),
    **dict.fromkeys(("Less", "SCSS", "Sass"), _STYLE),
    "CSS": _CSS,
    "D": Syntax(("//",), block=("/*", "*/"), other_block=("/+", "+/"), single=ONE_CHARACTER, backtick=MANY_LINES),
    "Elm": Syntax(("--",), block=("{-", "-}"), nests=True, single=ONE_CHARACTER),
    "Erlang": Syntax(("%",)),
    "F#": Syntax(("//",), block=("(*", "*)"), single=ONE_CHARACTER),
    "Forth": replace(_NOTHING, line=("\\ ",), block=("( ", ")")),
    "Fortran": Syntax(("!",), escape=""),
    "Go": Syntax(("//",), block=("/*", "*/"), single=ONE_CHARACTER, backtick=MANY_LINES),
    "HCL": Syntax(("#", "//"), block=("/*", "*/"), single=NO_STRING),
    "Haskell": Syntax(("--",), block=("{-", "-}"), nests=True, single=ONE_CHARACTER),
    "INI": replace(_NOTHING, line=(";", "#"), line_may_begin=FIRST_ON_LINE),
    "JSON": Syntax(single=NO_STRING),
    "Julia": Syntax(("#",), block=("#=", "=#"), nests=True, single=ONE_CHARACTER, triple=True, docstrings=True),
    "Lua": Syntax(("--",), block=("--[[", "]]")),
    "MATLAB": Syntax(("%",), escape=""),
    "Nix": Syntax(("#",), block=("/*", "*/"), single=NO_STRING),
    "PHP": Syntax(("//", "#"), block=("/*", "*/"), other_block=("<!--", "-->")),
    "Pascal": Syntax(("//",), block=("{", "}"), other_block=("(*", "*)"), double=NO_STRING, escape=""),
    "Perl": Syntax(("#",), line_may_begin=AFTER_SPACE, other_block=("=", "=cut"), other_block_at_line_start=True),
    "PowerShell": Syntax(("#",), line_may_begin=AFTER_SPACE, block=("<#", "#>"), escape="`"),
    "Prolog": Syntax(("%",), block=("/*", "*/")),
    "Puppet": Syntax(("#",)),
    "QMake": replace(_NOTHING, line=("#",)),
    "Roff": replace(_NOTHING, line=('.\\"', "'\\\"", '\\"')),
    "Ruby": Syntax(("#",), line_may_begin=AFTER_SPACE, other_block=("=begin", "=end"), other_block_at_line_start=True),
    "SQL": Syntax(("--",), block=("/*", "*/"), escape=""),
    "SystemVerilog": Syntax(("//",), block=("/*", "*/"), single=NO_STRING),
    "TeX": replace(_NOTHING, line=("%",)),
    "Thrift": Syntax(("//", "#"), block=("/*", "*/")),
    "VHDL": Syntax(("--",), single=ONE_CHARACTER, escape=""),
    "Verilog": Syntax(("//",), block=("/*", "*/"), single=NO_STRING),
    "Vim Script": Syntax(('"',), line_may_begin=FIRST_ON_LINE, double=NO_STRING, escape=""),
    "Visual Basic .NET": Syntax(("'",), single=NO_STRING, escape=""),
    "WebAssembly": Syntax((";;",), block=("(;", ";)"), nests=True, single=NO_STRING),
    "Zig": Syntax(("//",), single=ONE_CHARACTER),
    "reStructuredText": replace(_NOTHING, line=(".. ",), line_may_begin=FIRST_ON_LINE),
}

SYNTAX_ROW = np.dtype(
    [
        (name, np.int64)
        for name in (
            *("line_1", "line_2", "line_3", "line_may_begin"),
            *("block_open", "block_close", "nests"),
            *("other_open", "other_close", "other_at_line_start"),
            *("double", "single", "backtick", "triple", "docstrings", "escape"),
        )
    ]
)


@cache
def syntax_languages() -> tuple[str, ...]:
    """The languages in the order of the table's rows; what is in none of them has the last row, of no syntax."""
    return known_languages()


@cache
def syntax_table() -> npt.NDArray[Any]:
    """SYNTAX_ROW for every language of `syntax_languages`, and one more that has neither comments nor strings."""
    rows = [SYNTAX.get(language, _NOTHING) for language in (*syntax_languages(), "")]
    return np.array([_row(syntax) for syntax in rows], SYNTAX_ROW)


def _row(syntax: Syntax) -> tuple[int, ...]:
    line_1, line_2, line_3 = (*syntax.line, "", "", "")[:3]
    return (
        *(packed(line_1), packed(line_2), packed(line_3), syntax.line_may_begin),
        *(packed(syntax.block[0]), packed(syntax.block[1]), int(syntax.nests)),
        *(packed(syntax.other_block[0]), packed(syntax.other_block[1]), int(syntax.other_block_at_line_start)),
        *(syntax.double, syntax.single, syntax.backtick, int(syntax.triple), int(syntax.docstrings)),
        packed(syntax.escape),
    )


def packed(marker: str) -> int:
    """The marker's bytes in one number, the first lowest; 0 for none."""
    return int.from_bytes(marker.encode("ascii"), "little")


@cache
def opening_table() -> npt.NDArray[np.uint8]:
    """[language, byte]: what the byte may open; most bytes are PLAIN."""
    table = np.full((len(syntax_languages()) + 1, 256), PLAIN, np.uint8)
    for number, row in enumerate(syntax_table()):
        if row["docstrings"]:
            table[number, [ord(bracket) for bracket in "()[]{}"]] = BRACKET
        if row["escape"] > 0:
            table[number, int(row["escape"])] = ESCAPE  # \\% of TeX opens no comment
        quotes = {"double": '"', "single": "'", "backtick": "`"}
        table[number, [ord(quote) for name, quote in quotes.items() if row[name]]] = QUOTE
        openings = [row["line_1"], row["line_2"], row["line_3"], row["block_open"], row["other_open"]]
        table[number, [int(opening) & 0xFF for opening in openings if opening]] = MARKER
    return table
