"""fastText's matrices, dense or product-quantized (Joulin et al. 2016, "FastText.zip"; `productquantizer.cc`)."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from quality.fasttext.memory import placed, prefetch
from quality.fasttext.reader import Reader
from quality.kernel import lean_kernel

N_CENTROIDS = 256  # of each part of a row
MAX_DECODED_BYTES = 64 << 20  # a quantized matrix up to this size is kept dense, which is faster
MAX_PLACED_BYTES = 64 << 20  # a dense one up to this size is copied to where memory is fetched faster
CHECKED_ROWS = 1 << 16

Floats = npt.NDArray[np.float32]


class Matrix(NamedTuple):
    """n rows of `dim` columns: in `rows`, or as one centroid a part and a factor a row."""

    rows: Floats  # (n, dim); no rows: quantized
    codes: npt.NDArray[np.uint8]  # (n, parts)
    centroids: Floats  # (parts * N_CENTROIDS, columns of a part), the last part's filled up with zeros
    norms: Floats  # (n,)


def read_matrix(reader: Reader, dim: int, what: str) -> tuple[Matrix, int, bool]:
    """The next matrix, its number of rows, and whether the file has it quantized."""
    if reader.flag():
        matrix, n_rows = _quantized(reader, dim, what)
        return matrix, n_rows, True
    n_rows, n_columns = reader.values("qq")
    if n_columns != dim or n_rows < 0:
        raise reader.error(f"the {what} matrix is {n_rows:,} x {n_columns:,}, its vectors have {dim:,} dimensions")
    rows = _finite(reader, reader.array("<f4", n_rows * dim).reshape(n_rows, dim), what)
    return dense(rows), n_rows, False


def dense(rows: Floats) -> Matrix:
    """The matrix of these rows."""
    if rows.nbytes <= MAX_PLACED_BYTES:
        rows = placed(rows)
    rows.flags.writeable = False  # one compiled version, whoever owns the memory
    return Matrix(rows, np.empty((0, 1), np.uint8), np.empty((0, 1), np.float32), np.empty(0, np.float32))


def _quantized(reader: Reader, dim: int, what: str) -> tuple[Matrix, int]:
    has_norms = reader.flag()
    n_rows, n_columns, n_codes = reader.values("qqi")
    if n_columns != dim or n_rows <= 0 or n_codes <= 0 or n_codes % n_rows:
        raise reader.error(f"the {what} matrix is {n_rows:,} x {n_columns:,} with {n_codes:,} codes")
    codes = reader.array(np.uint8, n_codes).reshape(n_rows, -1)
    centroids = _centroids(reader, dim, codes.shape[1], what)
    norms = np.ones(n_rows, np.float32)
    if has_norms:
        norm_codes = reader.array(np.uint8, n_rows)
        norms = _centroids(reader, 1, 1, what)[norm_codes, 0]
    if n_rows * dim * 4 <= MAX_DECODED_BYTES:
        return dense(_decoded(codes, centroids, dim) * norms[:, None]), n_rows
    return dense(np.empty((0, dim), np.float32))._replace(codes=codes.copy(), centroids=centroids, norms=norms), n_rows


def _centroids(reader: Reader, dim: int, n_parts: int, what: str) -> Floats:
    """The next quantizer's centroids, as Matrix keeps them."""
    n_columns, parts, part_columns, last_part_columns = reader.values("iiii")
    fits = 0 < last_part_columns <= part_columns and (parts - 1) * part_columns + last_part_columns == n_columns
    if n_columns != dim or parts != n_parts or not fits:
        raise reader.error(
            f"the {what} matrix has a quantizer of {parts} parts of {part_columns} and {last_part_columns} columns for "
            f"{n_columns}, where {n_parts} parts of {dim} columns are needed"
        )
    values = _finite(reader, reader.array("<f4", n_columns * N_CENTROIDS), what)
    table = np.zeros((n_parts, N_CENTROIDS, part_columns), np.float32)
    whole = (n_parts - 1) * N_CENTROIDS * part_columns
    table[:-1] = values[:whole].reshape(n_parts - 1, N_CENTROIDS, part_columns)
    table[-1, :, :last_part_columns] = values[whole:].reshape(N_CENTROIDS, last_part_columns)
    return table.reshape(n_parts * N_CENTROIDS, part_columns)


def _decoded(codes: npt.NDArray[np.uint8], centroids: Floats, dim: int) -> Floats:
    first_rows = np.arange(codes.shape[1]) * N_CENTROIDS
    return np.ascontiguousarray(centroids[codes + first_rows].reshape(len(codes), -1)[:, :dim])


def dense_rows(matrix: Matrix, dim: int) -> Floats:
    """The rows of a matrix, decoded where they are quantized."""
    if not len(matrix.codes):
        return matrix.rows
    return np.asarray(_decoded(matrix.codes, matrix.centroids, dim) * matrix.norms[:, None], np.float32)


def reordered(matrix: Matrix, order: npt.NDArray[np.int64]) -> Matrix:
    """The rows of a matrix in another order."""
    if not len(matrix.codes):
        return dense(matrix.rows[order])
    return matrix._replace(codes=matrix.codes[order], norms=matrix.norms[order])


def _finite(reader: Reader, values: Floats, what: str) -> Floats:
    for first in range(0, len(values), CHECKED_ROWS):
        if not np.isfinite(values[first : first + CHECKED_ROWS]).all():
            raise reader.error(f"the {what} matrix holds what is no number")
    return values


@lean_kernel
def add_row(matrix: Any, row: int, total: Any) -> None:
    """Add the matrix's row to `total`, float32[dim]."""
    if len(matrix.codes) > 0:
        _add_coded_row(matrix, row, total)
    else:
        for k in range(len(total)):
            total[k] += matrix.rows[row, k]


@lean_kernel
def prefetch_row(matrix: Any, row: int) -> None:
    """Ask for the beginning of a row, which will be added soon."""
    if len(matrix.codes) > 0:
        prefetch(matrix.codes, row * matrix.codes.shape[1])
    else:
        prefetch(matrix.rows, row * matrix.rows.shape[1])


@lean_kernel
def _add_coded_row(matrix: Any, row: int, total: Any) -> None:
    part_columns = matrix.centroids.shape[1]
    for part in range(matrix.codes.shape[1]):
        centroid = part * N_CENTROIDS + matrix.codes[row, part]
        first = part * part_columns
        for k in range(first, min(first + part_columns, len(total))):
            total[k] += matrix.norms[row] * matrix.centroids[centroid, k - first]
