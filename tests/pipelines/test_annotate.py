"""One pass over hostile text: every document is measured, or quarantined with the reason."""

import numpy as np
import pyarrow as pa
import pytest

from dedup.settings import DedupSettings
from dedup.urls import url_hashes
from pipelines.document import Document, to_table
from pipelines.recipe_keys.measures import asked_groups
from pipelines.steps.annotate import ANNOTATED_SCHEMA, MAX_MEASURED_BYTES, annotated, signature_scheme
from pipelines.steps.decide import verdict_books, verdict_table
from tests.dedup.datatrove import oracle

HOSTILE = {
    "empty": "",
    "one line, as long as may be": "a" * MAX_MEASURED_BYTES,
    "words without an end": "ab " * (MAX_MEASURED_BYTES // 3),
    "a million newlines": "\n" * 1_000_000,
    "nul": "\0" * 1000 + "text\0text",
    "emoji": "😀" * 100_000,
    "emoji joined": "👩‍👩‍👧‍👦" * 20_000,
    "nesting": "(" * 100_000 + ")" * 100_000,
    "right to left marks": "\u202e\u200f\u2067" * 100_000,
    "combining marks": "e" + "\u0301" * 100_000,
    "punctuation": ".,;:!?" * 200_000,
    "full stops": "." * 1_000_000,
    "apostrophes": "don't " * 100_000 + "'" * 100_000,
    "addresses": "a@a.aa" * 100_000,
    "numbers": "1.1.1.1" * 100_000,
    "colons": "::" * 200_000,
    "citations": "[1][edit]" * 100_000,
    "no spaces": "日本語" * 100_000,
    "tags": "<a href=x>" * 50_000,
    "special tokens": "<|endoftext|>" * 10_000,
}


def annotate(texts: list[str], code_like: bool, dedup: DedupSettings = DedupSettings()) -> pa.Table:  # noqa: B008
    documents = to_table("s", [Document(text=text, format="page", url=f"http://x/{n}") for n, text in enumerate(texts)])
    table = annotated(documents, asked_groups(code_like, {}, {}, {}), dedup)
    table.validate(full=True)
    assert table.schema == ANNOTATED_SCHEMA
    return table


@pytest.mark.parametrize("code_like", [False, True], ids=["text", "code"])
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_measured(name: str, code_like: bool) -> None:
    (row,) = annotate([HOSTILE[name]], code_like).to_pylist()
    assert row["unmeasured"] is None
    assert row["n_bytes"] == len(HOSTILE[name].encode())
    assert row["n_final_bytes"] <= 4 * len(HOSTILE[name].encode())


def test_what_is_too_large_is_quarantined_and_its_neighbours_are_judged() -> None:
    signals = annotate(["first", "a" * (MAX_MEASURED_BYTES + 1), "third"], code_like=False)
    assert signals.column("unmeasured").to_pylist() == [None, "too_large", None]
    verdicts = verdict_table(signals, {})
    assert verdicts.column("keep").to_pylist() == [True, False, True]
    books = verdict_books(verdicts)
    books.check("here")
    assert (books.kept, books.rejected, books.quarantined) == (2, 0, 1)
    assert books.reasons == {"unmeasured.too_large": 1}


def test_a_document_without_text_is_rejected_for_that() -> None:
    verdicts = verdict_table(annotate(["", "text"], code_like=False), {})
    assert verdicts.column("reasons").to_pylist()[0] == [{"reason": "text.nothing_left", "value": "0", "bound": "1"}]


FEW, ENOUGH = "too few words", "Quite enough words for shingles of five, they're split as datatrove does."


def test_signatures_are_stored_where_candidates_are_compared_by_them() -> None:
    assert annotate([FEW, ENOUGH], False).column("signature").null_count == 2
    assert annotate([FEW, ENOUGH], False, DedupSettings(verify="exact")).column("signature").null_count == 2
    table = annotate([FEW, ENOUGH, ENOUGH], False, DedupSettings(verify="signature"))
    few, *enough = table.column("signature").to_pylist()
    assert few is None
    assert table.column("bands").to_pylist()[0] is None
    assert enough[0] == enough[1]
    assert np.frombuffer(enough[0], "<u4").shape == (112,)


def test_words_of_datatroves_hashing_follow_the_language() -> None:
    fineweb = DedupSettings(scheme="fineweb", verify="signature")
    # English would split the last two in two each.
    text = "C'est l'été; aujourd'hui, qu'est-ce qu'il y a dans l'arbre de la forêt d'automne ? Il dit : cannot, gonna."
    table = annotate([text], False, fineweb)
    assert table.column("language").to_pylist() == ["fr"]
    expected, as_english = (oracle.signature(oracle.signer(language), text) for language in ("fr", "en"))
    assert expected != as_english
    assert table.column("signature").to_pylist() == [np.array(expected, np.uint64).astype("<u4").tobytes()]


def test_urls_are_hashed() -> None:
    assert annotate([FEW], False).column("url_hash").to_pylist() == url_hashes(pa.array(["http://x/0"])).to_pylist()


def test_only_what_signatures_depend_on_asks_for_another_pass() -> None:
    scheme = signature_scheme(DedupSettings())
    same = {"exact": False, "near": False, "urls": True, "threshold": 0.5, "verify": "exact", "prefer": ("longest",)}
    for key, value in same.items():
        assert signature_scheme(DedupSettings(**{key: value})) == scheme, key
    other = {"shingle": "characters", "ngram": 4, "bands": 3, "rows": 2, "seed": 2, "hashing": "datatrove"}
    for key, value in (other | {"verify": "signature"}).items():
        assert signature_scheme(DedupSettings(**{key: value})) != scheme, key
