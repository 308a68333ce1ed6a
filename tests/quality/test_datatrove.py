"""The adapter of datatrove against datatrove itself."""

import importlib.metadata
import random
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pytest
from pydantic import ValidationError

from quality.judge import judge
from quality.rule import rules
from quality.signal_group import documents_of, measure_groups, signal_groups
from tests.quality.texts import SENTENCES

pytest.importorskip("datatrove", reason="the adapter runs blocks of datatrove: pip install datatrove")

from quality.datatrove_adapter.blocks import TRIAL_TEXT
from quality.signals import datatrove as adapter
from quality.signals.datatrove import DatatroveSettings, measure

FILTERS = "datatrove.pipeline.filters"
FORMATTERS = "datatrove.pipeline.formatters"


def settings_of(*blocks: Any, **others: Any) -> DatatroveSettings:
    return DatatroveSettings.model_validate({"blocks": blocks} | others)


def reasons(settings: DatatroveSettings, texts: Sequence[str | None], **known: pa.Array) -> list[list[str] | None]:
    """Of each text the reasons for which blocks drop it; None: a problem."""
    found = measure(documents_of(pa.array(texts, pa.string()), **known), settings)
    column = found.columns["datatrove_failures"].to_pylist()
    return [None if each is None else [failure["reason"] for failure in each] for each in column]


def seeded_texts(count: int) -> list[str]:
    """English and other texts with repetitions, short lines, bullets and addresses, so that filters disagree."""
    draw = random.Random(7)
    texts = []
    for _ in range(count):
        lines = draw.choices(TRIAL_TEXT.splitlines(), k=draw.randint(0, 8))
        lines += draw.choices(list(SENTENCES.values()), k=draw.randint(0, 2))
        lines += draw.choices(
            ["menu", "- item ...", "lorem ipsum {", "", "## # #", "me@example.org 8.8.8.8"], k=draw.randint(0, 3)
        )
        draw.shuffle(lines)
        texts.append("\n".join(lines))
    return [*texts, "", "x", TRIAL_TEXT]


BLOCKS = [
    f"{FILTERS}.GopherRepetitionFilter",
    f"{FILTERS}.GopherQualityFilter",
    {"block": f"{FILTERS}.C4QualityFilter", "arguments": {"filter_no_terminal_punct": False}},
    f"{FILTERS}.C4ParagraphFilter",
    f"{FILTERS}.FineWebQualityFilter",
    {"block": f"{FILTERS}.RegexFilter", "arguments": {"regex_exp": "lorem|me@"}},
    f"{FORMATTERS}.PIIFormatter",
    f"{FORMATTERS}.SymbolLinesFormatter",
]


def by_hand(name: str, arguments: dict[str, Any], text: str) -> tuple[str, str | None]:
    """The text after a fresh block of datatrove, and the reason for which it drops it."""
    from datatrove.data import Document
    from datatrove.pipeline.filters.base_filter import BaseFilter

    module, _, class_name = name.rpartition(".")
    step = getattr(importlib.import_module(module), class_name)(**arguments)
    document = Document(text=text, id="0", metadata={"url": "https://example.org/"})
    if not isinstance(step, BaseFilter):
        (after,) = step.run(iter([document]))
        return after.text, None
    result = step.filter(document)
    keep, reason = result if isinstance(result, tuple) else (result, None)
    return document.text, None if keep else reason or "dropped"


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: str(block).split(".")[-1][:20])
def test_verdicts_and_texts_are_those_of_the_block_run_by_hand(block: Any) -> None:
    texts = seeded_texts(60)
    name, arguments = (block, {}) if isinstance(block, str) else (block["block"], block["arguments"])
    expected = [by_hand(name, arguments, text) for text in texts]
    found = measure(documents_of(pa.array(texts)), settings_of(block))
    given = [[failure["reason"] for failure in each] for each in found.columns["datatrove_failures"].to_pylist()]
    class_name = name.rpartition(".")[2]
    assert given == [[] if reason is None else [f"{class_name}.{reason}"] for _, reason in expected]
    assert (texts if found.text is None else found.text.to_pylist()) == [text for text, _ in expected]
    changed = {text != before for (text, _), before in zip(expected, texts, strict=True)}
    assert True in changed or any(given), "the texts do not tell whether the block ran"


def test_every_block_runs_in_order_whatever_the_others_say() -> None:
    settings = settings_of(
        {"block": f"{FILTERS}.RegexFilter", "arguments": {"regex_exp": "@"}},
        f"{FORMATTERS}.PIIFormatter",
        {"block": f"{FILTERS}.RegexFilter", "arguments": {"regex_exp": "me@mine.org"}},
        f"{FILTERS}.GopherQualityFilter",
    )
    assert reasons(settings, ["write to me@mine.org"]) == [
        ["RegexFilter.dropped", "GopherQualityFilter.gopher_short_doc"]
    ]


@pytest.mark.parametrize(
    "block",
    [
        {"block": f"{FILTERS}.SamplerFilter", "arguments": {"rate": 0.5, "seed": 3}},
        f"{FILTERS}.SamplerFilter",
        {"block": f"{FORMATTERS}.PIIFormatter", "arguments": {"email_replacement": ["a@b.c", "d@e.f"]}},
        *BLOCKS[:3],
    ],
    ids=str,
)
def test_results_do_not_depend_on_order_or_batch(block: Any) -> None:
    settings = settings_of(block)
    texts = seeded_texts(40)

    def results(batch: list[str]) -> list[tuple[Any, str]]:
        found = measure(documents_of(pa.array(batch)), settings)
        after = batch if found.text is None else found.text.to_pylist()
        return list(zip(found.columns["datatrove_failures"].to_pylist(), after, strict=True))

    whole = results(texts)
    assert results(texts[::-1]) == whole[::-1]
    assert [result for text in texts for result in results([text])] == whole


def test_a_sampler_keeps_its_rate_by_the_text_and_the_seed() -> None:
    texts = [f"document {number}" for number in range(2000)]

    def kept(seed: int) -> list[bool]:
        arguments = {"rate": 0.3, "seed": seed}
        return [
            not each
            for each in reasons(settings_of({"block": f"{FILTERS}.SamplerFilter", "arguments": arguments}), texts)
        ]

    assert 0.26 < sum(kept(1)) / 2000 < 0.34
    assert kept(1) == kept(1) != kept(2)


def test_a_text_with_marks_stays_as_it_is() -> None:
    settings = settings_of(
        f"{FORMATTERS}.PIIFormatter", {"block": f"{FILTERS}.RegexFilter", "arguments": {"regex_exp": "me@"}}
    )
    text = pa.array(["from me@mine.org"] * 3)
    found = measure(documents_of(text, has_marks=pa.array([True, False, None])), settings)
    assert found.text is not None
    assert found.text.to_pylist() == [text[0].as_py(), "from email@example.com", "from email@example.com"]
    assert [len(each) for each in found.columns["datatrove_failures"].to_pylist()] == [1, 0, 0]


def test_a_filter_changes_no_text_with_marks() -> None:
    text = pa.array([f"{TRIAL_TEXT} [1]"])
    changed = measure(documents_of(text), settings_of(BLOCKS[2]))
    kept = measure(documents_of(text, has_marks=pa.array([True])), settings_of(BLOCKS[2]))
    assert changed.text is not None
    assert kept.text is None
    assert kept.columns == changed.columns


def test_a_block_that_drops_a_document_leaves_its_text() -> None:
    class Emptying:
        def filter(self, document: Any) -> bool:
            document.text = ""
            return False

    emptying = adapter.ReadyBlock("Emptying", "filter", Emptying(), lambda _text: None)
    text, failures = adapter.run_blocks([emptying, emptying], "text", {}, False)
    assert text == "text"
    assert [failure["reason"] for failure in failures] == ["Emptying.dropped"] * 2


def test_what_is_known_of_a_document_is_its_metadata() -> None:
    seen: list[dict[str, Any]] = []

    class Step:
        def filter(self, document: Any) -> bool:
            seen.append(document.metadata)
            return True

    block = adapter.ReadyBlock("Step", "filter", Step(), lambda _text: None)
    adapter.run_blocks([block], "text", {"url": "https://example.org"}, False)
    known = adapter._metadata(
        documents_of(
            pa.array(["a", "b"]),
            url=pa.array(["u", None]),
            language=pa.array([None, "de"]),
            language_score=pa.array([None, 0.5], pa.float32()),
        )
    )
    assert seen == [{"url": "https://example.org"}]
    assert known == [{"url": "u"}, {"language": "de", "language_score": 0.5}]


def test_a_document_that_makes_a_block_fail_has_a_problem_and_the_others_none() -> None:
    settings = settings_of(
        {
            "block": f"{FILTERS}.GopherQualityFilter",
            "arguments": {"min_doc_words": 0, "min_avg_word_length": None, "max_avg_word_length": None},
        }
    )
    with pytest.warns(RuntimeWarning):  # NumPy's, of a mean of nothing
        found = measure(documents_of(pa.array(["", TRIAL_TEXT])), settings)
    assert found.problems == {0: "datatrove_error"}
    assert found.columns["datatrove_failures"].to_pylist() == [None, []]
    assert found.columns["datatrove_error"].to_pylist()[0].startswith("ZeroDivisionError")
    assert found.text is None


def test_text_that_is_not_utf_8_has_a_problem() -> None:
    text = pa.StringArray.from_buffers(2, pa.array([0, 1, 2], pa.int32()).buffers()[1], pa.py_buffer(b"a\xff"))
    found = measure(documents_of(text), settings_of(BLOCKS[3]))
    assert found.problems == {1: "datatrove_error"}


def test_a_formatter_that_writes_too_much_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "MAX_REWRITTEN_BYTES", 20)
    found = measure(documents_of(pa.array(["a@b.co"])), settings_of(f"{FORMATTERS}.PIIFormatter"))
    assert found.problems == {}
    found = measure(documents_of(pa.array(["a@b.co c@d.ef"])), settings_of(f"{FORMATTERS}.PIIFormatter"))
    assert found.problems == {0: "datatrove_error"}
    assert found.text is None


def test_an_expression_that_does_not_end_is_interrupted() -> None:
    settings = settings_of(
        {"block": f"{FILTERS}.RegexFilter", "arguments": {"regex_exp": "(a+)+$"}}, max_cpu_seconds=0.3
    )
    found = measure(documents_of(pa.array(["b", "a" * 40 + "!", "aa"])), settings)
    assert found.problems == {1: "datatrove_timeout"}
    assert [each is None for each in found.columns["datatrove_failures"].to_pylist()] == [False, True, False]


@pytest.mark.parametrize(
    "text",
    ["\n" * 1_000_000, "\x00" * 100_000, "😀" * 100_000, "\u202e" * 100_000, "word " * 100_000],
    ids=["newlines", "NULs", "emoji", "RTL marks", "words"],
)
def test_hostile_text_is_measured(text: str) -> None:
    settings = settings_of(*BLOCKS[3:4], *BLOCKS[5:], max_cpu_seconds=20)
    found = measure(documents_of(pa.array([text, "a"])), settings)
    assert set(found.problems.values()) <= {"datatrove_timeout"}
    assert found.columns["datatrove_failures"].to_pylist()[1] is not None


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ("os.system", "no block that may run here"),
        ("datatrove.pipeline.filters", "no block that may run here"),
        ("datatrove.pipeline.writers.JsonlWriter", "no block that may run here"),
        ("datatrove.pipeline.filters.base_filter.DiskWriter", "no filter of datatrove; it has .*GopherQualityFilter"),
        ("datatrove.pipeline.filters.base_filter.BaseFilter", "no filter of datatrove"),
        ("datatrove.pipeline.filters.url_filter.os", "no filter of datatrove"),
        ("datatrove.pipeline.filters.nothing.Filter", "cannot be imported"),
        ("datatrove.pipeline.filters.GopherFilter", "no filter of datatrove"),
        ("datatrove.pipeline.formatters...PIIFormatter", "cannot be imported"),
        ({"block": f"{FILTERS}.LambdaFilter", "arguments": {"filter_function": "print"}}, "LambdaFilter is refused"),
        (
            {"block": f"{FILTERS}.SamplerFilter", "arguments": {"exclusion_writer": "/tmp/x"}},
            "exclusion_writer is refused",
        ),
        (
            {"block": f"{FILTERS}.SamplerFilter", "arguments": {"rates": 1}},
            "takes no argument 'rates'; it takes rate, seed",
        ),
        ({"block": f"{FILTERS}.RegexFilter", "arguments": {"regex_exp": "("}}, "cannot run here"),
        (f"{FILTERS}.RegexFilter", "cannot run here"),
        ({"block": f"{FILTERS}.SamplerFilter", "arguments": {"rate": float("nan")}, "more": 1}, "more"),
    ],
)
def test_what_may_not_run_is_refused_before_any_work(block: Any, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        settings_of(block)


def test_missing_packages_are_named_before_any_work(monkeypatch: pytest.MonkeyPatch) -> None:
    from datatrove.utils import _import_utils

    from quality.datatrove_adapter.blocks import ready_block

    ready_block.cache_clear()
    monkeypatch.setattr(_import_utils, "_is_package_available", lambda name: name != "ftfy")
    with pytest.raises(ValidationError, match="pip install ftfy"):
        settings_of(f"{FORMATTERS}.FTFYFormatter")
    ready_block.cache_clear()


def test_a_machine_without_datatrove_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    from quality.datatrove_adapter import blocks as datatrove_blocks

    def missing(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(datatrove_blocks, "version", missing)
    with pytest.raises(ValidationError, match=r"pip install 'mixdown\[datatrove\]'"):
        settings_of(BLOCKS[0])


def test_settings_carry_the_release_into_the_fingerprint() -> None:
    settings = settings_of(BLOCKS[0])
    assert settings.release == importlib.metadata.version("datatrove")
    assert DatatroveSettings.model_validate(settings.model_dump()) == settings
    with pytest.raises(ValidationError, match=r"datatrove 0\.1 is asked for"):
        settings_of(BLOCKS[0], release="0.1")


def test_other_groups_measure_the_text_that_blocks_leave() -> None:
    asked = {
        "datatrove": settings_of(f"{FORMATTERS}.SymbolLinesFormatter"),
        "shape": signal_groups()["shape"].settings(),
    }
    measured = measure_groups(documents_of(pa.array(["one\n***\ntwo"])), asked)
    assert measured.text is not None
    assert measured.text.to_pylist() == ["one\ntwo"]
    assert measured.columns["n_lines"].to_pylist() == [2]


def test_reasons_are_recorded_by_the_rule() -> None:
    measured = measure_groups(
        documents_of(pa.array(["short", TRIAL_TEXT])), {"datatrove": settings_of(BLOCKS[1], BLOCKS[4])}
    )
    rule = rules()["datatrove"]
    keep, found = judge(pa.table(dict(measured.columns)), {rule.name: rule.checks(rule.settings())})
    assert keep.to_pylist() == [False, True]
    assert [reason["reason"] for reason in found[0].as_py()] == [
        "datatrove.dropped_by.GopherQualityFilter.gopher_short_doc",
        "datatrove.dropped_by.FineWebQualityFilter.line_punct_ratio",
    ]


BLOCKS_OF_DATATROVE = {
    FILTERS: {
        "C4BadWordsFilter",
        "C4ParagraphFilter",
        "C4QualityFilter",
        "FastTextClassifierFilter",
        "FineWebQualityFilter",
        "GopherQualityFilter",
        "GopherRepetitionFilter",
        "LambdaFilter",
        "LanguageFilter",
        "RegexFilter",
        "SamplerFilter",
        "URLFilter",
        "UnigramLogProbFilter",
    },
    FORMATTERS: {"FTFYFormatter", "PIIFormatter", "SymbolLinesFormatter"},
    "datatrove.pipeline.extractors": {"ReadabilityInscriptis", "Trafilatura"},
}


@pytest.mark.parametrize("package", BLOCKS_OF_DATATROVE)
def test_no_block_is_new_to_us(package: str) -> None:
    """A new one may keep something from document to document: look at it, then add it here."""
    found = {name for name, value in vars(importlib.import_module(package)).items() if isinstance(value, type)}
    assert found == BLOCKS_OF_DATATROVE[package]
