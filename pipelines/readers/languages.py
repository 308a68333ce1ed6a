"""Languages as options of sources: those of a file's name, their types, and the check of a list of them.

To the languages whose code is measured come markup languages that a reader of documents meets.
"""

from collections.abc import Iterable

from quality.code import file_names

_MORE_BY_SUFFIX = {
    "AsciiDoc": "adoc asciidoc",
    "Creole": "creole",
    "Haml": "haml",
    "Org": "org",
    "Pod": "pod",
    "Pug": "pug jade",
    "RDoc": "rdoc",
    "RMarkdown": "rmd qmd",
    "Stylus": "styl",
    "Texinfo": "texi texinfo txi",
    "Textile": "textile",
    "Wikitext": "mediawiki wikitext",
}
_MORE = {suffix: name for name, suffixes in _MORE_BY_SUFFIX.items() for suffix in suffixes.split()}

LANGUAGES = file_names.LANGUAGES | frozenset(_MORE_BY_SUFFIX)

# github-linguist's types (lib/linguist/languages.yml); every language that is none of these is `programming`.
_NOT_PROGRAMMING = {
    "data": "CSV,Diff,GraphQL,INI,JSON,Protocol Buffer,SQL,SVG,TOML,XML,YAML",
    "markup": "CSS,HTML,Haml,Less,Pug,Roff,SCSS,Sass,Stylus,Svelte,TeX,Vue",
    "prose": "AsciiDoc,Creole,Markdown,Org,Pod,RDoc,RMarkdown,Texinfo,Text,Textile,Wikitext,reStructuredText",
}
_TYPED = {name: frozenset(languages.split(",")) for name, languages in _NOT_PROGRAMMING.items()}
LANGUAGES_BY_TYPE = {"programming": LANGUAGES - frozenset().union(*_TYPED.values()), **_TYPED}


def language_of(path: str) -> str | None:
    """The language of the file at `path` (parted by `/`), told by its name alone; None: unknown."""
    known = file_names.language_of(path)
    if known is not None:
        return known
    stem, dot, suffix = path.rsplit("/", 1)[-1].lower().rpartition(".")
    return _MORE.get(suffix) if stem and dot else None


def languages_named(names: Iterable[str]) -> frozenset[str]:
    """The languages that `names` (of languages and of types) stand for; ValueError where one is neither."""
    asked = frozenset(names)
    check_languages(asked - LANGUAGES_BY_TYPE.keys())
    types = asked & LANGUAGES_BY_TYPE.keys()
    return (asked - types).union(*(LANGUAGES_BY_TYPE[name] for name in types))


def check_languages(languages: frozenset[str] | None) -> None:
    """ValueError where one of `languages` is no language's name."""
    unknown = sorted((languages or frozenset()) - LANGUAGES)
    if unknown:
        raise ValueError(f"option `languages` names {unknown}; known are {sorted(LANGUAGES)}")
