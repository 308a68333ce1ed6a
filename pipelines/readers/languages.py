"""Languages as options of sources: those of a file's name, and the check of a list of them."""

from quality.code.file_names import LANGUAGES, language_of

__all__ = ["LANGUAGES", "check_languages", "language_of"]


def check_languages(languages: frozenset[str] | None) -> None:
    """ValueError where one of `languages` is no language's name."""
    unknown = sorted((languages or frozenset()) - LANGUAGES)
    if unknown:
        raise ValueError(f"option `languages` names {unknown}; known are {sorted(LANGUAGES)}")
