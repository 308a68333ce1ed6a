from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.conditions.condition import COLUMNS, Condition, matching
from pipelines.conditions.syntax import MAX_CHARS, ConditionError, names_in


def table(**columns: list[object]) -> pa.Table:
    return pa.table({name: pa.array(values, COLUMNS.field(name).type) for name, values in columns.items()})


@pytest.mark.parametrize(
    ("text", "columns", "expected"),
    [
        ("n_words > 2", {"n_words": [1, 3, None]}, [0, 1, 0]),
        ("NOT n_words > 2", {"n_words": [1, 3, None]}, [1, 0, 0]),
        ("repo = 'a/b'", {"repository": ["a/b", "A/B", None]}, [1, 0, 0]),
        ('"repo" = \'a/b\' OR Repository IS NULL', {"repository": ["a/b", "c", None]}, [1, 0, 1]),
        ("language IN ('en', 'de') AND language_score >= 0.65", {"language": ["en"] * 2, "language_score": [0.65, 0.6]}, [1, 0]),
        ("url LIKE 'https://one.example/%'", {"url": ["https://one.example/x", "http://one.example/x"]}, [1, 0]),
        ("regexp_matches(url, '^https?://[^/]*\\.example/')", {"url": ["http://a.example/", "http://a.org/"]}, [1, 0]),
        ("list_contains(flatten(license_choices), 'mit')", {"license_choices": [[["mit"], ["isc"]], [["gpl"]], None]}, [1, 0, 0]),
        ("date >= '2024-01-01'", {"date": [datetime(2024, 1, 1), datetime(2023, 12, 31, 23), None]}, [1, 0, 0]),
        ("date < DATE '2024-01-01' - INTERVAL 1 DAY", {"date": [datetime(2024, 1, 1), datetime(2023, 12, 30)]}, [0, 1]),
        ("CASE WHEN code_language = 'C' THEN n_lines > 5 ELSE false END", {"code_language": ["C", "D"], "n_lines": [6, 6]}, [1, 0]),
        ("commit = 'c' -- the only one", {"commit": ["c", "d"]}, [1, 0]),
        ("TRY(1000 / n_words > 100) AND TRY_CAST(path AS INTEGER) = 7", {"n_words": [2, 2], "path": ["7", "x"]}, [1, 0]),
        ("scores['edu'] > 0.5", {"scores": [[("edu", 0.7), ("x", 0.1)], [("x", 0.7)], [("edu", None)], None]}, [1, 0, 0, 0]),
        ("edu_score > x_score OR Edu_Score IS NULL", {"scores": [[("edu", 0.7), ("x", 0.1)], [("x", 0.7)], None]}, [1, 1, 1]),
        ("edu_score >= 0.65 AND scores['x'] < 1", {"scores": [[("edu", 0.65), ("x", 0.1)], [("edu", 0.6)]]}, [1, 0]),
        ("language_score > 0.5", {"language_score": [0.7, 0.5]}, [1, 0]),
        ("true", {"n_words": [1, None]}, [1, 1]),
    ],
)  # fmt: skip
def test_what_matches(text: str, columns: dict[str, list[object]], expected: list[int]) -> None:
    condition = Condition.parse(text)
    assert set(condition.columns) <= set(columns)
    assert condition.matches(table(**columns)).tolist() == [bool(value) for value in expected]


def test_an_unknown_column_is_named_with_the_nearest() -> None:
    with pytest.raises(ConditionError, match="unknown column 'lanugage'; did you mean 'language'"):
        Condition.parse("lanugage = 'en'")
    with pytest.raises(ConditionError, match=r"unknown column 'documents.url'"):
        Condition.parse("documents.url = 'en'")


def test_a_classifier_that_is_not_measured_is_named_with_those_that_are() -> None:
    for text in ("scores['edo'] > 0.5", "n_words > 1 OR edo_score > 0.5", "SCORES['edu'] > EDO_score"):
        with pytest.raises(
            ConditionError, match=r"no classifier 'edo' .* mean edu_score\?; .* scores\['edu'\], scores\['x'\]"
        ):
            Condition.parse(text, ["x", "edu"])
        assert "edo" in Condition.parse(text).classifiers
    with pytest.raises(
        ConditionError, match=r"no classifier 'langauge' .* did you mean language_score\?; the scores are lang"
    ):
        Condition.parse("langauge_score > 0.5", [])
    with pytest.raises(ConditionError, match=r"in quotes, as in scores\['edu'\]"):
        Condition.parse("scores[lower(language)] > 0.5")
    assert Condition.parse("edu_score > 0.5 AND scores['x'] IS NULL", ["x", "edu"]).columns == ("scores",)


@pytest.mark.parametrize(
    "column", ["text", "marks", "metadata", "content_hash", "url_hash", "bands", "signature", "current_date"]
)
def test_what_is_no_column_of_a_condition(column: str) -> None:
    with pytest.raises(ConditionError, match="unknown column"):
        Condition.parse(f"{column} IS NOT NULL")


HOSTILE = [
    "content LIKE '%x%' FROM read_text('/etc/passwd')",
    "(SELECT content FROM read_text('/etc/passwd')) LIKE '%root%'",
    "EXISTS (SELECT * FROM read_csv('/etc/passwd'))",
    "EXISTS (FROM '/etc/passwd')",
    "url IN (SELECT url FROM documents)",
    "language = ANY(['en'])",
    "n_words > 1; DROP TABLE documents",
    "n_words > 1); COPY (SELECT 1) TO '/tmp/stolen' --",
    "1 = 1); ATTACH '/tmp/other.db'; SELECT (1 = 1",
    "1 = 1); PRAGMA database_list; SELECT (1 = 1",
    "1 = 1); SET enable_external_access = true; SELECT (1 = 1",
    "1 = 1) UNION ALL (SELECT true",
    "1 = 1) ORDER BY (n_words",
    "1 = 1) LIMIT (1",
    "n_words > 1 GROUP BY n_words",
    "(WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t) > 1",
    "random() < 0.5",
    "now() > date",
    "current_timestamp > date",
    "today() > date",
    "uuid() = doc_id",
    "getenv('HOME') = url",
    "current_setting('threads') = '1'",
    "nextval('s') = 1",
    "hash(url) % 2 = 0",
    "len(repeat('a', 1000000000000)) > 1",
    "len(range(1000000000000)) > 1",
    "replace(url, '', repeat('a', 1000)) = ''",
    "count(*) > 1",
    "row_number() OVER () > 1",
    "unnest([true, false])",
    "COLUMNS('n_.*') > 1",
    "COLUMNS(*) IS NULL",
    "#1 = 'x'",
    "n_words > ?",
    "n_words > $1",
    "len(list_filter([1], x -> x > 0)) > 0",
    "url COLLATE nocase = 'x'",
    "date > TIMESTAMPTZ '2024-01-01'",
    "CAST(url AS STRUCT(a INTEGER)) IS NULL",
    "main.random() < 0.5",
    "n_words = 1 /* no end",
    "n_words > 1 AS x",
    "",
    "  \n ",
    "*",
    "url = 'a\0b'",
    "url = 'a\udc80b'",
    "(" * 2000,
    "(" * 1000 + "true" + ")" * 1000,
    "NOT " * 900 + "true",
    "- " * 1900 + "1 > 0",
    "url = '" + "a" * MAX_CHARS + "'",
    "url = '" + "a" * 10_000_000 + "'",
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:60])
def test_what_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(ConditionError) as found:
        Condition.parse(text)
    assert len(str(found.value)) < 2000


@pytest.mark.parametrize(
    "text",
    ["1 = 1) ORDER BY (n_words", "1 = 1) UNION (SELECT true", "1 = 1) LIMIT (1", "1 = 1); SELECT (1"],
)
def test_a_text_that_closes_the_parenthesis_itself_gets_nothing_behind_it(text: str) -> None:
    with pytest.raises(ConditionError, match="one expression is needed and nothing behind it"):
        names_in(text)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("n_words", "gives int64; a condition is true or false"),
        ("'yes'", "gives string"),
        ("NULL", "gives null"),
        ("n_words > 'many'", "Could not convert string 'many'"),
        ("url > 3", "Cannot compare values of type VARCHAR"),
        ("repo = 1", "Could not convert string"),  # else it would fail on the first repository that is no number
        ("CAST(url AS INTEGER) = 1", "Could not convert string"),
        ("n_words >", "syntax error"),
        ("regexp_matches(url, '(')", "regex"),
        ("lowercase(url) = 'x'", "function lowercase is not known"),
        ("starts_wiht(url, 'x')", "did you mean starts_with"),
        ("n_words::JSON = '1'", "unknown type 'JSON'"),
    ],
)
def test_what_is_wrong_is_said(text: str, problem: str) -> None:
    with pytest.raises(ConditionError, match=problem) as found:
        Condition.parse(text)
    assert text[:20] in str(found.value)


def test_a_value_that_a_condition_fails_on_is_an_error_and_no_match() -> None:
    condition = Condition.parse("n_words * n_words > 1")
    with pytest.raises(ConditionError, match=r"n_words \* n_words > 1.*[Oo]verflow"):
        condition.matches(table(n_words=[2, 2**40]))


def test_a_long_table_keeps_its_order() -> None:
    values = np.random.default_rng(7).integers(0, 1000, 300_000)
    found = Condition.parse("n_words < 500").matches(table(n_words=values.tolist()))
    assert (found == (values < 500)).all()


def test_several_conditions_at_once_are_each_judged() -> None:
    documents = table(n_words=[1, 5], url=["a", "b"], repository=["r", None])
    conditions = [Condition.parse(text) for text in ("n_words > 2", "url = 'a'", "repo IS NULL", "false")]
    found = matching(conditions, documents)
    assert [mask.tolist() for mask in found] == [[False, True], [True, False], [False, True], [False, False]]
    assert matching([], documents) == []


def test_no_rows_match_nothing() -> None:
    assert Condition.parse("n_words > 2").matches(table(n_words=[])).tolist() == []


@settings(max_examples=60)
@given(st.text(max_size=60))
def test_any_text_is_a_condition_or_a_named_problem(text: str) -> None:
    try:
        condition = Condition.parse(text)
    except ConditionError:
        return
    assert set(condition.columns) <= set(COLUMNS.names)


@settings(max_examples=40)
@given(st.text(max_size=30).filter(lambda text: "\0" not in text), st.text(max_size=30))
def test_a_quoted_string_is_that_string_and_nothing_else(wanted: str, other: str) -> None:
    condition = Condition.parse("url = '" + wanted.replace("'", "''") + "'")
    assert condition.matches(table(url=[wanted, other])).tolist() == [True, wanted == other]
