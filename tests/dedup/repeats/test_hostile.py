"""What must stay linear and spread: one text of equal bytes, a page in 100,000 copies, a line that is everywhere."""

import random
from itertools import pairwise

import numpy as np

from dedup.repeats.meeting import LINE, WINDOW, Plan, first_rows, met, repeated_of, second_rows
from dedup.repeats.occurrences import Occurrences, Texts, later
from dedup.repeats.rows import Row
from dedup.repeats.settings import LineSettings, SubstringSettings
from dedup.repeats.windows import anchor_set, anchors, windows
from tests.dedup.repeats.finding import as_text

WINDOW_BYTES = 200
PLAN = Plan(LineSettings(), SubstringSettings(min_bytes=WINDOW_BYTES), buckets=64, partitions=8, parts=4)


def texts_of(texts: list[bytes], part: int = 0) -> Texts:
    rows = np.arange(len(texts), dtype=np.int64)
    return Texts(as_text(texts), rows + part * 10**6, (part << 32) + rows)


def sent(texts: Texts, part: int = 0) -> list[Row]:
    return list(first_rows(texts, part, PLAN, has_lines=True, has_substrings=True))


def test_of_equal_bytes_each_place_costs_the_same_and_next_to_nothing_is_sent() -> None:
    texts = texts_of([b"a" * (8 << 20)])
    found = anchors(texts, WINDOW_BYTES)
    assert (len(found.value), found.is_repeated.tolist()) == (1, [True])
    open_, cuts = windows(texts, WINDOW_BYTES, anchor_set(found.value))
    assert len(open_.hash) == WINDOW_BYTES  # the first window, and those that overlap it
    assert (cuts.start_bytes.tolist(), cuts.end_bytes.tolist()) == ([WINDOW_BYTES], [8 << 20])


def test_a_batch_sends_a_page_of_many_copies_once() -> None:
    page = random.Random(3).randbytes(150).hex().encode()
    one, many = texts_of([page]), texts_of([page] * 20_000)
    lines = [row for row in sent(many) if row.kind == LINE]
    assert sum(len(row.payload) for row in lines) == sum(len(row.payload) for row in sent(one) if row.kind == LINE)
    repeated = anchor_set(anchors(many, WINDOW_BYTES).value)
    rows = list(second_rows(many, 0, PLAN, WINDOW_BYTES, repeated))
    assert sum(len(row.payload) for row in rows if row.kind == WINDOW) == 28 * (len(page) - WINDOW_BYTES + 1)
    (cuts,) = [row for row in rows if row.kind != WINDOW]
    assert len(cuts.payload) == 17 * 19_999


def test_a_banner_in_every_document_loads_no_bucket_with_more_than_a_few_times_the_median() -> None:
    """Windows over its ends are different in every document, and meet nothing: they go where their hashes say."""
    generator = random.Random(4)
    banner = generator.randbytes(200).hex().encode()
    batches = [
        [generator.randbytes(150).hex().encode() + banner + generator.randbytes(150).hex().encode() for _ in range(50)]
        for _ in range(4)
    ]
    first = [row for part, texts in enumerate(batches) for row in sent(texts_of(texts, part), part)]
    back = [row for bucket in range(64) for row in met([row for row in first if row.bucket == bucket], PLAN)]
    loads = np.zeros(64)
    for part, texts in enumerate(batches):
        repeated = anchor_set(repeated_of([row for row in back if row.part == part]))
        for row in second_rows(texts_of(texts, part), part, PLAN, WINDOW_BYTES, repeated):
            if row.kind == WINDOW:
                loads[row.bucket] += len(row.payload)
    assert np.median(loads) > 0
    assert loads.max() < 2 * np.median(loads)


def test_what_is_sent_grows_with_the_text() -> None:
    generator = random.Random(6)
    sizes = []
    for count in (50, 100, 200, 400):
        texts = [generator.randbytes(500).hex().encode() for _ in range(count)]
        sizes.append(sum(len(row.payload) for row in sent(texts_of(texts))))
    growth = [after / before for before, after in pairwise(sizes)]
    assert all(1.9 < factor < 2.1 for factor in growth)


def test_the_first_of_equal_hashes_is_found_whatever_their_checks() -> None:
    generator = np.random.default_rng(8)
    columns = [generator.integers(0, most, 3000) for most in (300, 4, 5, 3, 50)]
    starts = columns[4].astype(np.int32)
    found = Occurrences(
        columns[0].astype(np.uint64), columns[1].astype(np.uint64), columns[2], columns[3], starts, starts + np.int32(7)
    )
    rows = list(zip(*(column.tolist() for column in found), strict=True))
    firsts: dict[tuple[int, int], tuple[int, ...]] = {}
    for row in sorted(rows):
        firsts.setdefault(row[:2], row)
    wanted = [firsts[row[:2]][3] != row[3] or row[4] >= firsts[row[:2]][5] for row in rows]
    assert later(found, 1).tolist() == wanted
