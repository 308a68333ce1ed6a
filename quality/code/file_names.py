"""Languages by file name: from a path to a programming language, called as github-linguist calls it.

Ambiguous endings get the language that most such files are in (`.h` is C, `.m` Objective-C, `.pl` Perl); the content
may tell otherwise, see `quality/code/languages.py`.
"""

from functools import cache

import pyarrow as pa
import pyarrow.compute as pc

_BY_SUFFIX = {
    "Ada": "adb ads",
    "Assembly": "asm s",
    "Batchfile": "bat cmd",
    "C": "c h",
    "C#": "cs",
    "C++": "cc cpp cxx c++ hh hpp hxx h++ ipp tpp",
    "CMake": "cmake",
    "CSS": "css",
    "CSV": "csv",
    "Clojure": "clj cljc cljs",
    "CoffeeScript": "coffee",
    "Common Lisp": "lisp lsp",
    "Cuda": "cu cuh",
    "Cython": "pyx pxd pxi",
    "D": "d",
    "Dart": "dart",
    "Diff": "diff patch",
    "Elixir": "ex exs",
    "Elm": "elm",
    "Emacs Lisp": "el",
    "Erlang": "erl hrl",
    "F#": "fs fsi fsx",
    "Fortran": "f f90 f95 f03 f08 for",
    "GLSL": "glsl vert frag",
    "Go": "go",
    "GraphQL": "graphql gql",
    "Groovy": "groovy gradle",
    "HCL": "hcl tf",
    "HTML": "html htm xhtml",
    "Haskell": "hs lhs",
    "INI": "ini cfg",
    "JSON": "json jsonl geojson webmanifest",
    "Java": "java",
    "JavaScript": "js mjs cjs jsx",
    "Julia": "jl",
    "Kotlin": "kt kts",
    "Less": "less",
    "Lua": "lua",
    "Makefile": "mk mak",
    "Markdown": "md markdown mdx",
    "Nim": "nim",
    "Nix": "nix",
    "OCaml": "ml mli",
    "Objective-C": "m",
    "Objective-C++": "mm",
    "PHP": "php phtml",
    "Pascal": "pas pp",
    "Perl": "pl pm",
    "PowerShell": "ps1 psm1 psd1",
    "Prolog": "pro",
    "Protocol Buffer": "proto",
    "Python": "py pyi pyw",
    "R": "r",
    "Racket": "rkt",
    "Roff": "1 2 3 4 5 6 7 8 9 man roff",
    "Ruby": "rb rake gemspec",
    "Rust": "rs",
    "SCSS": "scss",
    "SQL": "sql",
    "SVG": "svg",
    "Sass": "sass",
    "Scala": "scala sbt",
    "Scheme": "scm ss",
    "Shell": "sh bash zsh ksh bats",
    "Solidity": "sol",
    "Starlark": "bzl star",
    "Svelte": "svelte",
    "Swift": "swift",
    "SystemVerilog": "sv svh",
    "TOML": "toml",
    "TSX": "tsx",
    "Tcl": "tcl",
    "TeX": "tex sty cls bib",
    "Text": "txt",
    "Thrift": "thrift",
    "TypeScript": "ts mts cts",
    "VHDL": "vhd vhdl",
    "Verilog": "v",
    "Vim Script": "vim",
    "Visual Basic .NET": "vb",
    "Vue": "vue",
    "WebAssembly": "wat wast",
    "XML": "xml xsd xsl xslt xaml csproj",
    "YAML": "yml yaml",
    "Zig": "zig",
    "reStructuredText": "rst",
}
_BY_NAME = {
    "brewfile": "Ruby",
    "build": "Starlark",
    "build.bazel": "Starlark",
    "cmakelists.txt": "CMake",
    "containerfile": "Dockerfile",
    "dockerfile": "Dockerfile",
    "gemfile": "Ruby",
    "gnumakefile": "Makefile",
    "jenkinsfile": "Groovy",
    "makefile": "Makefile",
    "meson.build": "Meson",
    "rakefile": "Ruby",
    "sconstruct": "Python",
    "vagrantfile": "Ruby",
    "workspace": "Starlark",
}
_LANGUAGE_OF_SUFFIX = {suffix: name for name, suffixes in _BY_SUFFIX.items() for suffix in suffixes.split()}

LANGUAGES = frozenset(_BY_SUFFIX) | frozenset(_BY_NAME.values())


def language_of(path: str) -> str | None:
    """The language of the file at `path` (parted by `/`), told by its name alone; None: unknown."""
    name = path.rsplit("/", 1)[-1].lower()
    if name in _BY_NAME:
        return _BY_NAME[name]
    stem, dot, suffix = name.rpartition(".")
    return _LANGUAGE_OF_SUFFIX.get(suffix) if stem and dot else None


def languages_by_name(paths: pa.StringArray) -> pa.StringArray:
    """`language_of` for every path; null where it is unknown, and for a null."""
    names = pc.utf8_lower(_file_names(paths))
    by_name = _looked_up(names, *_table_of_names())
    return pc.coalesce(by_name, _looked_up(_endings(names), *_table_of_suffixes()))


def suffixes(paths: pa.StringArray) -> pa.StringArray:
    """What stands behind the last dot of every file's name, in lower case; null where there is none."""
    return _endings(pc.utf8_lower(_file_names(paths)))


def _file_names(paths: pa.StringArray) -> pa.StringArray:
    return pc.struct_field(pc.extract_regex(paths, r"(?s)^(?:.*/)?(?P<name>[^/]*)$"), "name")


def _endings(names: pa.StringArray) -> pa.StringArray:
    return pc.struct_field(pc.extract_regex(names, r"(?s)^.+\.(?P<suffix>[^.]*)$"), "suffix")


def _looked_up(names: pa.StringArray, keys: pa.StringArray, languages: pa.StringArray) -> pa.StringArray:
    return languages.take(pc.index_in(names, keys))


@cache
def _table_of_names() -> tuple[pa.StringArray, pa.StringArray]:
    return pa.array(_BY_NAME.keys(), pa.string()), pa.array(_BY_NAME.values(), pa.string())


@cache
def _table_of_suffixes() -> tuple[pa.StringArray, pa.StringArray]:
    return pa.array(_LANGUAGE_OF_SUFFIX.keys(), pa.string()), pa.array(_LANGUAGE_OF_SUFFIX.values(), pa.string())
