import os
import subprocess
import sys
from pathlib import Path

import pytest

from dedup.bands import hash_bands
from dedup.datatrove.shingles import sign_words
from dedup.exact import _collapse_whitespace
from dedup.kernels import sign_documents
from dedup.shingle_sets import pair_similarities
from dedup.warm import warm
from tests.dedup.hostile import digest

CHECKOUT = Path(__file__).parents[2]


@pytest.mark.slow
def test_kernels_stay_within_their_arrays(tmp_path: Path) -> None:
    checked = subprocess.run(
        [sys.executable, "-m", "tests.dedup.hostile"],
        env={**os.environ, "NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(tmp_path)},
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr
    assert checked.stdout.strip() == digest(), "results differ: a stale numba cache in dedup/__pycache__, or a bug"


def test_real_use_after_warming_compiles_nothing_more() -> None:
    warm()
    versions = _compiled_versions()
    digest()
    assert _compiled_versions() == versions
    assert versions == {
        "sign_documents": 1,
        "_collapse_whitespace": 1,
        "sign_words": 1,
        "hash_bands": 2,
        "pair_similarities": 1,
    }


def _compiled_versions() -> dict[str, int]:
    kernels = (sign_documents, _collapse_whitespace, sign_words, hash_bands, pair_similarities)
    return {kernel.__name__: len(kernel.signatures) for kernel in kernels}
