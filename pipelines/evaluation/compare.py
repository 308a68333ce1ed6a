"""Two checkpoints answer prompts, and a judge reads every pair of answers in both orders.

    <output>/answers.jsonl       what the checkpoints wrote
    <output>/judgements.jsonl    every judgement with all that the judge read
    <output>/win-rates.json      the counts and the shares

A second run asks only for what is missing.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

from mixer import storage
from pipelines.evaluation.answers import answers_of
from pipelines.evaluation.judge import JudgeSettings, Verdict, verdict_in
from pipelines.evaluation.prompts import Prompt
from pipelines.evaluation.win_rate import WinRates, win_rates
from pipelines.generation.answer_file import AnswerFile, Key
from pipelines.generation.endpoint import Endpoint, NoAnswer, RequestsSpent
from trainer.checkpoint_reading import LoadedModel
from trainer.generate import Sampling

ORDERS = (0, 1)  # in order 0 the first checkpoint's answer stands first


class Comparison(NamedTuple):
    """What came of it; `failed` says of each judgement that could not be had why, `spent` that requests ran out."""

    rates: WinRates
    failed: list[str]
    asked: int
    spent: bool
    results: Path


class _Pair(NamedTuple):
    """Two answers to a prompt in one order, as the judge reads them."""

    key: Key
    order: int
    labels: list[str]
    prompt: Prompt
    answers: list[str]
    message: str


def compare_models(
    first: LoadedModel,
    second: LoadedModel,
    prompts: list[Prompt],
    sampling: Sampling,
    settings: JudgeSettings,
    endpoint: Endpoint,
    output: Path,
    each: Callable[[str], None] = lambda _: None,
) -> Comparison:
    """Generate what is not there, judge what is not judged, count."""
    models = (first, second)
    answers = [answers_of(model, prompts, sampling, output / "answers.jsonl") for model in models]
    pairs = [_pair(prompt, order, models, answers, settings) for prompt in prompts for order in ORDERS]
    path = output / "judgements.jsonl"
    asked, failed, spent = _judge(pairs, settings, endpoint, path, each)
    rates = win_rates(_verdicts(path, pairs))
    results = output / "win-rates.json"
    _write(results, models, sampling, settings, rates)
    return Comparison(rates, failed, asked, spent, results)


def _pair(
    prompt: Prompt,
    order: int,
    models: tuple[LoadedModel, LoadedModel],
    answers: list[dict[str, str]],
    settings: JudgeSettings,
) -> _Pair:
    places = (0, 1) if order == 0 else (1, 0)
    shown = [answers[place][prompt.name] for place in places]
    message = settings.message(prompt.text, *shown)
    # The message holds prompt and answers, so other answers are judged anew.
    digest = hashlib.sha256(message.encode("utf-8", "surrogatepass")).hexdigest()
    key = Key(prompt.name, digest, order, settings.model, settings.sha256())
    return _Pair(key, order, [models[place].label for place in places], prompt, shown, message)


def _judge(
    pairs: list[_Pair], settings: JudgeSettings, endpoint: Endpoint, path: Path, each: Callable[[str], None]
) -> tuple[int, list[str], bool]:
    """Have judged what `path` lacks; how many were, why others were not, and whether requests ran out."""
    asked = 0
    failed: list[str] = []
    with AnswerFile(path) as file:
        for pair in pairs:
            if pair.key in file.keys:
                continue
            try:
                answer = endpoint.ask(settings.model, pair.message, settings.seed, settings.sampling())
            except NoAnswer as error:
                failed.append(f"{pair.prompt.name}, order {pair.order}: {error}")
                each(failed[-1])
                continue
            except RequestsSpent:
                return asked, failed, True
            asked += 1
            verdict = verdict_in(answer.text)
            line = {
                "order": pair.labels,
                "verdict": verdict,
                "prompt": pair.prompt.text,
                "answers": pair.answers,
                "judgement": answer.text,
                "finish_reason": answer.finish_reason,
            }
            file.append(pair.key, line)
            each(f"{pair.prompt.name}, order {pair.order}: {verdict}")
    return asked, failed, False


def _verdicts(path: Path, pairs: list[_Pair]) -> list[tuple[Verdict | None, Verdict | None]]:
    """Of every prompt in its two orders, which stand behind each other in `pairs`."""
    with path.open(encoding="utf-8") as lines:
        found = {Key(*(value[name] for name in Key._fields)): value["verdict"] for value in map(json.loads, lines)}
    straight, turned = ([found.get(pair.key) for pair in pairs if pair.order == order] for order in ORDERS)
    return list(zip(straight, turned, strict=True))


def _write(
    path: Path,
    models: tuple[LoadedModel, LoadedModel],
    sampling: Sampling,
    settings: JudgeSettings,
    rates: WinRates,
) -> None:
    first, second = ({"label": model.label, "weights_sha256": model.weights_sha256} for model in models)
    content = {
        "first": first,
        "second": second,
        "judge": settings.model_dump(),
        "sampling": asdict(sampling),
        **rates.as_json(),
    }
    storage.write_bytes(str(path), (json.dumps(content, indent=1) + "\n").encode())
