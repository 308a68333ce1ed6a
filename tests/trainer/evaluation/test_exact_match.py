"""Answers are compared as SQuAD's and GSM8K's evaluators do."""

import pytest

from trainer.evaluation.exact_match import is_accepted, is_number, last_number, normalised
from trainer.evaluation.texts import before_stop


def test_articles_case_and_punctuation_do_not_count() -> None:
    assert normalised(" The  Beatles' song, a hit!") == "beatles song hit"
    assert is_accepted("the U.S.A.", ["usa", "America"])
    assert not is_accepted("theatre", ["atre"])
    assert not is_accepted("", ["", "a"])
    assert not is_accepted("The", ["a"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [("so 3 * 4 = 12.", "12"), ("#### 1,234", "1234"), ("$-5.50 left", "-5.50"), ("none", None), ("is .5", ".5")],
)
def test_the_last_number_is_found(text: str, expected: str | None) -> None:
    found = last_number(text)
    assert found is None if expected is None else found == type(found)(expected)  # type: ignore[call-arg,arg-type]


def test_numbers_are_equal_as_numbers() -> None:
    assert is_number("That makes 1,200.00 dollars", ["1200"])
    assert not is_number("120", ["1200"])
    assert not is_number("many", ["1200"])


def test_text_ends_before_the_first_stop() -> None:
    assert before_stop(" Paris\nQuestion: 2\n", ("\nQ", "\n")) == " Paris"
    assert before_stop("x", ("\n",)) == "x"
    assert before_stop("x", ()) == "x"
