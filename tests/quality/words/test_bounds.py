"""The word splitters compiled with bounds checks, over texts that ask for every rule at every edge."""

import json
import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

import quality
from quality.words.splitters import SPLITTERS
from tests.quality.words.splitting import PIECES, SENTENCES, split

TEXTS = [
    "",
    " ",
    "°C.",
    "x°C.x°C.",
    "\ud800\U0010ffff",
    "a." * 40,
    *PIECES,
    *SENTENCES,
    "".join(PIECES),
    " ".join(PIECES),
]

CHECKED_RUN = """
import json, sys
import numpy as np
from quality.words.split import split_words
from quality.words.splitters import SPLITTERS
from quality.words.tables import word_tables
from quality.words.cache import new_word_cache
from tests.quality.words.test_bounds import words_of_all
try:
    none = np.empty(0, np.int32)
    split_words(np.array([97], np.uint32), 1, word_tables(), new_word_cache(), 1, none, none)
except IndexError:
    json.dump(words_of_all(), sys.stdout)
"""


def words_of_all() -> list[list[str]]:
    return [split(text, splitter) for splitter in SPLITTERS.values() for text in TEXTS]


def test_no_splitter_leaves_its_arrays(request: pytest.FixtureRequest) -> None:
    sources = sorted(Path(quality.__path__[0]).rglob("*.py"))
    version = sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:16]
    assert request.config.cache is not None
    cache = request.config.cache.mkdir(f"bounds-checked-words-{version}")
    checked = subprocess.run(
        [sys.executable, "-c", CHECKED_RUN],
        env=os.environ | {"NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(cache)},
        cwd=Path(__file__).parents[3],
        capture_output=True,
        check=True,
    )
    assert json.loads(checked.stdout) == words_of_all()
