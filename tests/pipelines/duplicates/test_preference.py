from datetime import UTC, datetime

import pyarrow as pa
import pytest

from pipelines.duplicates.preference import check_preferences, columns_of, preferences

TABLE = pa.table(
    {
        "license": pa.array(["MIT", None, "MIT"]),
        "metadata": ['{"stars": 5}', None, '{"stars": "many"}'],
        "date": pa.array(
            [datetime(2024, 1, 1, tzinfo=UTC), None, datetime(2023, 1, 1, tzinfo=UTC)], pa.timestamp("us", "UTC")
        ),
        "n_final_bytes": [10, 30, 20],
        "language_score": pa.array([0.5, float("nan"), 0.75], pa.float32()),
    }
)


@pytest.mark.parametrize(
    ("name", "best_first"),
    [
        ("license", [0, 2, 1]),
        ("stars", [0, 1, 2]),  # unknown ones last, in the order of rows here
        ("newest", [0, 2, 1]),
        ("oldest", [2, 0, 1]),
        ("longest", [1, 2, 0]),
        ("shortest", [0, 2, 1]),
        ("language_score", [2, 0, 1]),
        ("source", [0, 1, 2]),
    ],
)
def test_the_best_comes_first(name: str, best_first: list[int]) -> None:
    assert columns_of([name]) <= set(TABLE.column_names)
    ranks = preferences(TABLE, [name], 3).to_pylist()
    assert sorted(range(3), key=lambda row: (ranks[row], row)) == best_first


def test_the_first_that_differs_decides() -> None:
    assert preferences(TABLE, ["source", "license", "longest"], 7).to_pylist() == [
        [7.0, 0.0, -10.0],
        [7.0, 1.0, -30.0],
        [7.0, 0.0, -20.0],
    ]


def test_an_unknown_preference_is_named_with_the_nearest() -> None:
    check_preferences(["source", "stars", "language_score"])
    with pytest.raises(ValueError, match="unknown preference 'longst'; did you mean 'longest'"):
        check_preferences(["longst"])
