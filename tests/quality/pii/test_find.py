"""Properties of the pass: what is planted is found, findings never overlap, and after the edits there is nothing left."""

import random
import string

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from quality.edits import merged
from quality.pii.find import FIRST_CAPACITY
from quality.signal_group import documents_of
from quality.signals.pii import PII_SCHEMA, SIGNALS, PiiSettings
from tests.quality.pii.reading import columns, replaced
from tests.quality.texts import AWKWARD

KEY = "gh" + "p_q8Zr3mVt7Yw1Lp5Nd9Xc2Kj6Hs4Bf0GaRuEi"
PLANTED = {
    "ann.lee@mailbox.org": "<EMAIL>",
    "77.21.132.33": "<IP_ADDRESS>",
    "2a02:8108:8ac0::91a0": "<IP_ADDRESS>",
    "+49 30 1234567": "<PHONE>",
    "202-456-0143": "<PHONE>",
    KEY: "<KEY>",
}
# Pieces that findings are made of, and those that touch them
PIECES = [
    *PLANTED,
    *[
        "a@b.com",
        "8.8.8.8",
        "12.34.56.78",
        "+1 202 456 0143",
        "030/1234567",
        "Tel. ",
        "version ",
        "api_key = ",
        "x.org",
    ],
    *[
        "-----BEGIN ",
        "PRIVATE KEY-----",
        "-----END ",
        "eyJhbGciOiJIUzI1NiJ9",
        "q8Zr3mVt7Yw1Lp5Nd9Xc",
        "https://",
        "://u:",
    ],
    *[
        "://ann:",
        "q8Zr3mVt7Y@",
        "2a02:8108",
        "::",
        "1",
        "12",
        "123",
        "1234567",
        "@",
        ".",
        "-",
        ":",
        "/",
        "=",
        "+",
        "(",
        ")",
    ],
    *[" ", "  ", "\n", '"', "'", "\\n", "<EMAIL>", "<", ">", ",", "_", "é", "中", "😀", "com", "x", "git@", "token: "],
]
texts = st.lists(st.sampled_from([*PIECES, *AWKWARD]), max_size=14).map("".join)
# Neither part of an address, number or key, nor something that says that what follows is none
separators = st.sampled_from(
    [" and ", "\n", "; ", "\t", " | ", "；", "、", "。", "》", "\u3000", " « ", " 😀 ", "\x00"]
)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(separators, st.sampled_from(sorted(PLANTED))), min_size=1, max_size=6), separators, st.booleans()
)
def test_what_is_planted_is_found_wherever_it_stands(parts: list[tuple[str, str]], last: str, code: bool) -> None:
    text = "".join(separator + planted for separator, planted in parts) + last
    expected = "".join(separator + PLANTED[planted] for separator, planted in parts) + last
    assert replaced([text], code=code) == [expected]


@settings(max_examples=800, deadline=None)
@given(texts, st.booleans())
@example("555-123-4567 8.8.4.4 12.34.56.78", True)
@example("call 030 12345 67@mailbox.org", False)
@example("+49 30 1234567 +49 30 1234567", False)
def test_findings_lie_apart_and_after_the_edits_nothing_is_left(text: str, code: bool) -> None:
    measured = SIGNALS.measure(documents_of(pa.array([text])), PiiSettings())
    assert len(merged(measured.edits)) == len(measured.edits)
    [changed] = replaced([text], code=code)
    assert replaced([changed], code=code) == [changed]


@settings(max_examples=100, deadline=None)
@given(st.lists(texts, max_size=5), st.booleans())
def test_a_batch_is_its_documents_one_by_one(batch: list[str], code: bool) -> None:
    assert columns(batch, code=code) == [row for text in batch for row in columns([text], code=code)]
    assert replaced(batch, code=code) == [changed for text in batch for changed in replaced([text], code=code)]


@pytest.mark.parametrize("kind", ["email", "ip", "phone", "key"])
def test_only_what_the_setting_names_is_replaced_and_all_is_counted(kind: str) -> None:
    text = " and ".join(PLANTED)
    [changed] = replaced([text], settings=PiiSettings.model_validate({"replace": [kind]}))
    placeholder = {"email": "<EMAIL>", "ip": "<IP_ADDRESS>", "phone": "<PHONE>", "key": "<KEY>"}[kind]
    assert changed == " and ".join(to if to == placeholder else planted for planted, to in PLANTED.items())
    assert replaced([text], settings=PiiSettings(replace=())) == [text]
    counted = [columns([text], settings=PiiSettings(replace=replace)) for replace in ((), ("email",))]
    assert counted[0] == counted[1] == columns([text])


def test_counts_and_shares() -> None:
    text = f"ann@mailbox.org 77.21.132.33\n+49 30 1234567\n{KEY} password = 'q8Zr3mVt7Yw1Lp5N'"
    [row] = columns([text])
    assert row == {
        "n_emails": 1,
        "n_ips": 1,
        "n_phone_numbers": 1,
        "pii_share": (15 + 12 + 14) / len(text),
        "n_keys": 2,
        "n_private_keys": 0,
        "n_access_tokens": 1,
        "n_assigned_secrets": 1,
        "n_url_passwords": 0,
        "secret_kinds": ["assigned_secret", "github"],
    }


def test_an_empty_document_and_a_null_have_zeros() -> None:
    text = pa.array(["", None], pa.string())
    empty, null = pa.table(dict(SIGNALS.measure(documents_of(text), PiiSettings()).columns)).to_pylist()
    assert empty == null == {field.name: [] if field.name == "secret_kinds" else 0 for field in PII_SCHEMA}


def test_more_findings_than_there_is_room_for_at_first() -> None:
    n_emails = FIRST_CAPACITY + 10
    [row] = columns(["ann@mailbox.org\n" * n_emails])
    assert row["n_emails"] == n_emails


MEGABYTE = 1 << 20
HOSTILE = [
    "@",
    "a@",
    "a@a@a.",
    "1.1.1.1.",
    ":",
    "a:",
    "2a02:",
    "a.",
    "-----BEGIN ",
    "-----BEGIN PRIVATE KEY-----",
    "+1 1 1 1",
]
HOSTILE += [
    "1 ",
    "(",
    "+",
    "1",
    "eyJ.",
    "eyJ",
    '="',
    "=a",
    "= a1",
    "://a:a@",
    "gh" + "p_",
    "\\",
    "\0",
    "é",
    "😀",
    " ",
    "a" * 64,
]


@pytest.mark.parametrize("unit", HOSTILE, ids=repr)
def test_repeated_pieces_of_findings_end_and_find_nothing(unit: str) -> None:
    text = unit * (8 * MEGABYTE // len(unit.encode()))
    [row] = columns([text])
    assert {value for value in row.values() if value} == set()


def test_planted_keys_of_every_issuer_are_found() -> None:
    from quality.pii.bytes import BASE64URL, HEX, LETTER
    from quality.pii.token_formats import TOKEN_FORMATS

    draw = random.Random(7)
    alphabets = {HEX: "0123456789abcdef", LETTER: string.ascii_letters}
    for form in TOKEN_FORMATS:
        alphabet = alphabets.get(form.classes, string.ascii_letters + string.digits)
        body = "".join(draw.choices(alphabet, k=form.min_bytes))
        if form.kind == "sendgrid":
            body += "." + "".join(draw.choices(alphabet, k=43))
        assert form.classes != BASE64URL or "-" not in body
        for before, after in (("", ""), ("key is ", "."), ("'", "'"), ("?k=", "&")):
            [changed] = replaced([before + form.prefix + body + after])
            assert changed == f"{before}<KEY>{after}", form
