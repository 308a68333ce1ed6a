"""Shape: the sizes of a document and of its lines, for text and for code."""

from typing import Any

import numpy as np
import pyarrow as pa

from quality.characters import LETTER, breaks_line, class_table, decode
from quality.kernel import lean_called_kernel, lean_kernel
from quality.prose.gopher_quality import after_line_break
from quality.ratios import ratio
from quality.signal_group import Documents, GroupSettings, Measured, SignalGroup

SHAPE_SCHEMA = pa.schema(
    [
        ("n_bytes", pa.int64()),  # of UTF-8
        ("n_chars", pa.int64()),  # Unicode code points
        ("n_lines", pa.int64()),  # of str.splitlines
        ("max_line_chars", pa.int64()),  # without the line's end
        ("mean_line_chars", pa.float64()),
        ("alphabetic_share", pa.float64()),  # letters / characters
    ]
)

COUNTS = ("n_bytes", "n_chars", "n_letters", "n_lines", "n_line_chars", "max_line_chars")
SHAPES = np.dtype([(name, np.int64) for name in COUNTS])


class ShapeSettings(GroupSettings):
    """Settings of the group `shape`: none."""


def measure(documents: Documents, _settings: ShapeSettings) -> Measured:
    """SHAPE_SCHEMA for every document; a ratio whose denominator is zero is zero, and a null counts as empty."""
    data, offsets = documents.buffers
    counts = np.zeros(len(offsets) - 1, SHAPES)
    code_points = np.empty(int(np.diff(offsets).max(initial=0)), np.uint32)
    _count_all(data, offsets, class_table(), code_points, counts)
    columns = {name: counts[name] for name in COUNTS if name in SHAPE_SCHEMA.names} | {
        "mean_line_chars": ratio(counts["n_line_chars"], counts["n_lines"]),
        "alphabetic_share": ratio(counts["n_letters"], counts["n_chars"]),
    }
    return Measured({field.name: pa.array(columns[field.name], field.type) for field in SHAPE_SCHEMA})


@lean_called_kernel
def _count_all(data: Any, offsets: Any, classes: Any, code_points: Any, counts: Any) -> None:
    for i in range(len(offsets) - 1):
        n_chars = decode(data, offsets[i], offsets[i + 1], code_points)
        counts[i].n_bytes = offsets[i + 1] - offsets[i]
        counts[i].n_chars = n_chars
        _count_lines(code_points, n_chars, classes, counts[i])


@lean_kernel
def _count_lines(code_points: Any, n_chars: int, classes: Any, count: Any) -> None:
    """Fill in letters and lines."""
    n_letters = 0
    n_lines = 0
    n_line_chars = 0
    max_line_chars = 0
    start = 0
    while start < n_chars:
        end = start
        while end < n_chars and not breaks_line(code_points[end], classes):
            n_letters += classes[code_points[end]] & LETTER != 0
            end += 1
        n_lines += 1
        n_line_chars += end - start
        max_line_chars = max(max_line_chars, end - start)
        start = after_line_break(code_points, end, n_chars)
    count.n_letters = n_letters
    count.n_lines = n_lines
    count.n_line_chars = n_line_chars
    count.max_line_chars = max_line_chars


SIGNALS = SignalGroup(
    name="shape",
    meaning="Sizes of the document and of its lines, and the share of letters.",
    schema=SHAPE_SCHEMA,
    settings=ShapeSettings,
    measured_for=frozenset({"text", "code"}),
    measure=measure,
)
