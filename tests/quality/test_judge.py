from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality.judge import REASONS_TYPE, judge
from quality.rule import Check

SHORT = Check("short", "n_words", ">=", 50)
LONG = Check("long", "n_words", "<=", 100)
FOREIGN = Check("foreign", "language", "in", frozenset({"en", "de"}))
UNSURE = Check("unsure", "score", ">=", 0.65)


def judged(columns: dict[str, Any], *checks: Check) -> tuple[list[bool], list[list[dict[str, str | None]]]]:
    keep, reasons = judge(pa.table(columns), {"rule": checks})
    reasons.validate(full=True)
    assert reasons.type == REASONS_TYPE
    return keep.to_pylist(), reasons.to_pylist()


def test_every_failing_check_is_recorded_in_the_order_of_the_rules() -> None:
    signals = pa.table({"n_words": [49, 50, 101], "language": ["fr", "de", "it"]})
    keep, reasons = judge(signals, {"length": (SHORT, LONG), "language": (FOREIGN,)})
    foreign = {"reason": "language.foreign", "bound": "{de, en}"}
    assert keep.to_pylist() == [False, True, False]
    assert reasons.to_pylist() == [
        [{"reason": "length.short", "value": "49", "bound": "50"}, foreign | {"value": "fr"}],
        [],
        [{"reason": "length.long", "value": "101", "bound": "100"}, foreign | {"value": "it"}],
    ]


@pytest.mark.parametrize("number", [50, 50.0])
def test_a_bound_itself_passes(number: float) -> None:
    at_least, at_most = Check("a", "x", ">=", 50), Check("b", "x", "<=", 50)
    assert judged({"x": [number]}, at_least, at_most)[0] == [True]


def test_a_bound_is_compared_in_the_precision_of_its_column() -> None:
    scores = pa.array([0.65, np.nextafter(np.float32(0.65), np.float32(0))], pa.float32())
    keep, reasons = judged({"score": scores}, UNSURE)
    assert keep == [True, False]
    assert reasons[1] == [{"reason": "rule.unsure", "value": "0.6499999", "bound": "0.65"}]


def test_nan_fails() -> None:
    keep, reasons = judged({"score": [float("nan")]}, UNSURE, Check("high", "score", "<=", 2.5))
    assert keep == [False]
    assert [reason["value"] for reason in reasons[0]] == ["nan", "nan"]


@pytest.mark.parametrize("type_", [pa.float64(), pa.null()])
def test_a_null_passes_unless_it_is_to_fail(type_: pa.DataType) -> None:
    strict = Check("missing", "score", ">=", -1.0, null_fails=True)
    keep, reasons = judged({"score": pa.array([None], type_)}, UNSURE, strict)
    assert keep == [False]
    assert reasons == [[{"reason": "rule.missing", "value": None, "bound": "-1"}]]


@pytest.mark.parametrize("type_", [pa.string(), pa.large_string(), pa.dictionary(pa.int8(), pa.string())])
def test_membership_of_strings(type_: pa.DataType) -> None:
    strict = Check("missing", "language", "in", frozenset({"en", "fr"}), null_fails=True)
    language = pa.array(["en", "fr", None]).cast(type_)
    keep, reasons = judged({"language": language}, FOREIGN, strict)
    assert keep == [True, False, False]
    assert [[reason["reason"] for reason in of_document] for of_document in reasons] == [
        [],
        ["rule.foreign"],
        ["rule.missing"],
    ]


def test_membership_of_alternatives() -> None:
    choices = pa.array(
        [[["mit"], ["gpl"]], [["mit", "gpl"]], None, [["mit", "isc"]], []], pa.list_(pa.list_(pa.string()))
    )
    check = Check("license", "choices", "in", frozenset({"mit", "isc"}))
    keep, reasons = judged({"choices": choices}, check)
    assert keep == [True, False, True, True, False]
    assert reasons[1] == [{"reason": "rule.license", "value": "mit AND gpl", "bound": "{isc, mit}"}]
    assert judged({"choices": choices.slice(1, 3)}, check)[0] == [False, True, True]


def test_a_long_list_is_recorded_by_its_first_members() -> None:
    check = Check("far", "x", "in", frozenset(f"{i:02}" for i in range(13)))
    _, reasons = judged({"x": ["y"]}, check)
    assert reasons[0][0]["bound"] == "{00, 01, 02, 03, 04, 05, 06, 07, 08, 09, and 3 more}"


def test_exempt_languages_pass() -> None:
    check = Check("long", "n", "<=", 1, exempt_languages=frozenset({"HTML"}))
    columns = {"n": [2, 2, 2], "code_language": ["HTML", "Python", None]}
    assert judged(columns, check)[0] == [True, False, False]


def test_a_check_for_given_programming_languages_passes_the_others() -> None:
    check = Check("long", "n", "<=", 1, only_for_code_languages=frozenset({"HTML"}))
    columns = {"n": [2, 1, 2, 2], "code_language": ["HTML", "HTML", "Python", None]}
    assert judged(columns, check)[0] == [False, True, True, True]


def test_chunked_columns_and_no_rows() -> None:
    signals = pa.concat_tables([pa.table({"n_words": [1]}), pa.table({"n_words": [60, 2]})])
    assert judge(signals, {"rule": (SHORT,)})[0].to_pylist() == [False, True, False]
    keep, reasons = judge(signals.slice(0, 0), {"rule": (SHORT,)})
    assert (len(keep), len(reasons)) == (0, 0)


def test_no_rules_keep_everything() -> None:
    assert judged({"x": [1, 2]}) == ([True, True], [[], []])


@pytest.mark.parametrize("check", [SHORT, Check("long", "other", "<=", 1, exempt_languages=frozenset({"C"}))])
def test_a_missing_column_is_named_with_those_there_are(check: Check) -> None:
    with pytest.raises(KeyError, match=r"Rule 'rule' needs the column '(n_words|code_language)'.*other, score"):
        judged({"score": [1.0], "other": [1]}, check)


@pytest.mark.parametrize(
    ("check", "values"),
    [
        (Check("c", "x", ">=", 1), ["text"]),
        (Check("c", "x", ">=", frozenset({"a"})), [1]),
        (Check("c", "x", "in", frozenset({"a"})), [1]),
        (Check("c", "x", "in", 1), ["a"]),
    ],
)
def test_a_comparison_that_makes_no_sense_is_refused(check: Check, values: list[Any]) -> None:
    with pytest.raises(TypeError, match=r"Rule 'rule', check 'c'.*signal 'x' has the type (string|int64)"):
        judged({"x": values}, check)


numbers = st.one_of(st.none(), st.integers(-3, 3).map(float), st.just(float("nan")))


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(numbers, st.sampled_from(["en", "fr", None]), st.sampled_from(["C", None])), max_size=8),
    st.lists(
        st.one_of(
            st.builds(
                Check,
                st.text("ab", min_size=1),
                st.just("x"),
                st.sampled_from([">=", "<="]),
                st.integers(-3, 3),
                st.booleans(),
                st.sampled_from([frozenset(), frozenset({"C"})]),
            ),
            st.builds(Check, st.just("c"), st.just("lang"), st.just("in"), st.just(frozenset({"en"})), st.booleans()),
        ),
        max_size=5,
    ),
)
def test_judging_is_checking_each_document_by_each_check(
    documents: list[tuple[float | None, str | None, str | None]], checks: list[Check]
) -> None:
    def passes(check: Check, x: float | None, lang: str | None, code_language: str | None) -> bool:
        value = x if check.signal == "x" else lang
        if code_language in check.exempt_languages:
            return True
        if value is None:
            return not check.null_fails
        if isinstance(check.bound, frozenset):
            return value in check.bound
        return bool(value >= check.bound if check.comparison == ">=" else value <= check.bound)  # type: ignore[operator]

    types = {"x": pa.float64(), "lang": pa.string(), "code_language": pa.string()}
    columns = {name: pa.array([row[i] for row in documents], types[name]) for i, name in enumerate(types)}
    keep, reasons = judged(columns, *checks)
    expected = [[f"rule.{check.reason}" for check in checks if not passes(check, *row)] for row in documents]
    assert [[reason["reason"] for reason in of_document] for of_document in reasons] == expected
    assert keep == [not failed for failed in expected]
