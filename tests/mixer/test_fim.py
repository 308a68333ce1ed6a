from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.stats import binom

from mixer.fim import MIDDLE, MIN_CHARS, PREFIX, SUFFIX, FimSettings, _draws, fim_document, fim_key
from mixer.tokens import tokenizer
from tests.mixer.fim_inverse import unfim

ALWAYS_PSM = FimSettings(rate=1, spm_share=0)
ALWAYS_SPM = FimSettings(rate=1, spm_share=1)
HALF = FimSettings(rate=0.5)
CODE = "def lit(lamp):\n    return lamp.on  # größer, 灯\n"

keys = st.integers(0, 10**6).map(lambda number: fim_key("salt", str(number)))
texts = st.one_of(
    st.text(max_size=60), st.text(st.sampled_from("aé灯\U0001f600\u0301\u200d\r\n <|fim_prefix|>"), max_size=60)
)
one_line = st.text(st.characters(exclude_characters="\n", codec="utf-8"), max_size=8)
paths = st.one_of(st.none(), st.text(max_size=20), st.just("src/größe.py"))
some_settings = st.builds(FimSettings, rate=st.sampled_from([0.5, 1.0]), spm_share=st.sampled_from([0.0, 0.5, 1.0]))

Marks = list[tuple[int, str]]


def shown(text: str, marks: Sequence[tuple[int, str]]) -> str:
    """The document with its marks spelled out."""
    data, out, position = text.encode(), "", 0
    for at_bytes, token in marks:
        out += data[position:at_bytes].decode() + token
        position = at_bytes
    return out + data[position:].decode()


def repository(files: Sequence[tuple[str, str]], name: str | None = "lamp/house") -> tuple[str, Marks]:
    text, marks = "", []
    if name is not None:
        marks.append((0, "<repo_name>"))
        text = name
    for path, code in files:
        marks.append((len(text.encode()), "<file_sep>"))
        text += f"{path}\n{code}"
    return text, marks


@given(texts, paths, keys, some_settings)
def test_a_document_comes_back_whole(text: str, path: str | None, key: Any, settings: FimSettings) -> None:
    new_text, marks = fim_document(text, [], path, key, settings)
    if not marks:
        assert new_text == text
        return
    assert [token for _, token in marks] == [PREFIX, SUFFIX, MIDDLE]
    written = path if path and path.splitlines() == [path] else None
    assert unfim(new_text, marks, written) == (text, [])
    assert len(new_text) == len(text) + (0 if written is None else len(written) + 1)


@given(st.lists(st.tuples(one_line, texts), max_size=5), keys, some_settings)
def test_a_repository_comes_back_whole(files: list[tuple[str, str]], key: Any, settings: FimSettings) -> None:
    text, marks = repository(files)
    new_text, new_marks = fim_document(text, marks, "never/used", key, settings)
    assert len(new_text) == len(text)
    assert unfim(new_text, new_marks, None) == (text, marks)


@given(texts, paths, keys)
def test_no_mark_falls_inside_a_character(text: str, path: str | None, key: Any) -> None:
    new_text, marks = fim_document(text, [], path, key, ALWAYS_SPM)
    data = new_text.encode()
    places = [0, *(at for at, _ in marks), len(data)]
    assert places == sorted(places)
    for at in places:
        data[:at].decode()


# A repository's document, made with three keys.
GOLDEN_REPOSITORIES = (
    "<repo_name>lamp/house<file_sep><|fim_prefix|>a.py\n01234567<|fim_suffix|>c<|fim_middle|>89ab<file_sep>b.py\ntiny"
    "<file_sep>c/d.py\nklmnopqrstuvw<file_sep><|fim_prefix|>e.py\n<|fim_suffix|>CDEFGHIJKLM<|fim_middle|>AB",
    "<repo_name>lamp/house<file_sep>a.py\n0123456789abc<file_sep>b.py\ntiny<file_sep><|fim_prefix|>c/d.py\nklmnop"
    "<|fim_suffix|>vw<|fim_middle|>qrstu<file_sep>e.py\nABCDEFGHIJKLM",
    "<repo_name>lamp/house<file_sep><|fim_prefix|>a.py\n<|fim_suffix|>89abc<|fim_middle|>01234567<file_sep>b.py\ntiny"
    "<file_sep>c/d.py\nklmnopqrstuvw<file_sep><|fim_prefix|>e.py\nABCDEFGHIJKL<|fim_suffix|><|fim_middle|>M",
)
FOUR_FILES = [("a.py", "0123456789abc"), ("b.py", "tiny"), ("c/d.py", "klmnopqrstuvw"), ("e.py", "ABCDEFGHIJKLM")]


@pytest.mark.parametrize(
    ("text", "path", "settings", "expected"),
    [
        (
            "0123456789abcdef",
            "a.py",
            ALWAYS_PSM,
            "<|fim_prefix|>a.py\n0123456789<|fim_suffix|>def<|fim_middle|>abc",
        ),
        (
            "0123456789abcdef",
            "a.py",
            ALWAYS_SPM,
            "<|fim_prefix|>a.py\n<|fim_suffix|>def<|fim_middle|>0123456789abc",
        ),
        (
            "灯塔看守人每天晚上写下天气",
            None,
            ALWAYS_PSM,
            "<|fim_prefix|>灯塔看守人每天晚<|fim_suffix|>天气<|fim_middle|>上写下",
        ),
        ("0123456789", "two\nlines", ALWAYS_PSM, "<|fim_prefix|>012345<|fim_suffix|>9<|fim_middle|>678"),
        ("012345678", "a.py", ALWAYS_PSM, "012345678"),
        ("", None, ALWAYS_PSM, ""),
    ],
    ids=["psm", "spm", "many bytes", "path of two lines", "short", "empty"],
)
def test_golden(text: str, path: str | None, settings: FimSettings, expected: str) -> None:
    assert shown(*fim_document(text, [], path, fim_key("salt", "doc-0"), settings)) == expected


def test_golden_repository() -> None:
    text, marks = repository(FOUR_FILES)
    found = {shown(*fim_document(text, marks, None, fim_key("salt", f"doc-{n}"), HALF)) for n in range(12)}
    assert shown(text, marks) in found  # a repository that was not chosen
    assert found >= set(GOLDEN_REPOSITORIES)


def test_draws_are_splitmix64s() -> None:
    """https://rosettacode.org/wiki/Pseudo-random_numbers/Splitmix64, seed 1234567"""
    assert _draws(np.uint64(1234567), 3).tolist() == [6457827717110365317, 3203168211198807973, 9817491932198370423]


@pytest.mark.parametrize(
    "marks",
    [
        [(0, "<commit_before>"), (4, "<commit_msg>"), (9, "<commit_after>")],
        [(0, "<pr>"), (4, "<repo_name>")],
        [(0, "<repo_name>")],
        [(0, "<file_sep>"), (4, "<jupyter_code>")],
        [(0, PREFIX), (4, SUFFIX), (9, MIDDLE)],
    ],
    ids=lambda marks: marks[-1][1],
)
def test_documents_with_a_structure_of_their_own_stay(marks: Marks) -> None:
    assert fim_document(CODE, marks, "a.py", fim_key("salt", "x"), ALWAYS_PSM) == (CODE, marks)


def test_the_repositorys_name_stays_in_front() -> None:
    text, marks = repository(FOUR_FILES)
    new = shown(*fim_document(text, marks, "never/used", fim_key("salt", "x"), ALWAYS_SPM))
    assert new.startswith("<repo_name>lamp/house<file_sep><|fim_prefix|>a.py\n<|fim_suffix|>")
    assert new.count(PREFIX) == 3
    assert "<file_sep>b.py\ntiny<file_sep><|fim_prefix|>c/d.py\n<|fim_suffix|>" in new
    assert "never/used" not in new


def test_a_literal_token_in_the_text_is_text() -> None:
    text = "x = '<|fim_prefix|>'; y = '<|fim_middle|>'"
    new_text, marks = fim_document(text, [], "<|fim_suffix|>", fim_key("salt", "x"), ALWAYS_PSM)
    encoder = tokenizer("cl100k_base")
    ids = encoder.encode_document(new_text, marks).tolist()
    assert [ids.count(encoder.special_tokens[token]) for token in (PREFIX, SUFFIX, MIDDLE)] == [1, 1, 1]
    assert unfim(new_text, marks, "<|fim_suffix|>") == (text, [])


def test_ids_stand_in_place() -> None:
    encoder = tokenizer("cl100k_base")
    new_text, marks = fim_document(CODE, [], "lamp.py", fim_key("salt", "x"), ALWAYS_PSM)
    ids = encoder.encode_document(new_text, marks).tolist()
    assert (ids[0], ids[-1]) == (100258, encoder.end_of_text_id)
    suffix, middle = ids.index(100260), ids.index(100259)
    parts = [encoder.decode(part) for part in (ids[1:suffix], ids[suffix + 1 : middle], ids[middle + 1 : -1])]
    assert parts[0].startswith("lamp.py\n")
    assert parts[0] + parts[2] + parts[1] == "lamp.py\n" + CODE


def within(hits: int, trials: int, probability: float) -> bool:
    low, high = binom.ppf([1e-6, 1 - 1e-6], trials, probability)
    return bool(low <= hits <= high)


def test_the_rate_and_the_share_of_spm_are_met() -> None:
    settings, trials = FimSettings(rate=0.3, spm_share=0.8), 4_000
    made = [fim_document(CODE, [], None, fim_key("salt", str(n)), settings) for n in range(trials)]
    changed = [marks for _, marks in made if marks]
    spm = sum(marks[1][0] == 0 for marks in changed)  # an empty prefix in PSM looks the same: one in 30
    assert within(len(changed), trials, 0.3)
    empty_prefix = (2 * len(CODE) + 1) / (len(CODE) + 1) ** 2
    assert within(spm, len(changed), 0.8 + 0.2 * empty_prefix)


def test_the_rate_counts_for_repositories_and_then_for_their_files() -> None:
    text, marks = repository([(f"{n}.py", CODE) for n in range(20)])
    made = [fim_document(text, marks, None, fim_key("salt", str(n)), HALF)[1] for n in range(1_000)]
    changed = [sum(token == PREFIX for _, token in found) for found in made]
    chosen = [count for count in changed if count]  # one chosen repository in a million has no changed file
    assert within(len(chosen), len(made), 0.5)
    assert within(sum(chosen), 20 * len(chosen), 0.5)


def test_cuts_are_uniform_and_differ_from_document_to_document() -> None:
    text = "0123456789"
    starts = []
    for number in range(4_000):
        _, marks = fim_document(text, [], None, fim_key("salt", str(number)), ALWAYS_PSM)
        starts.append(marks[1][0])
    for place in range(11):  # the lesser of two uniform draws from 11 gaps
        assert within(starts.count(place), len(starts), (2 * (10 - place) + 1) / 121)


def test_the_key_decides() -> None:
    assert fim_key("salt", "a") == fim_key("salt", "a")
    assert len({int(fim_key(salt, doc)) for salt in ("", "s", "t") for doc in ("", "a", "b")}) == 9
    first = fim_document(CODE, [], "a.py", fim_key("salt", "x"), ALWAYS_PSM)
    assert first == fim_document(CODE, [], "a.py", fim_key("salt", "x"), ALWAYS_PSM)
    others = {fim_document(CODE, [], "a.py", fim_key("salt", str(n)), ALWAYS_PSM)[0] for n in range(20)}
    assert len(others) > 15


@pytest.mark.parametrize(
    "values", [{}, {"rate": 0}, {"rate": 1.1}, {"rate": 0.5, "spm_share": -0.1}, {"rate": 0.5, "psm": 1}]
)
def test_settings_are_checked(values: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        FimSettings.model_validate(values)


def test_shorter_than_the_minimum_stays() -> None:
    for size in range(MIN_CHARS + 2):
        _, marks = fim_document("x" * size, [], None, fim_key("salt", "x"), ALWAYS_PSM)
        assert bool(marks) == (size >= MIN_CHARS)
