"""Marks come from the structure alone, whatever the texts spell."""

import importlib
import pkgutil
from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

import mixer.formats
from mixer.formats.commit import Commit, render_commit
from mixer.formats.pull_request import BaseFile, FileDiff, PullRequest, render_pull_request
from mixer.formats.repository import Repository, keeps_metadata, render_repository
from mixer.tokens import SENTINELS, tokenizer
from tests.mixer.formats.readable import parts
from tests.mixer.formats.strategies import (
    Structure,
    base_files,
    commits,
    diffs,
    renderings,
    repositories,
    structures,
    texts,
)


def disarmed(value: Any) -> Any:
    """`value` with `‹` for every `<` in its texts: nothing in it looks like a token any more."""
    if isinstance(value, str):
        return value.replace("<", "‹")
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{part.name: disarmed(getattr(value, part.name)) for part in fields(value)})
    if isinstance(value, Sequence):
        return [disarmed(item) for item in value]
    return value


@given(structures)
@settings(max_examples=300, deadline=None)
def test_hostile_text_yields_the_marks_of_harmless_text(structure: Structure) -> None:
    for hostile, harmless in zip(renderings(structure), renderings(disarmed(structure)), strict=True):
        assume("<!--" not in hostile[0])
        said = [(token, disarmed(piece)) for token, piece in parts(hostile)]
        assert said == parts(harmless)


@given(structures)
@settings(max_examples=200, deadline=None)
def test_marks_are_sentinels_that_ascend_between_characters(structure: Structure) -> None:
    for text, marks in renderings(structure):
        data = text.encode()
        offsets = [at for at, _ in marks]
        assert offsets == sorted(offsets)
        for at_bytes, token in marks:
            assert token in SENTINELS
            data[:at_bytes].decode()
        special = tokenizer("cl100k_base").special_tokens
        ids = tokenizer("cl100k_base").encode_document(text, marks)
        found = [int(number) for number in ids if int(number) in special.values()]
        assert found == [*(special[token] for _, token in marks), special["<|endoftext|>"]]


def test_the_marks_that_a_format_lists_are_all_special_tokens() -> None:
    names = [info.name for info in pkgutil.iter_modules(mixer.formats.__path__)]
    listed = {name: getattr(importlib.import_module(f"mixer.formats.{name}"), "MARKS", None) for name in names}
    with_marks = {name: marks for name, marks in listed.items() if marks is not None}
    assert set(with_marks) == {"commit", "file", "issue", "notebook", "pull_request", "repository", "stack_exchange"}
    assert set().union(*with_marks.values()) == set(SENTINELS)  # each token has a format that writes it


@given(commits)
def test_a_commit_comes_back_from_its_document(commit: Commit) -> None:
    assert [piece for _, piece in parts(render_commit(commit))] == [commit.old, commit.subject, commit.new]


@given(repositories)
def test_a_repository_comes_back_from_its_document(repository: Repository) -> None:
    bare = parts(render_repository(repository, 0, 0.0))
    assert bare == [("<file_sep>", file.text) for file in repository.files]
    named = parts(render_repository(repository, 0, 1.0))
    assert named[0] == ("<repo_name>", repository.name)
    for (token, piece), file in zip(named[1:], repository.files, strict=True):
        path, _, code = piece.partition("\n")
        assert (token, code) == ("<file_sep>", file.text)
        assert path == file.path.replace("\r", " ").replace("\n", " ")


@given(base_files, diffs)
def test_base_files_and_diffs_come_back_from_their_document(base: list[BaseFile], changed: list[FileDiff]) -> None:
    pull = PullRequest("a/b", "title", "ann", "text", base, changed)
    pieces = parts(render_pull_request(pull))[3:]
    expected = [("<pr_base>", "")] if base else []
    for file in base:
        expected += [("<pr_file>", file.path), ("<pr_base_code>", file.code)]
    shown = [(diff.path, hunks) for diff in changed if (hunks := [hunk for hunk in diff.hunks if hunk])]
    expected += [("<pr_diff>", "")] if shown else []
    for path, hunks in shown:
        expected += [("<pr_file>", path), *(("<pr_diff_hunk>", hunk) for hunk in hunks)]
    assert pieces == expected


@given(texts, st.integers(0, 2**64))
def test_a_larger_share_keeps_the_metadata_of_more_repositories(name: str, seed: int) -> None:
    kept = [keeps_metadata(name, seed, share) for share in (0.0, 0.3, 0.5, 1.0)]
    assert kept == sorted(kept)
    assert (kept[0], kept[-1]) == (False, True)
    assert keeps_metadata(name.upper().lower(), seed) == keeps_metadata(name.upper(), seed)


def test_half_of_the_repositories_keep_their_metadata_and_others_with_another_seed() -> None:
    names = [f"example/{number}" for number in range(4_000)]
    kept = {seed: {name for name in names if keeps_metadata(name, seed)} for seed in (0, 1)}
    for chosen in kept.values():
        assert abs(len(chosen) - 2_000) < 5 * 32  # five standard deviations
    assert abs(len(kept[0] & kept[1]) - 1_000) < 5 * 28
