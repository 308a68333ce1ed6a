"""Signals of one document in plain Python, as datatrove's filters and StarCoder's scripts count them."""

import re
import unicodedata
from collections import Counter
from importlib.resources import files

import numpy as np

from quality.make_tables import CJK_NAMES

with files("quality.prose").joinpath("marks.npz").open("rb") as file, np.load(file) as marks:
    SYMBOLS, TERMINALS, SENTENCE_ENDS = (
        set(map(chr, marks[name].tolist())) for name in ("symbol", "terminal", "sentence_end")
    )

POLICY = ("terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies")
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


def shape_of(text: str) -> dict[str, float]:
    lines = text.splitlines()
    return {
        "n_bytes": len(text.encode()),
        "n_chars": len(text),
        "n_lines": len(lines),
        "max_line_chars": max(map(len, lines), default=0),
        "mean_line_chars": _ratio(sum(map(len, lines)), len(lines)),
        "alphabetic_share": _ratio(sum(map(str.isalpha, text)), len(text)),
    }


def prose_of(text: str, clean: str = "none") -> dict[str, float]:
    """The signals of English text, split simply."""
    words = words_of(text)
    lines = c4_lines(text, needs_end=clean != "c4_any_end")
    kept = [line for fate, line in lines if fate in ("kept", "lorem_ipsum", "curly_bracket")]
    cleaned = text if clean == "none" else "\n".join(kept).strip()
    return quality_of(text, words) | repetition_of(text, words) | c4_of(lines, kept) | fineweb_of(cleaned)


def quality_of(text: str, words: list[str]) -> dict[str, float]:
    non_symbol_words = [word for word in words if not set(word) <= SYMBOLS]
    lines = text.splitlines()
    n_ellipses = text.count("...") + text.count("…")
    return {
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


def repetition_of(text: str, words: list[str]) -> dict[str, float]:
    paragraphs = re.split(r"\n{2,}", text.strip()) if text else []
    lines = re.split(r"\n+", text) if text else []
    n_paragraphs, paragraph_chars = _repeated(paragraphs)
    n_lines, line_chars = _repeated(lines)
    return {
        "duplicate_line_share": _ratio(n_lines, len(lines)),
        "duplicate_line_char_share": _ratio(line_chars, len(text)),
        "duplicate_paragraph_share": _ratio(n_paragraphs, len(paragraphs)),
        "duplicate_paragraph_char_share": _ratio(paragraph_chars, len(text)),
        **{f"top_{n}_gram_char_share": _ratio(_top_ngram_chars(words, n), len(text)) for n in (2, 3, 4)},
        **{f"duplicate_{n}_gram_char_share": _ratio(_duplicate_chars(words, n), len(text)) for n in range(5, 11)},
    }


def _repeated(parts: list[str]) -> tuple[int, int]:
    repeated = [part for i, part in enumerate(parts) if part in parts[:i]]
    return len(repeated), sum(map(len, repeated))


def _top_ngram_chars(words: list[str], n: int) -> int:
    ngrams = Counter(" ".join(words[i : i + n]) for i in range(len(words) - n + 1))
    return max((len(ngram) * count for ngram, count in ngrams.most_common(1)), default=0)


def _duplicate_chars(words: list[str], n: int) -> int:
    seen = set()
    n_chars = at = 0
    while at + n <= len(words):
        ngram = "".join(words[at : at + n])
        n_chars += len(ngram) if ngram in seen else 0
        at += n if ngram in seen else 1
        seen.add(ngram)
    return n_chars


def c4_lines(text: str, needs_end: bool) -> list[tuple[str, str]]:
    """What becomes of each line, and the line without citation marks."""
    found = []
    for line in map(str.strip, text.splitlines()):
        words = line.split()
        line = re.sub(r"\[\d*]|\[edit]|\[citation needed]", "", line)
        lower = line.lower()
        has_end = line.endswith((".", "?", "!", '"', "'")) and not line.endswith("...")
        conditions = {
            "long_word": any(len(word) > 1000 for word in words),
            "unterminated": needs_end and not has_end,
            "few_words": len(words) < 3,
            "lorem_ipsum": "lorem ipsum" in lower,
            "javascript": "javascript" in lower,
            "curly_bracket": "{" in line,
            "policy": any(phrase in lower for phrase in POLICY),
            "kept": True,
        }
        found.append((next(fate for fate, holds in conditions.items() if holds), line))
    return found


def c4_of(lines: list[tuple[str, str]], kept: list[str]) -> dict[str, float]:
    fates = Counter(fate for fate, _ in lines)
    return {
        "n_kept_lines": len(kept),
        "n_long_word_lines": fates["long_word"],
        "n_lines_without_terminal_punctuation": fates["unterminated"],
        "n_few_word_lines": fates["few_words"],
        "n_javascript_lines": fates["javascript"],
        "n_policy_lines": fates["policy"],
        "n_lorem_ipsum_lines": fates["lorem_ipsum"],
        "n_curly_bracket_lines": fates["curly_bracket"],
        "n_sentences": min(10, sum(map(_n_sentences, kept))),
    }


def _n_sentences(line: str) -> int:
    """spaCy's sentencizer over its words: whitespace but a single blank after a word is a word too."""
    n_sentences, is_over = 1, False
    for run in re.findall(r"\s+|\S+", line):
        if run.isspace():
            tokens = [] if run == " " else [run]
        else:
            tokens = words_of(run)
        for token in tokens:
            if token in SENTENCE_ENDS:
                is_over = True
            elif is_over and not all(unicodedata.category(character)[0] == "P" for character in token):
                n_sentences, is_over = n_sentences + 1, False
    return n_sentences


def fineweb_of(text: str) -> dict[str, float]:
    lines = [line for line in text.split("\n") if line.strip()]
    return {
        "n_fineweb_lines": len(lines),
        "terminal_line_share": _ratio(sum(line[-1] in TERMINALS for line in lines), len(lines)),
        "short_line_share": _ratio(sum(len(line) <= 30 for line in lines), len(lines)),
        "fineweb_duplicate_line_char_share": _ratio(_repeated(lines)[1], len(text.replace("\n", ""))),
        "newline_to_word_ratio": _ratio(text.count("\n"), len(words_of(text))),
    }


def _ratio(count: int, of: int) -> float:
    return count / of if of else 0.0
