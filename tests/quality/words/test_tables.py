from pathlib import Path

import pytest
import spacy

from quality.words import tables
from quality.words.make_tables import make_tables, stored_tables, tables_sha256
from quality.words.tables import SHA256


def test_the_shipped_tables_are_the_pinned_ones() -> None:
    assert tables_sha256(stored_tables()) == SHA256


def test_the_shipped_tables_are_small() -> None:
    assert Path(tables.__file__).with_name("tables.npz").stat().st_size < 500_000


@pytest.mark.slow
def test_the_shipped_tables_are_what_the_installed_spacy_gives() -> None:
    if str(stored_tables()["spacy_version"]) != spacy.__version__:
        pytest.skip(f"the tables are of spaCy {stored_tables()['spacy_version']}, {spacy.__version__} is installed")
    assert tables_sha256(make_tables()) == SHA256
