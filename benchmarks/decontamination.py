"""Decontamination: what the index of twenty benchmarks costs, and looking for them, beside datatrove's filter.

Benchmarks are twenty JSONL files of made-up prose (`word_text.py`) in items of fifty words, half a megabyte each; with
MIXDOWN_DATA, the files in its folder `evals`. Documents are made-up prose with an item in every hundredth, and the
Python files of the installed packages. All on one core:

- the index: CPU seconds to read the files and build it, and its memory;
- words, verbatim: the two kernels alone; measure: the whole signal group, columns and all;
- datatrove: its NGramsDecontFilter with an index of the same 13-grams (made with its own tokenizer and hashes, as its
  indexer wants lighteval), on a tenth of the documents. It ends at a document's first match and says nothing of where.

Seconds are medians of interleaved rounds, of CPU time.
"""

import json
import os
import sysconfig
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.harness import cpu_seconds, interleaved, machine, print_result, workspace
from benchmarks.word_text import write_prose
from quality.decontamination.folding import folding_table
from quality.decontamination.index import BenchmarkIndex, benchmark_index
from quality.decontamination.ngram_matches import find_ngrams
from quality.decontamination.runs import RUN
from quality.decontamination.verbatim_index import stripped_bytes
from quality.decontamination.verbatim_matches import find_verbatim
from quality.decontamination.warm import warm
from quality.input_file import InputFile
from quality.signal_group import documents_of
from quality.signals.benchmarks import BenchmarksSettings, measure

N_BENCHMARKS = 20
BENCHMARK_BYTES = 500_000
ITEM_WORDS = 50
ITEM_EVERY = 100  # documents
DOCUMENT_BYTES = 20_000_000  # of each kind
QUICK_BYTES = 2_000_000
PEER_SHARE = 10  # datatrove sees one part in so many
ROUNDS = 3


def run(quick: bool) -> None:
    """Print the cost of the index and megabytes a CPU second of every way."""
    size_bytes = QUICK_BYTES if quick else DOCUMENT_BYTES
    print(machine())
    warm()
    with workspace() as folder:
        prose = _prose(folder, size_bytes + N_BENCHMARKS * BENCHMARK_BYTES)
        n_documents = int(np.searchsorted(np.cumsum([len(text) for text in prose]), size_bytes)) + 1
        files, items = _benchmarks(folder, prose[n_documents:])
        planted = [
            f"{text}\n{items[i % len(items)]}" if i % ITEM_EVERY == 0 else text
            for i, text in enumerate(prose[:n_documents])
        ]
        settings = BenchmarksSettings(files=files)
        before = cpu_seconds()
        index = benchmark_index(settings.index_settings())
        seconds = cpu_seconds() - before
        megabytes = sum(Path(file.uri).stat().st_size for file in files) / 1e6
        print(f"index of {len(files)} files, {megabytes:.1f} MB: {seconds:.2f} CPU s, {index.n_bytes / 1e6:.0f} MB")
        peer = _Datatrove(folder, files)
        for kind, texts in (("prose", planted), ("python", list(_python_files(size_bytes)))):
            _compare(kind, texts, index, settings, peer)


def _compare(kind: str, texts: list[str], index: BenchmarkIndex, settings: BenchmarksSettings, peer: Any) -> None:
    documents = documents_of(pa.array(texts, pa.large_string()))
    data, offsets = documents.buffers
    last_of_item = np.empty(len(index.items.item_number), np.int64)
    runs, n_found = np.empty(len(data), RUN), np.zeros(len(texts), np.int64)
    some = texts[::PEER_SHARE]
    medians = interleaved(
        {
            "words": lambda: find_ngrams(data, offsets, folding_table(), index.ngrams, last_of_item, runs, n_found),
            "verbatim": lambda: find_verbatim(data, offsets, stripped_bytes(), index.verbatim, last_of_item, runs),
            "measure": lambda: measure(documents, settings),
            "datatrove": lambda: [peer.is_contaminated(text) for text in some],
        },
        ROUNDS,
    )
    sizes = dict.fromkeys(medians, int(offsets[-1] - offsets[0])) | {"datatrove": sum(len(t.encode()) for t in some)}
    speed = {name: sizes[name] / 1e6 / seconds for name, seconds in medians.items()}
    print(f"\n{kind}: {len(texts):,} documents, {sizes['measure'] / 1e6:.1f} MB")
    for name, megabytes in speed.items():
        print(f"{name:10} {megabytes:8.2f} MB/s")
    found = measure(documents, settings).columns["n_benchmark_ngrams"].to_numpy()[::PEER_SHARE] > 0
    theirs = np.array([peer.is_contaminated(text) for text in some])
    print(
        f"contaminated: both {np.sum(found & theirs)}, here {np.sum(found & ~theirs)}, there {np.sum(~found & theirs)}"
    )
    print_result(f"decontamination: {kind}", speed["measure"] / speed["datatrove"], megabytes_a_second=speed["measure"])


def _prose(folder: Path, size_bytes: int) -> list[str]:
    path = folder / "prose.jsonl"
    write_prose(path, int(size_bytes / 4.2))
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line)["text"] for line in lines]


def _benchmarks(folder: Path, prose: list[str]) -> tuple[tuple[InputFile, ...], list[str]]:
    """The benchmarks' files and some of their items."""
    words = " ".join(prose).split()
    made_up = [" ".join(words[at : at + ITEM_WORDS]) for at in range(0, len(words), ITEM_WORDS)]
    if "MIXDOWN_DATA" in os.environ:
        paths = sorted(Path(os.environ["MIXDOWN_DATA"], "evals").iterdir())
    else:
        paths = [folder / f"benchmark-{number}.jsonl" for number in range(N_BENCHMARKS)]
        for number, path in enumerate(paths):
            path.write_text("".join(f"{json.dumps({'text': item})}\n" for item in made_up[number::N_BENCHMARKS]))
    files = tuple(InputFile(uri=str(path)) for path in paths)
    return files, [text for text in _texts(files) if len(text.split()) >= ITEM_WORDS]


def _texts(files: tuple[InputFile, ...]) -> list[str]:
    from quality.decontamination.benchmark_texts import benchmark_texts

    _, texts = benchmark_texts(files, (), ())
    cuts = texts.offsets.tolist()
    data = texts.data.tobytes()
    return [data[a:b].decode() for a, b in pairwise(cuts)]


def _python_files(size_bytes: int) -> Iterator[str]:
    for path in sorted(Path(sysconfig.get_path("purelib")).rglob("*.py")):
        if size_bytes <= 0:
            return
        text = path.read_bytes().decode("utf-8", "replace")
        size_bytes -= len(text)
        yield text


class _Datatrove:
    """Its filter over an index of the same texts, made with its own tokenizer and hashes."""

    def __init__(self, folder: Path, files: tuple[InputFile, ...]) -> None:
        import xxhash
        from datatrove.data import Document
        from datatrove.pipeline.decont import NGramsDecontConfig, NGramsDecontFilter
        from datatrove.utils.text import ngrams, simplify_text

        config = NGramsDecontConfig(n_grams=13, find_query_ngrams=True)
        self._document = Document
        self._filter = NGramsDecontFilter(str(folder / "index"), config)
        # Its own passes text, which xxhash 4 refuses.
        self._filter.hash_func = lambda gram: xxhash.xxh64_intdigest(gram.encode())
        self._filter._index_hashes = {
            self._filter.hash_func(" ".join(gram)): "benchmarks"
            for text in _texts(files)
            for gram in ngrams(
                self._filter.tokenizer.word_tokenize(simplify_text(text, config.norm_config)), config.n_grams
            )
        }

    def is_contaminated(self, text: str) -> bool:
        return self._filter.filter(self._document(text=text, id="0")) is not True


if __name__ == "__main__":
    run(quick=False)
