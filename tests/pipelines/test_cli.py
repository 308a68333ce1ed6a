"""What a person sees: one message with the way out, never a stack. In this process, without Spark."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines import cli
from pipelines.estimates.plans import refuse_unreachable
from pipelines.estimates.splits import sample_sources
from pipelines.messages import PlanError
from pipelines.recipe import load_recipe

PAGES = Path(__file__).resolve().parents[2] / "recipes" / "demo" / "pages.warc.gz"


def write_recipe(folder: Path, **changes: Any) -> Path:
    content: dict[str, Any] = {
        "name": "one",
        "sources": [{"name": "pages", "kind": "web", "uri": str(PAGES), "rules": ["gopher_quality"]}],
        "phases": [{"budget_tokens": 50_000, "weights": {"pages": 1}}],
        "sequence_length": 512,
    }
    path = folder / "one.yaml"
    path.write_text(yaml.safe_dump(content | changes), encoding="utf-8")
    return path


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["mixdown", *arguments])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    return int(stopped.value.code or 0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["preview", "{recipe}", "--budget", "10"], "less than one sequence of 512"),
        (["preview", "{recipe}", "--budget", "10000000000000000"], "more than 1,000,000 shards"),
        (["preview", "{recipe}", "--budget", "0"], "a positive number of tokens is needed"),
        (["preview", "{recipe}", "--code-ratio", "0.5"], "no code source has a positive weight"),
        (["preview", "/"], "no recipe at /"),
        (["build", "{recipe}", "--budget", "900000000"], "before any work: the data cannot reach this mixture"),
        (["report", "{recipe}.nowhere"], "no file at"),
        (["train", "{recipe}.nowhere"], "no file at"),
    ],
    ids=lambda value: " ".join(value[:1]) if isinstance(value, list) else "",
)
def test_a_mistake_is_one_message(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    recipe = str(write_recipe(tmp_path))
    filled = [argument.format(recipe=recipe) for argument in arguments]
    if filled[0] in ("preview", "build"):
        filled += ["--lake", str(tmp_path / "lake")]
    assert run(monkeypatch, *filled) == 2
    err = capsys.readouterr().err
    assert message in err
    assert "Traceback" not in err
    assert not (tmp_path / "lake" / "stages").exists()


def test_an_unknown_stage_is_refused_with_the_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        run(monkeypatch, "build", str(write_recipe(tmp_path)), "--until", "foo", "--lake", str(tmp_path / "lake")) == 2
    )
    assert "is no stage" in capsys.readouterr().err


def test_the_whole_story_is_there_for_who_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MIXDOWN_TRACE", "1")
    assert run(monkeypatch, "preview", str(write_recipe(tmp_path)), "--budget", "10") == 1
    story = capsys.readouterr().err
    assert "Traceback" in story
    assert "PlanError: phase 'train' asks for 10 tokens" in story


def test_an_estimate_of_a_source_read_to_its_end_is_what_the_source_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("pipelines.estimates.splits.SAMPLE_SECONDS", 600.0)  # a busy machine reads it to its end, too
    assert run(monkeypatch, "preview", str(write_recipe(tmp_path)), "--lake", str(tmp_path / "lake"), "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["exact"] is False
    assert "is not built for pages" in shown["notes"][0]
    (sample,) = sample_sources(load_recipe(write_recipe(tmp_path)))
    assert sample.complete
    assert shown["sources"][0]["available_tokens"] == sample.tokens


def test_a_partial_sample_proves_nothing_and_refuses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = load_recipe(write_recipe(tmp_path)).with_budget(900_000_000)
    with pytest.raises(PlanError, match="cannot reach this mixture"):
        refuse_unreachable(recipe, sample_sources(recipe))
    monkeypatch.setattr("pipelines.estimates.splits.SAMPLE_SECONDS", 0.0)
    samples = sample_sources(recipe)
    assert not samples[0].complete
    refuse_unreachable(recipe, samples)


def test_a_message_changes_nothing_of_the_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "build", str(tmp_path / "\x1b[31mred\x1b]0;title\x07\u202e.yaml")) == 2
    said = capsys.readouterr().err
    assert "\\x1b[31mred" in said
    assert all(each.isprintable() for each in said.rstrip("\n"))
