from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.sandbox.inside.wire import MAX_LEVELS, WireError, decode, encode

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.complex_numbers(allow_nan=False),
    st.text(st.characters()),
    st.binary(),
)
HASHABLE = st.recursive(SCALARS, lambda inner: st.tuples(inner, inner) | st.frozensets(inner, max_size=3), max_leaves=5)
VALUES = st.recursive(
    HASHABLE | st.binary().map(bytearray),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(HASHABLE, inner, max_size=3)
        | st.sets(HASHABLE, max_size=3)
    ),
    max_leaves=20,
)


def typed(value: Any) -> Any:
    """The value with its types, since 1 == True == 1.0."""
    if isinstance(value, dict):
        return "dict", [(typed(key), typed(member)) for key, member in value.items()]
    if isinstance(value, list | tuple):
        return type(value).__name__, [typed(member) for member in value]
    if isinstance(value, set | frozenset):
        return type(value).__name__, sorted(repr(typed(member)) for member in value)
    return type(value).__name__, repr(value)


@given(VALUES)
def test_values_come_back_as_they_were(value: Any) -> None:
    back = decode(encode(value))
    assert back == value
    assert typed(back) == typed(value)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_value_or_an_error(data: bytes) -> None:
    try:
        value = decode(data, lambda reference: ("reference", reference))
    except WireError:
        return
    assert repr(value)


@given(VALUES, st.data())
def test_damaged_bytes_are_a_value_or_an_error(value: Any, data: Any) -> None:
    good = bytearray(encode(value))
    at = data.draw(st.integers(0, len(good) - 1))
    good[at] ^= 1 << data.draw(st.integers(0, 7))
    for damaged in (bytes(good), bytes(good[:at]), bytes(good[:at]) + encode(value)):
        try:
            decode(damaged)
        except WireError:
            continue


def test_what_is_not_plain_is_a_reference_or_an_error() -> None:
    thing = object()
    with pytest.raises(WireError, match="a object is not plain"):
        encode([thing])
    data = encode([thing, 1], lambda value: ("it", value is thing))
    assert decode(data, lambda reference: {"was": reference}) == [{"was": ("it", True)}, 1]
    with pytest.raises(WireError):
        decode(data)


def test_depth_is_bounded_both_ways() -> None:
    value: list[Any] = []
    for _ in range(MAX_LEVELS + 2):
        value = [value]
    with pytest.raises(WireError):
        encode(value)
    with pytest.raises(WireError):
        decode(b"L\0\0\0\1" * 1_000_000 + b"N")


def test_a_length_beyond_the_bytes_takes_no_memory() -> None:
    for tag in b"IDCSBALUEZM":
        with pytest.raises(WireError):
            decode(bytes([tag]) + b"\xff\xff\xff\xff")
