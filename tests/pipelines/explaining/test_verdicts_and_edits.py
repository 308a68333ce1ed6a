"""What explain tells of a document that could not be measured, of given failures, of languages and of edits."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mixer import storage
from pipelines.explaining.changes import EDITS_SHOWN, changes
from pipelines.explaining.stored_rows import Stored
from pipelines.explaining.verdicts import Judged, verdicts
from pipelines.lake import Lake
from pipelines.reporting.files import MixtureFiles
from pipelines.steps import decide
from pipelines.steps.annotate import ANNOTATED_SCHEMA
from pipelines.steps.decide import VERDICT_SCHEMA
from quality.rule import Check
from tests.pipelines.explaining.conftest import Run
from tests.pipelines.explaining.explained_lake import DOCUMENTS, HOSTILE_URL, id_of

SIGNAL = "license_choices"  # holds lists; here a column of given failures
EN, DE = frozenset({"en"}), frozenset({"de"})


def part_of(uri: str, stage: str, row: int = 0) -> tuple[Path, int]:
    """The file of the pages' stage that holds a row, and where in it."""
    half = len(DOCUMENTS["pages"]) // 2
    number = int(row >= half)
    folder = Path(uri).parents[2] / "stages" / stage / "pages"
    return next(folder.rglob(f"part-{number:05d}.parquet")), row - half * number


def change(uri: str, stage: str, row: int, **values: Any) -> None:
    """Other values in a row of the pages' stage."""
    path, at = part_of(uri, stage, row)
    table = storage.read_table(str(path))
    schema = ANNOTATED_SCHEMA if stage == "annotate" else VERDICT_SCHEMA
    rows = table.to_pylist()
    rows[at] |= values
    pq.write_table(pa.Table.from_pylist(rows, schema), path)


def stored(row: int) -> Stored:
    half = len(DOCUMENTS["pages"]) // 2
    return Stored("pages", int(row >= half), row - half * int(row >= half), id_of("pages", row))


def with_checks(uri: str, checks: dict[str, tuple[Check, ...]]) -> MixtureFiles:
    """The mixture as if its pages had been judged by `checks`."""
    files = MixtureFiles.at(uri)
    manifest = files.stage("decide", "pages")
    manifest.settings = decide.settings_of(checks)
    Lake(str(Path(uri).parents[2])).publish(manifest)
    return files


def failure(reason: str, value: str | None, bound: str | None) -> dict[str, str | None]:
    return {"reason": reason, "value": value, "bound": bound}


def judged(uri: str, checks: dict[str, tuple[Check, ...]], row: int = 0) -> list[Judged]:
    return verdicts(with_checks(uri, checks), [stored(row)])[stored(row)].checks


def test_a_check_for_other_languages_is_exempt(own_uri: str, run: Run) -> None:
    checks = {
        "words": (
            Check("few", "n_words", ">=", 900, only_for=DE),
            Check("few", "n_words", ">=", 800, only_for=EN),
            Check("few", "n_words", ">=", 700, not_for=EN),
            Check("many", "n_words", "<=", 10_000, not_for=DE),
        )
    }
    change(own_uri, "annotate", 0, language="en", n_words=20)
    change(own_uri, "decide", 0, keep=False, reasons=[failure("words.few", "20", "800")])
    told = [(each.bound, each.passed, each.exempt) for each in judged(own_uri, checks)]
    assert told == [("900", True, True), ("800", False, False), ("700", True, True), ("10000", True, False)]
    lines = run(own_uri, "--document", id_of("pages", 0))[1]
    assert "verdict    rejected, 1 of 2 checks failed" in lines
    assert "    exempt  2 checks of other languages than the document's\n" in lines
    assert "n_words 20 >= 900" not in lines
    change(own_uri, "annotate", 0, language=None)
    assert [each.exempt for each in judged(own_uri, checks)] == [True, True, False, False]


def test_of_two_bounds_of_one_reason_the_one_that_failed_is_told(own_uri: str) -> None:
    checks = {"words": (Check("few", "n_words", ">=", 30), Check("few", "n_words", ">=", 10))}
    change(own_uri, "decide", 0, keep=False, reasons=[failure("words.few", "20", "30")])
    assert [each.passed for each in judged(own_uri, checks)] == [False, True]


def test_given_failures_are_told_one_by_one(own_uri: str, run: Run) -> None:
    checks = {"found": (Check("overlap", SIGNAL, "none", 0),)}
    given = [failure("found.overlap.gsm8k", "13 words", "13"), failure("found.overlap.\x1b[31m", None, None)]
    change(own_uri, "decide", 0, keep=False, reasons=given)
    assert [(each.reason, each.value, each.bound, each.passed) for each in judged(own_uri, checks)] == [
        ("found.overlap.gsm8k", "13 words", "13", False),
        ("found.overlap.\x1b[31m", None, "", False),
    ]
    (passed,) = judged(own_uri, checks, row=1)
    assert (passed.reason, passed.passed) == ("found.overlap", True)
    _, lines, _ = run(own_uri, "--document", id_of("pages", 0))
    assert f"FAILED  found.overlap.gsm8k: {SIGNAL} lists it: 13 words, bound 13" in lines
    assert rf"FAILED  found.overlap.\x1b[31m: {SIGNAL} lists it" in lines
    assert f"passed  found.overlap: {SIGNAL} lists nothing" in run(own_uri, "--document", HOSTILE_URL)[1]


def test_what_could_not_be_measured_is_quarantined_and_no_check_asked(own_uri: str, run: Run) -> None:
    change(own_uri, "annotate", 0, unmeasured="too_large")
    change(own_uri, "decide", 0, keep=False, reasons=[failure("unmeasured.too_large", None, None)])
    _, lines, _ = run(own_uri, "--document", id_of("pages", 0))
    assert "quarantined: it could not be measured\n" in lines
    assert "verdict    quarantined, it could not be measured: too_large; no check was asked" in lines
    assert "passed" not in lines.split("quarantined: it")[1].split("document ")[1]
    trails = json.loads(run(own_uri, "--document", id_of("pages", 0), "--json")[1])["trails"]
    assert trails[0]["outcome"] == "unmeasured"


def test_a_text_of_which_nothing_is_left_fails_though_no_rule_says_so(own_uri: str, run: Run) -> None:
    change(own_uri, "annotate", 0, n_final_bytes=0)
    change(own_uri, "decide", 0, keep=False, reasons=[failure("text.nothing_left", "0", "1")])
    lines = run(own_uri, "--document", id_of("pages", 0))[1]
    assert "FAILED  text.nothing_left: n_final_bytes 0 >= 1" in lines


EDITS = [
    {"start_bytes": 0, "end_bytes": 5, "kind": "line"},
    {"start_bytes": 8, "end_bytes": 19, "kind": "email"},
]


def test_edits_are_told_with_their_places_and_what_they_cut_only_with_text(own_uri: str, run: Run) -> None:
    change(own_uri, "annotate", 1, edits=EDITS, n_final_bytes=77)
    code, lines, _ = run(own_uri, "--document", HOSTILE_URL)
    assert code == 0
    text = DOCUMENTS["pages"][1].text
    assert "  edits      2 (email 1, line 1); 77 bytes are left of the text" in lines
    assert "    line  bytes 0 to 4\n" in lines
    assert "    email  bytes 8 to 18 -> '<EMAIL>'\n" in lines
    lines = run(own_uri, "--document", HOSTILE_URL, "--text", "10")[1]
    assert f"    line  bytes 0 to 4: {text[:5]}\n" in lines
    assert f"    email  bytes 8 to 18: {text[8:19]} -> '<EMAIL>'" in lines


def test_edits_are_places_in_a_rewritten_text(own_uri: str, run: Run) -> None:
    rewritten = "\x1b[1m! what a formatter left of it"
    change(own_uri, "annotate", 1, edits=EDITS, rewritten_text=rewritten)
    lines = run(own_uri, "--document", HOSTILE_URL, "--text", "10")[1]
    assert r"    line  bytes 0 to 4: \x1b[1m!" in lines
    assert "  rewritten  " in lines
    assert "\x1b" not in lines


def test_the_first_of_many_edits_are_told(own_uri: str) -> None:
    many = [{"start_bytes": 2 * n, "end_bytes": 2 * n + 1, "kind": "line"} for n in range(30)]
    change(own_uri, "annotate", 1, edits=many)
    found = changes(MixtureFiles.at(own_uri), [stored(1), stored(2)], with_text=False)
    assert (found[stored(1)].count, len(found[stored(1)].edits), found[stored(1)].kinds) == (
        30,
        EDITS_SHOWN,
        {"line": 30},
    )
    assert found[stored(1)].edits[0].cut is None
    assert (found[stored(2)].count, found[stored(2)].edits) == (0, [])


def test_no_text_is_read_unless_it_is_asked_for(own_uri: str, run: Run) -> None:
    """Damage in the text's pages is met only by who asks for it."""
    change(own_uri, "annotate", 1, edits=EDITS)
    path, _ = part_of(own_uri, "ingest")
    found = pq.ParquetFile(path).metadata.row_group(1)
    chunk = next(c for c in map(found.column, range(found.num_columns)) if c.path_in_schema == "text")
    data = bytearray(path.read_bytes())
    data[(chunk.dictionary_page_offset or chunk.data_page_offset) + chunk.total_compressed_size - 1] ^= 1
    path.write_bytes(bytes(data))
    assert run(own_uri, "--document", HOSTILE_URL)[0] == 0
    code, _, err = run(own_uri, "--document", HOSTILE_URL, "--text", "10")
    assert (code, "a file is damaged" in err) == (2, True)


@pytest.mark.parametrize("row", [0, 20])
def test_verdicts_of_real_rules_are_those_that_were_stored(own_uri: str, row: int) -> None:
    path, at = part_of(own_uri, "decide", row)
    reasons = storage.read_table(str(path)).to_pylist()[at]["reasons"]
    files = MixtureFiles.at(own_uri)
    told = verdicts(files, [stored(row)])[stored(row)]
    assert [each.reason for each in told.checks if not each.passed] == [each["reason"] for each in reasons]
