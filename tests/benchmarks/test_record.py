import pytest

from benchmarks.record import BEGIN, END, RESULTS, Row, with_rows

TEXT = f"# Results\n\nProse | with a bar.\n\n{BEGIN}\n{END}\n\nMore | of it.\n"


def row_of(name: str, ratio: float, **more: object) -> Row:
    return Row.of("mixing", {"name": name, "ratio": ratio, **more}, 5_000_000)


def test_a_result_replaces_that_of_its_name_and_nothing_else_changes() -> None:
    first = with_rows(TEXT, [row_of("a, b", 1.23456, read=1), row_of("c", 2.0)], "two | cores")
    again = with_rows(first, [row_of("a, b", 3.0)], "another")
    rows = [line for line in again.splitlines() if line.startswith(("| a", "| c"))]
    assert [row.split(" | ")[:2] for row in rows] == [["| a, b", "3"], ["| c", "2"]]
    assert "1.235" in first
    assert "two / cores" in rows[1]
    assert "another" in rows[0]
    assert again.startswith(TEXT[: TEXT.index(BEGIN)])
    assert again.endswith(TEXT[TEXT.index(END) :])


def test_the_table_stands_in_the_results_and_is_kept_as_it_is() -> None:
    text = RESULTS.read_text(encoding="utf-8")
    assert with_rows(text, [], "") == text


def test_results_without_a_table_are_left_alone() -> None:
    with pytest.raises(ValueError, match="no table"):
        with_rows("# Results", [], "")
