"""`mixdown rules`, over a lake that the stages made in this process."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines import cli
from pipelines.recipe import load_recipe
from pipelines.steps import annotate, decide, ingest
from quality.rule import rules
from tests.pipelines.estimates.lakes import build, new_context, write_input

ESCAPE = "\x1b[31m"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recipe whose first source is decided, and whose second is annotated; the lake lies beside it."""
    folder = tmp_path_factory.mktemp("rules")
    write_input(folder, "words", documents=60)
    write_input(folder, "others", files=1, documents=5)
    hostile = {"text": f"{ESCAPE} tiny \u202e", "url": f"http://one.example/{ESCAPE}"}
    with (folder / "words" / "0.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(hostile) + "\n")
    content = {
        "name": "listed",
        "sources": [
            {"name": name, "kind": "jsonl", "uri": name, "rules": ["length", "gopher_quality"]}
            for name in ("words", "others")
        ],
        "rules": {"gopher_quality": {"min_words": 20}},
        "phases": [{"budget_tokens": 4096, "weights": {"words": 1, "others": 1}}],
        "sequence_length": 64,
    }
    path = folder / "listed.yaml"
    path.write_text(yaml.safe_dump(content))
    loaded = load_recipe(path)
    build(loaded, folder, until=annotate.NAME)
    context = new_context(loaded.model_copy(update={"sources": loaded.sources[:1]}), folder)
    for stage in (ingest, annotate, decide):
        stage.run(context)
    return path


@pytest.fixture
def run(recipe: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `mixdown rules` in the recipe's folder: exit code, output, errors."""

    def command(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.chdir(recipe.parent)
        monkeypatch.setattr("sys.argv", ["mixdown", "rules", *arguments])
        with pytest.raises(SystemExit) as stopped:
            cli.main()
        return int(stopped.value.code or 0), *capsys.readouterr()

    return command


def listing(run: Run, *arguments: str) -> list[dict[str, Any]]:
    code, out, err = run("listed.yaml", "--lake", "lake", "--json", *arguments)
    assert (code, err) == (0, "")
    sources: list[dict[str, Any]] = json.loads(out)["sources"]
    return sources


def test_every_rule_is_listed(run: Run) -> None:
    code, out, _ = run()
    assert code == 0
    for rule in rules().values():
        assert f"\n{rule.name}\n" in out
        assert rule.meaning.split()[0] in out
        assert all(check.reason in out for check in rule.checks(rule.settings()))
    code, out, _ = run("--json")
    assert {rule["name"] for rule in json.loads(out)} >= set(rules())


@pytest.mark.parametrize("name", rules())
def test_a_rule_is_told_in_full(run: Run, name: str) -> None:
    code, out, _ = run(name)
    assert code == 0
    assert all(setting in out for setting in rules()[name].settings.model_fields)
    (rule,) = json.loads(run(name, "--json")[1])
    assert rule["origin"] == rules()[name].origin


def test_hits_are_those_of_the_books_and_what_is_undecided_is_said(run: Run, recipe: Path) -> None:
    words, others = listing(run)
    assert others == {"source": "others", "kind": "jsonl", "decided": False, "published": "annotate"}
    context = new_context(
        load_recipe(recipe).model_copy(update={"sources": load_recipe(recipe).sources[:1]}), recipe.parent
    )
    for stage in (ingest, annotate, decide):
        stage.run(context)
    books = context.of(decide.NAME, "words").books
    assert (words["documents"], words["kept"], words["rejected"]) == (books.records_in, books.kept, books.rejected)
    failing = {reason["reason"]: reason["failing"] for rule in words["rules"] for reason in rule["reasons"]}
    assert {reason: count for reason, count in failing.items() if count} == books.reasons
    bound = {r["reason"]: r["checks"][0]["bound"] for rule in words["rules"] for r in rule["reasons"]}
    assert bound["gopher_quality.too_few_words"] == 20  # the recipe's, not the default
    code, out, _ = run("listed.yaml", "--lake", "lake")
    assert code == 0
    assert "n_non_symbol_words ≥ 20" in out
    assert "not decided under these rules: others (the lake holds their stage 'annotate')" in " ".join(out.split())


def test_an_empty_lake_says_so(run: Run) -> None:
    code, out, _ = run("listed.yaml", "--lake", "nowhere")
    assert code == 0
    assert "not decided under these rules: words, others (the lake holds nothing of them)" in " ".join(out.split())
    code, out, _ = run("listed.yaml", "--lake", "nowhere", "--samples", "2")
    assert (code, "not decided" in out) == (0, True)


def test_reasons_narrow_what_is_told(run: Run) -> None:
    words, _ = listing(run, "--reason", "length", "--reason", "gopher_quality.too_few_words")
    assert [reason["reason"] for rule in words["rules"] for reason in rule["reasons"]] == [
        "length.too_short",
        "length.too_large",
        "gopher_quality.too_few_words",
    ]
    code, _, err = run("listed.yaml", "--lake", "lake", "--reason", "gopher_quality.too_few_wordz")
    assert code == 2
    assert "did you mean 'gopher_quality.too_few_words'?" in err
    code, _, err = run("listed.yaml", "--lake", "lake", "--reason", "license")
    assert (code, "unknown rule or reason of this recipe 'license'" in err) == (2, True)


def test_samples_are_printable_and_the_same_again(run: Run) -> None:
    code, out, _ = run("listed.yaml", "--lake", "lake", "--samples", "3")
    assert code == 0
    assert "\x1b" not in out
    assert "\u202e" not in out
    assert "words: length.too_short" in out
    assert r"http://one.example/\x1b[31m" in out
    assert run("listed.yaml", "--lake", "lake", "--samples", "3")[1] == out
    _, nothing, _ = run("listed.yaml", "--lake", "lake", "--samples", "3", "--reason", "length.too_large")
    assert nothing.startswith("note: not decided under these rules: others")
    assert "note: nothing to show of words: no document was rejected so\n" in nothing
    code, out, _ = run("listed.yaml", "--lake", "lake", "--samples", "2", "--kept", "--text", "10")
    assert out.count("  document ") == 2
    assert "fails" not in out
    _, out, _ = run("listed.yaml", "--lake", "lake", "--samples", "2", "--kept", "--reason", "length", "--json")
    chosen = [json.loads(line)["chosen_for"] for line in out.splitlines()]
    assert chosen == ["kept"] * 2 + ["length.too_short"] * 2


def test_samples_are_written_for_reading(run: Run, tmp_path: Path) -> None:
    code, out, _ = run(
        "listed.yaml", "--lake", "lake", "--samples", "2", "--rejected", "--output", str(tmp_path / "out")
    )
    assert (code, f"words: 2 documents in {tmp_path}/out/words.md" in out) == (0, True)
    assert (tmp_path / "out" / "words.md").read_text(encoding="utf-8").startswith("# words\n\n## `rejected`\n")


def test_a_picture_is_drawn(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("listed.yaml", "--lake", "lake", "--plot", str(tmp_path / "s.svg"), "--reason", "length")
    assert (code, f"plot: {tmp_path}/s.svg" in out) == (0, True)
    assert (tmp_path / "s.svg").stat().st_size > 1000
    code, out, _ = run("listed.yaml", "--lake", "nowhere", "--plot", str(tmp_path / "none.png"))
    assert (code, "nothing was drawn" in out, (tmp_path / "none.png").exists()) == (0, True, False)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["gopher"], "unknown rule 'gopher'; did you mean 'gopher_quality'?"),
        (["nothing.yaml"], "no recipe at nothing.yaml"),
        (["--samples", "3"], "name the recipe"),
        (["gopher_quality", "--plot", "x.png"], "name the recipe"),
        (["listed.yaml", "--kept"], "--samples 3"),
        (["listed.yaml", "--plot", "x.gif"], "a file that ends in .png, .svg or .html"),
    ],
)
def test_a_mistake_is_one_message(run: Run, arguments: list[str], message: str) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert message in " ".join(err.replace("│", " ").split())
    assert "Traceback" not in err


def test_damage_is_one_message_that_names_the_file(run: Run, recipe: Path) -> None:
    part = next((recipe.parent / "lake" / "stages" / "decide" / "words").rglob("part-00001.parquet"))
    content = part.read_bytes()
    try:
        part.unlink()
        code, _, err = run("listed.yaml", "--lake", "lake")
        assert (code, "part-00001.parquet is missing: delete that folder and run again" in err) == (2, True)
        part.write_bytes(content[:-1])
        code, _, err = run("listed.yaml", "--lake", "lake", "--samples", "1")
        assert (code, f"has {len(content) - 1:,} bytes instead of {len(content):,}" in err) == (2, True)
        part.write_bytes(bytes(len(content)))
        code, _, err = run("listed.yaml", "--lake", "lake")
        assert (code, "part-00001.parquet is no whole Parquet file" in err) == (2, True)
    finally:
        part.write_bytes(content)
