"""Signals of code in plain Python, with regular expressions and the standard library's parsers."""

import ast
import io
import re
import tokenize
from collections import Counter
from html.parser import HTMLParser
from itertools import accumulate, pairwise

BASE64 = re.compile(r"[a-zA-Z0-9+/\n=]{64,}")
HEXADECIMAL = re.compile(r"(?:\b(?:0x|\\x)?[0-9a-fA-F]{2}(?:,|\b\s*)){8,}")
ESCAPES = re.compile(r"(?:\\u[0-9a-fA-F]{4}){8,}")

JAVASCRIPT = re.compile(
    r"(?P<comment>//[^\n]*|/\*(?:.*?\*/|.*))"
    r"|(?P<quote>[\"'])(?P<line>(?:\\.|(?!(?P=quote))[^\\\n])*)(?:(?P=quote)|(?=\n)|\\?\Z)"
    r"|`(?P<template>(?:\\.|[^`\\])*)(?:`|\\?\Z)"
    r"|\\.",
    re.DOTALL,
)


def ratio(count: int, of: int) -> float:
    return count / of if of else 0.0


def shares(text: str) -> dict[str, float]:
    visible = [character for character in text if not character.isspace()]
    words = re.findall(r"(?:[A-Za-z0-9_]|(?=[^\x00-\x7f])\S)+|[^\sA-Za-z0-9_\x80-\U0010ffff]+", text)
    return {
        "visible_letter_share": ratio(sum(map(str.isalpha, visible)), len(visible)),
        "digit_share": ratio(sum(character in "0123456789" for character in visible), len(visible)),
        "whitespace_share": ratio(len(text) - len(visible), len(text)),
        "replacement_share": ratio(text.count("\ufffd"), len(text)),
        "n_code_words": len(words),
        "mean_code_word_chars": ratio(len(visible), len(words)),
    }


def encoded(text: str) -> dict[str, float]:
    as_words = re.sub(r"[^\x00-\x7f]", "é", text)  # whatever is not ASCII is part of a word here
    runs = [found.end() - found.start() for p in (BASE64, HEXADECIMAL, ESCAPES) for found in p.finditer(as_words)]
    return {"max_encoded_chars": max(runs, default=0), "encoded_share": ratio(sum(runs), len(text))}


def javascript_kinds(text: str) -> str:
    """A letter a character: c of comments, s of strings, space of code."""
    kinds = [" "] * len(text)
    for found in JAVASCRIPT.finditer(text):
        for group, kind in (("comment", "c"), ("line", "s"), ("template", "s")):
            start, end = found.span(group)
            kinds[start:end] = kind * (end - start)
    return "".join(kinds)


def parts(text: str, kinds: str) -> dict[str, float]:
    """What follows from the kinds of a text's characters."""
    n_code = len(text) - kinds.count("c")
    lines = _lines(text, kinds)
    shown = ["".join(c for c, k in line if k != "c" and c > " ") for line in lines]
    code_lines = [line for line in shown if line]
    asserts = sum(
        any(_stands_at(line, i, "assert") and kind != "c" for i, (_, kind) in enumerate(line)) for line in lines
    )
    times = Counter(
        line
        for line in code_lines
        if len(line.encode()) > 8 or (re.search(r"[^\x00-\x7f]|\w", line) and len(line.encode()) > 1)
    )
    return {
        "comment_share": ratio(kinds.count("c"), len(text)),
        "string_share": ratio(kinds.count("s"), n_code),
        "assert_line_share": ratio(asserts, len(code_lines)),
        "duplicate_code_line_share": ratio(sum(n for n in times.values() if n > 1), len(code_lines)),
        "reminder_line_share": ratio(sum(map(_reminds, lines)), text.count("\n") + 1),
    }


def _lines(text: str, kinds: str) -> list[list[tuple[str, str]]]:
    ends = [0, *accumulate(len(line) + 1 for line in text.split("\n"))]
    pairs = list(zip(text, kinds, strict=True))
    return [pairs[start : end - 1] for start, end in pairwise(ends)]


def _stands_at(line: list[tuple[str, str]], at: int, word: str) -> bool:
    found = "".join(character for character, _ in line[at : at + len(word)])
    return found.isascii() and found.lower() == word


def _reminds(line: list[tuple[str, str]]) -> bool:
    for at, (_, kind) in enumerate(line):
        begins = kind == "c" and (at == 0 or not (line[at - 1][0].isascii() and line[at - 1][0].isalpha()))
        if begins and any(_stands_at(line, at, word) for word in ("todo", "fixme", "your code here")):
            return True
    return False


def python_comment_chars(text: str) -> int:
    """Characters of comments and of statements that are nothing but a string in three quotes."""
    lines = text.splitlines(keepends=True)
    starts = [0, *accumulate(map(len, lines))]
    comments = sum(
        len(token.string)
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type == tokenize.COMMENT
    )
    strings = 0
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            value = node.value
            assert value.end_lineno is not None
            assert value.end_col_offset is not None
            start = starts[value.lineno - 1] + value.col_offset
            source = text[start : starts[value.end_lineno - 1] + value.end_col_offset]
            if source.lstrip("rRuU")[:3] in ('"""', "'" * 3):
                strings += len(source.lstrip("rRuU"))
    return comments + strings


class VisibleText(HTMLParser):
    """Counts the characters outside of tags, scripts and styles."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.n_chars = 0
        self._hidden = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden = tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self._hidden = False

    def handle_data(self, data: str) -> None:
        self.n_chars += 0 if self._hidden else len(data)

    def handle_entityref(self, name: str) -> None:
        self.n_chars += len(name) + 2
