"""Signals of one document in plain Python, as datatrove's GopherQualityFilter and StarCoder's scripts count them."""

import unicodedata

import pyarrow as pa

from quality.language import identify
from quality.make_tables import CJK_NAMES, is_symbol
from quality.words.splitters import splitter_of
from tests.quality.words.splitting import split

STOP_WORDS = {"the", "be", "to", "of", "and", "that", "have", "with"}


def words_of(text: str) -> list[str]:
    words: list[str] = []
    for chunk in text.split():
        for segment in _segments(chunk):
            words += [segment] if _is_cjk(segment[0]) else _peeled(segment)
    return words


def _segments(chunk: str) -> list[str]:
    segments: list[str] = []
    for character in chunk:
        is_combining = unicodedata.category(character).startswith("M")
        if segments and not _is_cjk(character) and (is_combining or not _is_cjk(segments[-1][0])):
            segments[-1] += character
        else:
            segments.append(character)
    return segments


def _is_cjk(character: str) -> bool:
    return unicodedata.category(character)[0] in "LN" and unicodedata.name(character, "").startswith(CJK_NAMES)


def _peeled(segment: str) -> list[str]:
    core = segment
    while core and _is_punctuation(core[0]):
        core = core[1:]
    before = segment[: len(segment) - len(core)]
    while core and _is_punctuation(core[-1]):
        core = core[:-1]
    after = segment[len(before) + len(core) :]
    return [*_marks(before), *([core] if core else []), *_marks(after)]


def _is_punctuation(character: str) -> bool:
    return unicodedata.category(character)[0] in "PS"


def _marks(run: str) -> list[str]:
    marks: list[str] = []
    for character in run:
        if character == "." and marks and marks[-1].endswith("."):
            marks[-1] += "."
        else:
            marks.append(character)
    return marks


def measured(text: str) -> dict[str, float]:
    words = split(text, splitter_of(identify(pa.array([text]))[0][0].as_py()))  # tested in tests/quality/words
    non_symbol_words = [word for word in words if not all(map(is_symbol, word))]
    lines = text.splitlines()
    n_ellipses = text.count("...") + text.count("…")
    return {
        "n_bytes": len(text.encode()),
        "n_chars": len(text),
        "n_lines": len(lines),
        "max_line_chars": max(map(len, lines), default=0),
        "mean_line_chars": _ratio(sum(map(len, lines)), len(lines)),
        "alphabetic_share": _ratio(sum(map(str.isalpha, text)), len(text)),
        "n_words": len(words),
        "n_non_symbol_words": len(non_symbol_words),
        "mean_word_chars": _ratio(sum(map(len, non_symbol_words)), len(non_symbol_words)),
        "hash_to_word_ratio": _ratio(text.count("#"), len(words)),
        "ellipsis_to_word_ratio": _ratio(n_ellipses, len(words)),
        "bullet_line_share": _ratio(sum(line.lstrip().startswith(("•", "-")) for line in lines), len(lines)),
        "ellipsis_line_share": _ratio(sum(line.rstrip().endswith(("...", "…")) for line in lines), len(lines)),
        "words_with_letter_share": _ratio(sum(any(map(str.isalpha, word)) for word in words), len(words)),
        "n_distinct_stop_words": len(STOP_WORDS & set(words)),
    }


def _ratio(count: int, of: int) -> float:
    return count / of if of else 0.0
