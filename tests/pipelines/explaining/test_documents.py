"""What is told about documents: rejected, duplicate, left out, refused, mixed, unknown."""

import json
from pathlib import Path

import pytest

from mixer import storage
from pipelines.explaining.documents import LISTED
from pipelines.explaining.question import NotInMixture
from pipelines.explaining.rows import explain_row
from pipelines.explaining.trail import TOLD, DocumentStory, Trail, explain_document
from pipelines.lake import Lake, output_digest
from pipelines.mixture import Mixture, open_mixture
from pipelines.removal.tombstones import Tombstone, add_tombstone, read_tombstones, remove_tombstone
from pipelines.reporting.files import Gone
from tests.pipelines.explaining.explained_lake import (
    COMMIT,
    COPIED_FILE,
    DOCUMENTS,
    FORGOTTEN,
    HOSTILE_URL,
    NEAR,
    TOO_SHORT,
    UNCHOSEN,
    id_of,
)


def one(story: DocumentStory) -> Trail:
    (trail,) = story.trails
    return trail


def about(mixture: Mixture, source: str, row: int) -> Trail:
    trail = one(explain_document(mixture, id_of(source, row)))
    assert trail.account.document.doc_id == id_of(source, row)
    return trail


def test_a_rejected_document_has_its_values_and_bounds(mixture: Mixture) -> None:
    trail = about(mixture, "pages", TOO_SHORT)
    assert (trail.outcome, trail.mixed) == ("rejected", [])
    (failed,) = [judged for judged in trail.account.verdict.checks if not judged.passed]
    assert (failed.reason, failed.value, failed.comparison, failed.bound) == ("length.too_short", 10, ">=", "50")


@pytest.mark.parametrize(
    ("source", "row", "reason"), [("pages", NEAR, "near_duplicate"), ("files", COPIED_FILE, "exact_duplicate")]
)
def test_a_duplicate_names_its_survivor_of_any_source(mixture: Mixture, source: str, row: int, reason: str) -> None:
    trail = about(mixture, source, row)
    assert (trail.outcome, trail.mixed) == ("duplicate", [])
    removal = trail.account.removal
    assert removal is not None
    assert removal.survivor is not None
    assert (removal.reason, removal.survivor_id, removal.cluster_size) == (reason, id_of("pages", 2), 3)
    assert removal.survivor.url == DOCUMENTS["pages"][2].url


def test_a_copy_and_its_survivor_of_one_id_are_both_told(mixture: Mixture) -> None:
    story = explain_document(mixture, str(DOCUMENTS["pages"][0].url))
    assert [trail.outcome for trail in story.trails] == ["mixed", "duplicate"]
    assert story.trails[0].account.stands_for is not None
    assert story.trails[1].account.stands_for is None


def test_of_records_that_are_alike_a_row_names_the_one_that_was_kept(mixture: Mixture) -> None:
    rejected, mixed = explain_document(mixture, id_of("files", 0)).trails
    assert (rejected.outcome, rejected.account.document.license) == ("rejected", "GPL-3.0-only")
    (mixing,) = mixed.mixed
    assert mixing.presence is not None
    story = explain_row(mixture, mixing.presence.held[0].row)
    licences = {part.account.document.doc_id: part.account.document.license for part in story.parts}
    assert licences[id_of("files", 0)] == "MIT"


def test_what_a_condition_leaves_out_is_told_with_the_condition(mixture: Mixture) -> None:
    trail = about(mixture, "pages", UNCHOSEN)
    assert trail.outcome == "left_out"
    told = {mixing.mixed_as: mixing.left_out_by for mixing in trail.mixed}
    assert told == {"pages": ["where: url NOT LIKE '%stub'"], "best": ["where: n_words > 60"]}


def test_what_a_tombstone_forgets_is_told_with_the_tombstone(mixture: Mixture) -> None:
    trail = about(mixture, "pages", FORGOTTEN)
    assert trail.outcome == "left_out"
    assert "asked by its owner" in trail.mixed[0].left_out_by[0]
    assert len(trail.tombstones) == 1


def test_a_tombstone_that_came_later_is_told_and_explains_nothing(own_uri: str) -> None:
    mixture = open_mixture(own_uri)
    doc_id = id_of("pages", 3)
    add_tombstone(mixture.files.lake, Tombstone(ids=(doc_id,), note="later"))
    trail = about(mixture, "pages", 3)
    assert trail.outcome == "mixed"
    assert "later" in trail.tombstones[0]
    remains = about(mixture, "pages", UNCHOSEN)
    assert remains.mixed[0].left_out_by == ["where: url NOT LIKE '%stub'"]


def test_a_tombstone_taken_back_is_only_perhaps_the_reason(own_uri: str) -> None:
    mixture = open_mixture(own_uri)
    (tombstone,) = read_tombstones(mixture.files.lake)
    remove_tombstone(mixture.files.lake, tombstone.digest)
    (reason,) = about(mixture, "pages", FORGOTTEN).mixed[0].left_out_by
    assert reason == f"perhaps a tombstone that was taken back since: {tombstone.digest}"


def test_rows_of_a_mixed_document_tell_of_it(mixture: Mixture) -> None:
    trail = about(mixture, "pages", 13)
    assert {mixing.mixed_as for mixing in trail.mixed if mixing.presence} == {"pages", "best"}
    for mixing in trail.mixed:
        assert mixing.presence is not None
        for held in mixing.presence.held:
            story = explain_row(mixture, held.row)
            assert story.place.mixed_as == mixing.mixed_as
            assert any(
                (part.account.document.doc_id, part.position, part.start, part.tokens, part.epoch)
                == (id_of("pages", 13), held.position, held.start, held.tokens, held.epoch)
                for part in story.parts
            )


def test_a_mixture_that_ends_before_a_document_says_so(mixture: Mixture, own_uri: str) -> None:
    path = Path(own_uri) / "manifest.json"
    content = json.loads(path.read_text())
    for source in content["sources"]:
        source["rows"] = 0
    path.write_text(json.dumps(content))
    assert about(open_mixture(own_uri), "pages", 13).outcome == "not_reached"


def test_a_refused_record_is_found_by_its_address_and_its_reference(mixture: Mixture) -> None:
    for name in ("http://one.example/moved", "crawl.warc.gz@120 http://one.example/moved"):
        story = explain_document(mixture, name)
        assert (story.documents, story.refused_records) == (0, 1)
        assert (story.refused[0].outcome, story.refused[0].reason) == ("rejected", "http_status")
    story = explain_document(mixture, f"harbour/lamps@{COMMIT}:broken.py")
    assert story.refused[0].outcome == "quarantined"


def test_many_documents_of_a_name_are_listed(mixture: Mixture) -> None:
    story = explain_document(mixture, f"harbour/lamps@{COMMIT}")
    assert TOLD < story.documents == len(DOCUMENTS["files"]) <= LISTED
    assert [document.path for document in story.listed] == [document.path for document in DOCUMENTS["files"]]
    assert story.trails == []


def test_an_unknown_name_says_where_it_looked_and_what_is_near(mixture: Mixture) -> None:
    with pytest.raises(NotInMixture, match="looked through 36 documents and 2 refused records") as failure:
        explain_document(mixture, "http://one.example/unknown")
    assert "http://one.example/2" in str(failure.value)
    assert "\x1b" not in str(failure.value)
    with pytest.raises(NotInMixture, match=r"looked through .* of pages, files"):
        explain_document(mixture, "0" * 32)


def test_text_is_read_when_it_is_asked_for(mixture: Mixture) -> None:
    assert about(mixture, "pages", 13).account.document.text is None
    trail = one(explain_document(mixture, HOSTILE_URL, text_chars=30))
    assert trail.account.document.text == DOCUMENTS["pages"][1].text[:30]


def test_a_lost_survivor_is_left_undescribed(own_uri: str) -> None:
    mixture = open_mixture(own_uri)
    manifest = mixture.files.stage("ingest", "pages")
    kept = [part for part in manifest.files if part.path != "part-00000.parquet"]
    uri = mixture.files.lake.stage_uri("ingest", "pages", manifest.fingerprint)
    content = manifest.model_copy(update={"files": kept, "output": output_digest(kept)}).model_dump_json()
    storage.write_bytes(f"{uri}/manifest.json", content.encode())
    removal = about(mixture, "files", COPIED_FILE).account.removal
    assert removal is not None
    assert removal.survivor is None


def test_a_stage_without_its_folder_is_named(own_uri: str) -> None:
    mixture = open_mixture(own_uri)
    lake = Lake(mixture.files.lake.uri)
    manifest = mixture.files.stage("decide", "pages")
    Path(lake.stage_uri("decide", "pages", manifest.fingerprint), "manifest.json").unlink()
    with pytest.raises(Gone, match="Stage decide of pages: its output is not in the lake any more"):
        about(mixture, "pages", 13)
