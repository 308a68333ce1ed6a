from hypothesis import example, given, settings
from hypothesis import strategies as st
from spacy.lang.tokenizer_exceptions import URL_MATCH

from quality.words.tables import word_tables
from quality.words.urls import is_url
from tests.quality.words.splitting import code_points_of

PARTS = [
    *["http://", "ab+c-d.e_f://", "1://", "а1://", "²½://", "user", "u:p", "@", "/", "?", "#", ":", ".", "-", "_", "x"],
    *["example", "Example", "com", "co", "uk", "рф", "日本", "a" * 62, "b" * 63, "c" * 64, "é", "٣"],
    *[
        "0",
        "1",
        "9",
        "10",
        "127",
        "169",
        "254",
        "192",
        "168",
        "172",
        "16",
        "31",
        "3٢",
        "2٢",
        "223",
        "224",
        "255",
        "256",
    ],
    *["00", "01", "099", "000", "٣٣", "1٣٣", "25٣", ":80", ":8", ":80808", ":808080", ":٨٠"],
]
TABLES = word_tables()[0]
addresses = st.lists(st.sampled_from([part for part in PARTS if part.isdigit()]), min_size=4, max_size=4).map(".".join)
chunks = st.one_of(
    st.lists(st.sampled_from(PARTS), max_size=12).map("".join),
    st.lists(st.sampled_from(PARTS), max_size=8).map(".".join),
    st.tuples(st.sampled_from(["", "http://", "u@"]), addresses, st.sampled_from(["", ":80", "/x", ".com", "."])).map(
        "".join
    ),
)


@settings(max_examples=1000, deadline=None)
@given(chunks)
@example("http://a.bc")
@example("169.254.1.1")
@example("172.3٢.1.1")
def test_a_url_is_what_spacys_expression_matches(chunk: str) -> None:
    found = is_url(code_points_of(chunk), 0, len(chunk), TABLES)
    assert found == (URL_MATCH(chunk) is not None)
