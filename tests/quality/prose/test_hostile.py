"""Text made to break or stall the kernels: counts stay right, and edits inside the document."""

import pyarrow as pa
import pytest

from quality.edits import apply_edits, merged
from quality.prose.hashing import MAX_PROBES, cleared, is_repeated
from quality.signal_group import Measured, documents_of
from quality.signals.prose import SIGNALS, ProseSettings
from tests.quality.reference import np

MANY = 1_000_000


def measured(text: bytes) -> tuple[pa.Array, Measured]:
    column = pa.StringArray.from_buffers(1, *pa.array([text], pa.binary()).buffers()[1:])
    return column, SIGNALS.measure(documents_of(column), ProseSettings(clean="c4_any_end"))


@pytest.mark.parametrize(
    ("text", "signals"),
    [
        (b"\n" * MANY, {"n_words": 0, "n_few_word_lines": MANY, "n_fineweb_lines": 0, "duplicate_line_share": 0.5}),
        (b"\0" * MANY, {"n_few_word_lines": 0, "n_long_word_lines": 1, "n_kept_lines": 0}),
        (b"a" * (8 << 20), {"n_words": 1, "n_long_word_lines": 1, "top_2_gram_char_share": 0.0}),
        (b"a b " * MANY, {"n_words": 2 * MANY, "n_kept_lines": 1, "n_sentences": 1}),
        (b"[" * MANY, {"n_kept_lines": 0}),
        (b"[1] " * MANY, {"n_kept_lines": 1, "n_fineweb_lines": 0}),
        ("😀".encode() * 100_000, {"n_kept_lines": 0}),
        ("\u202e\u200f".encode() * 100_000, {"n_kept_lines": 0}),
        (b"\xff\xc3 \xe2\x82 " * 100_000, {"n_kept_lines": 1}),
    ],
    ids=["newlines", "NULs", "one word", "two words", "brackets", "citations", "emoji", "direction marks", "no UTF-8"],
)
def test_large_and_strange_texts_are_counted(text: bytes, signals: dict[str, float]) -> None:
    column, found = measured(text)
    assert {name: found.columns[name][0].as_py() for name in signals} == signals
    edits = merged(found.edits)
    assert all(
        0 <= start < end <= len(text) for start, end in zip(edits["start_bytes"], edits["end_bytes"], strict=True)
    )
    assert len(apply_edits(column, edits)[0].as_buffer()) <= len(text)


def test_keys_made_to_collide_take_bounded_time_and_are_counted_as_new() -> None:
    keys = np.empty(1 << 17, np.uint64)
    mask = cleared(keys, 1 << 16)
    colliding = [np.uint64((i << 20) | 1) for i in range(1, 2 * MAX_PROBES)]  # all for the same place
    assert not any(is_repeated(keys, mask, key) for key in colliding)
    assert [is_repeated(keys, mask, key) for key in colliding] == [True] * MAX_PROBES + [False] * (MAX_PROBES - 1)
