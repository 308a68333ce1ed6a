"""Samples as they are read: where from, every failing check, some of the text; hostile text stays text."""

import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixer import storage
from pipelines.document import Document
from pipelines.rule_listing.sample_files import _text_block, code, write_samples
from pipelines.rule_listing.sample_lines import sample_lines
from pipelines.rule_listing.samples import Failure, SampledDocument, excerpt, sampled_documents
from tests.pipelines.rule_listing.decided_lake import decided_source, flip_a_bit, overlap

HOSTILE = "# heading\n```\n<script>alert(1)</script> ````` \x1b[31m\u202e [link](http://evil.example)\n" + "|x|\n---\n"
HOSTILE_URL = "http://one.example/`<img src=x>`\x1b]0;\n## title"
DOCUMENTS = [
    Document(HOSTILE * 20, "page", url=HOSTILE_URL, license="\x1b MIT"),
    Document("def lamp():\n    pass\n", "file", repository="harbour/lamps", commit="c" * 40, path="lamp.py"),
    Document("Write to keeper@harbour.example soon.", "page"),
]
ROWS = [
    {"n_words": 2, "symbol_share": 0.9, "overlaps": overlap("\x1b[0m`gsm`")},
    {"code_language": "Python", "n_lines": 200},
    {"edits": [{"start_bytes": 9, "end_bytes": 31, "kind": "email"}]},
]


@pytest.fixture
def found(tmp_path: Path) -> list[SampledDocument]:
    source = decided_source(tmp_path, ROWS, DOCUMENTS)
    return sampled_documents(source, 0, 3, 50, lambda _: True, ("kept", "rejected"))


def one(found: list[SampledDocument], chosen_for: str) -> SampledDocument:
    (document,) = [document for document in found if document.chosen_for == chosen_for]
    return document


def test_a_rejected_document_has_every_failing_check(found: list[SampledDocument]) -> None:
    document = one(found, "words.few")
    assert document.failures == [
        Failure("words.few", "2", "5"),
        Failure("words.symbols", "0.9", "0.5"),
        Failure("found.overlap.\x1b[0m`gsm`", "13 words", None),
    ]
    assert document.place == HOSTILE_URL
    text = HOSTILE * 20
    assert (document.text.beginning, document.text.chars) == (text[:50], len(text))
    assert document.text.middle == text[(len(text) - 50) // 2 :][:50]
    code = one(found, "code.long")
    assert (code.place, code.language) == (f"harbour/lamps@{'c' * 40}:lamp.py", "Python")


def test_a_kept_document_is_shown_as_it_is_trained_on(found: list[SampledDocument]) -> None:
    document = one(found, "kept")
    assert (document.text.beginning, document.edits, document.failures) == ("Write to <EMAIL> soon.", 1, [])
    assert document.place == "no address given"


def test_lines_are_printable(found: list[SampledDocument]) -> None:
    lines = list(sample_lines(found))
    assert not {c for line in lines for c in line if unicodedata.category(c)[0] == "C"}
    assert "pages: words.few" in lines
    assert "  fails      words.few: 2, bound 5" in lines
    assert r"  fails      found.overlap.\x1b[0m`gsm`: 13 words" in lines
    assert any(line.startswith("  middle     │ ") for line in lines)


def test_markdown_holds_the_text_as_code_and_nothing_else_of_it(found: list[SampledDocument], tmp_path: Path) -> None:
    page = Path(write_samples(str(tmp_path / "out"), "pages", found, as_json=False))
    assert page.name == "pages.md"
    outside, fence = [], ""
    for line in page.read_text(encoding="utf-8").split("\n"):
        if fence:
            fence = "" if line == fence else fence
        elif line.startswith("```"):
            fence = line.removesuffix("text")
        else:
            outside.append(line)
    assert not fence
    assert not [line for line in outside if line.startswith("|") or "evil" in line]
    headings = [line for line in outside if line.startswith("#")]
    assert headings[0] == "# pages"
    ids = [document.doc_id for document in found]
    assert [line for line in headings if line.startswith("### ")] == [f"### {doc_id}" for doc_id in ids]
    assert len([line for line in headings if line.startswith("## ")]) == len({d.chosen_for for d in found})
    assert r"- from: ``http://one.example/`<img src=x>`\x1b]0;\n## title``" in outside


def test_json_lines_hold_everything(found: list[SampledDocument], tmp_path: Path) -> None:
    path = Path(write_samples(str(tmp_path / "out"), "pages", found, as_json=True))
    assert path.name == "pages.jsonl"
    assert path.read_bytes().isascii()
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert [row["doc_id"] for row in rows] == [document.doc_id for document in found]
    hostile = next(row for row in rows if row["chosen_for"] == "words.few")
    assert hostile["text"]["beginning"] == HOSTILE[:50]
    assert hostile["failures"][0] == {"reason": "words.few", "value": "2", "bound": "5"}


@pytest.mark.parametrize(
    ("text", "expected"), [("a", "`a`"), ("`", "`` ` ``"), ("a``b", "```a``b```"), ("", "` `"), ("\n", r"`\n`")]
)
def test_code_spans_hold_backticks(text: str, expected: str) -> None:
    assert code(text) == expected


@given(st.text(alphabet=st.sampled_from("`~ab\n\r\u2028#"), max_size=40))
def test_no_text_ends_its_block_or_its_span(text: str) -> None:
    written = [*_text_block("text", text)]
    fence = written[-1]
    assert written[3] == f"{fence}text"
    assert not [line for line in written[4:-1] if fence in line]
    ticks = code(text)[: len(code(text)) - len(code(text).lstrip("`"))]
    assert code(text).count(ticks) == 2


def test_excerpts() -> None:
    assert excerpt("abcdef", 3).middle is None
    assert excerpt("abcdef", 3).beginning == "abcdef"
    longer = excerpt("abcdefg", 3)
    assert (longer.beginning, longer.middle, longer.chars) == ("abc", "def", 7)
    assert excerpt("abc", 0).beginning == ""


def test_damaged_text_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    source = decided_source(tmp_path, ROWS, DOCUMENTS)
    flip_a_bit(Path(source.parts[0].documents_uri), "text")
    with pytest.raises(storage.DamagedFile, match=r"ingest-0\.parquet is damaged"):
        sampled_documents(source, 0, 3, 50, lambda _: True)
    Path(source.parts[0].documents_uri).unlink()
    with pytest.raises(OSError, match="ingest-0"):
        sampled_documents(source, 0, 3, 50, lambda _: True)
