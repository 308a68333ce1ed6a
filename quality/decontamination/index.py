"""The index of all benchmarks that settings name, built once in each process that looks for them."""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from quality.decontamination.benchmark_texts import BenchmarkItems, Texts, benchmark_texts
from quality.decontamination.grams import GramLengths
from quality.decontamination.ngram_index import NgramIndex, memory_bytes, ngram_index
from quality.decontamination.verbatim_index import VerbatimIndex, verbatim_index, window_bytes
from quality.input_file import InputFile


class IndexSettings(NamedTuple):
    """What an index follows from."""

    files: tuple[InputFile, ...]
    fields: tuple[str, ...]
    skip_fields: tuple[str, ...]
    ngram_words: int
    min_words: int
    min_verbatim_bytes: int
    max_items_per_ngram: int


class BenchmarkSummary(NamedTuple):
    """What an index holds of one benchmark."""

    benchmark: str
    n_items: int  # records
    n_indexed_items: int  # with a text that is looked for
    n_texts: int
    n_short_texts: int  # not looked for: too few words, and too few bytes


@dataclass(frozen=True)
class BenchmarkIndex:
    """Everything that documents are compared with."""

    items: BenchmarkItems
    ngrams: NgramIndex
    verbatim: VerbatimIndex
    summaries: tuple[BenchmarkSummary, ...]

    @property
    def n_bytes(self) -> int:
        """Memory of the index."""
        items = self.items.item_benchmark.nbytes + self.items.item_number.nbytes
        return memory_bytes(self.ngrams) + self.verbatim.n_bytes + items


@lru_cache(maxsize=2)
def benchmark_index(settings: IndexSettings) -> BenchmarkIndex:
    """The index of the settings' files; BenchmarkFileError for one that cannot be read."""
    items, texts = benchmark_texts(settings.files, settings.fields, settings.skip_fields)
    lengths = GramLengths(settings.ngram_words, min(settings.min_words, settings.ngram_words))
    ngrams, n_grams = ngram_index(*texts, lengths, settings.max_items_per_ngram)
    verbatim = verbatim_index(*texts, settings.min_verbatim_bytes)
    is_indexed = (n_grams > 0) | (np.diff(verbatim.text_starts) >= window_bytes(settings.min_verbatim_bytes))
    return BenchmarkIndex(items, ngrams, verbatim, _summaries(items, texts, is_indexed))


def _summaries(items: BenchmarkItems, texts: Texts, is_indexed: npt.NDArray[np.bool_]) -> tuple[BenchmarkSummary, ...]:
    text_benchmark = items.item_benchmark[texts.item_of]
    indexed_items = np.unique(texts.item_of[is_indexed])
    of_benchmark = (
        items.item_benchmark,
        items.item_benchmark[indexed_items],
        text_benchmark,
        text_benchmark[~is_indexed],
    )
    counts = [np.bincount(members, minlength=len(items.benchmarks)).tolist() for members in of_benchmark]
    return tuple(BenchmarkSummary(*row) for row in zip(items.benchmarks, *counts, strict=True))
