"""What a recipe has measured, and the files that measurements name."""

from pathlib import Path

import pytest

from pipelines.input_files import with_files, without_uris
from pipelines.recipe import parse_recipe
from pipelines.recipe_keys.measures import asked_groups
from pipelines.recipe_keys.problems import RecipeError
from quality.input_file import ChangedFile, InputFile, read_input
from quality.rule import Check
from quality.signal_group import GroupSettings


class Lists(GroupSettings):
    words: tuple[InputFile, ...] = ()
    model: InputFile | None = None


def recipe(measure: object, of_source: object = None) -> dict[str, object]:
    source = {"name": "s", "kind": "web", "uri": "x"} | ({"measure": of_source} if of_source else {})
    return {"name": "r", "sources": [source], "measure": measure, "phases": [{"budget_tokens": 1, "weights": {"s": 1}}]}


def test_a_group_is_measured_for_its_kind_and_where_a_check_reads_it() -> None:
    assert "code" not in asked_groups(False, {}, {}, {})
    assert "code" in asked_groups(True, {}, {}, {})
    check = Check("reason", "code_language", "in", frozenset({"Python"}))
    assert "code" in asked_groups(False, {}, {}, {"rule": (check,)})


def test_false_leaves_a_group_out_and_the_source_has_the_last_word() -> None:
    assert "language" not in asked_groups(False, {"language": False}, {}, {})
    assert "language" in asked_groups(False, {"language": False}, {"language": {}}, {})
    assert "code" in asked_groups(False, {}, {"code": {}}, {})


def test_trap_settings_of_the_recipe_clean_prose_and_never_code() -> None:
    clean = {"prose": {"clean": "c4"}}
    assert asked_groups(False, clean, {}, {})["prose"].model_dump()["clean"] == "c4"
    assert "prose" not in asked_groups(True, clean, {}, {})
    assert asked_groups(True, clean, {"prose": {}}, {})["prose"].model_dump()["clean"] == "c4"


def test_a_group_that_no_kind_has_is_measured_where_the_recipe_names_it() -> None:
    assert "python_syntax" in asked_groups(True, {"python_syntax": {}}, {}, {})


def test_a_rule_does_not_pass_what_is_left_out() -> None:
    check = Check("reason", "language", "in", frozenset({"en"}))
    with pytest.raises(ValueError, match="rule 'rule' reads the signal group 'language', which `measure:` leaves out"):
        asked_groups(False, {"language": False}, {}, {"rule": (check,)})


def test_a_rule_without_the_files_that_it_needs_is_refused() -> None:
    content = recipe({})
    content["sources"][0]["rules"] = ["decontamination"]  # type: ignore[index]
    with pytest.raises(RecipeError, match="measure 'benchmarks': files: Field required"):
        parse_recipe(content)


@pytest.mark.parametrize(
    ("measure", "of_source", "message"),
    [
        ({"langage": {}}, None, "unknown signal group 'langage'; did you mean 'language'?"),
        ({"language": {"no_such": 1}}, None, "measure 'language': no_such: unknown key 'no_such'"),
        ({}, {"prose": {"no_such": 1}}, "measure 'prose'"),
        ({"language": True}, None, "measure.language"),
    ],
)
def test_unknown_groups_and_settings_are_refused(measure: object, of_source: object, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        parse_recipe(recipe(measure, of_source))


def test_files_are_found_beside_the_recipe_and_named_by_content(tmp_path: Path) -> None:
    (tmp_path / "lists").mkdir()
    for name in ("b", "a"):
        (tmp_path / "lists" / f"{name}.txt").write_text(name)
    (tmp_path / "model").write_text("m")
    asked = Lists.model_validate({"words": ["lists", "lists/*.txt"], "model": "model"})
    found = with_files(asked, tmp_path)
    assert [Path(file.uri).name for file in found.words] == ["a.txt", "b.txt", "a.txt", "b.txt"]
    assert found.model is not None
    assert read_input(found.model) == b"m"
    (tmp_path / "moved").mkdir()
    (tmp_path / "model").rename(tmp_path / "moved" / "model")
    moved = with_files(Lists.model_validate({"model": "moved/model"}), tmp_path)
    assert without_uris(moved)["model"] == without_uris(found)["model"]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"no file at .*nothing"):
        with_files(Lists.model_validate({"words": ["nothing/*"]}), tmp_path)
    with pytest.raises(RecipeError, match="'nothing' cannot be read"):
        with_files(Lists.model_validate({"model": "nothing"}), tmp_path)


def test_a_file_that_changes_under_a_run_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "model").write_text("before")
    found = with_files(Lists.model_validate({"model": "model"}), tmp_path)
    (tmp_path / "model").write_text("after")
    assert found.model is not None
    with pytest.raises(ChangedFile, match="has changed since the run began"):
        read_input(found.model)
