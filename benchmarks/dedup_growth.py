"""Signatures, buckets and components of once, twice, four and eight times as many documents: how does their cost grow?

In one process from text: made-up prose (`word_text.py`), a fifth of it copies with edits, once 12 MB; reading it is
timed, too. On Spark from bands: documents that never were (`synthetic_bands.py`), once 100,000; with components in one
task, as graphs of up to `max_edges_in_one_task` edges have them, and by star contraction across tasks, as larger ones
do; of that the rounds, and the cost of an edge and round above the other way. Spark's session is warm and its start
isn't counted. The result is the exponent of a power law fitted to CPU seconds (1 is linear; costs that are there for
any size make it smaller, so the exponent of the last doubling stands beside it). `--quick`: a quarter of the documents,
and no star contraction.
"""

import json
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks import synthetic_bands
from benchmarks.harness import interleaved, machine, print_result, workspace
from benchmarks.near_copies import edited
from benchmarks.spark_dedup import SETTINGS, Found, find, session, write_documents
from benchmarks.word_text import write_prose
from dedup.bands import band_hashes
from dedup.in_process import near_labels, star_edges
from dedup.settings import DedupSettings
from dedup.signatures import signatures

FACTORS = (1, 2, 4, 8)
TOKENS = 2_800_000  # of prose, at once
DOCUMENTS = 100_000  # on Spark, at once
QUICK_DIVISOR = 4
MOST_EXPONENT = 1.1  # what is asked for
ROUNDS = 3


def run(quick: bool) -> None:
    """Print seconds at every size and the exponents."""
    divisor = QUICK_DIVISOR if quick else 1
    print(machine())
    with workspace() as folder:
        texts = _texts(folder / "prose.jsonl", TOKENS // divisor * FACTORS[-1])
        parts = {str(factor): pa.array(texts[: len(texts) * factor // FACTORS[-1]]) for factor in FACTORS}
        seconds = interleaved({name: _labelled(text) for name, text in parts.items()}, ROUNDS)
        _print_reading(folder / "text.parquet", parts[str(FACTORS[-1])])
        _print("one process, from text", [len(text) for text in parts.values()], list(seconds.values()))
        counts = [DOCUMENTS // divisor * factor for factor in FACTORS]
        for count in counts:
            write_documents(folder / str(count), synthetic_bands.documents(count))
        contracted = DedupSettings(exact=False, max_edges_in_one_task=0)
        ways = {"components in one task": SETTINGS} | ({} if quick else {"star contraction": contracted})
        with session() as spark:
            found: dict[str, list[Found]] = {}
            for way, settings in ways.items():
                find(spark, folder / str(counts[0]), settings)
                found[way] = [find(spark, folder / str(count), settings) for count in counts]
                _print(f"Spark, from bands, {way}", counts, [one.counted.cpu_seconds for one in found[way]])
            if not quick:
                _print_rounds(counts, *found.values())


def _print_reading(path: Path, text: pa.StringArray) -> None:
    """What reading the text costs beside its signatures, from Parquet under zstd as the lake's parts are."""
    pq.write_table(pa.table({"text": text}), path, compression="zstd")
    seconds = interleaved({"read": lambda: pq.read_table(path)}, ROUNDS)["read"]
    print(f"reading: {text.nbytes / 1e6 / seconds:,.0f} MB of text a CPU second")


def _labelled(text: pa.StringArray) -> Callable[[], object]:
    settings = DedupSettings()

    def label() -> object:
        lanes, has_shingles = signatures(text, settings)
        return near_labels(band_hashes(lanes[has_shingles], settings.bands, settings.rows))

    return label


def _texts(path: Path, tokens: int) -> list[str]:
    """Prose in which every fifth document is an edited copy of the one before."""
    write_prose(path, tokens)
    with path.open(encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in lines]
    draw = random.Random(3)
    for at in range(4, len(texts), 5):
        texts[at] = edited(texts[at - 1], draw.uniform(0.7, 1.0), 5, draw)
    return texts


def _print_rounds(counts: list[int], one_task: list[Found], contraction: list[Found]) -> None:
    """Rounds of star contraction, and what an edge costs in each beyond the components in one task."""
    for count, base, found in zip(counts, one_task, contraction, strict=True):
        edges = len(star_edges(synthetic_bands.documents(count).bands))
        work = edges * found.rounds
        seconds = found.counted.cpu_seconds - base.counted.cpu_seconds
        shuffled = found.counted.shuffled_bytes - base.counted.shuffled_bytes
        print(
            f"{count:9,} documents {edges / count:6.3f} edges a document, {found.rounds} rounds: "
            f"{1e6 * seconds / work:6.1f} microseconds and {shuffled / work:6.1f} bytes an edge and round"
        )


def _print(name: str, documents: list[int], seconds: list[float]) -> None:
    print(f"\n{name}")
    for count, used in zip(documents, seconds, strict=True):
        print(f"{count:9,} documents {used:8.3f} CPU s  {1e6 * used / count:8.2f} microseconds a document")
    exponent, _ = np.polyfit(np.log(documents), np.log(seconds), 1)
    last = np.log(seconds[-1] / seconds[-2]) / np.log(documents[-1] / documents[-2])
    print_result(
        f"growth of dedup: {name}", float(exponent), last_doubling=round(float(last), 3), at_most=MOST_EXPONENT
    )


if __name__ == "__main__":
    run(quick=True)
