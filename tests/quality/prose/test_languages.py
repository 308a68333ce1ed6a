"""Good prose passes in every language that the rules know, and bad pages don't."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml

from quality.judge import judge
from quality.prose.languages import language_rows, languages, stop_word_key
from quality.rule import rules
from quality.signal_group import documents_of, measure_groups, signal_groups

PAGES: dict[str, str] = yaml.safe_load(Path(__file__).with_name("pages.yaml").read_text("utf-8"))
RULES = ("gopher_quality", "gopher_repetition", "c4", "fineweb")


def failures(text: str, names: tuple[str, ...] = RULES, **settings: Any) -> set[str]:
    groups = {name: signal_groups()[name].settings() for name in ("language", "shape", "prose")}
    table = pa.table(dict(measure_groups(documents_of(pa.array([text])), groups).columns))
    checks = {name: rules()[name].checks(rules()[name].settings.model_validate(settings)) for name in names}
    return {failure["reason"] for failure in judge(table, checks)[1][0].as_py()}


def test_there_is_a_page_for_every_language() -> None:
    assert PAGES.keys() == languages().keys() == {"en", "de", "fr", "es", "ru", "ko", "ja", "zh"}


@pytest.mark.parametrize("code", PAGES)
def test_good_prose_passes(code: str) -> None:
    assert failures(PAGES[code]) == set()


@pytest.mark.parametrize("code", PAGES)
def test_a_fragment_has_too_few_words_and_sentences(code: str) -> None:
    first_sentence = PAGES[code].splitlines()[0][:40]
    assert {"gopher_quality.too_few_words", "c4.too_few_sentences"} <= failures(first_sentence)


@pytest.mark.parametrize("code", PAGES)
def test_a_page_that_repeats_itself_fails(code: str) -> None:
    last = PAGES[code].splitlines()[-1]
    reasons = failures("\n".join([PAGES[code].strip(), *[last] * 4]))
    assert {"gopher_repetition.duplicate_lines", "fineweb.duplicate_line_chars"} <= reasons


@pytest.mark.parametrize("code", PAGES)
def test_a_list_of_words_has_no_stop_words_or_no_ends(code: str) -> None:
    words = {
        **dict.fromkeys(("en", "de", "fr", "es"), "Museum Taxi Hotel Radio Sofa Piano Tennis Kilo"),
        "ru": "музей такси отель радио диван пианино теннис кило",
        "ko": "박물관 택시 호텔 라디오 소파 피아노 테니스 킬로",
        "ja": "博物館 電話 新聞 写真 自転車 料理 音楽 天気",
        "zh": "博物馆 电话 新闻 照片 汽车 音乐 天气 旅馆",
    }[code]
    table_language = pa.array([code])
    groups = {name: signal_groups()[name].settings() for name in ("shape", "prose")}
    documents = documents_of(pa.array([f"{words}\n" * 12]), language=table_language)
    table = pa.table(dict(measure_groups(documents, groups).columns) | {"language": table_language})
    names = ("gopher_quality", "gopher_repetition", "c4", "fineweb")
    checks = {name: rules()[name].checks(rules()[name].settings()) for name in names}
    reasons = {failure["reason"] for failure in judge(table, checks)[1][0].as_py()}
    assert {"gopher_quality.too_few_stop_words", "gopher_repetition.duplicate_lines", "c4.too_few_sentences"} <= reasons


def test_another_languages_bounds_are_not_englishs() -> None:
    words = "Donaudampfschifffahrt Versorgungsboot der Wohngemeinschaft und Leuchtturmwärter. " * 15
    assert "gopher_quality.words_too_long" in failures(
        words, per_language={"de": {"max_mean_word_chars": 10}}, names=("gopher_quality",)
    )
    assert "gopher_quality.words_too_long" not in failures(words, names=("gopher_quality",))


def test_a_language_without_stop_words_is_not_judged_by_them() -> None:
    finnish = "Valiokunta päätti lykätä kokousta, kunnes kaikki olisivat lukeneet raportin huolellisesti. " * 10
    assert "gopher_quality.too_few_stop_words" not in failures(finnish, names=("gopher_quality",))


def test_a_languages_bounds_are_checked_like_the_rules() -> None:
    with pytest.raises(ValueError, match="'no_such' of language 'de' is no setting of fineweb"):
        rules()["fineweb"].settings.model_validate({"per_language": {"de": {"no_such": 1}}})
    with pytest.raises(ValueError, match="less than or equal to 1"):
        rules()["fineweb"].settings.model_validate({"per_language": {"de": {"max_short_line_share": 2}}})


def test_every_bound_of_the_data_file_is_a_setting() -> None:
    for language in languages().values():
        for name, bounds in language.bounds.items():
            assert bounds.keys() <= rules()[name].settings.model_fields.keys()


def test_stop_words_have_keys_of_their_own() -> None:
    for language in languages().values():
        assert len({stop_word_key(word) for word in language.stop_words}) == len(language.stop_words)


def test_an_unknown_language_counts_as_english() -> None:
    rows = language_rows(pa.array(["en", None, "und", "de", "fi"]))
    assert rows[0] == rows[1] == rows[2]
    assert rows[4] == len(languages())
