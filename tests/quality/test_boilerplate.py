import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import quality.signals.boilerplate as boilerplate
from quality.boilerplate.lines import PLACES
from quality.signal_group import documents_of
from quality.signals.boilerplate import BoilerplateSettings, measure
from tests.quality.texts import documents

SENTENCE = "The committee decided to postpone the meeting until everyone had read the report carefully."


def rows(texts: Sequence[str | None]) -> list[dict[str, Any]]:
    table = pa.table(dict(measure(documents_of(pa.array(texts, pa.string())), BoilerplateSettings()).columns))
    return table.to_pylist()


def is_boilerplate(line: str) -> bool:
    (row,) = rows([line])
    return bool(row["n_boilerplate_lines"])


BOILERPLATE = [
    "Home | About us | Contact | Privacy Policy",
    "SHARE THIS:  Facebook  (12) · Twitter (3)",
    "3 Comments",
    "© 2021 Example Ltd.",
    "Copyright © 1999-2024 The Example Company. All rights reserved.",
    "This website uses cookies to improve your experience. Accept Reject",
    "Your email address will not be published. Required fields are marked *",
    "Startseite » Über uns » Impressum",
    "Wir verwenden Cookies, um Ihnen das beste Erlebnis zu bieten.",
    "Deine E-Mail-Adresse wird nicht veröffentlicht. Erforderliche Felder sind mit * markiert",
    "Accueil > Mentions légales > Nous contacter",
    "Lire la suite…",
    "Inicio | Sobre nosotros | Política de cookies",
    "Todos los derechos reservados.",
    "Главная / О компании / Контакты",
    "© 2020 Все права защищены",
    "로그인 | 회원가입 | 고객센터",
    "무단전재 및 재배포 금지",
    "ホーム > お問い合わせ > サイトマップ",
    "続きを読む",
    "首页 | 关于我们 | 联系我们",
    "版权所有 京ICP备12345678号",
    "Deutsch  English  Français  日本語",
    "\t read\u00a0more \t",
]

TEXT = [
    SENTENCE,
    "She logged in to her account and read the news.",
    "He came home.",
    "The cookies need ten minutes at 180 degrees.",
    "About 30 people came to the meeting",
    "2021",
    "***",
    "of the and",
    "3 EL",
    "4,8 von 5",
    "Der Kontakt zu den Kollegen blieb gut.",
    "Cela sera bientôt publié.",
    "El inicio de la película es lento.",
    "Он вошёл в дом и закрыл дверь.",
    "그는 집에 돌아와 책을 읽었다.",
    "彼は家に帰って本を読んだ。",
    "他回家读了一本书。",
]


@pytest.mark.parametrize("line", BOILERPLATE)
def test_boilerplate_is_recognised(line: str) -> None:
    assert is_boilerplate(line)


@pytest.mark.parametrize("line", TEXT)
def test_text_is_no_boilerplate(line: str) -> None:
    assert not is_boilerplate(line)


def test_a_paragraph_may_speak_of_cookies() -> None:
    assert not is_boilerplate(f"{SENTENCE} {SENTENCE} This website uses cookies. {SENTENCE}")


def test_shares_are_of_lines_that_are_not_blank() -> None:
    (row,) = rows([f"\n\nMenu\r\n \n{SENTENCE}\u2028Read more\n\n"])
    assert row["n_boilerplate_lines"] == 2
    assert row["boilerplate_line_share"] == 2 / 3
    assert row["boilerplate_char_share"] == 13 / (13 + len(SENTENCE))


@pytest.mark.parametrize(
    ("lines", "share"),
    [
        (["Politics", "Sport", "Culture", "Weather"], 0),  # too few for a run
        (["Politics", "Sport", "Culture", "Weather", "Travel"], 1),
        (["Politics", "Sport", "", "Culture", "Weather", "Travel", SENTENCE], 5 / 6),
        (["Politics", "Sport", SENTENCE, "Culture", "Weather", "Travel"], 0),
        (["He came.", "He saw.", "He won.", "He left.", "He slept."], 0),  # sentences
        (["1.5", "2.5", "3.5", "4.5", "5.5"], 0),  # numbers
        (["新闻", "体育", "文化", "天气", "旅游"], 1),
        (["委员会决定推迟会议直到每个人都仔细阅读了报告"] * 5, 0),  # a CJK character is two wide
    ],
)
def test_runs_of_short_lines_look_like_links(lines: list[str], share: float) -> None:
    assert rows(["\n".join(lines)])[0]["link_line_share"] == share


def test_a_document_without_text_has_zeros() -> None:
    assert rows(["", None, " \n\t\n"]) == [dict.fromkeys(boilerplate.BOILERPLATE_SCHEMA.names, 0)] * 3


def test_annotated_pages_agree() -> None:
    """Segments that people marked on 990 real pages: what an extractor must keep, and what it must leave out.

    Unwanted segments are comments and other articles as well, so only part of them can be recognised.
    """
    if "MIXDOWN_DATA" not in os.environ:
        pytest.skip("MIXDOWN_DATA does not name a folder with annotated pages")
    path = Path(os.environ["MIXDOWN_DATA"]) / "web-truth" / "evaldata.json"
    pages = json.loads(path.read_text("utf-8")).values()

    def recognised(kind: str) -> float:
        segments = [segment for page in pages for segment in page.get(kind, []) if segment]
        return sum(row["n_boilerplate_lines"] > 0 for row in rows(segments)) / len(segments)

    assert recognised("with") < 0.003
    assert recognised("without") > 0.14


@given(st.lists(st.one_of(documents, st.sampled_from(BOILERPLATE)), max_size=4))
def test_a_batch_is_its_documents_one_by_one(texts: list[str]) -> None:
    assert rows(texts) == [row for text in texts for row in rows([text])]


@given(st.lists(st.sampled_from([*BOILERPLATE, *TEXT]), max_size=8))
def test_a_document_is_its_lines(lines: list[str]) -> None:
    (row,) = rows(["\n".join(lines)])
    assert row["n_boilerplate_lines"] == sum(map(is_boilerplate, lines))


@pytest.mark.parametrize(
    "text",
    ["\n" * 1_000_000, "Menu\n" * 200_000, "menu " * 200_000, "😀" * 100_000, "登录" * 200_000, "\u202e\x00" * 100_000],
    ids=["newlines", "lines", "one line", "emoji", "CJK", "RTL marks"],
)
def test_hostile_text_is_measured(text: str) -> None:
    (row,) = rows([text])
    assert row["n_boilerplate_lines"] == text.count("Menu")


def test_text_that_is_not_utf_8_is_measured() -> None:
    data = b"menu\n\xff\xc3\n\xf4\xbf\xbf\xbf\nMenu \xe3"
    text = pa.StringArray.from_buffers(1, pa.array([0, len(data)], pa.int32()).buffers()[1], pa.py_buffer(data))
    assert measure(documents_of(text), BoilerplateSettings()).columns["n_boilerplate_lines"].to_pylist() == [2]


def test_the_table_has_every_language_and_only_text() -> None:
    table = yaml.safe_load(boilerplate.TABLE.read_text("utf-8"))
    assert tuple(table) == PLACES
    for place in PLACES[1:]:
        assert {"en", "de", "fr", "es", "ru", "ko", "ja", "zh"} <= set(table[place])
    phrases = [phrase for place in PLACES for of_language in table[place].values() for phrase in of_language]
    assert all(isinstance(phrase, str) and phrase.strip() == phrase != "" for phrase in phrases)
    assert np.isin(boilerplate._phrases()[1], range(len(PLACES))).all()
