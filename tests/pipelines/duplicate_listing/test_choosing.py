"""Which documents of a cluster are shown does not depend on how the documents are cut into parts."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pytest

from mixer import storage
from pipelines.document import DOCUMENT_SCHEMA, Document, document_id, to_table
from pipelines.duplicate_listing.choosing import Shown, choose
from pipelines.steps.deduplicate import REMOVED_SCHEMA

SOURCES = ("pages", "files")
DOCUMENTS = [Document(f"text {number}", "page", url=f"http://one.example/{number}") for number in range(60)]
NEAR, EXACT = "near_duplicate", "exact_duplicate"


@dataclass
class Files:
    """Parts in one folder."""

    folder: Path

    def parts(self, stage: str, source: str, prefix: str) -> list[str]:
        return sorted(str(path) for path in (self.folder / stage / source).glob(f"{prefix}*"))


def first_of(source: str) -> str:
    return document_id(source, DOCUMENTS[0])


def write(folder: Path, cuts: Sequence[int]) -> Files:
    """Both sources with the same texts: the first page stands for nearly all, the first file for three files."""
    for source in SOURCES:
        bounds = [0, *cuts, len(DOCUMENTS)]
        for part, (start, stop) in enumerate(pairwise(bounds)):
            table = to_table(source, DOCUMENTS[start:stop])
            storage.write_parquet(f"{folder}/ingest/{source}/part-{part:05d}.parquet", DOCUMENT_SCHEMA, [table])
            rows = [
                {"row": number - start, "survivor_id": survivor, "reason": reason, "cluster_size": 2}
                for number in range(start, stop)
                if (found := removal(source, number)) is not None
                for survivor, reason in [found]
            ]
            if rows:
                removed = pa.Table.from_pylist(rows, schema=REMOVED_SCHEMA)
                uri = f"{folder}/dedup/{source}/removed-{part:05d}.parquet"
                storage.write_parquet(uri, REMOVED_SCHEMA, [removed])
    return Files(folder)


def removal(source: str, number: int) -> tuple[str, str] | None:
    if number == 0:
        return None
    if source == "files" and number > 56:
        return first_of("files"), NEAR
    return first_of("pages"), EXACT if number in (7, 9) else NEAR


def chosen(files: Files, size: int = 4, seed: int = 1, sources: Sequence[str] = SOURCES) -> dict[str, Shown]:
    ids = [first_of(source) for source in SOURCES]
    return choose(files, SOURCES, ids, size, seed, lambda source, _: source in sources, {})


def ids_of(shown: dict[str, Shown]) -> list[list[tuple[str, str]]]:
    return [[(place.doc_id, reason) for place, reason in shown[first_of(source)].members] for source in SOURCES]


def test_the_choice_does_not_depend_on_the_parts(tmp_path: Path) -> None:
    found = [ids_of(chosen(write(tmp_path / str(len(cuts)), cuts))) for cuts in ([], [30], [1, 8, 9, 50])]
    assert found[0] == found[1] == found[2]
    assert [len(members) for members in found[0]] == [4, 3]


def test_every_reason_gets_its_turn(tmp_path: Path) -> None:
    pages, files = ids_of(chosen(write(tmp_path, [20])))
    assert [reason for _, reason in pages] == [EXACT, NEAR, EXACT, NEAR]
    assert len(set(pages)) == 4
    assert [reason for _, reason in files] == [NEAR] * 3


def test_the_places_are_those_of_the_documents(tmp_path: Path) -> None:
    shown = chosen(write(tmp_path, [20, 40]), size=50)
    for source in SOURCES:
        cluster = shown[first_of(source)]
        assert cluster.survivor is not None
        for place in [cluster.survivor, *(place for place, _ in cluster.members)]:
            ids = storage.read_table(f"{tmp_path}/ingest/{place.source}/part-{place.part:05d}.parquet", ["doc_id"])
            assert ids.column("doc_id")[place.row].as_py() == place.doc_id
        assert cluster.survivor.doc_id == first_of(source)
        for place, reason in cluster.members:
            number = place.row + 20 * place.part
            assert removal(place.source, number) == (first_of(source), reason)


def test_another_seed_is_another_choice_and_sources_narrow_it(tmp_path: Path) -> None:
    files = write(tmp_path, [30])
    assert ids_of(chosen(files)) != ids_of(chosen(files, seed=2))
    shown = chosen(files, sources=["files"])
    assert {place.source for cluster in shown.values() for place, _ in cluster.members} == {"files"}
    assert all(cluster.survivor is not None for cluster in shown.values())
    assert ids_of(chosen(files, size=0)) == [[], []]


def test_a_survivor_that_is_gone_has_no_place(tmp_path: Path) -> None:
    shown = choose(write(tmp_path, []), SOURCES, ["0" * 32], 3, 1, lambda *_: True, {})
    assert shown == {"0" * 32: Shown()}


def test_only_what_is_needed_is_read(tmp_path: Path) -> None:
    """Parts without a removed document are not opened once all survivors are found."""
    files = write(tmp_path, [1, 30])
    (tmp_path / "ingest" / "files" / "part-00001.parquet").write_bytes(b"not Parquet")
    (tmp_path / "dedup" / "files" / "removed-00001.parquet").unlink()
    assert [len(members) for members in ids_of(chosen(files))] == [4, 3]
    with pytest.raises(storage.DamagedFile, match="part-00001"):
        choose(files, SOURCES, ["0" * 32], 3, 1, lambda *_: True, {})
