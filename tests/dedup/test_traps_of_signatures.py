"""What others fell into (see also tests/dedup/datatrove/test_lanes.py: products that wrap)."""

import numpy as np
import pyarrow as pa
import pytest

from dedup.bands import band_column, band_hashes
from dedup.settings import DedupSettings
from dedup.shingle_sets import jaccard, shingle_sets
from dedup.signatures import signature_column, signatures
from pipelines.word_splitter import word_splitter

SHORT = ["", "one", "two words", "three short words", "four are too few", None, " \n", "!?"]
SCHEMES = {
    "words": DedupSettings(),
    "characters": DedupSettings(shingle="characters", ngram=20),
    "datatrove": DedupSettings(hashing="datatrove"),
}


@pytest.mark.parametrize("settings", SCHEMES.values(), ids=SCHEMES)
def test_trap_all_short_documents_share_one_signature_and_never_meet(settings: DedupSettings) -> None:
    text = pa.array([*SHORT, "this document has more than enough words for a shingle"])
    split = word_splitter(pa.nulls(len(text), pa.string()))
    lanes, has_shingles = signatures(text, settings, split)
    assert has_shingles.tolist() == [False] * len(SHORT) + [True]
    assert len(np.unique(lanes[: len(SHORT)], axis=0)) == 1, "compared by their signatures, they would be one document"
    bands = band_column(band_hashes(lanes, settings.bands, settings.rows), has_shingles)
    assert bands.null_count == signature_column(lanes, has_shingles).null_count == len(SHORT)
    values, offsets = shingle_sets(text, settings, split)
    assert (np.diff(offsets)[: len(SHORT)] == 0).all()
    assert jaccard(values[:0], values[:0]) == 0
