"""The word splitters compiled with bounds checks, over texts that ask for every rule at every edge."""

import json

import pytest

from quality.words.splitters import SPLITTERS
from tests.quality.bounds import with_bounds_checks
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


def words_of_all() -> list[list[str]]:
    return [split(text, splitter) for splitter in SPLITTERS.values() for text in TEXTS]


@pytest.mark.slow
def test_no_splitter_leaves_its_arrays(request: pytest.FixtureRequest) -> None:
    assert with_bounds_checks(request, words_of_all) == json.dumps(words_of_all())
