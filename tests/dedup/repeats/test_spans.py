"""Cuts between characters, each byte once."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from dedup.repeats.occurrences import LINES, SUBSTRINGS, Cuts, united
from dedup.repeats.spans import Spans, disjoint

texts = st.lists(st.text(st.sampled_from("aé日😀\n"), max_size=12), min_size=1, max_size=4)


def spans(rows: list[tuple[int, int, int, int]]) -> Spans:
    columns = np.array(rows, np.int64).reshape(-1, 4).T
    return Spans(columns[0], columns[1], columns[2], columns[3].astype(np.int8))


def drawn(data: st.DataObject, text: list[str]) -> list[tuple[int, int, int, int]]:
    """Lines as they are, some of them, and spans of bytes that are apart."""
    rows = []
    for document, own in enumerate(text):
        at = 0
        for line in own.encode().splitlines(keepends=True):
            if data.draw(st.booleans()):
                rows.append((document, at, at + len(line), LINES))
            at += len(line)
        bounds = sorted(data.draw(st.sets(st.integers(0, at), max_size=6)))
        pairs = zip(bounds[::2], bounds[1::2], strict=False)
        rows += [(document, start, end, SUBSTRINGS) for start, end in pairs]
    return rows


@given(st.data(), texts)
def test_each_byte_goes_once_and_characters_stay_whole(data: st.DataObject, text: list[str]) -> None:
    rows = drawn(data, text)
    found = disjoint(pa.array(text, pa.large_string()), spans(rows))
    kinds = [[-1] * len(own.encode()) for own in text]
    for document, start, end, kind in zip(*found, strict=True):
        assert start < end
        assert set(kinds[document][start:end]) == {-1}
        kinds[document][start:end] = [kind] * (end - start)
    for document, own in enumerate(text):
        data_, wanted = own.encode(), [-1] * len(own.encode())
        for of, start, end, kind in sorted(rows, key=lambda row: -row[3]):
            if of == document:
                inside = [
                    n for n in range(len(own)) if start <= len(own[:n].encode()) and len(own[: n + 1].encode()) <= end
                ]
                for n in inside:
                    begin, stop = len(own[:n].encode()), len(own[: n + 1].encode())
                    wanted[begin:stop] = [kind] * (stop - begin)
        assert kinds[document] == wanted
        bytes(byte for byte, kind in zip(data_, wanted, strict=True) if kind < 0).decode()
    assert sum(kind == LINES for kind in found.kind) == sum(row[3] == LINES for row in rows)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 20), st.integers(1, 6)), max_size=12))
def test_united_spans_cover_the_same_bytes_and_are_apart(rows: list[tuple[int, int, int]]) -> None:
    columns = np.array(rows, np.int64).reshape(-1, 3).T
    starts, ends = columns[1].astype(np.int32), (columns[1] + columns[2]).astype(np.int32)
    found = united(Cuts(columns[0], starts, ends, np.full(len(rows), SUBSTRINGS, np.int8)))
    wanted = {(position, byte) for position, start, size in rows for byte in range(start, start + size)}
    got = [(int(p), byte) for p, s, e, _ in zip(*found, strict=True) for byte in range(s, e)]
    assert sorted(got) == sorted(wanted)
    ends_of = {(int(p), int(e)) for p, _, e, _ in zip(*found, strict=True)}
    assert not ends_of & {(int(p), int(s)) for p, s, _, _ in zip(*found, strict=True)}
