from hypothesis import given
from hypothesis import strategies as st

from mixer.segments import TextWithMarks

segments = st.lists(st.tuples(st.booleans(), st.text(max_size=12)), max_size=8)


@given(segments)
def test_marks_stand_between_the_texts_they_were_put_between(pieces: list[tuple[bool, str]]) -> None:
    built = TextWithMarks()
    for is_mark, piece in pieces:
        built = built.mark("<pr>") if is_mark else built.text(piece)
    text, marks = built.build()
    assert text == "".join(piece for is_mark, piece in pieces if not is_mark)
    expected, before = [], ""
    for is_mark, piece in pieces:
        if is_mark:
            expected.append((len(before.encode()), "<pr>"))
        else:
            before += piece
    assert marks == expected


def test_text_that_spells_a_token_stays_text() -> None:
    text, marks = TextWithMarks().text("<pr>é").mark("<pr>").text("<|endoftext|>").build()
    assert (text, marks) == ("<pr>é<|endoftext|>", [(6, "<pr>")])


def test_what_was_built_does_not_change_with_the_builder() -> None:
    built = TextWithMarks().mark("<pr>")
    _, marks = built.build()
    built.mark("<pr_status>")
    assert marks == [(0, "<pr>")]


def test_lone_surrogates_do_not_stop_the_building() -> None:
    assert TextWithMarks().text("\ud800").mark("<pr>").build() == ("\ud800", [(3, "<pr>")])
