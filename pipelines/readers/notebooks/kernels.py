"""The language of a notebook: from what its kernel is called to github-linguist's name and a comment's sign."""

from collections.abc import Mapping
from typing import Any

_BY_KERNEL = {
    "Python": "python ipython python2 python3 pyspark pysparkkernel xpython conda sagemath sage sos micropython",
    "R": "r ir xr sparkr",
    "Julia": "julia",
    "JavaScript": "javascript js nodejs ijavascript jslab",
    "TypeScript": "typescript ts deno tslab itypescript",
    "Scala": "scala spark apache_toree_scala almond",
    "Shell": "bash sh shell zsh calysto_bash",
    "C++": "c++ c++11 c++14 c++17 c++20 xcpp xcpp11 xcpp14 xcpp17 xcpp20 cling",
    "C": "c",
    "C#": "c# csharp .net-csharp",
    "F#": "f# fsharp .net-fsharp",
    "PowerShell": "powershell pwsh .net-powershell",
    "Java": "java ijava ganymede",
    "Kotlin": "kotlin",
    "Groovy": "groovy",
    "Clojure": "clojure",
    "Go": "go gophernotes gonb",
    "Rust": "rust",
    "Ruby": "ruby",
    "Haskell": "haskell ihaskell",
    "OCaml": "ocaml ocaml-jupyter",
    "MATLAB": "matlab octave imatlab",
    "Perl": "perl iperl raku",
    "PHP": "php jupyter-php",
    "Lua": "lua ilua xeus-lua",
    "SQL": "sql tsql postgresql mysql sqlite xsql",
    "Fortran": "fortran lfortran",
    "Scheme": "scheme calysto_scheme",
    "Racket": "racket",
    "Common Lisp": "common-lisp lisp",
    "Elixir": "elixir ielixir",
    "Prolog": "prolog",
    "Swift": "swift",
    "Nim": "nim",
    "D": "d",
}
_LANGUAGE_OF_KERNEL = {kernel: language for language, kernels in _BY_KERNEL.items() for kernel in kernels.split()}

_SIGN_OF_LANGUAGES = {
    "//": "C C++ C# D F# Go Groovy Java JavaScript Kotlin PHP Rust Scala Swift TypeScript",
    "--": "Haskell Lua SQL",
    "%": "MATLAB Prolog",
    ";": "Clojure Racket Scheme",
    "!": "Fortran",
}
_COMMENT_SIGNS = {language: sign for sign, languages in _SIGN_OF_LANGUAGES.items() for language in languages.split()}
_COMMENT_SIGNS["Common Lisp"] = ";"
_MAX_NAME_CHARS = 100


def language_of_notebook(notebook: Mapping[str, Any], cell_languages: list[str], nbformat: int) -> str | None:
    """github-linguist's name of the language; None: nothing tells.

    `cell_languages` is what code cells say (nbformat 2 and 3). Those versions are IPython's, and silent ones Python.
    """
    metadata = notebook.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    info, kernel = metadata.get("language_info"), metadata.get("kernelspec")
    candidates = [
        info.get("name") if isinstance(info, dict) else None,
        *((kernel.get("language"), kernel.get("name")) if isinstance(kernel, dict) else ()),
        metadata.get("language"),
        *cell_languages[:1],
    ]
    named = [name.lower()[:_MAX_NAME_CHARS] for name in candidates if isinstance(name, str) and name.strip()]
    known = (_LANGUAGE_OF_KERNEL.get(name) or _LANGUAGE_OF_KERNEL.get(_without_version(name)) for name in named)
    return next((language for language in known if language), None if named or nbformat >= 4 else "Python")


def comment_sign(language: str | None) -> str:
    """What starts a comment in `language`, one line long; `#` where it is unknown."""
    return _COMMENT_SIGNS.get(language or "", "#")


def _without_version(name: str) -> str:
    """`julia-1.6` as `julia`, `python 3.8` as `python`."""
    return name.split()[0].rstrip("0123456789.").rstrip("-_ ")
