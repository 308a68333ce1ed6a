"""Fill-in-the-middle: a document is rearranged so that its middle comes last, told apart by special tokens.

A training transform on characters, before tokenization, so that cuts fall inside words as an editor's cursor does
(Bavarian et al. 2022: spans of characters do better than lines or tokens). Two orders in StarCoder2's format (Lozhkov
et al. 2024), the tokens as marks between ordinary text:

    PSM   <|fim_prefix|>path\\nprefix<|fim_suffix|>suffix<|fim_middle|>middle
    SPM   <|fim_prefix|>path\\n<|fim_suffix|>suffix<|fim_middle|>prefix middle     (SPMv2: prefix and middle are one)

The path stands after the prefix token where there is one; a repository's name never does. A repository's document
(`<repo_name>name<file_sep>path\\ncode<file_sep>...`) is transformed file by file: with probability `rate` it is chosen
at all, then with probability `rate` each of its files. Documents with other marks have their own structure and stay.
Every draw follows from the document's key, so the same lake gives the same text on every machine.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from mixer.order import UInt64s, key64, mix64
from mixer.segments import Rendered, TextWithMarks

PREFIX, MIDDLE, SUFFIX = "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>"
REPOSITORY_MARKS = frozenset({"<repo_name>", "<file_sep>"})
FILE_MARK = "<file_sep>"

MIN_CHARS = 10  # shorter texts have nothing to fill in
WEYL_STEP = np.uint64(0x9E3779B97F4A7C15)  # splitmix64's increment (Steele, Lea, Flood 2014)
DRAWS_PER_PIECE = 4  # whether it is chosen, its order, its two cuts


class FimSettings(BaseModel):
    """How much of a source is transformed, and how."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rate: float = Field(
        gt=0,
        le=1,
        description="Share of documents; of repositories, and then of their files. StarCoder2: 0.5.",
    )
    spm_share: float = Field(
        0.5, ge=0, le=1, description="Share of what is transformed that gets the order suffix, prefix, middle."
    )


class _Draws(NamedTuple):
    """The four draws of one piece, each uniform below 2**64."""

    chosen: int
    order: int
    first_cut: int
    second_cut: int


def fim_key(salt: str, doc_id: str) -> np.uint64:
    """The key of a document's draws: its own for every (salt, document id)."""
    return key64("fim", salt, doc_id)


def fim_document(
    text: str, marks: Sequence[tuple[int, str]], path: str | None, key: np.uint64, settings: FimSettings
) -> Rendered:
    """A document after fill-in-the-middle, or as it was where the draws or its form leave it.

    `marks` are (offset in UTF-8 bytes, special token), ascending, and so are the returned ones. `path` is for a
    document that is one file; a repository's files have theirs in their first line. A path with a line break is
    left out. The text is UTF-8 encodable, no cut falls inside a character, and no character is lost or added but
    the path and its newline.
    """
    unchanged = text, list(marks)
    if marks and not _is_repository(marks):
        return unchanged
    files = sum(token == FILE_MARK for _, token in marks)
    words = _draws(key, 1 + DRAWS_PER_PIECE * max(files, 1))
    if not _happens(int(words[0]), settings.rate):
        return unchanged
    of_pieces = [_Draws(*map(int, row)) for row in words[1:].reshape(-1, DRAWS_PER_PIECE)]
    if marks:
        return _fim_repository(text, marks, of_pieces, settings)
    if len(text) < MIN_CHARS:
        return unchanged
    built = TextWithMarks()
    _append_fim(built, _path_line(path), text, of_pieces[0], settings)
    return built.build()


def _is_repository(marks: Sequence[tuple[int, str]]) -> bool:
    tokens = {token for _, token in marks}
    return FILE_MARK in tokens and tokens <= REPOSITORY_MARKS


def _path_line(path: str | None) -> str:
    """The path with its line end; empty without a path, or where it would be more than one line."""
    return f"{path}\n" if path and path.splitlines() == [path] else ""


def _draws(key: np.uint64, count: int) -> UInt64s:
    """uint64[count]: the stream of splitmix64 from state `key`."""
    return mix64(key + WEYL_STEP * np.arange(1, count + 1, dtype=np.uint64))  # wraps modulo 2**64, as meant


def _happens(word: int, probability: float) -> bool:
    return word < round(probability * 2**64)


def _fim_repository(
    text: str, marks: Sequence[tuple[int, str]], of_files: Sequence[_Draws], settings: FimSettings
) -> Rendered:
    """A chosen repository's document: what follows each `<file_sep>` is transformed by that file's draws."""
    data = text.encode()
    draws = iter(of_files)
    built = TextWithMarks().text(data[: marks[0][0]].decode())
    for (start, token), (stop, _) in pairwise([*marks, (len(data), "")]):
        built.mark(token)
        piece = data[start:stop].decode()
        of_file = next(draws) if token == FILE_MARK else None
        path_line, newline, code = piece.partition("\n")
        if of_file is None or len(code) < MIN_CHARS or not _happens(of_file.chosen, settings.rate):
            built.text(piece)
        else:
            _append_fim(built, path_line + newline, code, of_file, settings)
    return built.build()


def _append_fim(built: TextWithMarks, path_line: str, text: str, draws: _Draws, settings: FimSettings) -> None:
    """`text` cut at two places, each uniform over the gaps between its characters, both ends included."""
    first, second = sorted(word * (len(text) + 1) >> 64 for word in (draws.first_cut, draws.second_cut))
    prefix, middle, suffix = text[:first], text[first:second], text[second:]
    is_spm = _happens(draws.order, settings.spm_share)
    built.mark(PREFIX).text(path_line if is_spm else path_line + prefix)
    built.mark(SUFFIX).text(suffix)
    built.mark(MIDDLE).text(prefix + middle if is_spm else middle)
