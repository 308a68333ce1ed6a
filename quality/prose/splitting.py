"""Splitting a line into words, where a lean kernel asks."""

from typing import Any

from quality.kernel import called_kernel
from quality.words.split import split_words


@called_kernel
def split_line(code_points: Any, n_chars: int, tables: Any, splitter: int, starts: Any, ends: Any) -> int:
    """`split_words`, which allocates, so that it can't be compiled into a kernel that may not."""
    return int(split_words(code_points, n_chars, tables, splitter, starts, ends))
