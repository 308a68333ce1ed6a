import pyarrow as pa
import pytest

from benchmarks.gopher_checks import failed_checks, print_agreement, signals, spaced


def test_spaced_text_has_the_same_words_for_those_who_split_at_whitespace() -> None:
    texts = ["(A) text, as “plain” as it comes: 1.5 € ... don't!", "中文，和 English", "", "x = y[0] # no"]
    apart = [spaced(text) for text in texts]
    counts = signals(pa.array(apart, pa.large_string()), "simple")["n_words"].to_pylist()
    assert counts == [len(text.split()) for text in apart]


def test_checks_are_named_without_their_rule() -> None:
    assert {"too_few_words", "too_few_stop_words"} <= failed_checks(["short"], "auto")[0]


def test_agreement_is_of_all_verdicts(capsys: pytest.CaptureFixture[str]) -> None:
    share = print_agreement(
        [{"a"}, set(), {"b"}], {"x": [True, True, False], "y": [False, False, True]}, {"x": ("a",), "y": ("b", "c")}
    )
    assert share == pytest.approx(5 / 6)
    assert "66.67%" in capsys.readouterr().out
