"""What was set: matched by name, with the bounds in force; golden."""

import shutil
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pipelines.diffing.settings import differences, setting_changes
from pipelines.mixture import Mixture, open_mixture
from tests.pipelines.diffing.lakes import Made, MadeMixture

BEFORE: dict[str, Any] = {
    "name": "made",
    "sources": [
        {"name": "pages", "kind": "web", "uri": "/data/pages", "rules": ["length", {"language": {"min_score": 0.5}}]},
        {"name": "files", "kind": "git_files", "uri": "/data/files", "rules": ["license"]},
    ],
    "tiers": [],
    "rules": {"length": {"min_chars": 10}},
    "phases": [
        {"name": "main", "budget_tokens": 1000, "weights": {"pages": 0.5, "files": 0.5}},
        {"name": "cooldown", "budget_tokens": 100, "weights": {"pages": 1.0}},
    ],
    "max_epochs": 4.0,
}
AFTER: dict[str, Any] = BEFORE | {
    "sources": [
        {"name": "files", "kind": "git_files", "uri": "/data/files", "rules": ["license"]},
        {"name": "pages", "kind": "web", "uri": "/data/new", "rules": [{"language": {"min_score": 0.65}}]},
        {"name": "commits", "kind": "git_commits", "uri": "/data/files"},
    ],
    "tiers": [{"name": "best", "from": "pages", "where": "n_words > 500"}],
    "rules": {"length": {"min_chars": 20}},
    "phases": [{"name": "cooldown", "budget_tokens": 100, "weights": {"pages": 1, "files": 0.25}}],
    "fresh": None,
}


def check(bound: Any) -> dict[str, Any]:
    return {
        "length": [
            {
                "reason": "too_short",
                "signal": "n_chars",
                "comparison": ">=",
                "bound": bound,
                "null_fails": False,
                "exempt_languages": [],
            }
        ]
    }


def two(folder: Path) -> tuple[Mixture, Mixture]:
    sources = {"pages": [Made(0)]}
    old = MadeMixture(sources, recipe=BEFORE, checks=check(10), splits=[["a", 0, 1], ["b", 0, 1]])
    new = MadeMixture(
        sources,
        recipe=AFTER,
        checks=check(20),
        splits=[["b", 0, 1], ["c", 0, 1]],
        seed=3,
        packing="best_fit",
        versions={"python": "3.12"},
    )
    return open_mixture(old.write(folder / "a")), open_mixture(new.write(folder / "b"))


GOLDEN = [
    ("sources.pages.uri", "/data/pages", "/data/new"),
    ("sources.pages.rules.length", {}, None),
    ("sources.pages.rules.language.min_score", 0.5, 0.65),
    ("sources.commits", None, {"kind": "git_commits", "uri": "/data/files"}),
    ("tiers.best", None, {"from": "pages", "where": "n_words > 500"}),
    ("rules.length.min_chars", 10, 20),
    ("phases.main", {"budget_tokens": 1000, "weights": {"pages": 0.5, "files": 0.5}}, None),
    ("phases.cooldown.weights.files", None, 0.25),
    ("sequence_length", 16, 32),
    ("seed", 0, 3),
    ("packing", "concat", "best_fit"),
    ("versions.python", "3.11", "3.12"),
    ("order of sources", ["pages", "files"], ["files", "pages", "commits"]),
    ("sources.pages.input", "2 splits, 1 of its own", "2 splits, 1 of its own"),
    ("sources.pages.checks.length.too_short.n_chars >=", 10, 20),
]


def test_what_was_set_differently(tmp_path: Path) -> None:
    old, new = two(tmp_path)
    new.manifest.__dict__["sequence_length"] = 32
    changes = setting_changes(old, new)
    assert [(change.path, change.before, change.after) for change in changes.changes] == GOLDEN
    assert changes.notes == []


def test_swapped_mixtures_swap_before_and_after(tmp_path: Path) -> None:
    old, new = two(tmp_path)
    there, back = setting_changes(old, new).changes, setting_changes(new, old).changes
    # What the input's splits are called differs on both sides alike.
    assert sorted((c.path, str(c.before), str(c.after)) for c in there) == sorted(
        (c.path, str(c.after), str(c.before)) for c in back
    )


def test_a_mixture_was_set_as_itself(tmp_path: Path) -> None:
    for mixture in two(tmp_path):
        assert setting_changes(mixture, mixture).changes == []


def test_lost_stages_are_named_and_the_recipe_is_compared(tmp_path: Path) -> None:
    old, new = two(tmp_path)
    shutil.rmtree(tmp_path / "a" / "stages" / "ingest")
    changes = setting_changes(old, new)
    assert changes.notes == ["Stage ingest of pages: its output is not in the lake any more."]
    assert "seed" in [change.path for change in changes.changes]


JSON = st.recursive(
    st.none() | st.integers(0, 2) | st.sampled_from(["a", "b"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@given(JSON, JSON)
def test_differences_are_none_for_equals_and_mirror(before: Any, after: Any) -> None:
    assert list(differences(before, before)) == []
    there = {change.path: (change.before, change.after) for change in differences(before, after)}
    back = {change.path: (change.after, change.before) for change in differences(after, before)}
    assert there == back
    if not there:
        assert without_nulls(before) == without_nulls(after)


def without_nulls(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {key: without_nulls(own) for key, own in value.items() if own is not None}
