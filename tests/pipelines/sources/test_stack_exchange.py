"""StackExchange dumps: which questions become documents, what becomes of every row, shares."""

import gzip
import random
import tracemalloc
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.document import Absorbed, Document, Quarantined, Record, Rejected, check_storable
from pipelines.readers.stack_exchange import shares
from pipelines.readers.stack_exchange.licenses import license_of_post
from pipelines.readers.stack_exchange.rows import RowError, text_of
from pipelines.source import Split, source_kinds
from pipelines.sources import stack_exchange
from pipelines.sources.stack_exchange import SOURCE, site_of
from tests.pipelines.sources.inputs import real_data
from tests.pipelines.sources.stack_exchange_posts import answer, dump, question, row, thread

SITE = "lamps.stackexchange.com"


def records(folder: Path, data: bytes, name: str = "Posts.xml", **options: object) -> list[Record]:
    path = folder / SITE / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    settings = SOURCE.options.model_validate(options)
    return [record for split in SOURCE.splits(str(path), settings) for record in SOURCE.read(split, settings)]


def reasons(found: list[Record]) -> dict[str, int]:
    return dict(Counter(getattr(record, "reason", type(record).__name__) for record in found))


def test_the_kind_is_prose_beside_code() -> None:
    kind = source_kinds()["stack_exchange"]
    assert (kind.group, kind.code_like) == ("code/adjacent", False)


def test_golden(tmp_path: Path) -> None:
    rows = [
        answer(11, score=2, CreationDate="2011-04-07T23:59:59.000"),  # answers may stand before their question
        question(),
        answer(12, score=-1),
        answer(13, score=2, Body="<pre><code>x = 1</code></pre>", ContentLicense="CC BY-SA 3.0"),
    ]
    document, *others = records(tmp_path, dump(*rows))
    assert document == Document(
        text="Lamps & <wicks>\n\nWhich of `a` & `b`?\n\nAnswer 11.\nUpvotes: 2\n\n```\nx = 1\n```\nUpvotes: 2\n\n"
        "Answer 12.\nUpvotes: -1 [selected answer]",
        format="stack_exchange",
        marks=[],
        url=f"https://{SITE}/questions/10",
        path=f"{SITE}/Posts.xml#10",
        license="CC-BY-SA-2.5 AND CC-BY-SA-3.0 AND CC-BY-SA-4.0",
        date=datetime(2019, 3, 12, 17, 0, 45, 567000, tzinfo=UTC),
        metadata={"score": 5, "answers": 3, "tags": ["lamps", "wicks"]},
    )
    check_storable(document)
    data = dump(*rows)
    offsets = [data.index(f'<row Id="{number}"'.encode()) for number in (11, 13, 12)]
    assert others == [Absorbed(f"{SITE}/Posts.xml@{offset}") for offset in offsets]


def test_the_licence_is_that_of_the_date() -> None:
    dates = {"2011-04-07": "2.5", "2011-04-08": "3.0", "2018-05-01": "3.0", "2018-05-02": "4.0"}
    found = {date: license_of_post("", datetime.fromisoformat(date).replace(tzinfo=UTC)) for date in dates}
    assert found == {date: f"CC-BY-SA-{version}" for date, version in dates.items()}
    assert license_of_post("CC BY-SA 2.5", datetime(2020, 1, 1, tzinfo=UTC)) == "CC-BY-SA-2.5"
    assert license_of_post("", None) is None


REJECTED: dict[str, tuple[list[str], dict[str, Any], dict[str, int]]] = {
    "too few answers": (thread(answers=2), {}, {"too_few_answers": 3}),
    "as many as asked for": (thread(answers=1), {"min_answers": 1}, {"Document": 1, "Absorbed": 1}),
    "an answer without text": (
        [*thread(), answer(20, Body="<img>")],
        {},
        {"Document": 1, "Absorbed": 3, "empty_answer": 1},
    ),
    "too few with text": ([*thread(answers=2), answer(20, Body=" ")], {}, {"empty_answer": 1, "too_few_answers": 3}),
    "no text": ([question(Body="<p></p>"), *thread()[1:]], {}, {"empty_question": 4}),
    "question's votes": (thread(), {"min_question_score": 6}, {"low_score": 4}),
    "answers' votes": (thread(answers=4), {"min_answer_score": 1}, {"Document": 1, "Absorbed": 3, "low_score": 1}),
    "none accepted": (
        [question(AcceptedAnswerId=99), *thread()[1:]],
        {"require_accepted_answer": True},
        {"no_accepted_answer": 4},
    ),
    "question missing": (thread()[1:], {}, {"question_missing": 3}),
    "neither": ([row(Id=1, PostTypeId=5, Body="a")], {}, {"not_question_or_answer": 1}),
}


@pytest.mark.parametrize("name", REJECTED)
def test_every_row_has_its_reason(name: str, tmp_path: Path) -> None:
    rows, options, expected = REJECTED[name]
    assert reasons(records(tmp_path, dump(*rows), **options)) == expected


QUARANTINED = {
    "an entity of its own": (question(Title="a").replace('"a"', '"&lol9;"'), "malformed_row"),
    "an ampersand": (question(Title="a").replace('"a"', '"a & b"'), "malformed_row"),
    "no id": (row(PostTypeId=1, Body="a"), "malformed_row"),
    "an attribute twice": (row(Id=1, PostTypeId=1).replace(" />", ' Id="2" />'), "malformed_row"),
    "a quote inside a value": (question(Title="a").replace('"a"', '"a"b"'), "malformed_row"),
    "no end": (question().replace("/>", ""), "malformed_row"),
    "another element": ("<user Id='1'/>\n", "not_a_row"),
    "text between rows": ("lost\n", "not_a_row"),
    "a long row": (question(Body="a" * 3000), "row_too_large"),
}


@pytest.mark.parametrize("name", QUARANTINED)
def test_what_is_broken_costs_its_stretch(name: str, tmp_path: Path) -> None:
    broken, reason = QUARANTINED[name]
    found = records(tmp_path, dump(*thread(20), broken, *thread(40)), max_row_bytes=2000)
    assert reasons(found) == {"Document": 2, "Absorbed": 6, reason: 1}


def test_bytes_that_are_no_utf8(tmp_path: Path) -> None:
    data = dump(*thread(20), question(Title="é")).replace("é".encode(), b"\xe9")
    assert reasons(records(tmp_path, data)) == {"Document": 1, "Absorbed": 3, "not_utf8": 1}


def test_the_second_post_of_an_id(tmp_path: Path) -> None:
    rows = [*thread(), answer(11, Body="again"), question(Body="again")]
    assert reasons(records(tmp_path, dump(*rows))) == {"Document": 1, "Absorbed": 3, "duplicate_id": 2}


def test_no_entity_is_expanded_and_no_file_is_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("opened")
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "ha" * 10}">' for n in range(10))
    declaration = f'<!DOCTYPE posts [<!ENTITY file SYSTEM "file://{secret}">{entities}]>'
    rows = [question(), question(Id=5, Title="T").replace('"T"', '"&a9;&file;"'), answer(11), answer(12), answer(13)]
    data = dump(*rows).replace(b"<posts>", declaration.encode() + b"\n<posts>")
    found = records(tmp_path, data)
    assert reasons(found) == {"not_a_row": 1, "malformed_row": 1, "Document": 1, "Absorbed": 3}
    assert not any("opened" in record.text for record in found if isinstance(record, Document))


def test_characters_that_xml_does_not_allow_are_replaced(tmp_path: Path) -> None:
    rows = [question(Title="T").replace('"T"', '"a&#x1F;b&#xD800;c&#9;d&#x3BB;"'), *thread()[1:]]
    (document,) = [record for record in records(tmp_path, dump(*rows)) if isinstance(record, Document)]
    assert document.text.startswith("a\ufffdb\ufffdc dλ\n")


@given(st.lists(st.sampled_from(("&", "amp;", "lt;", "&gt;", "&quot;", "&#xA;", "&#38;", "&apos;", "#60;", "\n", "é"))))
def test_values_are_unescaped_as_xml_has_it(pieces: list[str]) -> None:
    """The oracle is expat."""
    value = "".join(pieces)
    try:
        expected = ElementTree.fromstring(f'<row a="{value}"/>').get("a")
    except ElementTree.ParseError:
        with pytest.raises(RowError):
            text_of(value.encode())
    else:
        assert text_of(value.encode()) == expected


def test_a_file_that_is_cut_off(tmp_path: Path) -> None:
    data = dump(*thread(20), *thread(40))
    between = data.index(b'<row Id="40"')
    assert reasons(records(tmp_path, data[:between])) == {"Document": 1, "Absorbed": 3, "posts_not_closed": 1}
    inside = records(tmp_path, data[: between + 9])
    assert reasons(inside) == {"Document": 1, "Absorbed": 3, "malformed_row": 1, "posts_not_closed": 1}
    packed = gzip.compress(data, mtime=0)[:-9]
    assert "broken_compression" in reasons(records(tmp_path, packed, "Posts.xml.gz"))


def test_compressed_dumps_are_read_alike(tmp_path: Path) -> None:
    data = dump(*thread(20), *thread(40))
    plain = [record for record in records(tmp_path, data) if isinstance(record, Document)]
    packed = [
        record for record in records(tmp_path, gzip.compress(data), "Posts.xml.gz") if isinstance(record, Document)
    ]
    assert [document.text for document in packed] == [document.text for document in plain]


@pytest.fixture
def mixed_dump(tmp_path: Path) -> Path:
    """Forty threads whose rows are shuffled, and one of everything that is broken."""
    rows = [post for number in range(40) for post in thread(100 * number + 50, answers=number % 6)]
    rows += [broken for broken, _ in QUARANTINED.values()]
    random.Random(5).shuffle(rows)
    path = tmp_path / "Posts.xml"
    path.write_bytes(dump(*rows))
    return path


@pytest.mark.parametrize("count", [2, 3, 50])
def test_shares_together_are_the_whole(mixed_dump: Path, count: int) -> None:
    whole = Split(uri=str(mixed_dump), identity="", size_bytes=1, start=0, stop=1)
    parts = [whole.model_copy(update={"start": share, "stop": count}) for share in range(count)]
    settings = SOURCE.options.model_validate({"max_row_bytes": 2000})
    found = [list(SOURCE.read(part, settings)) for part in parts]
    assert sum(1 for share in found if share) > 1
    expected = list(SOURCE.read(whole, settings))
    assert len(expected) > 140
    assert Counter(map(repr, expected)) == Counter(repr(record) for share in found for record in share)


def test_a_share_for_each_gibibyte_of_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stack_exchange, "SHARE_BYTES", 1000)
    (tmp_path / "Posts.xml").write_bytes(b" " * 3001)
    found = SOURCE.splits(str(tmp_path), SOURCE.options())
    assert [(split.start, split.stop, split.size_bytes) for split in found] == [
        (0, 4, 751), (1, 4, 750), (2, 4, 750), (3, 4, 750),
    ]  # fmt: skip


def test_the_number_of_buckets_changes_nothing_but_the_order(mixed_dump: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    split, settings = SOURCE.splits(str(mixed_dump), SOURCE.options())[0], SOURCE.options()
    one = list(SOURCE.read(split, settings))
    monkeypatch.setattr(shares, "BUCKET_BYTES", 1000)
    assert shares.bucket_count(split.size_bytes) > 10
    many = list(SOURCE.read(split, settings))
    assert many != one
    assert sorted(map(repr, many)) == sorted(map(repr, one))


def test_memory_is_that_of_a_bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shares, "BUCKET_BYTES", 50_000)
    text = "<p>" + "word " * 400 + "</p>"
    rows = [answer(10 * number + 1, 10 * number, Body=text) for number in range(1_000)]
    path = tmp_path / "Posts.xml"
    path.write_bytes(dump(*rows, *(question(Id=10 * number) for number in range(1_000))))
    assert path.stat().st_size > 2_000_000
    (split,) = SOURCE.splits(str(path), SOURCE.options())
    tracemalloc.start()
    try:
        count = sum(1 for _ in SOURCE.read(split, SOURCE.options.model_validate({"min_answers": 1})))
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 2_000
    assert peak_bytes < 800_000


def test_posts_of_one_question_beyond_a_bucket_are_quarantined() -> None:
    with shares.Buckets(3, max_bytes=200) as buckets:
        kept = [buckets.add(7, shares.Row(number, b"x" * 50)) for number in range(4)]
        assert kept == [True, True, False, False]
        assert list(buckets.threads()) == [[shares.Row(0, b"x" * 50), shares.Row(1, b"x" * 50)]]


@pytest.mark.parametrize("share_number", [2, 7, 100])
def test_neighbouring_questions_spread_over_shares(share_number: int) -> None:
    counts = Counter(shares.share_of(number, share_number) for number in range(20_000))
    assert len(counts) == share_number
    assert max(counts.values()) < 1.5 * min(counts.values())


def test_a_site_is_told_by_folder_or_file() -> None:
    assert site_of("/dumps/beer.stackexchange.com/Posts.xml") == "beer.stackexchange.com"
    assert site_of("s3://dumps/stackoverflow.com-Posts/Posts.xml.gz") == "stackoverflow.com"
    assert site_of("/dumps/stackoverflow.com-Posts.xml") == "stackoverflow.com"
    assert site_of("/dumps/v1.2/Posts.xml") is None
    assert site_of("Posts.xml") is None


def test_a_site_as_an_option(tmp_path: Path) -> None:
    found = records(tmp_path, dump(*thread()), site="lamps.example")
    assert [record.url for record in found if isinstance(record, Document)] == ["https://lamps.example/questions/10"]
    with pytest.raises(ValueError, match="site"):
        SOURCE.options.model_validate({"site": "https://lamps.example"})


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="StackExchange"):
        SOURCE.splits(str(tmp_path), SOURCE.options())


@pytest.mark.parametrize("pattern", ["stackexchange/*/Posts.xml"])
def test_real_dumps(pattern: str) -> None:
    found = []
    for path in real_data(pattern):
        settings = SOURCE.options()
        (split,) = SOURCE.splits(str(path), settings)
        own = list(SOURCE.read(split, settings))
        assert len(own) == path.read_bytes().count(b"<row ")
        found += own
    assert not [record for record in found if isinstance(record, Quarantined)]
    assert sum(isinstance(record, Document) for record in found) > 300
    assert sum(isinstance(record, Rejected) for record in found) > 1000
