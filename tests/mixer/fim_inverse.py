"""The way back from fill-in-the-middle."""

from collections.abc import Sequence
from itertools import pairwise

from mixer.fim import MIDDLE, PREFIX, SUFFIX


def unfim(text: str, marks: Sequence[tuple[int, str]], path: str | None) -> tuple[str, list[tuple[int, str]]]:
    """The document that `fim_document(..., path, ...)` made `text` and `marks` of."""
    data = text.encode()
    path_line = f"{path}\n" if path is not None else ""
    is_repository = any(token == "<file_sep>" for _, token in marks)
    first = marks[0][0] if marks else len(data)
    restored: list[tuple[str | None, str]] = [(None, data[:first].decode())]
    pieces = [(token, data[at:stop].decode()) for (at, token), (stop, _) in pairwise([*marks, (len(data), "")])]
    while pieces:
        token, piece = pieces.pop(0)
        if token != PREFIX:
            restored.append((token, piece))
            continue
        (suffix_token, suffix), (middle_token, middle) = pieces.pop(0), pieces.pop(0)
        assert (suffix_token, middle_token) == (SUFFIX, MIDDLE)
        whole = piece + middle + suffix
        restored.append((None, whole if is_repository else whole.removeprefix(path_line)))
    original, original_marks = "", []
    for token_or_none, piece in restored:
        if token_or_none is not None:
            original_marks.append((len(original.encode()), token_or_none))
        original += piece
    return original, original_marks
