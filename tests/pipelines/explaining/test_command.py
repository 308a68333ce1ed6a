"""`mixdown explain`: its options, its lines and its JSON, with hostile text in the lake."""

import json
import unicodedata

import pytest

from pipelines.explaining.plain_text import plain, plain_lines
from tests.pipelines.explaining.conftest import Run
from tests.pipelines.explaining.explained_lake import COMMIT, HOSTILE_URL, id_of


def unprintable(text: str) -> set[str]:
    return {character for character in text if unicodedata.category(character)[0] == "C"} - {"\n"}


def test_a_row_as_lines_and_as_json_agree(run: Run, uri: str) -> None:
    code, lines, _ = run(uri, "--shard", "1", "--row", "2", "--text", "40")
    assert code == 0
    code, content, _ = run(uri, "--row", "27", "--json", "--text", "40")
    assert code == 0
    story = json.loads(content)
    assert (story["place"]["row"], story["row_in_shard"]) == (27, 2)
    assert "row 27: row 2 of shard-00001.parquet" in lines
    assert f"{story['tokens']} tokens" in lines
    for part in story["parts"]:
        assert f"positions {part['position']} to {part['position'] + part['tokens'] - 1}" in lines
        assert part["account"]["document"]["doc_id"] in lines
        assert all(judged["reason"] in lines for judged in part["account"]["verdict"]["checks"])
        assert set(part["account"]["verdict"]["signals"]) > {"n_chars", "language"}
        assert plain_lines(part["text"])[0] in lines


def test_every_row_is_told_in_printable_characters(run: Run, uri: str) -> None:
    for row in range(0, 131, 5):
        code, lines, _ = run(uri, "--row", str(row), "--text", "500")
        assert code == 0
        assert unprintable(lines) == set()


def test_hostile_text_never_reaches_the_terminal(run: Run, uri: str) -> None:
    code, lines, _ = run(uri, "--document", HOSTILE_URL, "--text", "5000")
    assert code == 0
    assert unprintable(lines) == set()
    assert r"http://one.example/\x1b[31m[bold]\u202e" in lines
    assert r"licence \x1b[31m" in lines
    assert r"\x1b[31m [red]" in lines
    _, lines, _ = run(uri, "--document", f"harbour/lamps@{COMMIT}:broken.py")
    assert r"quarantined as missing_object: \x1b[31m gone" in lines
    _, content, _ = run(uri, "--document", HOSTILE_URL, "--json")
    assert content.isascii()
    assert json.loads(content)["trails"][0]["account"]["document"]["url"] == HOSTILE_URL


def test_a_document_is_told_row_by_row(run: Run, uri: str) -> None:
    code, lines, _ = run(uri, "--document", id_of("pages", 13))
    assert code == 0
    _, content, _ = run(uri, "--document", id_of("pages", 13), "--json")
    (trail,) = json.loads(content)["trails"]
    for mixing in trail["mixed"]:
        for held in mixing["presence"]["held"]:
            assert f"{held['phase']}, epoch {held['epoch']}: " in lines


def test_long_lists_and_lines_are_whole(run: Run, uri: str) -> None:
    code, lines, _ = run(uri, "--document", f"harbour/lamps@{COMMIT}")
    assert code == 0
    assert lines.count(f"harbour/lamps@{COMMIT}:lamp") == 11
    assert "ask for one by its id" in lines


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "one of --row and --document is needed, found neither"),
        (["--row", "1", "--document", "x"], "one of --row and --document is needed, found both"),
        (["--shard", "1"], "one of --row and --document is needed"),
        (["--shard", "1", "--document", "x"], "--shard 1 needs --row"),
        (["--row", "1", "--text", "-1"], "--text"),
    ],
)
def test_options_that_say_too_much_or_too_little(run: Run, uri: str, arguments: list[str], message: str) -> None:
    code, out, err = run(uri, *arguments)
    assert (code, out) == (2, "")
    assert message in " ".join(err.replace("│", " ").split())


def test_a_folder_without_a_mixture_is_told(run: Run, uri: str) -> None:
    code, out, err = run(f"{uri}-other", "--row", "1")
    assert (code, out) == (2, "")
    assert "no file at" in err


def test_a_moved_lake_explains_the_same(run: Run, uri: str, own_uri: str) -> None:
    assert run(own_uri, "--row", "9") == run(uri, "--row", "9")
    assert run(f"{own_uri}/manifest.json", "--document", id_of("files", 3)) == run(uri, "--document", id_of("files", 3))


@pytest.mark.parametrize("text", ["\x1b]0;title\x07", "a\r\nb", "\u202eabc", "\ud800", "\u2028", "\x9b31m"])
def test_plain_text_is_printable(text: str) -> None:
    assert plain(text).isprintable()
    assert all(line.isprintable() for line in plain_lines(text))


def test_plain_text_is_cut_with_its_length() -> None:
    assert plain("ü" * 600, 3) == "üüü… (600 characters)"
    assert plain("[bold]:smile: 漢字") == "[bold]:smile: 漢字"
