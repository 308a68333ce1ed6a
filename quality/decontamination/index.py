"""The index of all benchmarks that settings name, built once in each process that looks for them."""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from quality.decontamination.benchmark_texts import BenchmarkTexts, benchmark_texts
from quality.decontamination.verbatim_index import VerbatimIndex, verbatim_index, window_bytes
from quality.decontamination.grams import GramLengths
from quality.decontamination.ngram_index import NgramIndex, memory_bytes, ngram_index
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

    texts: BenchmarkTexts
    ngrams: NgramIndex
    verbatim: VerbatimIndex
    summaries: tuple[BenchmarkSummary, ...]

    @property
    def n_bytes(self) -> int:
        """Memory of the index."""
        return memory_bytes(self.ngrams) + self.verbatim.n_bytes + self.texts.data.nbytes + self.texts.offsets.nbytes


@lru_cache(maxsize=2)
def benchmark_index(settings: IndexSettings) -> BenchmarkIndex:
    """The index of the settings' files; BenchmarkFileError for one that cannot be read."""
    texts = benchmark_texts(settings.files, settings.fields, settings.skip_fields)
    lengths = GramLengths(settings.ngram_words, min(settings.min_words, settings.ngram_words))
    words = ngram_index(texts.data, texts.offsets, texts.text_item, lengths, settings.max_items_per_ngram)
    verbatim = verbatim_index(texts.data, texts.offsets, texts.text_item, settings.min_verbatim_bytes)
    has_verbatim = np.diff(verbatim.text_starts) >= window_bytes(settings.min_verbatim_bytes)
    return BenchmarkIndex(texts, words.index, verbatim, _summaries(texts, (words.n_grams > 0) | has_verbatim))


def _summaries(texts: BenchmarkTexts, is_indexed: npt.NDArray[np.bool_]) -> tuple[BenchmarkSummary, ...]:
    n_benchmarks = len(texts.benchmarks)
    text_benchmark = texts.item_benchmark[texts.text_item]
    indexed_items = np.unique(texts.text_item[is_indexed])
    counts = (
        np.bincount(texts.item_benchmark, minlength=n_benchmarks),
        np.bincount(texts.item_benchmark[indexed_items], minlength=n_benchmarks),
        np.bincount(text_benchmark, minlength=n_benchmarks),
        np.bincount(text_benchmark[~is_indexed], minlength=n_benchmarks),
    )
    return tuple(
        BenchmarkSummary(name, *(int(count[i]) for count in counts)) for i, name in enumerate(texts.benchmarks)
    )
