import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality.licenses import LICENSE_SIGNALS_SCHEMA, license_choices, license_signals, permissive_licenses


def choices(expression: str) -> list[list[str]]:
    return sorted(sorted(choice) for choice in license_choices(expression))


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("MIT", [["mit"]]),
        (" mit ", [["mit"]]),
        ("MIT OR Apache-2.0", [["apache-2.0"], ["mit"]]),
        ("mit or apache-2.0", [["apache-2.0"], ["mit"]]),
        ("MIT AND ISC", [["isc", "mit"]]),
        ("MIT OR ISC AND Zlib", [["isc", "zlib"], ["mit"]]),
        ("(MIT OR ISC) AND Zlib", [["isc", "zlib"], ["mit", "zlib"]]),
        ("MIT AND MIT", [["mit"]]),
        ("GPL-2.0-only WITH Classpath-exception-2.0 OR MIT", [["gpl-2.0-only"], ["mit"]]),
        ("Apache-2.0+", [["apache-2.0"]]),
        ("DocumentRef-x:LicenseRef-y", [["documentref-x:licenseref-y"]]),
        ("((MIT))", [["mit"]]),
        *((nothing, []) for nothing in ("", "  ", "NONE", "NOASSERTION")),
        *(
            (broken, [[broken.lower()]])
            for broken in (
                "MIT ISC",
                "MIT OR",
                "OR MIT",
                "(MIT",
                "MIT)",
                "()",
                "a/b",
                "WITH x",
                "MIT AND OR ISC",
                "See ©",
            )
        ),
    ],
)
def test_choices(expression: str, expected: list[list[str]]) -> None:
    assert choices(expression) == expected


@pytest.mark.parametrize(
    "hostile",
    ["(" * 100_000, "(" * 900 + "MIT" + ")" * 10, " AND ".join(f"(a{i} OR b{i})" for i in range(40)), "with " * 150],
)
def test_hostile_expressions_are_taken_as_one_unknown_license(hostile: str) -> None:
    assert choices(hostile) == [[hostile.strip().lower()]]


def test_deep_parentheses_are_read() -> None:
    assert choices("(" * 400 + "MIT" + ")" * 400) == [["mit"]]


@settings(max_examples=100, deadline=None)
@given(
    st.recursive(
        st.sampled_from(["A", "B", "C"]),
        lambda inner: st.tuples(inner, st.sampled_from([" AND ", " OR "]), inner).map(
            lambda parts: "(" + "".join(parts) + ")"
        ),
        max_leaves=6,
    ),
    st.sets(st.sampled_from(["a", "b", "c"])),
)
def test_a_license_is_allowed_as_boolean_logic_has_it(expression: str, allowed: set[str]) -> None:
    logic = expression.replace("AND", "and").replace("OR", "or")
    for license_id in "ABC":
        logic = logic.replace(license_id, str(license_id.lower() in allowed))
    assert any(choice <= allowed for choice in license_choices(expression)) == eval(logic)


def test_signals() -> None:
    batch = license_signals(pa.array(["MIT OR ISC", None, "", "MIT OR ISC"]))
    assert batch.schema == LICENSE_SIGNALS_SCHEMA
    either = {"n_license_choices": 2, "license_choices": [["isc"], ["mit"]]}
    nothing = {"n_license_choices": 0, "license_choices": None}
    assert batch.to_pylist() == [either, nothing, nothing, either]


@pytest.mark.parametrize("expressions", [[], [None], [""]])
def test_signals_without_a_license(expressions: list[str | None]) -> None:
    batch = license_signals(pa.array(expressions, pa.string()))
    assert batch.column("n_license_choices").to_pylist() == [0] * len(expressions)


def test_permissive_licenses_are_the_blue_oak_councils() -> None:
    licenses = permissive_licenses()
    assert len(licenses) == len(set(licenses)) == 224
    assert {"MIT", "Apache-2.0", "BSD-3-Clause", "ISC", "Unlicense"} <= set(licenses)
    assert not any(license_id.startswith(("GPL", "AGPL", "LGPL", "MPL")) for license_id in licenses)
