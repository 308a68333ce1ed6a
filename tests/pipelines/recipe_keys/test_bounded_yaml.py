from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipelines.recipe_keys.bounded_yaml import MAX_BYTES, MAX_DEPTH, MAX_VALUES, bounded_yaml
from pipelines.recipe_keys.files import read_yaml
from pipelines.recipe_keys.problems import RecipeError

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_what_is_of_bounded_size_is_what_the_safe_loader_reads(value: Any) -> None:
    text = yaml.safe_dump(value, allow_unicode=True)
    assert bounded_yaml(text) == yaml.safe_load(text) == value


def test_aliases_that_do_not_multiply_are_read() -> None:
    read = bounded_yaml("rules: &strict {min_words: 50}\nagain: *strict\nmore: {<<: *strict, max_words: 9}\n")
    assert read == {"rules": {"min_words": 50}, "again": {"min_words": 50}, "more": {"min_words": 50, "max_words": 9}}


def laughs(levels: int) -> str:
    lines = ["a0: &a0 [ha, ha]"]
    lines += [f"a{n}: &a{n} [" + ", ".join([f"*a{n - 1}"] * 10) + "]" for n in range(1, levels)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (laughs(9), f"more than {MAX_VALUES:,} values"),
        ("&a [*a]", "contains itself"),
        ("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), f"more than {MAX_DEPTH} deep"),
        ("[" * 100_000, f"more than {MAX_DEPTH} deep"),
        ("x" * (MAX_BYTES + 1), "characters"),
        ("!!python/object/apply:os.system ['true']", "could not determine a constructor"),
        ("!!python/name:os.system", "could not determine a constructor"),
        ("!include /etc/passwd", "could not determine a constructor"),
    ],
)
def test_what_would_grow_or_run_is_refused(text: str, problem: str, tmp_path: Path) -> None:
    with pytest.raises(yaml.YAMLError, match=problem):
        bounded_yaml(text)
    path = tmp_path / "recipe.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RecipeError, match=r"recipe\.yaml is not valid YAML"):
        read_yaml(path, "recipe")
