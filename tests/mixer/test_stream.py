import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixer.stream import Piece, SourceStream

blocks = st.dictionaries(st.integers(0, 2**20), st.integers(0, 50), min_size=1, max_size=8).filter(
    lambda tokens: any(tokens.values())
)


@given(blocks, st.integers(0, 300), st.integers(0, 300), st.integers(0, 3))
def test_any_cut_of_a_range_gives_the_same_tokens(tokens: dict[int, int], start: int, size: int, seed: int) -> None:
    stream = SourceStream("pages", seed, tokens)
    whole = [
        (piece.epoch, piece.block, at)
        for piece in stream.pieces(start, start + size)
        for at in range(piece.start, piece.stop)
    ]
    one_by_one = [next(stream.pieces(at, at + 1)) for at in range(start, start + size)]
    assert whole == [(piece.epoch, piece.block, piece.start) for piece in one_by_one]


@given(blocks, st.integers(0, 3))
def test_an_epoch_holds_every_token_once(tokens: dict[int, int], seed: int) -> None:
    """Nothing repeats until the source is used up."""
    stream = SourceStream("pages", seed, tokens)
    total = stream.epoch_units
    for epoch in (0, 1, 7):
        seen = [
            (piece.block, at)
            for piece in stream.pieces(epoch * total, (epoch + 1) * total)
            for at in range(piece.start, piece.stop)
        ]
        assert {piece.epoch for piece in stream.pieces(epoch * total, (epoch + 1) * total)} == {epoch}
        assert sorted(seen) == sorted((block, at) for block, size in tokens.items() for at in range(size))


def test_trap_repeated_epochs_are_reshuffled() -> None:
    stream = SourceStream("pages", 0, dict.fromkeys(range(32), 10))
    orders = {tuple(piece.block for piece in stream.pieces(epoch * 320, (epoch + 1) * 320)) for epoch in range(5)}
    assert len(orders) == 5
    keys = {int(stream.document_key(epoch, 3)) for epoch in range(5)}
    assert len(keys) == 5


def test_a_source_without_tokens_is_refused_when_asked() -> None:
    stream = SourceStream("pages", 0, {0: 0})
    assert list(stream.pieces(0, 0)) == []
    with pytest.raises(ValueError, match="'pages' has no tokens"):
        list(stream.pieces(0, 1))


def test_a_piece_says_where_it_lies() -> None:
    assert list(SourceStream("one", 0, {5: 10}).pieces(8, 12)) == [Piece(0, 5, 8, 10), Piece(1, 5, 0, 2)]
