"""Warming: compile the kernels of decontamination, which no default group runs."""

import json
import tempfile
from pathlib import Path

import pyarrow as pa

from quality.input_file import InputFile
from quality.signal_group import documents_of
from quality.signals.benchmarks import BenchmarksSettings, measure


def warm() -> None:
    """Compile every kernel of this package into numba's cache; quick where that is already done."""
    text = "A text of as many words as an n-gram has, and then of a few more, is found in itself."
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "benchmark.jsonl"
        path.write_text(json.dumps({"text": text}), encoding="utf-8")
        settings = BenchmarksSettings(files=(InputFile(uri=str(path)),), remove="span")
        measure(documents_of(pa.array([text])), settings)
