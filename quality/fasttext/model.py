"""A supervised fastText model in the form that kernels take, read from a `.bin` or `.ftz` file of fastText 0.9.

The file is data from outside: whatever it holds gives a model or a ModelFileError. Nothing larger than a small multiple
of the file is allocated. A local file is mapped into memory, so the workers of a machine share a large model's pages.
"""

import hashlib
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from quality.arrow_text import Bytes
from quality.fasttext.dictionary import (
    END_OF_SENTENCE,
    LABEL_PREFIX,
    Dictionary,
    entry,
    hash_of,
    number_of,
    read_dictionary,
)
from quality.fasttext.label_tree import UNREACHED_COUNT, LabelTree, label_tree, no_tree
from quality.fasttext.matrix import Matrix, dense_rows, read_matrix, reordered
from quality.fasttext.ngrams import Ngrams, new_ngrams
from quality.fasttext.reader import ModelFileError, Reader
from quality.input_file import ChangedFile, InputFile, read_input

MAGIC = 793712314
VERSIONS = (11, 12)
SUPERVISED = 3
HIERARCHICAL_SOFTMAX, NEGATIVE_SAMPLING, SOFTMAX, ONE_VS_ALL = LOSSES = (1, 2, 3, 4)

# Far beyond what is trained; more would let a file ask for hours of work on a page.
MAX_DIMENSIONS = 4096
MAX_WORD_NGRAM = 16
MAX_NGRAM_CHARS = 32
MAX_LABELS = 1 << 20
MAX_PRUNED_BUCKETS = 1 << 26


class FastTextModel(NamedTuple):
    """The model as arrays."""

    dictionary: Dictionary
    ngrams: Ngrams
    input: Matrix
    output_rows: npt.NDArray[np.float32]  # (labels, dimensions): of labels, or of the tree's inner nodes
    loss: int
    tree: LabelTree
    end_of_sentence: int  # the number of the word `</s>`, -1: it has none
    end_of_sentence_hash: int


class LabelledModel(NamedTuple):
    """A model and its labels by number, as they were trained (`__label__en`)."""

    model: FastTextModel
    labels: tuple[str, ...]

    def label_number(self, label: str) -> int:
        """The number of a label, written with or without `__label__`; ModelFileError for an unknown one."""
        for name in (label, f"{LABEL_PREFIX.decode()}{label}"):
            if name in self.labels:
                return self.labels.index(name)
        known = ", ".join(self.labels[:10])
        raise ModelFileError(f"the model has no label {label!r}; it has {len(self.labels)}: {known}")

    def short_labels(self) -> tuple[str, ...]:
        """The labels without `__label__`."""
        return tuple(label.removeprefix(LABEL_PREFIX.decode()) for label in self.labels)


@lru_cache(maxsize=16)
def load_model(file: InputFile) -> LabelledModel:
    """The model in `file`; ModelFileError when it holds none, ChangedFile when it has another digest."""
    return parse_model(_content(file), file.uri)


def parse_model(content: Bytes, name: str) -> LabelledModel:
    """The model in `content`, the bytes of a file called `name`; ModelFileError when it holds none."""
    reader = Reader(content, name)
    magic, version = reader.values("ii")
    if magic != MAGIC or version not in VERSIONS:
        raise reader.error(f"it begins with {magic} and version {version}, not {MAGIC} and 11 or 12")
    dim, _ws, _epoch, _min_count, _neg, max_words, loss, kind, n_buckets, min_chars, max_chars, _rate, _t = (
        reader.values("12id")
    )
    if version == VERSIONS[0]:
        max_chars = 0  # such models were trained without n-grams of characters, whatever they say
    _check_arguments(reader, dim, loss, kind)
    _check_ngrams(reader, max_words, n_buckets, min_chars, max_chars)
    n_entries, n_words, n_labels, _n_tokens, n_kept = reader.values("iiiqq")
    if n_entries != n_words + n_labels or n_labels > MAX_LABELS:
        raise reader.error(f"{n_entries:,} entries are announced, {n_words:,} words and {n_labels:,} labels")
    dictionary, counts = read_dictionary(reader, n_words, n_labels)
    kept_buckets = _kept_buckets(reader, n_kept, n_buckets)
    kept = None if kept_buckets is None else kept_buckets[:, 0]
    ngrams = new_ngrams(max_words, min_chars, max_chars, n_buckets, kept)
    rows_needed = n_words + (n_buckets if kept_buckets is None else len(kept_buckets))
    input_, n_rows, is_quantized = read_matrix(reader, dim, "input")
    if n_rows < rows_needed:
        raise reader.error(f"the input matrix has {n_rows:,} rows, its words and n-grams need {rows_needed:,}")
    if kept_buckets is not None:
        if not is_quantized:
            raise reader.error("a pruned dictionary without a quantized matrix")
        input_ = reordered(input_, _row_order(n_words, kept_buckets))
    output, n_rows, _ = read_matrix(reader, dim, "output")
    if n_rows != n_labels:
        raise reader.error(f"the output matrix has {n_rows:,} rows for {n_labels:,} labels")
    reader.end()
    model = FastTextModel(
        dictionary=dictionary,
        ngrams=ngrams,
        input=input_,
        output_rows=dense_rows(output, dim),
        loss=loss,
        tree=_tree(reader, counts) if loss == HIERARCHICAL_SOFTMAX else no_tree(),
        end_of_sentence=number_of(dictionary, END_OF_SENTENCE),
        end_of_sentence_hash=hash_of(END_OF_SENTENCE),
    )
    return LabelledModel(model, tuple(_text(reader, dictionary, n_words + i) for i in range(n_labels)))


def _content(file: InputFile) -> Bytes:
    """The file's bytes: mapped, where it is a local one."""
    if "://" in file.uri:
        return np.frombuffer(read_input(file), np.uint8)
    content: Bytes = np.asarray(np.memmap(file.uri, np.uint8, "r"))
    found = hashlib.sha256(content.data).hexdigest() if file.sha256 else ""
    if found != file.sha256:
        raise ChangedFile(f"{file.uri} has changed since the run began (SHA-256 {found}, not {file.sha256}): run again")
    return content


def _check_arguments(reader: Reader, dim: int, loss: int, kind: int) -> None:
    if kind != SUPERVISED:
        raise reader.error(f"it is no classifier: its kind is {kind}, not {SUPERVISED} (supervised)")
    if loss not in LOSSES:
        raise reader.error(f"its loss is {loss}, not one of {LOSSES}")
    if not 1 <= dim <= MAX_DIMENSIONS:
        raise reader.error(f"its vectors have {dim:,} dimensions, 1 to {MAX_DIMENSIONS:,} are possible")


def _check_ngrams(reader: Reader, max_words: int, n_buckets: int, min_chars: int, max_chars: int) -> None:
    if not 0 <= max_words <= MAX_WORD_NGRAM or not 0 <= max_chars <= MAX_NGRAM_CHARS or min_chars < 0:
        raise reader.error(
            f"it has n-grams of up to {max_words:,} words and of {min_chars:,} to {max_chars:,} characters; at most "
            f"{MAX_WORD_NGRAM} and {MAX_NGRAM_CHARS} are possible"
        )
    if n_buckets < 0 or (n_buckets == 0 and (max_words > 1 or max_chars > 0)):
        raise reader.error(f"it has n-grams and {n_buckets:,} buckets for them")


def _kept_buckets(reader: Reader, n_kept: int, n_buckets: int) -> npt.NDArray[np.int32] | None:
    """(kept, 2) of bucket and place; None for a model that was not pruned."""
    if n_kept < 0:
        return None
    pairs = reader.array("<i4", 2 * n_kept).reshape(n_kept, 2)
    if n_buckets > MAX_PRUNED_BUCKETS:
        raise reader.error(f"it is pruned from {n_buckets:,} buckets, at most {MAX_PRUNED_BUCKETS:,} are possible")
    if ((pairs < 0) | (pairs >= (n_buckets, n_kept))).any():
        raise reader.error("a pruned n-gram lies outside of its matrix")
    if len(np.unique(pairs[:, 0])) != n_kept:
        raise reader.error("a pruned n-gram is there twice")
    return pairs


def _row_order(n_words: int, kept_buckets: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
    """Which row of a pruned matrix comes next: the words', then the kept buckets' as the buckets ascend."""
    places = kept_buckets[np.argsort(kept_buckets[:, 0], kind="stable"), 1]
    return np.concatenate([np.arange(n_words), n_words + places.astype(np.int64)])


def _tree(reader: Reader, counts: npt.NDArray[np.int64]) -> LabelTree:
    if counts.min() < 0 or counts.max() >= UNREACHED_COUNT or sum(counts.tolist()) >= UNREACHED_COUNT:
        raise reader.error("a label's count cannot be")
    return label_tree(counts)


def _text(reader: Reader, dictionary: Any, number: int) -> str:
    try:
        return entry(dictionary, number).decode()
    except UnicodeDecodeError:
        raise reader.error(f"its label {entry(dictionary, number)[:80]!r} is no UTF-8") from None
