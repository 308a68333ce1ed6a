"""Signals and rules of code over the Python and JavaScript files of this environment.

Text is in memory as the annotate stage has it. MB are of UTF-8, seconds of CPU (this process and its children), medians
of interleaved rounds after one that does not count. `prose` is there to compare with; `rules` judges with every rule of
code.
"""

import random
import sysconfig
from pathlib import Path

import pyarrow as pa

from benchmarks.harness import cpu_seconds, interleaved, machine
from quality.judge import judge
from quality.python_parser.process import ParserProcess
from quality.rule import rules
from quality.signal_group import Documents, documents_of, measure_groups, signal_groups

MEGABYTE = 1_000_000
TEXT_MB, QUICK_MB = 24, 4
PARSED_MB = 2
RULES = ("generated", "opencoder", "starcoder2", "starcoder_lines", "vendored")
MAX_FILE_BYTES = 1 << 20


def run(quick: bool) -> None:
    """Print how fast the groups, the rules and Python's parser are."""
    documents = installed_files(QUICK_MB if quick else TEXT_MB)
    size_mb = sum(len(text) for text in documents.text.cast(pa.binary()).to_pylist()) / MEGABYTE
    groups = {name: group.settings() for name, group in signal_groups().items()}
    measured = {name: {name: groups[name]} for name in ("code", "prose")}
    signals = pa.table(dict(measure_groups(documents, {name: groups[name] for name in measured}).columns))
    checks = {name: rules()[name].checks(rules()[name].settings()) for name in RULES}
    seconds = interleaved(
        {name: lambda asked=asked: measure_groups(documents, asked) for name, asked in measured.items()}
        | {"rules": lambda: judge(signals, checks)},
        3 if quick else 7,
    )
    print(machine())
    print(f"{len(documents):,} files, {size_mb:.1f} MB")
    for name, of_one in seconds.items():
        print(f"{name:>14}: {size_mb / of_one:7.1f} MB per CPU second")
    print(f"{'python_syntax':>14}: {_parsing_mb_per_second(documents):7.1f} MB per CPU second")


def installed_files(megabytes: int) -> Documents:
    """Python and JavaScript files below site-packages, drawn by a seed."""
    root = Path(sysconfig.get_paths()["purelib"])
    paths = sorted(path for ending in ("py", "js") for path in root.rglob(f"*.{ending}"))
    random.Random(0).shuffle(paths)
    texts, names, size_bytes = [], [], 0
    for path in paths:
        content = path.read_bytes()
        if 0 < len(content) <= MAX_FILE_BYTES:
            texts.append(content.decode("utf-8", "replace"))
            names.append(path.relative_to(root).as_posix())
            size_bytes += len(content)
        if size_bytes > megabytes * MEGABYTE:
            break
    return documents_of(pa.array(texts), path=pa.array(names))


def _parsing_mb_per_second(documents: Documents) -> float:
    """Each run has a child of its own, which is waited for: only then its CPU time counts."""
    process = ParserProcess()
    before = cpu_seconds()
    size_bytes = 0
    for text, path in zip(documents.text.to_pylist(), documents.path.to_pylist(), strict=True):
        if path.endswith(".py") and size_bytes < PARSED_MB * MEGABYTE:
            content = text.encode()
            size_bytes += len(content)
            process.verdict(content, 60)
    process.close()
    return size_bytes / MEGABYTE / (cpu_seconds() - before)


if __name__ == "__main__":
    run(quick=True)
