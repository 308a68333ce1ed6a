"""Repeated lines and spans: the kernels' speed, what is shuffled, growth from 1/8 of the text to all of it, and Spark.

The text is documentation (benchmarks/documentation.py). `chain` does what the stage's tasks do, in this process, and
counts the bytes that would be shuffled; `on_spark` is the stage's own chain on a local session over Parquet files.
"""

import json
import math
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.documentation import documents
from benchmarks.harness import cpu_seconds, interleaved, machine, print_result, workspace
from dedup.repeats.lines import line_occurrences
from dedup.repeats.meeting import REPEATED, Plan, cuts_of_part, first_rows, met, passed_cuts, repeated_of, second_rows
from dedup.repeats.occurrences import LINES, SUBSTRINGS, Cuts, Texts
from dedup.repeats.rows import Row
from dedup.repeats.settings import LineSettings, SubstringSettings
from dedup.repeats.windows import anchor_set, anchors, windows
from pipelines.metering.process_tree import cpu_seconds as tree_cpu_seconds

LINE_SETTINGS, SUBSTRING_SETTINGS = LineSettings(), SubstringSettings()
WINDOW_BYTES = SUBSTRING_SETTINGS.min_bytes
BATCH_BYTES = 8 << 20  # as in pipelines/steps/repeats.py
PART_BYTES = 16 << 20
MB = 1e6
LZ4 = "as LZ4"


def batches(texts: Sequence[str], most_bytes: int) -> list[Texts]:
    """The texts in order, about `most_bytes` at once, as one part each."""
    found: list[Texts] = []
    held: list[str] = []
    size = first = 0
    for text in [*texts, None]:
        if held and (text is None or size >= most_bytes):
            rows = np.arange(len(held), dtype=np.int64)
            found.append(Texts(pa.array(held, pa.large_string()), first + rows, (len(found) << 32) + rows))
            first, size, held = first + len(held), 0, []
        if text is not None:
            held.append(text)
            size += len(text.encode())
    return found


def kernels(texts: Sequence[str], rounds: int) -> None:
    """MB/s of each, on one batch."""
    (batch, *_) = batches(texts, BATCH_BYTES)
    size = pc.sum(pc.binary_length(batch.text)).as_py()
    found = anchors(batch, WINDOW_BYTES)
    table, nothing = anchor_set(found.value[found.is_repeated]), anchor_set(found.value[:0])
    candidates: dict[str, Callable[[], object]] = {
        "paragraphs": lambda: line_occurrences(batch, LINE_SETTINGS),
        "lines": lambda: line_occurrences(batch, LineSettings(unit="line")),
        "anchors": lambda: anchors(batch, WINDOW_BYTES),
        "windows, none repeated": lambda: windows(batch, WINDOW_BYTES, nothing),
        "windows, those of the batch": lambda: windows(batch, WINDOW_BYTES, table),
    }
    for name, seconds in interleaved(candidates, rounds).items():
        print(f"{name}: {size / MB / seconds:.1f} MB/s")


def chain(texts: Sequence[str]) -> tuple[dict[str, int], int, Counter[int]]:
    """Bytes sent by kind of row, all of them as Spark's LZ4 packs them, and bytes cut by kind of cut."""
    parts = batches(texts, BATCH_BYTES)
    buckets = 1 + sum(len(text.encode()) for text in texts) // BATCH_BYTES
    plan = Plan(LINE_SETTINGS, SUBSTRING_SETTINGS, buckets, buckets, len(parts))
    sent: Counter[str] = Counter()
    lz4 = pa.Codec("lz4")

    def counted(rows: Iterator[Row]) -> list[Row]:
        held = list(rows)
        for row in held:
            sent[row.kind] += len(row.payload)
            sent[LZ4] += len(lz4.compress(row.payload))
        return held

    def meet(rows: list[Row]) -> list[Row]:
        by_bucket: dict[int, list[Row]] = {}
        for row in rows:
            by_bucket.setdefault(row.bucket, []).append(row)
        return counted(row for own in by_bucket.values() for row in met(own, plan))

    def at_part(rows: list[Row], part: int) -> list[Row]:
        return [row for row in rows if row.part == part]

    first = meet(counted(r for n, texts_ in enumerate(parts) for r in first_rows(texts_, n, plan, True, True)))
    sent_windows: list[Row] = []
    for part, batch in enumerate(parts):
        own = at_part(first, part)
        table = anchor_set(repeated_of([row for row in own if row.kind == REPEATED]))
        sent_windows += counted(passed_cuts(own, plan))
        sent_windows += counted(second_rows(batch, part, plan, WINDOW_BYTES, table))
    last = meet(sent_windows)
    cut: Counter[int] = Counter()
    for part in range(len(parts)):
        cuts = cuts_of_part(at_part(last, part))
        sizes = cuts.end_bytes - cuts.start_bytes
        cut[LINES] += int(sizes[cuts.kind == LINES].sum())
        cut[SUBSTRINGS] += int(sizes[cuts.kind != LINES].sum())
    return sent, sent.pop(LZ4), cut


def turned(text: str, by: int) -> str:
    """The text with its ASCII letters moved on: as repetitive in itself, and with nothing in common with others."""
    small = "".join(chr(0x61 + (letter + by) % 26) for letter in range(26))
    letters = small + small.upper()
    return text.translate(str.maketrans("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", letters))


def growth(texts: Sequence[str]) -> float:
    """Prints the measures of 1, 2, 4 and 8 times an eighth; the exponent of the CPU time from the first to the last.

    Repetition grows with natural text, so the larger ones are the same text in other letters.
    """
    some = texts[: len(texts) // 8]
    measured = []
    chain(some)
    for times in (1, 2, 4, 8):
        measured.append(_measured([turned(text, by) for by in range(times) for text in some], f"{times} x"))
    _measured(texts, "all of it")
    (small, quick), (large, slow) = measured[0], measured[-1]
    return math.log(slow / quick) / math.log(large / small)


def _measured(texts: Sequence[str], name: str) -> tuple[int, float]:
    size = sum(len(text.encode()) for text in texts)
    before = cpu_seconds()
    sent, packed, cut = chain(texts)
    seconds = cpu_seconds() - before
    told = ", ".join(f"{kind} {count / size * 1000:.0f}" for kind, count in sorted(sent.items()))
    print(
        f"{name}: {size / MB:.1f} MB in {seconds:.2f} s, {size / MB / seconds:.1f} MB/s; KB sent a MB: {told}, "
        f"together {sum(sent.values()) / size * 1000:.0f}, as LZ4 {packed / size * 1000:.0f}; "
        f"cut: paragraphs {cut[LINES] / size:.1%}, spans {cut[SUBSTRINGS] / size:.1%}"
    )
    return size, seconds


def read_part(folder: str, part: int) -> Iterator[Texts]:
    """A part's texts from its file."""
    table = pq.read_table(f"{folder}/{part}.parquet")
    rows = np.arange(table.num_rows, dtype=np.int64)
    yield Texts(table.column("text").combine_chunks(), table.column("order").to_numpy(), (part << 32) + rows)


def counted_cuts(part: int, cuts: Cuts) -> pa.RecordBatch:
    """The bytes that were cut of a part."""
    return pa.RecordBatch.from_pylist([{"part": part, "cut": int((cuts.end_bytes - cuts.start_bytes).sum())}])


def on_spark(texts: Sequence[str], folder: Path) -> None:
    """The chain on two local cores: seconds of the session's first run, and of one once it is warm."""
    from dedup.repeats.apply import find_repeats
    from pipelines.session import spark_session

    parts = batches(texts, BATCH_BYTES)
    for number, batch in enumerate(parts):
        pq.write_table(pa.table({"text": batch.text, "order": batch.order}), folder / f"{number}.parquet")
    size = sum(len(text.encode()) for text in texts)
    buckets = 1 + size // BATCH_BYTES
    plan = Plan(LINE_SETTINGS, SUBSTRING_SETTINGS, buckets, buckets, len(parts))
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    spark = spark_session("local[2]")
    tasks = [(json.dumps({"part": part}),) for part in range(len(parts))]
    for attempt in ("cold", "warm"):
        started, used = time.monotonic(), (tree_cpu_seconds() or 0.0)
        frame = spark.createDataFrame(tasks, "task string").repartition(len(parts))
        read: Any = partial(read_part, str(folder))
        rows = find_repeats(frame, plan, read, _both, counted_cuts, "part long, cut long").collect()
        seconds, used = time.monotonic() - started, (tree_cpu_seconds() or 0.0) - used
        cut = sum(row["cut"] for row in rows)
        print(
            f"Spark, {attempt}: {size / MB:.1f} MB in {used:.1f} CPU s, {seconds:.1f} s of wall time, "
            f"{cut / MB:.1f} MB cut"
        )
    spark.stop()


def _both(_part: int) -> tuple[bool, bool]:
    return True, True


def run(quick: bool) -> None:
    """Print all of it."""
    print(machine())
    with workspace() as folder:
        packages = Path(os.environ.get("MIXDOWN_PACKAGES", str(folder)))
        texts = [document.text for document in documents(packages)]
        texts = texts[: len(texts) // 4] if quick else texts
        kernels(texts, 1 if quick else 5)
        exponent = growth(texts)
        on_spark(texts, folder)
    print_result("repeats", exponent)


if __name__ == "__main__":
    run("--quick" in sys.argv)
