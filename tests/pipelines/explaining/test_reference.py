"""Names of documents: every provenance that is shown can be asked for, and hostile names cost nothing."""

import time

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.explaining.reference import Reference, place_text

NAMES = st.text(st.sampled_from("ab/@:=.% é"), min_size=1, max_size=12)
COMMITS = st.from_regex(r"[0-9a-f]{7,40}|[0-9]+\.[0-9]+", fullmatch=True)


def table(**columns: str | None) -> pa.Table:
    row = dict.fromkeys(("doc_id", "url", "repository", "commit", "path")) | columns
    return pa.table({name: pa.array([value], pa.string()) for name, value in row.items()})


def matches(name: str, documents: pa.Table) -> bool:
    reference = Reference(name)
    return bool(pc.all(reference.matches(documents.select(reference.columns))).as_py())


@settings(max_examples=60)
@given(repository=NAMES, commit=COMMITS, path=NAMES, other=COMMITS)
def test_what_is_shown_is_what_can_be_asked_for(repository: str, commit: str, path: str, other: str) -> None:
    documents = table(repository=repository, commit=commit, path=path)
    assert matches(f"{repository}@{commit}:{path}", documents)
    assert matches(f"{repository}=={commit}:{path}", documents)
    assert matches(f"{repository}@{commit}", documents)
    assert not matches(f"{repository}@{commit}:{path}x", documents)
    assert matches(f"{repository}@{other}:{path}", documents) == (other == commit)


@settings(max_examples=60)
@given(repository=st.none() | NAMES, commit=st.none() | COMMITS, path=st.none() | NAMES)
def test_what_is_known_in_part_is_named_by_that_part(
    repository: str | None, commit: str | None, path: str | None
) -> None:
    name = place_text(repository, commit, path)
    assert matches(name, table(repository=repository, commit=commit, path=path)) == bool(name)


def test_an_address_is_exact_and_an_id_has_any_case() -> None:
    documents = table(url="http://one.example/a%", doc_id="0a" * 16)
    assert matches("http://one.example/a%", documents)
    assert not matches("http://one.example/a", documents)
    assert not matches("http://one.example/%", documents)
    assert matches("0A" * 16, documents)
    assert not matches("0a" * 15, documents)


@pytest.mark.parametrize(
    ("asked", "stored"),
    [
        ("http://one.example/a/b", "http://one.example/a/c"),
        ("http://one.example/a/", "http://one.example/a"),
        ("http://one.example", "http://one.example/a"),
    ],
)
def test_what_begins_alike_is_near(asked: str, stored: str) -> None:
    reference = Reference(asked)
    assert reference.is_near(table(url=stored)).to_pylist() == [True]
    assert reference.is_near(table(url="http://two.example/a")).to_pylist() == [False]


def test_the_same_path_at_another_commit_is_near() -> None:
    documents = table(repository="harbour/lamps", commit="d" * 40, path="lamp.py")
    assert Reference("harbour/lamps@cc:lamp.py").is_near(documents).to_pylist() == [True]
    assert Reference("harbour/lamps@cc:boat.py").is_near(documents).to_pylist() == [False]


@pytest.mark.parametrize("name", ["@" * 200_000, "a@b" * 100_000, "==" * 100_000, ":" * 200_000, ":", ""])
def test_hostile_names_cost_nothing(name: str) -> None:
    started = time.monotonic()
    assert not matches(name, table(url="x", repository="y", commit="z", path="p"))
    assert not matches(name, table(url="x"))
    assert time.monotonic() - started < 1
