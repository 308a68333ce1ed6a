"""Two checkpoints before judges of several characters, over HTTP."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipelines.evaluation.compare import Comparison, compare_models
from pipelines.evaluation.judge import JudgeSettings
from pipelines.evaluation.prompts import Prompt, read_prompts
from pipelines.generation.endpoint import Endpoint, EndpointError
from tests.pipelines.evaluation.judge_server import (
    Judge,
    judge_server,
    prefers_first,
    prefers_longer,
    says_nothing,
)
from tests.trainer.models import random_model, save_model
from trainer.checkpoint_reading import LoadedModel, load_model
from trainer.errors import SettingError
from trainer.generate import Sampling

SAMPLING = Sampling(max_tokens=6, temperature=1.0, seed=3)
SETTINGS = JudgeSettings(model="the-judge", seed=5)
KEY = "a-very-secret-key"


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> list[LoadedModel]:
    folder = tmp_path_factory.mktemp("runs")
    return [load_model(save_model(folder / f"run{seed}", random_model(seed)).parent) for seed in (1, 2)]


@pytest.fixture
def prompts(tmp_path: Path) -> list[Prompt]:
    path = tmp_path / "prompts.jsonl"
    lines = [{"prompt": f"Prompt {number}:"} for number in range(4)]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return read_prompts(path)


def compare(
    judge: Judge, models: list[LoadedModel], prompts: list[Prompt], output: Path, **settings: Any
) -> Comparison:
    endpoint = Endpoint(judge.url, KEY, max_tries=3, sleep=lambda _: None, **settings)
    return compare_models(*models, prompts, SAMPLING, SETTINGS, endpoint, output)


def transcripts(output: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (output / "judgements.jsonl").read_text().splitlines()]


def test_a_judge_of_lengths_gives_the_rates_of_lengths(
    models: list[LoadedModel], prompts: list[Prompt], tmp_path: Path
) -> None:
    with judge_server(prefers_longer) as judge:
        made = compare(judge, models, prompts, tmp_path)
    kept = transcripts(tmp_path)
    assert (made.asked, len(kept), len(judge.requests)) == (8, 8, 8)
    straight = [line["answers"] for line in kept if line["sample"] == 0]
    wins = sum(len(first) > len(second) for first, second in straight)
    losses = sum(len(first) < len(second) for first, second in straight)
    rates = made.rates
    assert wins + losses > 0
    assert (rates.wins, rates.losses, rates.ties) == (wins, losses, 4 - wins - losses)
    assert (rates.flipped, rates.first_place, rates.second_place) == (0, wins + losses, wins + losses)
    turned = [line["answers"][::-1] for line in kept if line["sample"] == 1]
    assert turned == straight
    assert {tuple(line["order"]) for line in kept} == {("run1@7", "run2@7"), ("run2@7", "run1@7")}
    assert json.loads(made.results.read_text())["wins"] == wins


def test_a_judge_that_takes_the_first_decides_nothing(
    models: list[LoadedModel], prompts: list[Prompt], tmp_path: Path
) -> None:
    with judge_server(prefers_first) as judge:
        rates = compare(judge, models, prompts, tmp_path).rates
    assert (rates.wins, rates.losses, rates.ties, rates.flipped) == (0, 0, 4, 4)
    assert rates.win_rate.score == 0.5
    assert rates.first_place_share.score == 1.0


def test_a_judge_without_a_verdict_is_kept_and_not_counted(
    models: list[LoadedModel], prompts: list[Prompt], tmp_path: Path
) -> None:
    with judge_server(says_nothing) as judge:
        rates = compare(judge, models, prompts, tmp_path).rates
    assert (rates.unreadable, rates.prompts) == (4, 0)
    assert {line["judgement"] for line in transcripts(tmp_path)} == {"Both are remarkable. [A]"}


def test_a_busy_judge_is_asked_again_and_a_lost_judgement_later(
    models: list[LoadedModel], prompts: list[Prompt], tmp_path: Path
) -> None:
    with judge_server(prefers_longer) as judge:
        judge.statuses = [429, 429, 200, 500, 500, 500]  # the second judgement gets none of its three tries
        made = compare(judge, models, prompts, tmp_path)
        assert (made.asked, len(made.failed), made.rates.missing, made.rates.prompts) == (7, 1, 1, 3)
        judge.requests.clear()
        again = compare(judge, models, prompts, tmp_path)
        assert (again.asked, len(judge.requests), again.rates.missing, again.rates.prompts) == (1, 1, 0, 4)
        assert compare(judge, models, prompts, tmp_path).asked == 0


def test_requests_are_counted_and_the_rest_comes_later(
    models: list[LoadedModel], prompts: list[Prompt], tmp_path: Path
) -> None:
    with judge_server(prefers_longer) as judge:
        made = compare(judge, models, prompts, tmp_path, max_requests=3)
        assert (made.asked, made.spent, made.rates.missing, made.rates.prompts) == (3, True, 3, 1)
        with (tmp_path / "judgements.jsonl").open("ab") as file:
            file.write(b'{"problem": "torn')  # as a kill leaves it
        again = compare(judge, models, prompts, tmp_path)
        assert (again.asked, again.rates.prompts) == (5, 4)


def test_a_wrong_key_stops_the_run_and_no_key_is_written(
    models: list[LoadedModel], prompts: list[Prompt], tmp_path: Path
) -> None:
    with judge_server(prefers_longer) as judge:
        judge.statuses = [200, 401]
        with pytest.raises(EndpointError, match="401"):
            compare(judge, models, prompts, tmp_path)
        assert judge.authorizations == [f"Bearer {KEY}"] * 2
    assert len(transcripts(tmp_path)) == 1
    for path in tmp_path.iterdir():
        assert KEY not in path.read_text()


def test_the_judge_gets_model_seed_and_bounds(models: list[LoadedModel], prompts: list[Prompt], tmp_path: Path) -> None:
    with judge_server(prefers_longer) as judge:
        compare(judge, models, prompts[:1], tmp_path)
    for body in judge.requests:
        assert (body["model"], body["seed"], body["temperature"], body["max_tokens"]) == ("the-judge", 5, 0.0, 1024)


def test_answers_do_not_depend_on_what_was_there(
    models: list[LoadedModel], prompts: list[Prompt], tmp_path: Path
) -> None:
    with judge_server(prefers_longer) as judge:
        compare(judge, models, prompts[2:], tmp_path / "parts")
        compare(judge, models, prompts, tmp_path / "parts")
        compare(judge, models, prompts, tmp_path / "whole")

    def written(name: str) -> set[tuple[str, ...]]:
        return {(line["prompt"], *line["answers"]) for line in transcripts(tmp_path / name)}

    assert written("parts") == written("whole")


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ('{"prompt": "x"}\n{"prompt": "x"}\n', "a prompt twice"),
        ('{"prompt": "x"}\n{"text": "y"}\n', "line 2: an object with a text `prompt`"),
        ('{"prompt": " "}\n', "line 1"),
        ('{"prompt": "\\ud800"}\n', "line 1"),
        ("\n", "holds no prompts"),
    ],
)
def test_a_file_of_something_else_is_refused(tmp_path: Path, lines: str, message: str) -> None:
    (tmp_path / "p.jsonl").write_text(lines)
    with pytest.raises(SettingError, match=message):
        read_prompts(tmp_path / "p.jsonl")


def test_dollys_fields_are_read(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text('{"instruction": "Sum up.", "context": "Text."}\n{"instruction": "Why?", "context": ""}\n')
    assert [prompt.text for prompt in read_prompts(path)] == ["Sum up.\n\nText.", "Why?"]
