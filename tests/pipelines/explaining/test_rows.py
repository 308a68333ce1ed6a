"""From every row to its documents, from every document to its rows: each against brute force over the other."""

from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from mixer import storage
from mixer.tokens import tokenizer
from pipelines.explaining.places import Held, Locator, names_over
from pipelines.explaining.question import NotInMixture, row_of
from pipelines.explaining.rows import explain_row, place_of
from pipelines.mixture import Mixture, open_mixture
from pipelines.reporting.files import Gone
from tests.pipelines.explaining.explained_lake import COPY, DOCUMENTS, NEAR, SEQUENCE_LENGTH, id_of


def shard_rows(mixture: Mixture) -> list[dict[str, Any]]:
    return [row for _, uri in mixture.files.shards() for row in storage.read_table(uri).to_pylist()]


def document_tokens(mixture: Mixture) -> dict[str, list[int]]:
    """Every document's tokens, read from the blocks by name alone."""
    found = {}
    for folder in Path(mixture.files.lake.uri, "stages", "tokenize").rglob("block-*.parquet"):
        table = storage.read_table(str(folder), ["doc_id", "tokens"])
        found |= dict(zip(table.column("doc_id").to_pylist(), table.column("tokens").to_pylist(), strict=True))
    return found


def test_the_lake_has_what_these_tests_are_about(mixture: Mixture) -> None:
    manifest = mixture.manifest
    assert len(manifest.phases) == 2
    assert len(manifest.files) > 3
    assert {source.name for source in manifest.sources} == {"pages", "files", "best"}
    assert max(source.epochs for source in manifest.sources) > 2
    assert all(len(mixture.block_sets[name].folders) > 1 for name in ("pages", "files", "best"))
    assert (manifest.sources[0].padding_tokens > 0) == (manifest.packing == "best_fit")


def test_every_row_is_made_of_the_parts_that_are_told(mixture: Mixture) -> None:
    texts = document_tokens(mixture)
    for row in shard_rows(mixture):
        place = place_of(mixture.manifest, row["row"])
        assert (place.mixed_as, place.phase) == (row["source"], row["phase"])
        parts = mixture.packers[place.mixed_as].parts(place.sequence)
        assert sum(part.tokens for part in parts) == row["n_tokens"]
        made = [token for part in parts for token in texts[part.doc_id][part.start : part.start + part.tokens]]
        assert made == row["input_ids"][: row["n_tokens"]]
        is_concat = mixture.manifest.packing == "concat"
        assert row["doc_starts"] == [part.position for part in parts if part.start == 0 or not is_concat]


def test_every_documents_rows_are_those_that_hold_it(mixture: Mixture) -> None:
    manifest = mixture.manifest
    expected: dict[tuple[str, str], list[Held]] = defaultdict(list)
    for row in range(manifest.rows):
        place = place_of(manifest, row)
        for part in mixture.packers[place.mixed_as].parts(place.sequence):
            expected[place.mixed_as, part.doc_id].append(
                Held(row, place.phase, part.epoch, place.sequence, part.start, part.position, part.tokens)
            )
    found: dict[tuple[str, str], list[Held]] = {}
    for source, documents in DOCUMENTS.items():
        ids = {id_of(source, row) for row in range(len(documents))}
        for name in names_over(mixture, source):
            present = Locator(mixture, name).presence(ids)
            total = next(total for total in manifest.sources if total.name == name)
            assert len(present) == total.documents
            assert sum(presence.tokens for presence in present.values()) == total.available_tokens
            found |= {(name, doc_id): presence.held for doc_id, presence in present.items() if presence.held}
    assert found == {key: sorted(held) for key, held in expected.items()}


def test_a_rows_story_has_all_that_is_known(mixture: Mixture) -> None:
    decoder = tokenizer("cl100k_base")
    stands_for = {}
    for row in shard_rows(mixture):
        story = explain_row(mixture, row["row"], text_chars=50)
        assert (story.tokens, story.padding_tokens) == (row["n_tokens"], SEQUENCE_LENGTH - row["n_tokens"])
        assert story.matches_shard
        assert storage.read_table(f"{mixture.files.folder}/{story.shard}").to_pylist()[story.row_in_shard] == row
        for part in story.parts:
            document = part.account.document
            original = DOCUMENTS[story.source][document.part * (len(DOCUMENTS[story.source]) // 2) + document.row]
            assert (document.url, document.path, document.license) == (original.url, original.path, original.license)
            assert part.account.survives
            assert all(judged.passed for judged in part.account.verdict.checks)
            ids = row["input_ids"][part.position : part.position + part.tokens]
            assert part.text == decoder.decode(ids)[:50]
            assert part.begins_here == (part.start == 0)
            assert part.ends_here == (ids[-1] == decoder.end_of_text_id)
            assert all(held.row != row["row"] for held in part.first_other_rows)
            if part.account.stands_for:
                stands_for[document.doc_id] = part.account.stands_for
    two = stands_for[id_of("pages", 2)]
    assert two.size == 3
    assert {(member.reason, member.document.place) for member in two.members} == {
        ("near_duplicate", DOCUMENTS["pages"][NEAR].url),
        ("exact_duplicate", f"harbour/lamps@{'c' * 40}:lamp9.py"),
    }
    assert [member.document.row for member in stands_for[id_of("pages", 0)].members] == [COPY - 12]


def test_a_row_of_a_shard_is_a_row_of_the_mixture(mixture: Mixture) -> None:
    manifest = mixture.manifest
    rows = [row_of(manifest, row, shard) for shard, file in enumerate(manifest.files) for row in range(file.rows)]
    assert rows == [row_of(manifest, row) for row in range(manifest.rows)] == list(range(manifest.rows))


@pytest.mark.parametrize(("row", "shard"), [(-1, None), (131_000, None), (0, 99), (0, -1), (25, 0), (-1, 0)])
def test_a_row_outside_is_refused_with_what_there_is(mixture: Mixture, row: int, shard: int | None) -> None:
    count = mixture.manifest.rows if shard is None else 25 if shard == 0 else len(mixture.manifest.files)
    with pytest.raises(NotInMixture, match=f"has {count} (rows|shards): 0 to {count - 1}$"):
        row_of(mixture.manifest, row, shard)


def test_a_shard_with_other_tokens_is_told_and_never_explained(own_uri: str) -> None:
    mixture = open_mixture(own_uri)
    (_, first), (_, second), *_ = mixture.files.shards()
    Path(first).write_bytes(Path(second).read_bytes())
    with pytest.raises(Gone, match="other tokens than the lake's blocks make"):
        explain_row(mixture, 0)


def test_without_the_shard_a_row_is_explained_and_not_compared(own_uri: str) -> None:
    mixture = open_mixture(own_uri)
    Path(mixture.files.shards()[0][1]).unlink()
    assert explain_row(mixture, 0).matches_shard is None


@pytest.mark.parametrize("stage", ["tokenize", "ingest", "annotate", "decide", "dedup"])
def test_a_stage_that_is_gone_is_named(own_uri: str, stage: str) -> None:
    mixture = open_mixture(own_uri)
    for part in Path(mixture.files.lake.uri, "stages", stage).rglob("*.parquet"):
        part.unlink()
    with pytest.raises(Gone, match=r"is not there any more\. Build the mixture again"):
        [explain_row(mixture, row) for row in range(mixture.manifest.rows)]
