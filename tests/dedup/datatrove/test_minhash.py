from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from datatrove.data import Document
from datatrove.pipeline.dedup.minhash import MinhashDedupBuckets

from dedup.bands import band_hashes
from dedup.datatrove.minhash import BYTES_AT_ONCE
from dedup.settings import DedupSettings
from dedup.shingle_sets import shingle_sets
from dedup.signatures import signatures
from pipelines.word_splitter import word_splitter
from quality.words.splitters import LANGUAGES, RELATIVES
from tests.dedup.datatrove import oracle

FINEWEB = DedupSettings(scheme="fineweb")


@pytest.mark.parametrize("language", oracle.SENTENCES)
def test_signatures_are_datatroves_bit_for_bit(language: str) -> None:
    texts = oracle.texts_of(language, 40, seed=len(language))
    split = word_splitter(oracle.languages_column(language, len(texts)))
    lanes, has_shingles = signatures(pa.array(texts), FINEWEB, split)
    step = oracle.signer(language)
    expected = [oracle.signature(step, text) for text in texts]
    assert has_shingles.tolist() == [row is not None for row in expected]
    assert 3 <= has_shingles.sum() < len(texts)
    for text, row, theirs in zip(texts, lanes.tolist(), expected, strict=True):
        assert theirs is None or row == theirs, text


def test_every_language_of_the_oracle_has_a_splitter_of_its_own() -> None:
    assert set(oracle.SENTENCES) <= {*LANGUAGES, *RELATIVES}


def test_shingle_sets_are_datatroves() -> None:
    texts = oracle.texts_of("en", 30, seed=9)
    values, offsets = shingle_sets(pa.array(texts), FINEWEB, word_splitter(oracle.languages_column("en", len(texts))))
    step = oracle.signer("en")
    for i, text in enumerate(texts):
        assert values[offsets[i] : offsets[i + 1]].tolist() == sorted(set(step.get_shingles(text).ravel().tolist()))


def test_other_seeds_and_unknown_languages() -> None:
    texts = oracle.texts_of("en", 5, seed=2)
    lanes, has_shingles = signatures(
        pa.array(texts), DedupSettings(scheme="fineweb", seed=77), word_splitter(pa.nulls(len(texts), pa.string()))
    )
    step = oracle.signer("en", seed=77)
    for i in np.flatnonzero(has_shingles):
        assert lanes[i].tolist() == oracle.signature(step, texts[i])


def test_pieces_of_a_column_and_types_do_not_matter() -> None:
    texts = [*oracle.texts_of("en", 20, seed=3), "long words " * (BYTES_AT_ONCE // 8), None, "a b c d e f"]
    split = word_splitter(oracle.languages_column("en", len(texts)))
    whole, has_shingles = signatures(pa.array(texts), FINEWEB, split)
    for i in np.flatnonzero(has_shingles):
        alone, _ = signatures(pa.array([texts[i]], pa.large_string()), FINEWEB, split)
        assert (alone[0] == whole[i]).all()
    assert not has_shingles[-2]


def test_documents_meet_where_datatroves_do(tmp_path: Path) -> None:
    base = " ".join(f"word{i}" for i in range(200))
    texts = [base, base.upper(), base.replace("word7", "other"), "short text", "short text", base[: len(base) // 2]]
    step = oracle.signer("en")
    step.output_folder = step.output_folder.__class__(str(tmp_path / "signatures"))
    step.run((Document(text=text, id=str(i)) for i, text in enumerate(texts)))
    pairs = set()
    for bucket in range(14):
        finder = MinhashDedupBuckets(str(tmp_path / "signatures"), str(tmp_path / "buckets"))
        finder.run(None, bucket, 14)
        for path in (tmp_path / "buckets").glob(f"{bucket:05d}_*.dups"):
            found = np.frombuffer(path.read_bytes(), np.uint32).reshape(-1, 4)
            pairs |= {(int(a), int(b)) for _, a, _, b in found}
    lanes, has_shingles = signatures(pa.array(texts), FINEWEB, word_splitter(oracle.languages_column("en", len(texts))))
    hashes = band_hashes(lanes, 14, 8)
    ours = {
        (i, j)
        for i in range(len(texts))
        for j in range(i + 1, len(texts))
        if has_shingles[i] and has_shingles[j] and (hashes[i] == hashes[j]).any()
    }
    assert pairs
    assert {frozenset(pair) for pair in pairs} <= {frozenset(pair) for pair in ours}
    assert not {3, 4} & {i for pair in ours for i in pair}


def test_words_must_be_given() -> None:
    with pytest.raises(ValueError, match="needs its words"):
        signatures(pa.array(["a"]), FINEWEB)
