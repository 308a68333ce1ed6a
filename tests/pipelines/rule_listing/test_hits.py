"""Hits, against counting one document after the other."""

import json
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixer import storage
from pipelines.judged_rows import REASON_NAMES, signal_type, signal_values
from pipelines.rule_listing.found_bounds import with_found_bounds
from pipelines.rule_listing.hits import Hits, hits_content, source_hits, telling
from pipelines.rule_listing.words import passes_text
from quality.rule import Check
from tests.pipelines.rule_listing.decided_lake import decided_source, flip_a_bit, overlap, reasons_of

ROWS = [
    {},
    {"n_words": 2},
    {"n_words": 2, "symbol_share": 0.9},
    {"n_words": None},
    {"symbol_share": 0.3},
    {"symbol_share": 0.3, "language": "de"},
    {"symbol_share": 0.9, "language": "fr"},
    {"n_lines": 500, "code_language": "JSON"},
    {"n_lines": 500, "code_language": "C"},
    {"overlaps": overlap("gsm8k")},
    {"overlaps": overlap("gsm8k") + overlap("mbpp")},
    {"overlaps": overlap("mbpp"), "n_words": 90},
    {"unmeasured": "too_large", "n_words": 0},
    {"n_final_bytes": 0},
]


def test_failing_and_alone_by_reason_check_and_rule(tmp_path: Path) -> None:
    found = source_hits(decided_source(tmp_path, ROWS))
    assert (found.documents, found.kept, found.rejected) == (14, 5, 8)
    assert found.unmeasured == {"too_large": 1}
    rules = {rule.rule: rule for rule in found.rules}
    reasons = {reason.reason: reason for rule in found.rules for reason in rule.reasons}
    assert reasons["words.few"].hits == Hits(judged=12, failing=2, alone=1)  # one document has no words
    assert reasons["words.many"].hits == Hits(12, 1, 0)
    assert reasons["words.symbols"].hits == Hits(12, 2, 1)  # English and German ones: not the French
    assert [check.languages for check in reasons["words.symbols"].checks] == ["only en", "only de"]
    assert rules["words"].hits == Hits(13, 4, 3)  # what fails few and symbols fails nothing but this rule
    assert reasons["code.long"].hits == Hits(12, 1, 1)
    overlaps = reasons["found.overlap"]
    assert overlaps.hits == Hits(13, 3, 2)
    assert overlaps.given == {"gsm8k": Hits(13, 2, 1), "mbpp": Hits(13, 2, 0)}
    assert reasons["text.nothing_left"].hits == Hits(13, 1, 1)
    assert overlaps.hits.rate == pytest.approx(3 / 13)


def test_rules_of_every_source_are_told_where_they_fail(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    told = [rule.rule for rule in telling(source_hits(decided_source(tmp_path, ROWS)))]
    assert told == ["text", "words", "code", "found"]
    told = [rule.rule for rule in telling(source_hits(decided_source(tmp_path / "a", ROWS[:3])))]
    assert told == ["words", "code", "found"]


ROW = st.fixed_dictionaries(
    {},
    optional={
        "n_words": st.one_of(st.none(), st.integers(0, 100)),
        "symbol_share": st.sampled_from([0.1, 0.3, 0.9]),
        "n_lines": st.sampled_from([1, 500]),
        "language": st.sampled_from(["en", "de", "fr", None]),
        "overlaps": st.sampled_from([overlap("gsm8k"), overlap("gsm8k") * 2 + overlap("mbpp"), None]),
        "unmeasured": st.sampled_from([None, "too_large"]),
    },
)


@settings(max_examples=25)
@given(rows=st.lists(ROW, min_size=1, max_size=30), cut=st.integers(0, 30), group_rows=st.integers(1, 12))
def test_counts_are_those_of_the_verdicts_however_they_are_cut(
    rows: list[dict[str, Any]], cut: int, group_rows: int
) -> None:
    with TemporaryDirectory() as folder:
        source = decided_source(Path(folder), rows, cuts=[min(cut, len(rows))], group_rows=group_rows)
        found = source_hits(source)
        failures = [set(reasons) for _, reasons in reasons_of(source)]
    assert found.documents == len(rows)
    for rule in found.rules:
        assert rule.hits.failing == sum(any(each.startswith(f"{rule.rule}.") for each in own) for own in failures)
        for reason in rule.reasons:
            prefix = (reason.reason, f"{reason.reason}.")
            hit = [own for own in failures if any(each == prefix[0] or each.startswith(prefix[1]) for each in own)]
            alone = [own for own in hit if all(each == prefix[0] or each.startswith(prefix[1]) for each in own)]
            assert (reason.hits.failing, reason.hits.alone) == (len(hit), len(alone))
            assert reason.hits.failing <= reason.hits.judged <= len(rows)
            for name, hits in reason.given.items():
                assert hits.failing == sum(f"{reason.reason}.{name}" in own for own in failures)
                assert hits.alone == sum(own == {f"{reason.reason}.{name}"} for own in failures)


def test_the_content_is_json(tmp_path: Path) -> None:
    content = json.loads(json.dumps(hits_content(source_hits(decided_source(tmp_path, ROWS)))))
    assert content["decided"] is True
    words = next(rule for rule in content["rules"] if rule["rule"] == "words")
    assert words["reasons"][0]["rate"] == pytest.approx(2 / 12)
    assert words["reasons"][0]["checks"][0]["bound"] == 5


def test_parts_that_do_not_fit_each_other_are_damaged(tmp_path: Path) -> None:
    source = decided_source(tmp_path, ROWS)
    verdicts = source.parts[0].verdicts_uri
    pq.write_table(storage.read_table(verdicts).slice(1), verdicts)
    with pytest.raises(storage.DamagedFile, match="13 verdicts on the 14 documents"):
        source_hits(source)


def test_a_flipped_bit_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    source = decided_source(tmp_path, ROWS)
    flip_a_bit(Path(source.parts[0].verdicts_uri), REASON_NAMES)
    with pytest.raises(storage.DamagedFile, match=r"decide-0\.parquet"):
        source_hits(source)


def test_a_source_without_parts_has_no_hits(tmp_path: Path) -> None:
    source = decided_source(tmp_path, [])
    found = source_hits(source)
    assert found.documents == 0
    assert all(rule.hits == Hits(0, 0, 0) and rule.hits.rate == 0 for rule in found.rules)
    assert source.signal_types()["n_words"] == pa.int64()


@dataclass(frozen=True)
class ShareCheck(Check):
    """A check whose bound was found among the documents: 20 here, before they were judged."""

    top_share: float | None = 0.1


def test_a_bound_that_was_found_is_that_of_the_recorded_failures(tmp_path: Path) -> None:
    check = ShareCheck("best", "n_words", ">=", 20, null_fails=True)
    source = decided_source(tmp_path, [{"n_words": 20}, {"n_words": 19}], cuts=[1], checks={"score": (check,)})
    assert source.listed["score"][0].bound is None
    uris = [part.verdicts_uri for part in source.parts]
    (listed,) = with_found_bounds(source.listed, uris)["score"]
    assert passes_text(listed) == "n_words among the best 10% (≥ 20), and is known"
    (nothing_fails,) = with_found_bounds(source.listed, uris[:1])["score"]
    assert passes_text(nothing_fails) == "n_words among the best 10%, and is known"


def test_signals_may_be_values_of_a_column_of_maps(tmp_path: Path) -> None:
    scores = pa.array([[("good", 0.5)], [("other", 1.0)], None], pa.map_(pa.string(), pa.float32()))
    signals = pa.table({"scores": scores, "n_words": [1, 2, 3]})
    assert signal_values(signals, "scores.good").to_pylist() == [0.5, None, None]
    assert signal_values(signals, "n_words").to_pylist() == [1, 2, 3]
    assert [signal_type(signals.schema, name) for name in ("scores.good", "n_words", "gone")] == [
        pa.float32(),
        pa.int64(),
        None,
    ]


def test_no_text_is_read(tmp_path: Path) -> None:
    source = decided_source(tmp_path, ROWS)
    before = source_hits(source)
    Path(source.parts[0].documents_uri).unlink()
    assert source_hits(source) == before
