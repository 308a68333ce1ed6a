"""Memory that measuring takes: `annotated`, as a worker runs it, on batches of 64 MB of text.

Each batch is measured in a process of its own, with what is measured by default for its kind. Printed are the process's
peak, imports, models and the batch itself included, and the seconds of CPU that measuring took after a first small
batch. The ratio is the peak to 1.5 GB, the bound of a worker.

- `pages`: documents of about 4 kB with an address each, so that there are as many edits as documents;
- `long pages`: eight documents of 8 MiB, the longest that are measured;
- `code`: files of about 8 kB.
"""

import json
import random
import resource
import subprocess
import sys

import pyarrow as pa

from benchmarks.harness import cpu_seconds, machine, print_result
from dedup.settings import DedupSettings
from pipelines.document import MARK_TYPE
from pipelines.steps.annotate import KNOWN_COLUMNS, annotated
from quality.signal_group import signal_groups

BATCH_BYTES = 64 << 20
BOUND_MB = 1500
KINDS = {"pages": "text", "long pages": "text", "code": "code"}
DOCUMENT_BYTES = {"pages": 4_000, "long pages": (8 << 20) - 100, "code": 8_000}


def run(quick: bool) -> None:
    """Print the peak and seconds of every batch; `quick`: of a tenth of the text."""
    print(machine())
    for name in KINDS:
        command = [sys.executable, "-m", "benchmarks.annotate_memory", name, str(BATCH_BYTES // (10 if quick else 1))]
        found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        print_result(f"annotate memory: {name}", found["peak_mb"] / BOUND_MB, **found)


def measure_batch(name: str, batch_bytes: int) -> dict[str, float]:
    """The peak of this process in MB, and CPU seconds, for one batch."""
    kind = KINDS[name]
    groups = {group.name: group.settings() for group in signal_groups().values() if kind in group.measured_for}
    annotated(_documents(name, ["A few words."]), groups, DedupSettings())
    documents = _documents(name, _texts(name, batch_bytes))
    before = cpu_seconds()
    found = annotated(documents, groups, DedupSettings())
    return {
        "documents": found.num_rows,
        "documents_with_edits": found.num_rows - found.column("edits").null_count,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 // 1_000_000,
        "cpu_seconds": round(cpu_seconds() - before, 1),
    }


def _documents(name: str, texts: list[str]) -> pa.Table:
    columns = {column: pa.nulls(len(texts), pa.string()) for column in KNOWN_COLUMNS}
    columns["doc_id"] = pa.array([str(number) for number in range(len(texts))])
    columns["text"] = pa.array(texts, pa.large_string())
    columns["marks"] = pa.nulls(len(texts), pa.list_(MARK_TYPE))
    if KINDS[name] == "code":
        columns["language_hint"] = pa.array(["Python"] * len(texts))
    return pa.table(columns)


def _texts(name: str, batch_bytes: int) -> list[str]:
    """Documents of DOCUMENT_BYTES[name] each, of drawn paragraphs or functions."""
    draw = random.Random(5)
    words = ["".join(draw.choices("etaoinshrdlu", k=draw.randint(1, 9))) for _ in range(20_000)]
    pieces = [_function(draw, words) if KINDS[name] == "code" else _paragraph(draw, words) for _ in range(5_000)]
    texts = []
    for number in range(batch_bytes // DOCUMENT_BYTES[name]):
        size = DOCUMENT_BYTES[name]
        text = f"Write to someone{number}@mixdown-pages.org.\n" if KINDS[name] == "text" else ""
        while len(text) < size:
            text += "".join(draw.choices(pieces, k=max(1, (size - len(text)) // 400)))
        texts.append(text[:size])
    return texts


def _paragraph(draw: random.Random, words: list[str]) -> str:
    return " ".join(draw.choices(words, k=draw.randint(5, 120))).capitalize() + ".\n\n"


def _function(draw: random.Random, words: list[str]) -> str:
    lines = [
        f"    {a} = {b}({c!r}, {number})  # {a} of {b}" for number in range(8) for a, b, c in [draw.choices(words, k=3)]
    ]
    return "\n".join([f"def {draw.choice(words)}(value):", *lines, "    return value", "", ""])


if __name__ == "__main__":
    print(json.dumps(measure_batch(sys.argv[1], int(sys.argv[2]))))
