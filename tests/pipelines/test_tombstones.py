import json
from pathlib import Path

import pyarrow as pa
import pytest
import typer
from pydantic import ValidationError
from typer.testing import CliRunner

from mixer.storage import DamagedFile
from pipelines.commands.forget import forget
from pipelines.conditions.syntax import ConditionError
from pipelines.context import Context
from pipelines.document import document_id
from pipelines.lake import Lake
from pipelines.removal.forgetting import find_matches, match_of, new_tombstone
from pipelines.removal.generations import generations_of_lake, generations_of_run
from pipelines.removal.tombstones import (
    Tombstone,
    add_tombstone,
    columns_of,
    matches_of,
    read_tombstone,
    read_tombstones,
    remove_tombstone,
)
from tests.pipelines.selectable_lake import context_of, files, pages, publish, snapshot

ID = "0123456789abcdef" * 2
LAMPS = "repo = 'harbour/lamps'"


def no_spark() -> None:
    raise AssertionError("Spark was started for nothing")


def ids_of(source: str) -> list[str]:
    return [document_id(source, document) for document in {"pages": pages, "files": files}[source]()]


@pytest.fixture
def context(tmp_path: Path) -> Context:
    """File 0 (of the lamps) was removed for page 0, as page 2 was; page 1 was removed for file 1 (of the lamps)."""
    context = context_of(Lake(str(tmp_path / "lake")), no_spark)
    publish(context, "pages", pages(), removed={1: ids_of("files")[1], 2: ids_of("pages")[0]})
    publish(context, "files", files(), removed={0: ids_of("pages")[0]})
    return context


def run(*arguments: str) -> tuple[int, str]:
    app = typer.Typer()
    app.command()(forget)
    result = CliRunner().invoke(app, list(arguments))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, " ".join(result.output.replace("│", " ").split())


def test_saying_it_twice_changes_nothing(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path))
    assert read_tombstones(lake) == []
    first = Tombstone(match=LAMPS, ids=(ID,), note="asked for", created="2024-01-01")
    again = Tombstone(match=LAMPS, ids=(ID,), note="asked for once more", created="2024-02-01")
    assert first.digest == again.digest
    assert add_tombstone(lake, first)
    before = snapshot(tmp_path)
    assert not add_tombstone(lake, again)
    assert snapshot(tmp_path) == before
    assert read_tombstones(lake) == [first]
    assert list(before) == [f"tombstones/{first.digest}.json"]
    assert set(json.loads(before[f"tombstones/{first.digest}.json"])) == {"match", "ids", "note", "created", "mixdown"}


def test_other_content_is_another_digest() -> None:
    stones = [Tombstone(match=LAMPS), Tombstone(ids=(ID,)), Tombstone(match=LAMPS, ids=(ID,)), Tombstone(match="true")]
    assert len({stone.digest for stone in stones}) == 4


def test_what_is_no_tombstone() -> None:
    for content in ({}, {"ids": ["x"]}, {"ids": [ID, ID]}, {"ids": ["f" * 32, "0" * 32]}, {"match": "true", "x": 1}):
        with pytest.raises(ValidationError):
            Tombstone.model_validate(content)
    with pytest.raises(ConditionError):
        new_tombstone("random() < 0.5", [], "")


def test_an_altered_tombstone_is_an_error(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path))
    stone = Tombstone(match=LAMPS)
    add_tombstone(lake, stone)
    path = tmp_path / "tombstones" / f"{stone.digest}.json"
    path.write_text(path.read_text().replace("lamps", "boats"))
    with pytest.raises(DamagedFile, match="was altered"):
        read_tombstones(lake)
    path.write_text("{}")
    with pytest.raises(DamagedFile, match="is no tombstone"):
        read_tombstones(lake)


def test_a_tombstone_whose_condition_cannot_be_used_stops_the_build(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path))
    add_tombstone(lake, Tombstone(match="EXISTS (FROM '/etc/passwd')"))
    with pytest.raises(ConditionError, match="subquery"):
        columns_of(read_tombstones(lake))


def test_what_is_taken_back_must_be_there(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"))
    stone = Tombstone(match=LAMPS)
    add_tombstone(lake, stone)
    (tmp_path / "precious.json").write_text("{}")
    for digest in ("../../precious", "0" * 24, "", stone.digest.upper() + "/.."):
        with pytest.raises(FileNotFoundError):
            remove_tombstone(lake, digest)
    assert (tmp_path / "precious.json").exists()
    remove_tombstone(lake, stone.digest)
    assert read_tombstones(lake) == []
    with pytest.raises(FileNotFoundError):
        read_tombstone(lake, stone.digest)


def test_a_tombstone_matches_by_condition_or_id() -> None:
    table = pa.table({"doc_id": ["a" * 32, "b" * 32, "c" * 32], "repository": ["harbour/lamps", None, "x/y"]})
    stones = [Tombstone(match=LAMPS, ids=("b" * 32,)), Tombstone(ids=("c" * 32,)), Tombstone(match="repo IS NULL")]
    assert columns_of(stones) == {"repository"}
    found = [mask.tolist() for mask in matches_of(stones, table)]
    assert found == [[True, True, False], [False, False, True], [False, True, False]]


def test_what_was_asked_becomes_one_condition() -> None:
    assert match_of(None, None, None) is None
    assert match_of(LAMPS, None, None) == LAMPS
    assert match_of(None, "https://it's/", None) == "url = 'https://it''s/'"
    both = match_of("n_words > 3", "u", "GPL-3.0-only")
    assert both == "(n_words > 3) OR (url = 'u') OR (list_contains(flatten(license_choices), 'gpl-3.0-only'))"


def test_matches_blocks_and_copies_are_found(context: Context) -> None:
    stone = Tombstone(match=LAMPS)
    for generations in (generations_of_run(context), generations_of_lake(context.lake)):
        found = find_matches(context.lake, stone, generations)
        assert [(s.source, len(s.documents), len(s.in_blocks), len(s.removed)) for s in found.sources] == [
            ("files", 3, 2, 1),
            ("pages", 0, 0, 0),
        ]
        assert found.surviving_copies == [ids_of("pages")[0]]  # stands for file 0
        assert found.removed_copies == sorted(ids_of("pages")[1:3])  # of file 1, and of what stands for file 0
        assert found.with_duplicates() == Tombstone(match=LAMPS, ids=tuple(sorted(ids_of("pages")[:3])))


def test_a_copy_that_one_dedup_kept_and_another_removed_is_named_once(context: Context) -> None:
    publish(context, "pages", pages(), removed={0: ids_of("files")[1]})
    found = find_matches(context.lake, Tombstone(match=LAMPS), generations_of_lake(context.lake))
    assert found.surviving_copies == ids_of("pages")[:1]
    assert found.removed_copies == sorted(ids_of("pages")[1:3])


def test_copies_that_match_themselves_are_no_copies(context: Context) -> None:
    found = find_matches(context.lake, Tombstone(match="n_chars > 0"), generations_of_lake(context.lake))
    assert found.surviving_copies == found.removed_copies == []
    assert [len(source.documents) for source in found.sources] == [30, 40]


def test_what_was_ingested_twice_is_counted_once(context: Context) -> None:
    publish(context, "files", files(), parts=3)
    (found, _) = find_matches(context.lake, Tombstone(match=LAMPS), generations_of_lake(context.lake)).sources
    assert (len(generations_of_lake(context.lake)), len(found.documents), len(found.in_blocks)) == (3, 3, 3)


def test_the_command_shows_writes_lists_and_takes_back(context: Context, tmp_path: Path) -> None:
    lake = ["--lake", context.lake.uri]
    code, shown = run("--match", LAMPS, "--dry-run", *lake)
    assert code == 0
    assert "files: 3 documents match, 2 of them in token blocks, 1 removed as duplicates" in shown
    assert f"1 documents do not match and survive as duplicates of some that do: {ids_of('pages')[0]}" in shown
    assert read_tombstones(context.lake) == []

    assert run("--match", LAMPS, "--note", "asked on [bold]Monday[/bold]", *lake)[0] == 0
    (stone,) = read_tombstones(context.lake)
    assert stone.ids == ()
    assert stone.created
    assert stone.mixdown
    assert "forgotten already" in run("--match", LAMPS, *lake)[1]
    code, listed = run("--list", *lake)
    assert (code, listed) == (0, f"{stone.digest} {stone.created} {LAMPS} asked on [bold]Monday[/bold]")
    assert "taken back" in run("--undo", stone.digest, *lake)[1]
    assert run("--list", *lake) == (0, "this lake forgets nothing")

    assert run("--match", LAMPS, "--with-duplicates", *lake)[0] == 0
    (stone,) = read_tombstones(context.lake)
    assert set(stone.ids) == set(ids_of("pages")[:3])

    (tmp_path / "ids.txt").write_text(f"{ids_of('pages')[5]}\n\n{ids_of('files')[7]}\n")
    shown = run("--ids", str(tmp_path / "ids.txt"), "--license", "GPL-3.0-only", *lake)[1]
    assert "pages: 1 documents match" in shown
    assert "files: 11 documents match" in shown  # every third of 30, and one more
    assert "no stored document matches" in run("--url", "https://nowhere.example/'", *lake)[1]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ((), "say what to forget"),
        (("--list", "--match", "true"), "say what to forget"),
        (("--url", ""), "nothing is given"),
        (("--match", "n_wrods > 3"), "did you mean 'n_words'"),
        (("--match", "edu_score < 0.1"), "no classifier 'edu' is measured here"),
        (("--ids", "IDS"), "is no doc_id, which has 32 hex digits"),
        (("--ids", "EMPTY"), "no doc_id in"),
    ],
)
def test_the_command_says_what_is_wrong(arguments: tuple[str, ...], problem: str, tmp_path: Path) -> None:
    (tmp_path / "ids.txt").write_text("../secret\n")
    (tmp_path / "empty.txt").write_text("\n")
    places = {"IDS": str(tmp_path / "ids.txt"), "EMPTY": str(tmp_path / "empty.txt")}
    code, shown = run(*(places.get(argument, argument) for argument in arguments), "--lake", str(tmp_path / "lake"))
    assert code == 2
    assert problem in shown
    assert not (tmp_path / "lake").exists()
