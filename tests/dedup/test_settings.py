import pytest
from pydantic import ValidationError

from dedup.settings import DedupSettings


def test_defaults_are_finewebs() -> None:
    settings = DedupSettings()
    assert (settings.ngram, settings.bands, settings.rows, settings.lanes) == (5, 14, 8, 112)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"bandz": 14}, "Extra inputs are not permitted"),
        ({"ngram": 0}, "greater than or equal to 1"),
        ({"bands": 0}, "greater than or equal to 1"),
        ({"rows": 0}, "greater than or equal to 1"),
        ({"seed": 2**64}, "less than"),
        ({"max_edges_in_one_task": -1}, "greater than or equal to 0"),
        ({"bands": 300, "rows": 20}, "300 \\* 20 = 6000 lanes per document, at most 4096"),
    ],
)
def test_wrong_settings_say_what_is_wrong(wrong: dict[str, int], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        DedupSettings(**wrong)


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        DedupSettings().bands = 3  # type: ignore[misc]
