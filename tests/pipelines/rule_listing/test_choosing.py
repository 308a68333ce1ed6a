"""Chosen documents: the same ones however they are cut into parts, a fair few of each reason, seeded."""

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixer import storage
from pipelines.document import document_id
from pipelines.rule_listing.choosing import KEPT, REJECTED, chosen_places
from pipelines.rule_listing.decided import DecidedSource
from pipelines.rule_listing.least_hashes import LeastHashes, id_hashes, id_words
from tests.pipelines.rule_listing.decided_lake import decided_source, document, overlap

ROWS = [
    {"n_words": 2 if number % 3 else 20, "overlaps": overlap("gsm8k") if number % 4 == 0 else None}
    for number in range(60)
] + [{"unmeasured": "too_large"}]


def everything(_reason: str) -> bool:
    return True


def chosen_ids(source: DecidedSource, seed: int = 0, size: int = 3) -> dict[str, list[str]]:
    ids = [storage.read_table(part.verdicts_uri, ["doc_id"]).column("doc_id").to_pylist() for part in source.parts]
    chosen = chosen_places(source, seed, size, everything, (KEPT, REJECTED))
    return {name: [ids[place.part][place.row] for place in places] for name, places in chosen.items()}


@settings(max_examples=12)
@given(st.lists(st.integers(0, len(ROWS)), max_size=4).map(sorted), st.integers(1, 20))
def test_the_choice_does_not_depend_on_the_partitioning(cuts: list[int], group_rows: int) -> None:
    with TemporaryDirectory() as folder, TemporaryDirectory() as other:
        whole = chosen_ids(decided_source(Path(folder), ROWS))
        assert chosen_ids(decided_source(Path(other), ROWS, cuts=cuts, group_rows=group_rows)) == whole


def test_what_is_chosen_has_the_reason(tmp_path: Path) -> None:
    ids = [document_id("pages", document(number)) for number in range(len(ROWS))]
    members = {
        "words.few": {ids[number] for number in range(60) if number % 3},
        "found.overlap.gsm8k": {ids[number] for number in range(0, 60, 4)},
        "unmeasured.too_large": {ids[60]},
        KEPT: {ids[number] for number in range(0, 60, 3) if number % 4},
        REJECTED: {ids[number] for number in range(60) if number % 3 or number % 4 == 0},
    }
    found = chosen_ids(decided_source(tmp_path, ROWS))
    assert list(found) == sorted(members)
    for name, own in found.items():
        assert set(own) <= members[name]
        assert len(set(own)) == len(own) == min(3, len(members[name]))
    assert chosen_ids(decided_source(tmp_path, ROWS), seed=1) != found


def test_more_are_the_same_and_some(tmp_path: Path) -> None:
    source = decided_source(tmp_path, ROWS)
    few, many = chosen_ids(source, size=3), chosen_ids(source, size=1000)
    assert all(many[name][: len(own)] == own for name, own in few.items())
    assert len(many["words.few"]) == 40


def test_every_document_is_as_likely_as_any_other(tmp_path: Path) -> None:
    source = decided_source(tmp_path, [{"n_words": 2}] * 30)
    counts = Counter(doc_id for seed in range(300) for doc_id in chosen_ids(source, seed)["words.few"])
    assert len(counts) == 30
    assert all(5 < count < 65 for count in counts.values())  # 30 expected, deviation 5.2


def test_a_document_that_was_met_twice_is_chosen_once(tmp_path: Path) -> None:
    documents = [document(number % 4) for number in range(12)]
    source = decided_source(tmp_path, [{"n_words": 2}] * 12, documents, cuts=[5])
    found = chosen_ids(source, size=10)["words.few"]
    assert sorted(found) == sorted({document_id("pages", document(number)) for number in range(4)})


@given(st.lists(st.integers(0, 50), max_size=60), st.integers(1, 8), st.integers(1, 60))
def test_the_least_hashes_are_kept(values: list[int], size: int, cut: int) -> None:
    least = LeastHashes(size)
    for part, own in enumerate((values[:cut], values[cut:])):
        least.offer(np.array(own, np.uint64), part, np.arange(len(own)))
    kept = [(values[:cut], values[cut:])[place.part][place.row] for place in least.places()]
    assert kept == sorted(set(values))[:size]


def test_ids_are_read_through_slices_and_others_refused() -> None:
    ids = pa.array([f"{number:032x}" for number in range(10)])
    key = np.uint64(7)
    assert id_hashes(id_words(ids), key)[3:].tolist() == id_hashes(id_words(ids.slice(3)), key).tolist()
    assert len(set(id_hashes(id_words(ids), key).tolist())) == 10
    assert id_hashes(id_words(ids.cast(pa.large_string())), key).tolist() == id_hashes(id_words(ids), key).tolist()
    assert len(id_words(pa.array([], pa.string()))) == 0
    with pytest.raises(ValueError, match="32 characters"):
        id_words(pa.array(["short"]))
