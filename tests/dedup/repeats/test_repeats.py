"""Repeated lines and spans against their definitions, whatever the texts and however they are spread."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dedup.repeats.occurrences import LINES, SUBSTRINGS
from dedup.repeats.settings import LineSettings, SubstringSettings
from tests.dedup.repeats.brute_force import later_units, repeated_bytes
from tests.dedup.repeats.finding import covered, found_spans

WINDOW = 32


def spreads(draw: Any, count: int) -> dict[str, Any]:
    """Any way of spreading `count` documents over parts, batches, buckets and partitions."""
    numbers = list(draw(st.permutations(range(count))))
    ends = sorted(draw(st.lists(st.integers(0, count), max_size=3)))
    parts = [numbers[start:end] for start, end in zip([0, *ends], [*ends, count], strict=True)]
    sizes = {
        name: draw(st.integers(1, most)) for name, most in (("batch_documents", 5), ("buckets", 9), ("partitions", 4))
    }
    return {"parts": parts, **sizes}


@st.composite
def collages(draw: Any) -> list[bytes]:
    """Texts put together from a few pieces, among them runs of one letter and of two, cut at random places."""
    seed = draw(st.integers(0, 10_000))
    generator = random.Random(seed)
    pieces = [generator.randbytes(generator.randrange(1, 90)) for _ in range(4)] + [b"a" * 70, b"ab" * 40, b"abc" * 30]
    texts = []
    for _ in range(draw(st.integers(1, 7))):
        text = b""
        for _ in range(generator.randrange(6)):
            piece = generator.choice(pieces)
            text += piece[generator.randrange(len(piece)) :] if generator.random() < 0.5 else piece
        texts.append(text)
    return texts


@given(st.data(), collages())
def test_what_is_cut_is_what_stands_in_a_window_that_stands_before(data: Any, texts: list[bytes]) -> None:
    spans = found_spans(texts, substrings=SubstringSettings(min_bytes=WINDOW), **spreads(data.draw, len(texts)))
    assert [covered(own, len(text)) for own, text in zip(spans, texts, strict=True)] == repeated_bytes(texts, WINDOW)
    assert {kind for own in spans for *_, kind in own} <= {SUBSTRINGS}


words = st.sampled_from(
    [b"the lamp is lit", b"The lamp is lit", b"lamp", b"", b"  ", b"\t", b"a" * 40, b"\r", b"  the  lamp is\tlit "]
)


@given(
    st.data(),
    st.lists(st.lists(words, max_size=9).map(b"\n".join), min_size=1, max_size=7),
    st.sampled_from(["line", "paragraph"]),
    st.integers(1, 3),
    st.sampled_from([1, 10, 20]),
)
def test_lines_behind_the_first_copies_are_cut(
    data: Any, texts: list[bytes], unit: Any, copies: int, min_bytes: int
) -> None:
    settings = LineSettings(unit=unit, copies=copies, min_bytes=min_bytes)
    spans = found_spans(texts, lines=settings, **spreads(data.draw, len(texts)))
    assert [[(start, end) for start, end, _ in own] for own in spans] == later_units(texts, unit, min_bytes, copies)
    assert {kind for own in spans for *_, kind in own} <= {LINES}


@given(st.data(), collages())
def test_lines_and_spans_are_found_in_one_run_as_in_two(data: Any, texts: list[bytes]) -> None:
    texts = [text.replace(b"a", b"\n") for text in texts]
    lines, substrings = LineSettings(unit="line", min_bytes=8), SubstringSettings(min_bytes=WINDOW)
    spread = spreads(data.draw, len(texts))
    together = found_spans(texts, lines, substrings, **spread)
    apart = zip(found_spans(texts, lines, None, **spread), found_spans(texts, None, substrings, **spread), strict=True)
    for both, (of_lines, of_substrings) in zip(together, apart, strict=True):
        assert sorted(span for span in both if span[2] == LINES) == sorted(of_lines)
        assert covered([s for s in both if s[2] == SUBSTRINGS], 10_000) == covered(of_substrings, 10_000)


@given(collages())
def test_every_byte_that_is_cut_has_a_copy_that_stays(texts: list[bytes]) -> None:
    """Followed from copy to copy, which each stand before: the chain ends at a byte that is not cut."""
    spans = found_spans(texts, substrings=SubstringSettings(min_bytes=WINDOW))
    marks = [covered(own, len(text)) for own, text in zip(spans, texts, strict=True)]
    firsts: dict[bytes, tuple[int, int]] = {}
    for number, text in enumerate(texts):
        for start in range(len(text) - WINDOW + 1):
            firsts.setdefault(text[start : start + WINDOW], (number, start))
    for number, text in enumerate(texts):
        for byte in range(len(text)):
            at = (number, byte)
            while marks[at[0]][at[1]]:
                starts = range(max(0, at[1] - WINDOW + 1), min(at[1], len(texts[at[0]]) - WINDOW) + 1)
                images = [
                    (first[0], first[1] + at[1] - start)
                    for start in starts
                    for first in [firsts[texts[at[0]][start : start + WINDOW]]]
                    if first[0] < at[0] or first[1] + WINDOW <= start
                ]
                assert images, "a byte is cut that stands in no earlier window"
                assert texts[images[0][0]][images[0][1]] == text[byte]
                assert images[0] < at
                at = images[0]


def test_of_three_equal_texts_the_first_stays_whole() -> None:
    text = random.Random(1).randbytes(500)
    spans = found_spans([text, text, text], substrings=SubstringSettings(min_bytes=100), parts=[[2, 1], [0]])
    assert spans == [[], [(0, 500, SUBSTRINGS)], [(0, 500, SUBSTRINGS)]]


@pytest.mark.parametrize("size", [WINDOW - 1, WINDOW, 2 * WINDOW - 1, 2 * WINDOW, 100_000])
def test_of_a_run_of_one_letter_a_window_stays(size: int) -> None:
    (spans,) = found_spans([b"a" * size], substrings=SubstringSettings(min_bytes=WINDOW))
    cut = sum(covered(spans, size))
    assert cut == (size - WINDOW if size >= 2 * WINDOW else 0)
