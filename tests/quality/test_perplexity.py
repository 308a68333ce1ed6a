import hashlib
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from pydantic import ValidationError

from quality.input_file import ChangedFile, InputFile
from quality.perplexity.ccnet_text import ccnet_line
from quality.perplexity.local_file import local_path
from quality.signal_group import documents_of
from quality.signals import perplexity as group
from quality.signals.perplexity import PerplexitySettings, UnreadableModel, measure
from tests.quality.texts import documents

TINY = Path(__file__).with_name("tiny.arpa")  # nine words and seven pairs, written by hand


@pytest.fixture
def settings() -> PerplexitySettings:
    pytest.importorskip("kenlm", reason="the optional package kenlm is not installed")
    return PerplexitySettings.model_validate({"models": [{"model": str(TINY)}]})


def perplexities(texts: Sequence[str | None], settings: PerplexitySettings, **known: pa.Array) -> list[float | None]:
    found: list[float | None] = (
        measure(documents_of(pa.array(texts, pa.string()), **known), settings).columns["perplexity"].to_pylist()
    )
    return found


def test_perplexity_is_worked_out_from_the_model(settings: PerplexitySettings) -> None:
    whole = 0.2 + 0.3 + 0.4 + 0.5 + 0.3 + 0.2  # every pair of the sentence and its end is in the model
    unknown = 0.3 + 1.2 + 0.9  # backing off from the beginning, an unknown word, the end
    expected = [10 ** (whole / 6), 10 ** (unknown / 2), 10 ** ((whole + unknown) / 8), None, None, None]
    texts = [
        "The committee met on MONDAY",
        "Turnips",
        "The Committee met on Mónday\n\n turnips\r\n",
        "",
        " \n\x00\n",
        None,
    ]
    assert perplexities(texts, settings) == [
        value if value is None else pytest.approx(value, rel=1e-5) for value in expected
    ]


def test_each_language_has_its_model(settings: PerplexitySettings) -> None:
    german = PerplexitySettings.model_validate({"models": [{"model": str(TINY), "language": "de"}]})
    language = pa.array(["de", "en", None])
    found = perplexities(["the"] * 3, german, language=language)
    assert found == [perplexities(["the"], settings)[0], None, None]
    assert None not in perplexities(["the"] * 3, settings, language=language)


@pytest.mark.parametrize(
    "text",
    ["\n" * 1_000_000, "the " * 200_000, "a" * 1_000_000, "😀" * 100_000, "\u202e\x00" * 100_000, "한국" * 100_000],
    ids=["newlines", "words", "one word", "emoji", "RTL marks", "Hangul"],
)
def test_hostile_text_is_measured(text: str, settings: PerplexitySettings) -> None:
    (found,) = perplexities([text], settings)
    assert found is None or found > 1


def test_text_that_is_not_utf_8_is_measured(settings: PerplexitySettings) -> None:
    text = pa.StringArray.from_buffers(1, pa.array([0, 5], pa.int32()).buffers()[1], pa.py_buffer(b"the\xff\xc3"))
    assert measure(documents_of(text), settings).columns["perplexity"][0].as_py() > 1


def test_a_batch_is_its_documents_one_by_one(settings: PerplexitySettings) -> None:
    texts = ["the committee", "", "met\non", "x"]
    assert perplexities(texts, settings) == [perplexities([text], settings)[0] for text in texts]


def test_a_file_that_is_no_model_is_refused_by_name(settings: PerplexitySettings, tmp_path: Path) -> None:
    path = tmp_path / "broken.arpa"
    path.write_text("\\data\\\nngram 1=")
    broken = PerplexitySettings.model_validate({"models": [{"model": str(path)}]})
    with pytest.raises(UnreadableModel, match=r"broken\.arpa is no model"):
        perplexities(["the"], broken)


def test_missing_packages_are_named_before_any_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group, "find_spec", lambda _name: None)
    with pytest.raises(ValidationError, match="pip install kenlm"):
        PerplexitySettings.model_validate({"models": [{"model": "x.arpa"}]})
    with pytest.raises(ValidationError, match="pip install kenlm sentencepiece"):
        PerplexitySettings.model_validate({"models": [{"model": "x.arpa", "sentencepiece": "x.sp"}]})


def test_two_models_for_a_language_are_refused(settings: PerplexitySettings) -> None:
    models = [{"model": "x.arpa", "language": "de"}, {"model": "y.arpa", "language": "de"}]
    with pytest.raises(ValidationError, match="two models for the language de"):
        PerplexitySettings.model_validate({"models": models})


@given(documents)
def test_lines_are_normalised_as_datatrove_does(text: str) -> None:
    perplexity: Any = pytest.importorskip("datatrove.utils.perplexity", reason="the oracle is datatrove")
    line = "".join(text.splitlines())
    assert ccnet_line(line).split() == perplexity.KenlmModel("", "en").normalize(line).split()


def test_a_changed_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model"
    path.write_bytes(b"one")
    file = InputFile(uri=str(path), sha256=hashlib.sha256(b"one").hexdigest())
    assert local_path(file) == str(path)
    with pytest.raises(ChangedFile, match="has changed since the run began"):
        local_path(InputFile(uri=str(path), sha256="0" * 64))


def test_a_file_that_lies_elsewhere_is_fetched_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, temporary = tmp_path / "model", tmp_path / "temporary"
    source.write_bytes(b"one")
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    file = InputFile(uri=f"file://{source}", sha256=hashlib.sha256(b"one").hexdigest())
    found = local_path(file)
    assert Path(found).read_bytes() == b"one"
    local_path.cache_clear()
    source.unlink()
    assert local_path(file) == found  # from the copy
    local_path.cache_clear()
    Path(found).write_bytes(b"two")
    source.write_bytes(b"one")
    assert Path(local_path(file)).read_bytes() == b"one"  # a damaged copy is fetched again
    assert [path.name for path in temporary.iterdir()] == [f"mixdown-{file.sha256}"]
