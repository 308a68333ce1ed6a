"""Quarantine listed, tried again and accepted, over the stages' own code and files on disk."""

import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

import pipelines.sources.jsonl as jsonl_source
from pipelines.build import recipe_from
from pipelines.cli import app
from pipelines.context import Context
from pipelines.document import Document, Quarantined, Record
from pipelines.lake import StageManifest
from pipelines.replaying.quarantine import accept, quarantines, try_again
from pipelines.source import SourceKind, source_kind
from tests.pipelines.in_process import run, snapshot, write_jsonl
from tests.pipelines.sources.git_repositories import commit, new_repository, object_path

GOOD = "The lantern on the harbour wall was lit each evening by the keeper, and nobody thought it odd. "
HOSTILE = '{"text": "\x1b[31m"'  # no JSON; what a terminal would show in red


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Input of three files, of which two have lines that cannot be read, and a recipe over them."""
    data = tmp_path / "data"
    for number in range(3):
        write_jsonl(data / f"{number}.jsonl", [{"text": f"{GOOD * 3}{number} {line}"} for line in range(4)])
    insert(data / "0.jsonl", 1, "no json")
    insert(data / "2.jsonl", 0, HOSTILE)
    insert(data / "2.jsonl", 3, '{"txt": 1}')
    recipe = {
        "name": "tried",
        "sources": [{"name": "pages", "kind": "jsonl", "uri": "data"}],
        "phases": [{"name": "main", "budget_tokens": 64, "weights": {"pages": 1.0}}],
        "sequence_length": 32,
        "retention": {"max_loss": 0.9},
    }
    (tmp_path / "recipe.yaml").write_text(json.dumps(recipe), encoding="utf-8")  # JSON is YAML
    return tmp_path


def insert(path: Path, at: int, line: str) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([*lines[:at], line, *lines[at:]]) + "\n", encoding="utf-8")


def ingest(folder: Path, lake: str = "lake") -> StageManifest:
    return context(folder, lake).of("ingest", "pages")


def context(folder: Path, lake: str = "lake") -> Context:
    return run(recipe_from(folder / "recipe.yaml", None, None), folder / lake, until="ingest")


def replay(folder: Path, *options: str, code: int = 0) -> str:
    arguments = ["replay", str(folder / "recipe.yaml"), "--lake", str(folder / "lake"), *options]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == code, done.output
    return done.output


def replay_json(folder: Path, *options: str) -> dict[str, Any]:
    arguments = ["replay", str(folder / "recipe.yaml"), "--lake", str(folder / "lake"), "--json", *options]
    done = CliRunner().invoke(app, arguments)
    (found,) = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


@pytest.fixture
def mended(monkeypatch: pytest.MonkeyPatch) -> None:
    """A later version of the source, which reads `txt` too and lines that are no JSON as text."""

    def read(split: Any, options: Any) -> Iterator[Record]:
        for record in jsonl_source.read(split, options):
            if isinstance(record, Quarantined) and record.reason in ("text_missing", "bad_json"):
                yield Document(text=f"{GOOD} {Path(record.reference).name}", format="page")
            else:
                yield record

    later = SourceKind(**(vars(jsonl_source.SOURCE) | {"read": read}))
    monkeypatch.setattr("pipelines.steps.ingest.source_kind", lambda _: later)
    monkeypatch.setattr("pipelines.replaying.rereading.source_kind", lambda _: later)


def test_quarantine_is_listed_with_its_references(folder: Path) -> None:
    ingest(folder)
    shown = replay(folder, "--list")
    assert "pages (jsonl): 3 in quarantine, in 2 of 3 splits" in shown
    assert f"{folder}/data/0.jsonl@" in shown
    assert "text_missing" in shown
    assert "\x1b" not in shown
    only = replay_json(folder, "--list", "--reason", "text_missing")
    assert only["reasons"] == {"text_missing": 1}
    assert "unknown source" in str(
        CliRunner().invoke(app, ["replay", str(folder / "recipe.yaml"), "--source", "pagez"]).exception
    )


def test_what_is_unchanged_has_nothing_to_accept_and_nothing_is_written(folder: Path) -> None:
    ingest(folder)
    before = snapshot(folder / "lake")
    shown = replay(folder, "--accept")
    assert "no longer in quarantine: 0 of 3" in shown
    assert "nothing to accept" in shown
    assert snapshot(folder / "lake") == before


@pytest.mark.usefixtures("mended")
def test_a_mended_reader_recovers_records_in_the_next_build_of_the_same_splits(folder: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines.steps.ingest.source_kind", source_kind)
        before = ingest(folder)
    stored = snapshot(folder / "lake")
    tried = [each for reread in replay_json(folder)["rereads"] for each in reread["tried"]]
    assert [each["before"]["reason"] for each in tried] == ["bad_json", "bad_json", "text_missing"]
    assert [each["now"]["kind"] for each in tried] == ["document"] * 3
    assert snapshot(folder / "lake") == stored
    assert ingest(folder).fingerprint == before.fingerprint  # until it is accepted

    assert "reads 2 splits again" in replay(folder, "--accept")
    after = ingest(folder)
    assert (before.books.kept, before.books.quarantined) == (12, 3)
    assert (after.books.kept, after.books.quarantined, after.books.records_in) == (15, 0, 15)
    assert after.fingerprint != before.fingerprint
    assert {file.sha256 for file in after.files} & {file.sha256 for file in before.files} == {
        next(file.sha256 for file in before.files if file.path == "part-00001.parquet")
    }
    ids = pq.read_table(folder / "lake/stages/ingest/pages" / after.fingerprint / "part-00002.parquet")["doc_id"]
    assert {each["now"]["doc_id"] for each in tried[1:]} <= set(ids.to_pylist())
    assert ingest(folder).fingerprint == after.fingerprint
    assert "0 in quarantine" in replay(folder)
    assert {path: data for path, data in snapshot(folder / "lake").items() if path in stored} == stored


def test_a_changed_file_is_read_and_the_others_are_taken_over(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = ingest(folder)
    write_jsonl(folder / "data/0.jsonl", [{"text": GOOD * 4}])
    assert "1 more splits are new or have changed" in replay(folder)

    read: list[str] = []
    kind = jsonl_source.SOURCE

    def counting(split: Any, options: Any) -> Iterator[Record]:
        read.append(Path(split.uri).name)
        return kind.read(split, options)

    counted = SourceKind(**(vars(kind) | {"read": counting}))
    monkeypatch.setattr("pipelines.steps.ingest.source_kind", lambda _: counted)
    after = ingest(folder)
    assert read == ["0.jsonl"]
    assert (before.books.kept, after.books.kept, after.books.quarantined) == (12, 9, 2)

    fresh = ingest(folder, "other")
    assert fresh.files == after.files  # as a lake has them that never saw the old file
    assert fresh.books == after.books
    assert fresh.measures == after.measures
    assert fresh.tasks == after.tasks


def test_a_part_that_rotted_is_read_anew(folder: Path) -> None:
    before = ingest(folder)
    part = folder / "lake/stages/ingest/pages" / before.fingerprint / "part-00002.parquet"
    data = bytearray(part.read_bytes())
    data[len(data) // 2] ^= 1
    part.write_bytes(bytes(data))
    write_jsonl(folder / "data/0.jsonl", [{"text": GOOD * 4}])
    after = ingest(folder)
    digest = {file.path: file.sha256 for file in before.files}["part-00002.parquet"]
    assert {file.path: file.sha256 for file in after.files}["part-00002.parquet"] == digest


def test_files_that_cannot_be_told_apart_are_read(folder: Path) -> None:
    for name in ("a", "b"):
        write_jsonl(folder / f"data/{name}/same.jsonl", [{"text": f"{GOOD * 2} in {name}"}])
        os.utime(folder / f"data/{name}/same.jsonl", ns=(10**18, 10**18))
    ingest(folder)
    write_jsonl(folder / "data/0.jsonl", [{"text": GOOD * 4}])
    after = ingest(folder)
    texts = [
        text
        for file in after.part_uris(context(folder).lake, "part-")
        for text in pq.read_table(file)["text"].to_pylist()
    ]
    assert {text[-4:] for text in texts if " in " in text[-5:]} == {"in a", "in b"}


@pytest.mark.parametrize("compressed", [False, True])
def test_the_raw_bytes_of_a_record_are_shown_escaped(folder: Path, compressed: bool) -> None:
    if compressed:
        data = (folder / "data/2.jsonl").read_bytes()
        (folder / "data/2.jsonl").unlink()
        (folder / "data/2.jsonl.gz").write_bytes(gzip.compress(data))
    ingest(folder)
    references = [r["reference"] for held in replay_json(folder, "--list")["held"] for r in held["records"]]
    shown = replay(folder, "--show", references[1], "--bytes", "15")
    assert '{"text": "\\x1b[31' in shown
    assert "\x1b" not in shown
    assert '{"txt": 1}' in replay(folder, "--show", references[2])


def test_only_files_of_the_recipe_are_shown(folder: Path) -> None:
    for reference in ("/etc/passwd@0", f"{folder}/recipe.yaml@0", "0.jsonl", "../recipe.yaml:1"):
        done = CliRunner().invoke(app, ["replay", str(folder / "recipe.yaml"), "--show", reference])
        assert "no input file of the recipe's sources" in str(done.exception)
    assert replay(folder, "--show", "0.jsonl:2").splitlines()[-1] == "no json"


def test_options_that_are_tuples_and_sets_are_the_same_when_they_were_stored(tmp_path: Path) -> None:
    source = {"name": "pages", "kind": "web", "uri": "data", "options": {"statuses": [200, 203]}}
    recipe = {
        "name": "web",
        "sources": [source],
        "phases": [{"name": "main", "budget_tokens": 64, "weights": {"pages": 1}}],
    }
    (tmp_path / "recipe.yaml").write_text(json.dumps(recipe | {"sequence_length": 32}), encoding="utf-8")
    (tmp_path / "data").mkdir()
    (tmp_path / "data/a.warc").write_bytes(b"WARC/1.0\r\nno record")
    assert ingest(tmp_path).books.quarantined == 1
    assert "pages (web): 1 in quarantine, in 1 of 1 splits" in replay(tmp_path, "--list")


def test_a_git_object_that_came_back_is_recovered(tmp_path: Path) -> None:
    """The commit names the input, so nothing that a fingerprint sees has changed."""
    repository = new_repository(tmp_path / "lamps")
    files: dict[str, str | bytes | None] = {f"lamp{number}.py": f"LAMPS = {number}\n" * 9 for number in range(3)}
    commit(repository, files, "Lamps")
    blob = object_path(repository, "HEAD:lamp1.py")
    content = blob.read_bytes()
    blob.unlink()
    options = {"name": "harbour/lamps"}
    sources = [{"name": "files", "kind": "git_files", "uri": "lamps", "options": options}]
    phases = [{"name": "main", "budget_tokens": 64, "weights": {"files": 1.0}}]
    recipe = {"name": "git", "sources": sources, "phases": phases, "sequence_length": 32}
    (tmp_path / "recipe.yaml").write_text(json.dumps(recipe), encoding="utf-8")

    before = context(tmp_path).of("ingest", "files")
    assert (before.books.kept, before.books.reasons) == (2, {"missing_object": 1})
    assert "missing_object → quarantined: missing_object" in replay(tmp_path)
    blob.write_bytes(content)
    assert context(tmp_path).of("ingest", "files").fingerprint == before.fingerprint
    assert "no longer in quarantine: 1 of 1" in replay(tmp_path, "--accept")
    after = context(tmp_path).of("ingest", "files")
    assert (after.books.records_in, after.books.kept, after.books.quarantined) == (3, 3, 0)
    after.books.check("files")


def test_many_splits_are_read_again_as_tasks(folder: Path) -> None:
    for number in range(3, 9):
        write_jsonl(folder / f"data/{number}.jsonl", [{"text": GOOD * 3}, "no json"])
    ran = context(folder)
    found = quarantines(ran, ["pages"], ["bad_json"])
    tasks_before = ran.tasks_run
    try_again(ran, found)
    assert ran.tasks_run - tasks_before == len(found[0].rereads) == 8
    assert not any(reread.differs for reread in found[0].rereads)
    assert accept(ran, found) == 0
